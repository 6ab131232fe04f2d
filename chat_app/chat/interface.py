"""Chainlit's own sentences (.chainlit/translations) in the language of the request, whatever language its page names.

Its page asks by `navigator.language`; ours are chosen by Accept-Language, which also knows a person's second language.
"""

from typing import Any, cast

from chainlit.config import config
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chat_app.languages.choice import Language, current_language

FILES: dict[Language, str] = {"en": "en-US", "de": "de-DE", "es": "es", "fr": "fr-FR", "zh": "zh-CN", "ja": "ja"}


def interface_route() -> Route:
    """Answers in the place of Chainlit's route of the same path."""
    return Route("/project/translations", _translations)


async def _translations(request: Request) -> Response:
    words = cast(dict[str, Any], config.load_translation(FILES[current_language()]))  # pyright: ignore[reportUnknownMemberType]
    return JSONResponse({"translation": words}, headers={"Vary": "Accept-Language"})
