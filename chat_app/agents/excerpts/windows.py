"""A passage read with a question in mind: which of its sentences to quote, and how well it answers."""

import re
from collections.abc import Iterator, Sequence

from chat_app.agents.excerpts.cues import DEFINITION, is_negated
from chat_app.agents.excerpts.relevance import Inquiry, stems
from chat_app.agents.excerpts.segments import Segment

MAX_SENTENCES = 4
_MAX_SEGMENTS = 10
"""Sentences with the terms, captions and code that belong to them."""
_MAX_WORDS = 120
# What makes a passage the first to quote.
_WINDOW = 0.5
_TITLE = 1.5
_ANSWER = 0.2
_DEFINITION = 0.3
_FLAWS = 0.5
_CHRONICLE = 0.5
_NEGATION = 0.2
_NEGATED_PLACE = 0.6
_NOT_TO_DO = 0.9
_PHRASE = 0.3
_SAME_QUESTION = 0.8
_MEASURE = 0.2
_CHRONICLE_TITLE = re.compile(
    r"\b(?:what.?s new|change ?logs?|release notes|release \d\S*|news)\b|^(?:the )?(?:index|versions?|changes)$|"
    r"\b(?:änderungsprotokoll|versionshinweise|neuerungen|stichwortverzeichnis|nouveautés|"
    r"notes de version|notas de la versión|novedades)\b|"
    r"更新日志|更新履歴|変更履歴|索引",
    re.IGNORECASE,
)
"""Lists of changes and indexes: they name everything and explain nothing."""
_FRAGMENT = re.compile(r"[a-zà-ÿ]+,? ")
"""A sentence that begins in its middle."""
_NOTICE = re.compile(
    r"(?:New in|Changed in|Deprecated since|Added in) (?:version )?[\d.]+|Source code: |See also\b", re.IGNORECASE
)
_PUNCTUATION = ".,;:!?()\"'“”"
_ENDS = (".", "!", "?", ")", '"', "”", "。", "…")
_FEW_FOR_PROSE = 8
_CAPTION = re.compile(r"(?:Table|Figure|Listing|Tabelle|Abbildung|Tableau|Tabla|Figura)\s\d+[.:\d]*\s|表\s?\d")
_CUE = 0.2
_PREAMBLE = 0.12
_OTHER_ROW = 0.2
_OTHER_SECTION = 0.25
_FEW_WORDS = 32
_MANY_WORDS = 75
_DANGLING = re.compile(
    r"(?:(?:This|It|Its|These|Those|They|That|Such|However|Therefore|Thus|Hence|Also|But|And|Otherwise|Conversely|Similarly|Then|Finally|"
    r"Additionally|Furthermore|Moreover|As a result|For example|In contrast|Instead|Another|On top of|Note that|Now|So|Else|Here|"
    r"Generally, therefore|Be careful with (?:this|that)|(?:To|By) do(?:ing)? (?:this|that|so)|The (?:above|latter|former|same)|"
    r"(?:If|In|With|After|For|Because of|Without) (?:this|that|these|those|them|it|so|not)|"
    r"Dies\w*|Er|Es|Daher|Deshalb|Jedoch|Auch|Cela|Ceci|Il|Elle|Cependant|Ainsi|Esto|Eso|Sin embargo|Además)\b|これ|それ|这|它|因此|但)"
)


def windows(segments: Sequence[Segment]) -> Iterator[tuple[int, int]]:
    for first in range(len(segments)):
        sentences = words = 0.0
        for last in range(first + 1, min(first + _MAX_SEGMENTS, len(segments)) + 1):
            segment = segments[last - 1]
            sentences += 0.0 if segment.is_lead or segment.is_code else 0.5 if segment.is_item else 1.0
            words += len(segment.text.split())
            if last > first + 1 and (sentences > MAX_SENTENCES or words > _MAX_WORDS):
                break
            yield first, last


def _ways_to_name(names: Sequence[str]) -> Iterator[str]:
    """A heading, and what stands before and in its parentheses: "Multi-version concurrency control (MVCC)"."""
    for name in names:
        yield name
        if "(" in name:
            yield from name.rstrip(") ").split("(")


class _Look:
    """What is seen of a segment once, because each window that holds it asks."""

    def __init__(self, segment: Segment, found: frozenset[int], asked: Inquiry) -> None:
        words = segment.text.split()
        self.words = len(words)
        self.plain_words = 0 if segment.is_code else sum(map(_is_plain, words))
        self.prose_words = 0 if segment.is_code else len(words)
        self.is_lead = segment.is_lead
        self.is_dangling = _DANGLING.match(segment.text) is not None
        self.is_notice = _NOTICE.match(segment.text) is not None
        self.is_idle = self.is_notice or (self.is_lead and segment.begins_paragraph and not found)
        self.is_fragment = not segment.is_code and _FRAGMENT.match(segment.text) is not None
        self.is_table = segment.is_table
        self.is_record = segment.is_record
        self.is_caption = _CAPTION.match(segment.text) is not None
        self.announces = segment.text.endswith((":", "："))
        self.answers = bool(found) and asked.is_answered_by(segment.text)
        self.is_negated = asked.is_negated and is_negated(segment.text)
        self.has_measure = asked.measure is not None and asked.measure.search(segment.text) is not None
        self.is_question = asked.is_asked_in(segment.text)
        self.has_phrase = asked.has_phrase(segment.text)
        self.defines = bool(found) and asked.cue is DEFINITION and asked.is_definition(segment.text)


def _is_plain(word: str) -> bool:
    return not word.isascii() or word.strip(_PUNCTUATION).replace("-", "").isalpha()


class Reading:
    """A passage read with a question in mind."""

    def __init__(
        self, asked: Inquiry, segments: Sequence[Segment], title: str, location: str | None, file_name: str = ""
    ) -> None:
        self._asked = asked
        self._segments = segments
        self.found = [asked.found(segment.text) for segment in segments]
        steps = [title, *(location or "").split(" > ")]
        self.place = asked.found("\n".join([*steps, file_name]))
        names = (title, steps[-1])
        self._title = self._precision(title) * asked.share(asked.found(title))
        self._is_chronicle = _CHRONICLE_TITLE.search(title) is not None and not asked.is_of_changes
        self._about = max(self._aboutness(name) for name in names)
        self._defines = asked.cue is DEFINITION and any(
            self._is_named_by(name) and asked.is_name(asked.found(name)) for name in _ways_to_name(names)
        )
        self._looks = [_Look(segment, terms, asked) for segment, terms in zip(segments, self.found, strict=True)]
        self._rows = self._rows_that_differ()
        self._answers = self.answers(0, len(segments))
        self._is_negated = any(look.is_negated for look in self._looks)
        self._is_asked_above = asked.is_asked_in(steps[-1])
        self._is_place_negated = is_negated(steps[-1])

    def score(self, first: int, last: int) -> float:
        """What the window holds of the question, how close together, and whether it reads like an answer."""
        asked, found = self._asked, self.found[first:last]
        held = frozenset[int]().union(*found)
        score = asked.share(held) + 0.5 * asked.share(self.place - held)
        score += 0.3 * max(
            asked.share(one | two) for one, two in zip(found, [*found[1:], frozenset[int]()], strict=True)
        )
        score += _CUE * (self.answers(first, last) + self.defines(first, last))
        if asked.is_about(self.place) and any(look.is_negated for look in self._looks[first:last]):
            # Below a title that names the subject, a list of what not to do need not name it again.
            score += _NOT_TO_DO * asked.share(self.place)
        score += _SAME_QUESTION * any(look.is_question for look in self._looks[first : last - 1])
        score += _CUE * any(look.has_measure for look in self._looks[first:last])
        score += _CUE * any(look.has_phrase for look in self._looks[first:last])
        score += self._about * (1.0 if first == 0 else 0.4)
        return score - self._flaws(first, last)

    def merit(self, first: int, last: int) -> float:
        """How well the passage as a whole suits the question, of which the window would be quoted."""
        entry = self.place if first == 0 and self._defines else frozenset[int]()
        merit = _WINDOW * self._asked.share(entry.union(*self.found[first:last]))
        merit += _TITLE * self._title
        merit += _ANSWER * self._answers
        merit += _DEFINITION * self.defines(first, last)
        merit -= _FLAWS * self._flaws(first, last)
        merit += _NEGATION * (self._asked.is_negated and self._is_negated)
        merit += _SAME_QUESTION * (self._is_asked_above or any(look.is_question for look in self._looks[first:last]))
        merit += _PHRASE * any(look.has_phrase for look in self._looks)
        merit += _MEASURE * any(look.has_measure for look in self._looks)
        merit += _NEGATED_PLACE * (self._asked.is_negated and self._is_place_negated)
        return merit - _CHRONICLE * self._is_chronicle

    def defines(self, first: int, last: int) -> bool:
        """Whether the window says what the thing is that the question asks for."""
        return (first == 0 and self._defines) or any(look.defines for look in self._looks[first:last])

    def answers(self, first: int, last: int) -> bool:
        """Whether the window reads like an answer to this kind of question."""
        return (first == 0 and self._defines) or any(look.answers for look in self._looks[first:last])

    def _precision(self, name: str) -> float:
        """Which share of a name's words the question holds."""
        words = [word for word in stems(name) if not word.isdigit()]
        asked_for = frozenset[str]().union(*self._asked.terms)
        return sum(f" {word} " in asked_for for word in words) / (len(words) or 1)

    def _aboutness(self, name: str) -> float:
        """A heading that names what is asked; what stands right below it says what that is."""
        share = self._asked.share(self._asked.found(name))
        if share < 0.5:
            return 0.0
        return 0.12 * share + 0.12 * self._is_named_by(name)

    def _is_named_by(self, name: str) -> bool:
        """Whether a heading names what is asked about and nothing else."""
        return self._precision(name) == 1.0

    def _flaws(self, first: int, last: int) -> float:
        """What makes a window read badly: too little, too much, or torn out of its context."""
        window, looks = self._segments[first:last], self._looks[first:last]
        words = sum(look.words for look in looks)
        few = max(0, _FEW_WORDS - words) * (0.5 if last - first == len(self._segments) else 1.0)
        if last - 1 in self._rows:
            few = 0
        flaws = few * 0.008 + max(0, words - _MANY_WORDS) * 0.003
        unrelated = next((i for i, terms in enumerate(reversed(self.found[first:last])) if terms), last - first)
        flaws += 0.05 * max(0, unrelated - 1)
        flaws += _PREAMBLE * self._preamble(first, last) + _OTHER_ROW * self._other_rows(first, last)
        if first and looks[0].is_dangling:
            flaws += 0.12 if window[0].begins_paragraph else 0.25
        flaws += 0.08 * bool(first and self._looks[first - 1].is_lead and window[0].begins_line)
        flaws += 0.25 * self._breaks_off(last)
        flaws += 0.2 * looks[-1].is_lead + 0.3 * all(look.is_lead for look in looks)
        flaws += 0.2 * (looks[0].is_idle + any(look.is_idle for look in looks[1:]))
        flaws += 0.3 * all(segment.is_code for segment in window) + self._notation(first, last)
        flaws += _OTHER_SECTION * self._sections_begun(first, last)
        return flaws + 0.3 * self._is_half_a_list(first, last) + self._debris(first, last)

    def _rows_that_differ(self) -> dict[int, float]:
        """The rows of a table with what each holds of the question, if one of them is what is asked for. A header is no row."""
        rows = {
            i: self._asked.share(self.found[i])
            for i, look in enumerate(self._looks)
            if look.is_record or (look.is_table and i and self._looks[i - 1].is_table)
        }
        best = max(rows, key=lambda i: rows[i], default=None)
        if best is None or min(rows.values()) == rows[best]:
            return {}
        headers = (self.found[i] for i, look in enumerate(self._looks) if look.is_table and i not in rows)
        return rows if self._asked.is_about(self.place.union(self.found[best], *headers)) else {}

    def _other_rows(self, first: int, last: int) -> int:
        """How many rows are not asked for. Those before the best belong to it, unless they need no header."""
        rows = {i: share for i, share in self._rows.items() if first <= i < last}
        if not rows:
            return int(last in self._rows)
        most = max(rows.values())
        ends = max(i for i, share in rows.items() if share == most)
        return sum(share < most and (i > ends or self._looks[i].is_record) for i, share in rows.items())

    def _notation(self, first: int, last: int) -> float:
        """What is not sentences: rows of a table, captions, formulas, and the second half of a sentence."""
        looks = self._looks[first:last]
        prose = sum(look.prose_words for look in looks)
        is_formula = prose >= _FEW_FOR_PROSE and sum(look.plain_words for look in looks) < 0.5 * prose
        # The bars between a table's cells are not the source's, and a caption without its table says nothing.
        flaws = 0.2 * any(look.is_table for look in looks) + 0.25 * any(look.is_caption for look in looks)
        return flaws + 0.15 * looks[0].is_fragment + 0.4 * is_formula

    def _preamble(self, first: int, last: int) -> int:
        """How many sentences come before the first that has to do with the question, and are not what that one refers to."""
        if first == 0 and self._defines:
            return 0
        begin = next((i for i in range(first, last) if self.found[i]), first)
        return 0 if self._looks[begin].is_dangling or self._segments[begin].is_code else begin - first

    def _sections_begun(self, first: int, last: int) -> int:
        """How many headings stand below sentences of the window: with each the text speaks of something else."""
        looks, segments = self._looks, self._segments
        return sum(
            looks[i].is_lead
            and segments[i].begins_paragraph
            and not looks[i - 1].is_lead
            and not looks[i - 1].announces
            for i in range(first + 1, last)
        )

    def _breaks_off(self, last: int) -> bool:
        """Whether what the last sentence announces comes behind the window."""
        segment = self._segments[last - 1]
        if segment.is_code or self._looks[last - 1].announces:
            return not segment.is_code
        return last < len(self._segments) and self._segments[last].is_code and not segment.text.endswith(_ENDS)

    def _is_half_a_list(self, first: int, last: int) -> bool:
        """Whether the window announces or begins a list that goes on behind it."""
        segments = self._segments
        if last == len(segments) or not segments[last].is_item or last - 1 in self._rows:
            return False
        begin = next((i for i in range(last - 1, first, -1) if segments[i].begins_paragraph), first)
        items = sum(segment.begins_line for segment in segments[begin:last])
        announced = any(look.announces for look in self._looks[max(begin - 1, first) : last])
        return announced or items > 2

    def _debris(self, first: int, last: int) -> float:
        """Code cut in two, or without the sentence that announces it."""
        segments, window = self._segments, self._segments[first:last]
        if not any(segment.is_code for segment in window):
            return 0.0
        # What goes on is often one listing with blank lines in it.
        is_cut = (window[0].is_code and not window[0].begins_paragraph) or (
            window[-1].is_code and last < len(segments) and segments[last].is_code
        )
        is_stray = window[-1].is_code and not (last - first > 1 and self._looks[last - 2].announces)
        return 0.3 * is_cut + 0.1 * is_stray + 0.2 * window[0].is_code
