"""A question put to an index: how much each of its notions says there, and the passages that may answer it."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import log

from chat_app.search.library.expansion import notions
from chat_app.search.library.index import Candidate, Index
from chat_app.search.library.matching import Stems, stems_of

_TERM_WEIGHT = 1.5
"""What any term counts besides its rarity; otherwise one rare word alone would cover a question."""
_CANDIDATES = 60
_LEAST_WAYS = 2
_MAX_PAIRS = 200
_MAX_APPEARANCES = 10_000
"""Of all words by which candidates are chosen, in passages: it bounds the time. What stands everywhere chooses nothing."""


class Asked:
    """A question in the light of an index; false when it holds nothing to look for."""

    def __init__(self, question: str, index: Index) -> None:
        self.question = question
        self._index = index
        self._notions = notions(question, index)
        self.stems = stems_of(self._notions)
        stems = sorted({stem for each in self.stems for way in (*each.own, *each.alike) for stem in way})
        self._known = index.frequencies(stems) | _frequencies_of_prefixes(stems, index)
        self.weights = self._weights(index.passage_count())
        self.total = sum(w for w, notion in zip(self.weights, self._notions, strict=True) if not notion.is_hint) or 1.0
        """The weight of all that an answer should hold."""
        numbered = range(len(self.weights))
        self.pairs = [(i, k, self.weights[i] * self.weights[k]) for i, k in combinations(numbered, 2)]
        self.total_of_pairs = sum(weight for _, _, weight in self.pairs) or 1.0

    def __bool__(self) -> bool:
        return bool(self._notions)

    def candidates(self) -> list[Candidate]:
        """Passages that hold the question's own words, and passages that put it in others; each once."""
        own, alike = self._ways("own"), self._ways("alike")
        found = self._index.candidates(own, _CANDIDATES) if own else []
        if alike:
            found += self._index.candidates([*own, *alike], _CANDIDATES)
        return list({(each.path, each.location, each.text): each for each in found}.values())

    def _weights(self, count: int) -> list[float]:
        """By rarity. A word that names no subject is none the more telling for being unknown to the documents."""
        rarities = [_rarity(self._frequency(each), count) for each in self.stems]
        telling = [r for r, notion in zip(rarities, self._notions, strict=True) if not notion.is_vague]
        most = max(telling, default=_rarity(0, count))
        return [
            notion.factor * ((min(rarity, most) if notion.is_vague else rarity) + _TERM_WEIGHT)
            for rarity, notion in zip(rarities, self._notions, strict=True)
        ]

    def _ways(self, kind: str) -> list[str]:
        """Expressions, the rarest first, as many as the time allows."""
        counted = sorted(self._counted(kind), key=lambda pair: pair[1])
        ways: dict[str, None] = {}
        appearances = 0
        for way, count in counted:
            appearances += count
            if len(ways) >= _LEAST_WAYS and appearances > _MAX_APPEARANCES:
                break
            ways[way] = None
        return list(ways)

    def _counted(self, kind: str) -> Iterator[tuple[str, int]]:
        for notion, stems in zip(self._notions, self.stems, strict=True):
            ways = (
                zip(notion.own, stems.own, strict=True)
                if kind == "own"
                else zip(notion.alike, stems.alike, strict=True)
            )
            for expression, way in ways:
                count = self._count(way)
                if count or expression.endswith("*"):
                    yield expression, count

    def _frequency(self, stems: Stems) -> float:
        """In how many passages a notion stands, at most; for a hint, which is several words, on average."""
        if stems.own:
            return max(map(self._count, stems.own))
        return sum(map(self._count, stems.alike)) / (len(stems.alike) or 1)

    def _count(self, way: Sequence[str]) -> int:
        return min((self._known.get(stem, 0) for stem in way), default=0)


def _frequencies_of_prefixes(stems: Sequence[str], index: Index) -> dict[str, int]:
    """Of a lone character: its most frequent pair's."""
    found: dict[str, int] = {}
    for stem in stems:
        if stem.endswith("*"):
            terms = index.terms_from(stem[:-1], _MAX_PAIRS)
            found[stem] = max(index.frequencies(terms).values(), default=0) if terms else 0
    return found


def _rarity(frequency: float, passage_count: int) -> float:
    """The rarer, the more; most of all what stands nowhere."""
    return log(1 + max(0.0, passage_count - frequency + 0.5) / (frequency + 0.5))
