"""The providers' lists of models, and which keys they take."""

from collections.abc import Callable
from typing import Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from tests.fakes.ask import Json
from tests.fakes.scenario import Provider, Scenario

Outcome = Literal["listed", "single", "unknown", "refused"]
_KEY_HEADERS = (b"x-api-key", b"x-goog-api-key", b"authorization")
_STATUSES: dict[tuple[Provider, Outcome], int] = {
    ("anthropic", "refused"): 401,
    ("google", "refused"): 400,
    ("openai", "refused"): 401,
}


def is_key_taken(scope: Scope, scenario: Scenario) -> bool:
    headers = dict(scope["headers"])
    sent = next((headers[name].decode() for name in _KEY_HEADERS if name in headers), "")
    return not scenario.keys or sent.removeprefix("Bearer ") in scenario.keys


def routes(scenario: Callable[[], Scenario]) -> list[Route]:
    """GET on the lists and on a single model; `scenario` gives the one that is played now."""

    async def answer(request: Request) -> Response:
        script = scenario()
        if not script.lists_models:
            return JSONResponse({"detail": "Not Found"}, 404)
        provider = _provider_of(request)
        outcome = _outcome(request, script)
        body = _BODIES[provider](outcome, request.path_params.get("model", ""), script.models)
        return JSONResponse(body, _STATUSES.get((provider, outcome), 404 if outcome == "unknown" else 200))

    paths = ("/v1/models", "/v1/models/{model}", "/v1beta/models", "/v1beta/models/{model}")
    return [Route(path, answer, methods=["GET"]) for path in paths]


def _provider_of(request: Request) -> Provider:
    if request.url.path.startswith("/v1beta/"):
        return "google"
    return "anthropic" if "anthropic-version" in request.headers else "openai"


def _outcome(request: Request, script: Scenario) -> Outcome:
    model = request.path_params.get("model")
    if not is_key_taken(request.scope, script):
        return "refused"
    if model is None:
        return "listed"
    return "single" if model in script.models else "unknown"


def _anthropic(outcome: Outcome, model: str, models: tuple[str, ...]) -> Json:
    match outcome:
        case "listed":
            listed = [_anthropic("single", name, ()) for name in models]
            return {"data": listed, "has_more": False, "first_id": models[0], "last_id": models[-1]}
        case "single":
            return {"type": "model", "id": model, "display_name": model, "created_at": "2026-01-01T00:00:00Z"}
        case "unknown":
            error = {"type": "not_found_error", "message": f"model: {model}"}
        case "refused":
            error = {"type": "authentication_error", "message": "invalid x-api-key"}
    return {"type": "error", "error": error, "request_id": "req_scripted"}


def _google(outcome: Outcome, model: str, models: tuple[str, ...]) -> Json:
    match outcome:
        case "listed":
            return {"models": [_google("single", name, ()) for name in models]}
        case "single":
            return {"name": f"models/{model}", "supportedGenerationMethods": ["generateContent"]}
        case "unknown":
            return {"error": {"code": 404, "message": f"models/{model} is not found.", "status": "NOT_FOUND"}}
        case "refused":
            reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
            text = "API key not valid. Please pass a valid API key."
            return {"error": {"code": 400, "message": text, "status": "INVALID_ARGUMENT", "details": [reason]}}


def _openai(outcome: Outcome, model: str, models: tuple[str, ...]) -> Json:
    match outcome:
        case "listed":
            return {"object": "list", "data": [_openai("single", name, ()) for name in models]}
        case "single":
            return {"id": model, "object": "model", "created": 1767225600, "owned_by": "scripted"}
        case "unknown":
            text, code = f"The model '{model}' does not exist", "model_not_found"
        case "refused":
            text, code = "Incorrect API key provided: scripted.", "invalid_api_key"
    return {"error": {"message": text, "type": "invalid_request_error", "param": None, "code": code}}


_BODIES = {"anthropic": _anthropic, "google": _google, "openai": _openai}
