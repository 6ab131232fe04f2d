"""Models with the HTTP client by which their provider is asked best.

Claude, who writes the reports, is asked through its SDK's client on aiohttp, which reads HTTP in C: the usual one, in Python,
takes a third of all that a streamed piece costs (`make bench ARGS=reference`). OpenAI's SDK has such a client, too, but it calls
a connection that is refused or cut a timeout; Google's has none that could be handed in.
"""

from typing import TYPE_CHECKING

import httpx2
from pydantic_ai.models import Model, infer_model

if TYPE_CHECKING:
    from pydantic_ai.providers.anthropic import AnthropicProvider

_clients: list[httpx2.AsyncClient] = []


def model_from(model_id: str) -> Model:
    """Like `infer_model`. All of Claude's models share one client, until `close`."""
    is_claude = model_id.startswith("anthropic:")
    return infer_model(model_id, lambda _: _claude()) if is_claude else infer_model(model_id)


def _claude() -> "AnthropicProvider":
    from anthropic import DefaultAioHttpClient  # noqa: PLC0415 -- takes a second, for which only those wait who ask Claude
    from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415 -- the same

    if not _clients:
        # It connects with its first request, not here. The API does not redirect: whoever does would be sent the key.
        _clients.append(DefaultAioHttpClient(follow_redirects=False))
    return AnthropicProvider(http_client=_clients[0])


async def close() -> None:
    """Close the client and forget it. It belongs to the event loop that has used it."""
    while _clients:
        await _clients.pop().aclose()
