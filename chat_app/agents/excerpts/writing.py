"""The analyst without an AI model: a report of passages, word for word, in the order of the plan."""

from collections.abc import Sequence

from chat_app.agents.brief import AnalystBrief
from chat_app.agents.excerpts.grammars import Language
from chat_app.agents.excerpts.languages import language_of
from chat_app.agents.excerpts.parts import is_same_question, parts_of
from chat_app.agents.excerpts.planning import answered_before, named
from chat_app.agents.excerpts.quotation import block_quote, escaped
from chat_app.agents.excerpts.selection import MAX_EXCERPTS, Excerpt, excerpts_for, has_quotable, openings
from chat_app.agents.excerpts.wording import WORDINGS, Wording
from chat_app.languages.retelling import retold, retold_place
from chat_app.research.evidence import Finding, Outcome, SearchFailed, Source, is_file
from chat_app.search.attachment_names import means_the_file

_LIMIT_OF_PARTS = 2
_NEAREST_PLACES = 3
_PLACES_A_FILE = 2


def report_text(brief: AnalystBrief) -> str:
    """Markdown. Every block quote is a contiguous piece of a passage, ends with its source's number, and is followed by its place."""
    wording = WORDINGS[language_of(brief.question)]
    has_web = any(search.where != "library" for search in brief.plan.searches)
    if has_web:
        wording = _for_web(wording)
    sections, gaps = _sections(brief, wording)
    if not sections:
        failed = sum(isinstance(outcome, SearchFailed) for outcome in brief.outcomes)
        queries = tuple(outcome.query for outcome in brief.outcomes)
        found = [source for outcome in brief.outcomes if isinstance(outcome, Finding) for source in outcome.sources]
        nearest = [source for source in found if is_file(source)]
        return no_answer_text(brief.question, queries, failed, nearest, has_web=has_web)
    return "\n\n".join([wording.disclosure, *sections, *gaps, *_unplanned(brief, wording)])


def no_answer_text(
    question: str,
    queries: Sequence[str] = (),
    failed: int = 0,
    nearest: Sequence[Source] = (),
    *,
    has_web: bool = False,
) -> str:
    """That the documents don't answer, which places in them come nearest, what was tried, and the way out.

    `failed` counts the searches that broke. `nearest`, best first: places are named, and nothing is quoted. `has_web`: the web was
    searched, too.
    """
    wording = WORDINGS[language_of(question)]
    if has_web:
        wording = _for_web(wording)
    sentences = [wording.nothing_found]
    if places := _places(nearest, language_of(question)):
        sentences.append("\n".join([wording.nearest, "", *(f"- {place}" for place in places)]))
    if queries:
        sentences.append(wording.tried.format(escaped(named(queries))))
    if failed:
        sentences.append(wording.some_failed)
    return "\n\n".join([*sentences, wording.way_out])


def _places(sources: Sequence[Source], language: Language) -> list[str]:
    """Where the best passages stand, each place once."""
    places = (
        _place(source.title, passage.location, language)
        for source in sources
        for passage in source.passages[:_PLACES_A_FILE]
    )
    return list(dict.fromkeys(places))[:_NEAREST_PLACES]


def _for_web(wording: Wording) -> Wording:
    """The same, where not only the person's documents were searched."""
    words = {
        "disclosure": wording.disclosure_web,
        "unanswered": wording.unanswered_web,
        "nothing_found": wording.nothing_found_web,
    }
    return wording.model_copy(update=words)


def _sections(brief: AnalystBrief, wording: Wording) -> tuple[list[str], list[str]]:
    """A section for each search that found an answer, and a line for each of the others."""
    outcomes: Sequence[Outcome] = brief.outcomes
    language = language_of(brief.question)
    sections: list[str] = []
    gaps: list[str] = []
    quoted: list[Excerpt] = []
    compared = _compared(brief.question) if len(outcomes) > 1 else frozenset[str]()
    for outcome in sorted(outcomes, key=lambda outcome: outcome.search):
        if isinstance(outcome, SearchFailed):
            gaps.append(wording.failed.format(f"{escaped(outcome.query)} ({escaped(retold(outcome.error, language))})"))
        elif section := _section(outcome, quoted, language, wording, _limit(outcome.query, len(outcomes), compared)):
            heading = [f"## {escaped(outcome.query)}"] if len(outcomes) > 1 else []
            sections.append("\n\n".join([*heading, *section]))
        else:
            gaps.append(wording.unanswered.format(escaped(outcome.query)))
    return sections, gaps


def _compared(question: str) -> frozenset[str]:
    """The things that the question compares, which are searched one by one, too."""
    parts = parts_of(question)
    return (
        frozenset(part.text for part in parts if not part.is_overview)
        if any(p.is_overview for p in parts)
        else frozenset()
    )


def _limit(query: str, searches: int, compared: frozenset[str]) -> int:
    """How many passages are quoted for a search. The comparison as a whole says more than what is said of one side."""
    if searches == 1:
        return MAX_EXCERPTS
    return 1 if query in compared else _LIMIT_OF_PARTS


def _section(finding: Finding, quoted: list[Excerpt], language: Language, wording: Wording, limit: int) -> list[str]:
    """Adds what it quotes to `quoted`; what is there already is only referred to."""
    excerpts = excerpts_for(finding.query, finding.sources, limit + len(quoted))
    known = [next((other for other in quoted if excerpt.is_known_from(other)), None) for excerpt in excerpts]
    new = [excerpt for excerpt, other in zip(excerpts, known, strict=True) if other is None][
        : limit - any(other is not None for other in known[:limit])
    ]
    quoted += new
    if not excerpts and means_the_file(finding.query):
        new = openings(finding.sources)[:limit]
    blocks = [
        f"{block_quote(excerpt.segments, excerpt.source.number or 0)}\n\n— {_place_of(excerpt, language)}"
        for excerpt in new
    ]
    referred = {_reference(other, language): None for other in known[:limit] if other is not None}
    if referred:
        blocks.insert(0 if known[0] is not None else len(blocks), f"{wording.quoted_above} {', '.join(referred)}")
    if not blocks and (
        unquotable := [source for source in finding.sources if source.number is not None and not has_quotable(source)]
    ):
        blocks.append(f"{wording.unquotable} {', '.join(map(_titled, unquotable))}")
    return blocks


def _place_of(excerpt: Excerpt, language: Language) -> str:
    return _place(excerpt.source.title, excerpt.passage.location, language)


def _place(title: str, location: str | None, language: Language) -> str:
    """Title and heading path or page, without saying the title twice."""
    steps = [step.strip() for step in retold_place(location or "", language).split(" > ") if step.strip()]
    title = title.strip()
    if steps and steps[0].casefold() == title.casefold():
        steps = steps[1:]
    return escaped(" › ".join([title, *steps]))


def _reference(excerpt: Excerpt, language: Language) -> str:
    return f"{_place_of(excerpt, language)} [{excerpt.source.number}]"


def _titled(source: Source) -> str:
    return f"{escaped(source.title)} [{source.number}]"


def _unplanned(brief: AnalystBrief, wording: Wording) -> list[str]:
    """Parts of the question that these rules found but did not search, if the plan is theirs."""
    searched = [search.query for search in brief.plan.searches]
    parts = parts_of(brief.question, [turn.question for turn in brief.past])
    missing = [
        part
        for part in parts
        if not part.is_overview and not any(is_same_question(part.text, text) for text in searched)
    ]
    if not missing or len(missing) == len(parts):
        return []
    answered = answered_before(missing, brief.past)
    left_out = [part for part in missing if part not in answered]
    lines = [(wording.already_asked, answered), (wording.left_out, left_out)]
    return [line.format(escaped(named([part.text for part in parts]))) for line, parts in lines if parts]
