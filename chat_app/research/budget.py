"""What a turn uses: tokens, searches, money, by agent; and the most it may cost."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Agent = Literal["planner", "searcher", "analyst"]

SEARCH_ESTIMATE_USD = 0.035
"""What a web search is reckoned to cost before one of the turn has ended: a grounded prompt of Gemini 2.5, the dearest
of the known ones (https://ai.google.dev/gemini-api/docs/pricing); its tokens are small beside it."""


class Usage(BaseModel):
    """Sums over model requests. Add two with `+`."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    usd: float | None = 0.0
    """Price in US dollars; None when the price of any request in the sum is unknown."""
    input_tokens: int = 0
    output_tokens: int = 0
    searches: int = 0
    """Searches run, in the web or in the library."""
    known_usd: float = 0.0
    """Price of those requests whose price is known: `usd`, unless that is None."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            usd=None if self.usd is None or other.usd is None else round(self.usd + other.usd, 8),
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            searches=self.searches + other.searches,
            known_usd=round(self.known_usd + other.known_usd, 8),
        )


class Costs(BaseModel):
    """What each agent has used."""

    model_config = ConfigDict(frozen=True)

    planner: Usage = Usage()
    searcher: Usage = Usage()
    analyst: Usage = Usage()

    @property
    def total(self) -> Usage:
        return self.planner + self.searcher + self.analyst

    def plus(self, agent: Agent, usage: Usage) -> "Costs":
        known: Usage = getattr(self, agent)
        return self.model_copy(update={agent: known + usage})


class Budget(BaseModel):
    """The most that a turn may cost. What has no known price cannot be counted against it."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    limit_usd: float | None = None
    """None: no limit."""

    def left(self, spent: Usage) -> float | None:
        """US dollars that may still be spent, 0 when the limit is reached; None without a limit."""
        return None if self.limit_usd is None else max(0.0, self.limit_usd - spent.known_usd)

    def searches_at_once(self, spent: Usage, dearest_usd: float | None, wanted: int) -> int:
        """How many of the wanted searches may begin side by side: none once the limit is reached, else at least one.

        `dearest_usd` is the price of the dearest search so far, if one has ended.
        """
        left = self.left(spent)
        if left is None:
            return wanted
        each = SEARCH_ESTIMATE_USD if dearest_usd is None else dearest_usd
        fitting = wanted if each <= 0 else int(left / each)
        return min(wanted, max(1, fitting)) if left > 0 else 0
