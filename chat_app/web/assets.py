"""Style sheets, scripts and pictures of our own pages, held in memory and named with a hash of their content."""

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

ASSETS_PATH = "/rc/assets"
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES = {
    path.name: path.read_bytes()
    for path in sorted((Path(__file__).parent / "assets").iterdir())
    if path.suffix in _KINDS
}

URLS = {name: f"{ASSETS_PATH}/{name}?v={hashlib.sha256(content).hexdigest()[:12]}" for name, content in _FILES.items()}
"""Where a page finds each file; changes with its content, so that browsers may keep it for ever."""


def assets_route() -> Route:
    return Route(f"{ASSETS_PATH}/{{name}}", _serve)


async def _serve(request: Request) -> Response:
    name = request.path_params["name"]
    content = _FILES.get(name)
    if content is None:
        return PlainTextResponse("There is no such file.\n", 404)
    is_current = str(request.url).endswith(URLS[name])
    cache = "public, max-age=31536000, immutable" if is_current else "no-cache"
    return Response(content, media_type=_KINDS[Path(name).suffix], headers={"Cache-Control": cache})
