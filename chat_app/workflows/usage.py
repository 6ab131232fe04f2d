"""From pydantic-ai's counting to ours."""

from pydantic_ai.usage import RunUsage

from chat_app.research.budget import Usage


def usage_of(usage: RunUsage) -> Usage:
    """What an agent's run with one model has used; an unknown price stays unknown."""
    tokens = usage.input_tokens + usage.output_tokens
    usd = float(usage.cost) if usage.cost is not None else (None if tokens else 0.0)
    return Usage(usd=usd, known_usd=usd or 0.0, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)
