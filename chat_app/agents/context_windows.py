"""How much text fits into a model's context, and how much a text is: estimates, for deciding what to shorten."""

from functools import cache

from genai_prices.data_snapshot import get_snapshot

UNKNOWN_WINDOW_TOKENS = 32_000
"""For models that the price list does not know, such as those of a local server: what most of them take."""
_BYTES_PER_TOKEN = 3
"""English takes four to five bytes a token and Chinese three: an estimate on the safe side."""
_PROVIDERS = {"google-cloud": "google", "openai-chat": "openai", "openai-responses": "openai"}


@cache
def window_tokens(model_id: str) -> int:
    """Tokens that the model (`provider:model`) takes in one request."""
    provider, _, model = model_id.partition(":")
    try:
        known = get_snapshot().find_provider_model(model, None, _PROVIDERS.get(provider, provider), None)[1]
    except LookupError:
        return UNKNOWN_WINDOW_TOKENS
    return known.context_window or UNKNOWN_WINDOW_TOKENS


def tokens_of(text: str) -> int:
    return len(text.encode()) // _BYTES_PER_TOKEN
