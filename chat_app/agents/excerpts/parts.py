"""A question taken apart by rules: several questions in one, what is compared, what is listed. Invents nothing.

A part that lacks a subject of its own ("and how do I turn it off?") carries the subject of what was asked before.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from chat_app.agents.excerpts.grammars import GRAMMARS, Language
from chat_app.agents.excerpts.languages import content_words, has_words, language_of, naming_words
from chat_app.search.library.passages import sentence_ends

MAX_PART_CHARACTERS = 400
_KEYWORDS = 12
_MAX_CARRIED = 6
_MAX_ITEM_WORDS = 8
_ITEM_LINE = re.compile(r"\s*(?:[-*•–]|\(?\d{1,2}[.)]|\(?[a-h]\))\s+(\S.*)")
_LEADING = re.compile(r"^[\s,;:!?，；。、！？]+")
_TRAILING = re.compile(r"[\s,;:.!?…，；。、！？]+$")
_QUESTION_MARK = re.compile(r"\s?[?？]\s*$")
_KINDS_OF = re.compile(
    r"^(?:which|what|how many)\b.*\b(?:are|is) there\b|^(?:welche|wie viele)\b.*\bgibt es\b|^(?:quel\w*|combien)\b.*\by a\b|"
    r"^¿?(?:qué|cuánt\w+)\b.*\bhay\b",
    re.IGNORECASE,
)
"""Kinds of what was named before: "and which levels are there?"."""
_PREFACE = re.compile(
    r"(?:(?:please\s+)?tell me,?\s+(?:about\s+)?|i(?:'d| would)?\s+(?:also\s+)?(?:like|want|need)\s+to\s+(?:know|understand|learn),?\s+"
    r"|(?:can|could)\s+you\s+(?:please\s+)?(?:tell me|explain),?\s+(?:to me\s+)?"
    r"|ich\s+(?:möchte|will|würde gern)\s+(?:auch\s+)?wissen,?\s+|je\s+(?:veux|voudrais|souhaite)\s+savoir\s+|quiero\s+saber\s+)(?=\S)",
    re.IGNORECASE,
)


class Part(BaseModel):
    """One thing that a question asks."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    text: str
    """In the words of the question, at most 400 characters."""
    is_overview: bool = False
    """A comparison as a whole, beside the parts that it compares."""


def parts_of(question: str, earlier: Sequence[str] = ()) -> tuple[Part, ...]:
    """The parts in the order in which they are asked, at least one. `earlier` are the thread's questions, oldest first."""
    language = language_of(question)
    carried = _subject_of_thread(earlier)
    parts: list[Part] = []
    asks, background = _asks(question, language)
    known = carried or _few(naming_words(background, language))
    if not any(_asks_something(ask, language) for ask in asks):
        known = ()  # "Thanks!" goes on from nothing.
    for i, ask in enumerate(asks):
        for piece in _split(ask, language):
            text = _with_subject(piece.text, known, language, is_later=i > 0)
            parts.append(piece.model_copy(update={"text": _shortened(text, language)}))
        known = _subject(ask, known, language)
    return tuple({_key(part.text): part for part in parts}.values())


def says_nothing(text: str) -> bool:
    """Whether there is nothing to look for in a question to which no subject has been carried over."""
    language = language_of(text)
    return not content_words(text, language) and (not has_words(text, language) or _pronoun(text, language) is not None)


def lacks_subject(text: str, language: Language) -> bool:
    """Whether the words alone don't say what is asked about."""
    return not naming_words(text, language) or _refers_back(text, language)


def is_same_question(one: str, other: str) -> bool:
    return _key(one) == _key(other)


def _subject_of_thread(earlier: Sequence[str]) -> tuple[str, ...]:
    """What the latest questions are about: back to the first that says it in its own words."""
    words: list[str] = []
    for question in reversed(earlier):
        language = language_of(question)
        words.extend(content_words(question, language))
        if not lacks_subject(question, language) and not _opens_as_continuation(question, language):
            break
    return _few(words)


def _asks(question: str, language: Language) -> tuple[list[str], str]:
    """What is asked, sentence by sentence or line by line, and the text around it."""
    items, lead = _listed(question)
    if items:
        subject = _few(naming_words(lead, language))
        return [_with_terms(item, subject, language) for item in items], lead
    sentences = list(_sentences(question))
    request = GRAMMARS[language].request
    marked = [s for s in sentences if _mark(s)]
    asks = marked if len(sentences) > 8 and marked else [s for s in sentences if _mark(s) or request.match(s)]
    asks = [s for s in asks if _mark(s) or has_words(s, language) or len(asks) == 1] or [" ".join(question.split())]
    return asks, " ".join(s for s in sentences if s not in asks)


def _asks_something(text: str, language: Language) -> bool:
    request = GRAMMARS[language].request.match(text)
    return request is not None or bool(_mark(text)) or has_words(text, language)


def _listed(question: str) -> tuple[list[str], str]:
    lines = question.split("\n")
    items = [match[1].strip() for line in lines if (match := _ITEM_LINE.fullmatch(line))]
    if len(items) < 2:
        return [], ""
    first = next(i for i, line in enumerate(lines) if _ITEM_LINE.fullmatch(line))
    return items, " ".join(lines[:first])


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in (*sentence_ends(text), len(text)):
        if sentence := " ".join(text[start:end].split()):
            yield sentence
        start = end


def _split(ask: str, language: Language) -> list[Part]:
    """The clauses of a sentence that ask, each with the subject of those before it."""
    if len(ask) > MAX_PART_CHARACTERS:
        return [Part(text=ask)]
    mark = _mark(ask)
    opening = "¿" if language == "es" and ask.startswith("¿") else ""
    parts: list[Part] = []
    subject: tuple[str, ...] = ()
    clauses = _clauses(ask, language)
    for clause in clauses:
        compared = _compared(clause, language)
        text = _with_subject(clause + mark, subject, language, is_later=bool(parts))
        if len(clauses) > 1:
            text = _capitalised(_PREFACE.sub("", text))
        text = opening + text if opening and not text.startswith(opening) else text
        parts.append(Part(text=text, is_overview=len(compared) > 1))
        parts.extend(Part(text=item) for item in compared)
        subject = _subject(clause, subject, language)
    if len(parts) == 1 and (items := _enumerated(ask, language)):
        return [Part(text=item) for item in items]
    return parts


def _clauses(ask: str, language: Language) -> list[str]:
    """A clause without content before it, as in "what and why", stays with the next one."""
    clauses: list[str] = []
    start, text = 0, ask
    for match in GRAMMARS[language].conjunction.finditer(ask):
        head, tail = text[start : match.start()], text[match.end() :]
        says_something = content_words(head, language) or (clauses and _pronoun(head, language) is not None)
        # "In PostgreSQL, what is ...": a comma alone parts questions, not a question and its setting.
        is_parted = re.search(r"\w", match[0]) or GRAMMARS[language].request.match(_trimmed(head))
        if is_parted and says_something and len(_trimmed(tail)) > len(tail.split(" ")[0]):
            clauses.append(head)
            start = match.end()
    clauses.append(text[start:])
    return [_trimmed(clause) for clause in clauses]


def _compared(clause: str, language: Language) -> list[str]:
    match = GRAMMARS[language].comparison.search(clause)
    found = next((group for group in match.groupdict().values() if group), None) if match else None
    if not match or not found:
        return []
    before = _few(naming_words(clause[: match.start()], language))
    return [_with_terms(item, before, language) for item in _items(found, language, at_least=2)]


def _enumerated(ask: str, language: Language) -> list[str]:
    match = GRAMMARS[language].enumeration.match(ask)
    return _items(match["items"], language, at_least=3) if match else []


def _items(text: str, language: Language, *, at_least: int) -> list[str]:
    """The things that `text` lists, each with what they have in common; none when it reads like anything else."""
    grammar = GRAMMARS[language]
    text = _trimmed(text)
    prefix = grammar.prefix.match(text)
    text = text[prefix.end() :] if prefix else text
    last_joint = max((match.end() for match in grammar.joint.finditer(text)), default=0)
    common = next(
        (
            m
            for m in grammar.context.finditer(text, last_joint)
            if content_words(text[last_joint : m.start()], language)
        ),
        None,
    )
    context = text[common.start() :] if common else ""
    items = [
        _trimmed(grammar.article.sub("", _trimmed(item)))
        for item in grammar.joint.split(text[: common.start() if common else None])
    ]
    are_things = all(has_words(item, language) and len(item.split()) <= _MAX_ITEM_WORDS for item in items)
    if len(items) < at_least or len({item.casefold() for item in items}) < len(items) or not are_things:
        return []
    if at_least > 2 and any(
        not naming_words(item, language) or re.search(r"\w{3}est\b|\bto\b", item) for item in items
    ):
        return []  # "the fastest, safest and cheapest way to ..." is one question.
    shared = naming_words(prefix["context"], language) if prefix else ()
    return [_with_terms(item + context, shared, language) for item in items]


def _subject(text: str, before: tuple[str, ...], language: Language) -> tuple[str, ...]:
    """What later text may refer to: the subject of this one, unless it speaks of the one before itself."""
    own = _few(naming_words(text, language))
    return before if before and (not own or _pronoun(text, language) is not None) else own


def _with_subject(text: str, subject: Sequence[str], language: Language, *, is_later: bool) -> str:
    """`is_later`: something before it in the same question may be meant by any pronoun."""
    is_continued = lacks_subject(text, language) or _opens_as_continuation(text, language)
    is_continued = is_continued or (is_later and _KINDS_OF.search(text) is not None)
    if not is_continued and not (is_later and _pronoun(text, language) is not None):
        return text
    relational = GRAMMARS[language].relational
    if any(word.casefold() in relational for word in content_words(text, language)):
        # "How do I turn it off?" after "How do I configure ...": it has a verb of its own.
        subject = [word for word in subject if word.casefold() not in relational] or subject
    return _with_terms(text, subject, language)


def _with_terms(text: str, terms: Sequence[str], language: Language) -> str:
    """The terms that `text` lacks, in parentheses before its question mark."""
    held = text.casefold()
    missing = [term for term in terms if term.casefold() not in held]
    if not missing:
        return text
    opening, closing = ("（", "）") if language in ("zh", "ja") else (" (", ")")
    return f"{_trimmed(text)}{opening}{' '.join(missing)}{closing}{_mark(text)}"


def _refers_back(text: str, language: Language) -> bool:
    """A pronoun before anything that it could stand for."""
    spot = _pronoun(text, language)
    return spot is not None and not naming_words(text[:spot], language)


def _pronoun(text: str, language: Language) -> int | None:
    """Where the first pronoun stands."""
    pronouns = "|".join(re.escape(pronoun) for pronoun in GRAMMARS[language].pronouns)
    edge = "" if language in ("zh", "ja") else r"\b"
    match = re.search(f"{edge}(?:{pronouns}){edge}", text.casefold().replace("’", "'"))
    return match.start() if match else None


def _opens_as_continuation(text: str, language: Language) -> bool:
    return GRAMMARS[language].opener.match(text.strip()) is not None and len(naming_words(text, language)) <= 2


def _shortened(text: str, language: Language) -> str:
    """A text too long for a search becomes the words that it uses most, in the order of their first use."""
    text = " ".join(text.split())
    if len(text) <= MAX_PART_CHARACTERS:
        return text
    counts = Counter(word.casefold() for word in re.findall(r"\w+", text))
    words = [word for word in content_words(text, language) if len(word) <= 40]
    kept = set(sorted(words, key=lambda word: -counts[word.casefold()])[:_KEYWORDS])
    return " ".join(word for word in words if word in kept)[:MAX_PART_CHARACTERS] or text[:MAX_PART_CHARACTERS]


def _few(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))[:_MAX_CARRIED]


def _mark(text: str) -> str:
    """The question mark, with the space that French puts before it."""
    return match[0].rstrip() if (match := _QUESTION_MARK.search(text)) else ""


def _trimmed(text: str) -> str:
    return _TRAILING.sub("", _LEADING.sub("", text))


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _key(text: str) -> str:
    return " ".join(_trimmed(text).casefold().split())
