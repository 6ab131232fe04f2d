"""Scripted model providers: servers that speak the wire formats of Anthropic, Gemini and OpenAI chat.

The real SDKs talk to them through their base URLs and cannot tell the difference. What they say, how fast, and how they
fail is a `Scenario`. Knows nothing of the application.
"""

from tests.fakes.providers import FakeProviders, LoggedRequest, unreachable_url
from tests.fakes.scenario import HUMAN_PACE, Fault, FoundSource, PlannedSearch, Scenario, SearchAnswer, Sentence

__all__ = [
    "HUMAN_PACE",
    "FakeProviders",
    "Fault",
    "FoundSource",
    "LoggedRequest",
    "PlannedSearch",
    "Scenario",
    "SearchAnswer",
    "Sentence",
    "unreachable_url",
]
