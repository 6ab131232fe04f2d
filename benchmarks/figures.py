"""What a measurement comes to: numbers with their unit, their spread and the target beside them, as lines of a table."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Unit = Literal["s", "ms", "x", "MB", "/s", "of 1"]

_DIGITS = {"s": 2, "ms": 0, "x": 3, "MB": 0, "/s": 0, "of 1": 2}
_NAME_WIDTH, _MEASURED_WIDTH = 58, 34


@dataclass(frozen=True)
class Figure:
    """One line: the median of `values`, with their range when there are several."""

    name: str
    values: tuple[float, ...]
    unit: Unit
    target: str = ""

    def __str__(self) -> str:
        return f"  {self.name:<{_NAME_WIDTH}} {self._measured():<{_MEASURED_WIDTH}} {self.target}".rstrip()

    def _measured(self) -> str:
        if not self.values:
            return "not measured here"
        digits = _DIGITS[self.unit]
        spread = f"  ({min(self.values):.{digits}f} to {max(self.values):.{digits}f})" if len(self.values) > 1 else ""
        return f"{statistics.median(self.values):.{digits}f} {self.unit}{spread}"


def heading(title: str) -> str:
    return f"\n{title:<{_NAME_WIDTH + 2}} {'measured':<{_MEASURED_WIDTH}} target"


def seconds(name: str, values: Sequence[float], target: str = "") -> Figure:
    return Figure(name, tuple(values), "s", target)


def milliseconds(name: str, values_seconds: Sequence[float], target: str = "") -> Figure:
    return Figure(name, tuple(value * 1000 for value in values_seconds), "ms", target)


def share(name: str, values: Sequence[float], target: str = "") -> Figure:
    """Of all, 1 being all of them."""
    return Figure(name, tuple(values), "of 1", target)


def percentiles(name: str, values_seconds: Sequence[float], target: str = "") -> list[Figure]:
    """The values at 50 and at 95 of a hundred, the target standing beside the latter."""
    return [
        milliseconds(f"{name}, p50", [percentile(values_seconds, 50)] if values_seconds else []),
        milliseconds(f"{name}, p95", [percentile(values_seconds, 95)] if values_seconds else [], target),
    ]


def percentile(values: Sequence[float], share: int) -> float:
    """The smallest value that `share` of a hundred values don't exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]
