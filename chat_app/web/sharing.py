"""/rc/share/<thread>: the owner asks for, makes and withdraws the link of a thread. `Origins` keeps pages of others away from it."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from chat_app.errors import NotFound
from chat_app.web.refusal import Refusal, refusing
from chat_app.web.share_page import SHARE_PATH
from chat_app.web.shared_conversation import ShareLinks

Caller = Callable[[Request], Awaitable[str | None]]
"""The identifier of the user whose cookie the request carries; None if there is none that is valid."""


class Sharing:
    """Answers `{"url": …}`, null where the thread has no link. Somebody else's thread is answered as one that does not exist."""

    def __init__(
        self,
        links: ShareLinks,
        caller: Caller,
        is_owner: Callable[[str, str], Awaitable[bool]],
        public_url: str | None = None,
    ) -> None:
        """`is_owner(user, thread_id)`. `public_url`: how the server is reached from outside, if requests do not say so."""
        self._links = links
        self._caller = caller
        self._is_owner = is_owner
        self._public_url = public_url

    def routes(self) -> list[BaseRoute]:
        return [Route("/rc/share/{thread_id}", self._answer, methods=["GET", "POST", "DELETE"])]

    async def _answer(self, request: Request) -> Response:
        thread_id = request.path_params["thread_id"]
        try:
            await self._check_owner(request, thread_id)
            token = await self._token_after(request.method, thread_id)
        except Refusal as refusal:
            return refusing(refusal, request.headers)
        url = None if token is None else f"{self._base_url(request)}{SHARE_PATH}/{token}"
        return JSONResponse({"url": url}, headers={"Cache-Control": "no-store"})

    async def _token_after(self, method: str, thread_id: str) -> str | None:
        if method == "DELETE":
            return await self._links.revoke(thread_id)
        if method != "POST":
            return await self._links.token_of(thread_id)
        try:
            return await self._links.share(thread_id)
        except NotFound as exc:  # deleted a moment ago
            raise Refusal(404, str(exc)) from exc

    async def _check_owner(self, request: Request, thread_id: str) -> None:
        user = await self._caller(request)
        if user is None:
            raise Refusal(401, "Sign in first.")
        if not await self._is_owner(user, thread_id):
            raise Refusal(404, "You have no such conversation.")

    def _base_url(self, request: Request) -> str:
        return (self._public_url or f"{request.url.scheme}://{request.url.netloc}").rstrip("/")
