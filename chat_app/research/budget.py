"""What a turn has used: tokens, searches, money."""

from pydantic import BaseModel, ConfigDict


class Usage(BaseModel):
    """Sums over model requests. Add two with `+`."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    usd: float | None = 0.0
    """Price in US dollars; None when the price of any request in the sum is unknown."""
    input_tokens: int = 0
    output_tokens: int = 0
    searches: int = 0
    """Searches run, in the web or in the library."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            usd=None if self.usd is None or other.usd is None else round(self.usd + other.usd, 8),
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            searches=self.searches + other.searches,
        )
