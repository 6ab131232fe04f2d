"""What those who prepare a question ask of an index, or of anything else that has words."""

from collections.abc import Sequence
from typing import Protocol


class Vocabulary(Protocol):
    """The terms of an index."""

    def terms_from(self, prefix: str, limit: int) -> list[str]:
        """Terms that begin so, in alphabetical order."""
        ...

    def terms_holding(self, parts: Sequence[str], limit: int) -> list[str]:
        """Terms in which any of the parts stands."""
        ...

    def frequencies(self, stems: Sequence[str]) -> dict[str, int]:
        """In how many passages each stands; what stands nowhere is left out."""
        ...
