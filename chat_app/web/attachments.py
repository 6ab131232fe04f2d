"""POST /project/file takes a file for the next question, in the place of Chainlit's route; /rc/attachment/<thread>/<name>
gives it back to the owner of the thread.

Chainlit's would keep the file in a folder named by what the page says, in memory as a whole, and only until the next start.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from chat_app.errors import AttachmentRefused
from chat_app.languages.retelling import retold
from chat_app.languages.words import say
from chat_app.web.refusal import Refusal, refusing
from chat_app.web.sharing import Caller

_FRESH = {"Cache-Control": "no-store"}
_NO_FILE = Refusal(404, "There is no such file.")


class AttachedFiles(Protocol):
    """What the routes need to know of attached files."""

    async def take(self, owner: str, name: str, content: BinaryIO) -> str: ...

    def path_of(self, thread_id: str, name: str) -> Path | None: ...


def attachment_routes(
    files: AttachedFiles, caller: Caller, is_owner: Callable[[str, str], Awaitable[bool]]
) -> list[BaseRoute]:
    async def take(request: Request) -> Response:
        user = await caller(request)
        if user is None:
            return _refused(401, say("problem.signed_out"))
        try:
            async with request.form(max_files=1, max_fields=4) as form:
                file = form.get("file")
                if not isinstance(file, UploadFile) or not file.filename:
                    return _refused(400, "The request holds no file.")
                return JSONResponse({"id": await files.take(user, file.filename, file.file)}, headers=_FRESH)
        except AttachmentRefused as refusal:
            return _refused(400, str(refusal))
        except ClientDisconnect:
            return _refused(400, "The upload was broken off.")

    async def give(request: Request) -> Response:
        thread_id, name = request.path_params["thread_id"], request.path_params["name"]
        user = await caller(request)
        is_mine = user is not None and await is_owner(user, thread_id)
        path = files.path_of(thread_id, name) if is_mine else None
        if path is None:
            return refusing(_NO_FILE, request.headers)
        # Always a download, never a page of ours: an attached file may be HTML.
        return FileResponse(path, media_type="application/octet-stream", filename=name, headers={**_FRESH})

    async def nothing(request: Request) -> Response:
        return refusing(_NO_FILE, request.headers)

    return [
        Route("/project/file", take, methods=["POST"]),
        Route("/project/file/{rest:path}", nothing),
        Route("/rc/attachment/{thread_id}/{name:path}", give),
    ]


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"detail": retold(why)}, status, _FRESH)
