"""A shared conversation as HTML: what a turn's view says to somebody who has only the link.

Nothing private goes in: no names, no ids of threads or turns, no cost.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chat_app.languages.choice import current_language, tag
from chat_app.languages.retelling import retold, retold_place
from chat_app.languages.words import day, moment, say
from chat_app.research.characters import MARK
from chat_app.research.evidence import Source, is_attachment, is_file, place_of
from chat_app.research.report import Report, cited_numbers
from chat_app.research.turn import title_of
from chat_app.research.uncited import marked
from chat_app.research.view import SearchView, TurnView, WaitView
from chat_app.web.addresses import is_google, web_host
from chat_app.web.report_html import Setting, report_html

_MAX_HEADING_CHARACTERS = 160
_MAX_QUOTE_CHARACTERS = 1_200


class Fragment(NamedTuple):
    """One turn, ready to be put into the page."""

    id: str
    html: str
    version: str
    """Changes with the HTML."""


class SourceLine(NamedTuple):
    """A source as the list below a report shows it."""

    number: int
    title: str
    href: str | None
    """None for what cannot be opened from here: a file of the library."""
    host: str
    quote: str | None
    location: str | None
    retrieved: str | None


class SearchLine(NamedTuple):
    query: str
    state: str
    note: str


def conversation_title(turns: Sequence[TurnView]) -> str:
    return next((title_of(turn.question) for turn in turns if turn.question), say("shared.title"))


def turn_fragments(turns: Sequence[TurnView]) -> list[Fragment]:
    """The turns in order. Parsing Markdown takes time: call it in a thread."""
    return [_turn_fragment(turn, position) for position, turn in enumerate(turns, start=1)]


def render_page(template: str, **context: object) -> str:
    return _TEMPLATES.get_template(template).render(
        context, say=say, told=retold_place, language=tag(current_language())
    )


def state_line(turn: TurnView) -> str:
    """Where the turn is, or how it ended, in one line."""
    if turn.state == "running":
        return _running_line(turn)
    verb = say(f"end.{turn.end}") if turn.end else say("shared.ended")
    return " · ".join([verb, *_search_counts(turn), *_source_count(turn), *_times(turn)])


def _running_line(turn: TurnView) -> str:
    if (wait := _wait(turn)) is not None:
        return say("shared.waiting", on=wait.on, reason=retold(wait.reason))
    phase = turn.phases[-1].phase if turn.phases else "planning"
    if phase == "searching":
        ended = sum(search.ended_at is not None for search in turn.searches)
        progress = say("card.searches_of", done=ended, count=len(turn.searches))
        return " · ".join([say("phase.searching"), progress, *_source_count(turn)])
    return " · ".join([say(f"phase.{phase}"), *(_source_count(turn) if phase == "analyzing" else [])])


def _wait(turn: TurnView) -> WaitView | None:
    """What the turn waits for; also when others have been heard of since, but nothing goes on any more."""
    under_way = [search for search in turn.searches if search.ended_at is None and search.started_at is not None]
    if turn.waiting is None and all(search.waiting for search in under_way):
        return next((search.waiting for search in under_way), None)
    return turn.waiting


def retrieved(source: Source) -> str | None:
    """When a source was read. The page of a stranger knows no time zone of theirs."""
    at = source.retrieved_at
    return None if at is None else say("time.retrieved", moment=moment(at))


def _search_counts(turn: TurnView) -> list[str]:
    failed = sum(search.error is not None for search in turn.searches)  # not those that a failing turn took with it
    counts = [say("card.searches", count=len(turn.searches)), *([say("card.failed", count=failed)] if failed else [])]
    return [" ".join(counts)] if turn.searches else []


def _source_count(turn: TurnView) -> list[str]:
    return [say("card.sources", count=len(turn.sources))] if turn.sources else []


def _times(turn: TurnView) -> list[str]:
    """How long it took and on which day (UTC), which a reader needs to judge a report that may be old."""
    if turn.started_at is None or turn.ended_at is None:
        return []
    minutes, seconds = divmod(max(0, round((turn.ended_at - turn.started_at).total_seconds())), 60)
    took = say("time.minutes" if minutes else "time.seconds", minutes=minutes, seconds=seconds)
    return [took, day(turn.ended_at)]


def _report_text(report: Report) -> str:
    return marked(report.text.replace(MARK, "\ufffd"), report.uncited, MARK)


def _turn_fragment(turn: TurnView, position: int) -> Fragment:
    name = f"turn-{position}"
    anchor = f"{name}-source-"
    level = 1 if position == 1 else 2
    sources = [_source_line(source) for source in _cited(turn)]
    text = _report_text(turn.report) if turn.report else turn.text
    setting = Setting(frozenset(source.number for source in sources), anchor, level, current_language())
    question = turn.question.strip()
    heading = question if len(question) <= _MAX_HEADING_CHARACTERS and "\n" not in question else title_of(question)
    html = render_page(
        "turn.html",
        id=name,
        anchor=anchor,
        level=level,
        turn=turn,
        heading=heading or say("shared.question"),
        failure=retold(turn.failure.message) if turn.failure else None,
        replacements=[retold(replacement) for replacement in turn.replacements],
        whole_question=question if heading != question else None,
        state_line=state_line(turn),
        is_open=turn.state == "running" and turn.phase("analyzing") is None,  # then the report needs the room
        searches=[_search_line(search) for search in turn.searches],
        report_html=report_html(text, setting) if text.strip() else None,
        notes=turn.report.notes if turn.report else (),
        sources=sources,
        suggestions=[suggestion for suggestion in turn.suggestions if is_google(suggestion.url)] if sources else [],
    )
    version = hashlib.sha256(html.encode()).hexdigest()[:12]
    return Fragment(name, html.replace("{version}", version, 1), version)


def _cited(turn: TurnView) -> Sequence[Source]:
    """The sources of the report; while it is being written, those that it has cited so far."""
    if turn.report is not None:
        return turn.report.sources
    cited = set(cited_numbers(turn.text))
    return sorted((s for s in turn.sources if s.number in cited), key=lambda source: source.number or 0)


def _source_line(source: Source) -> SourceLine:
    host = web_host(source.url)
    file = place_of(source) if is_file(source) else None
    return SourceLine(
        number=source.number or 0,
        title=source.title.strip() or host or file or say("untitled"),
        href=source.url if host else None,
        host=host or (" ".join([say("panel.attached"), file or ""]) if is_attachment(source) else file) or "",
        quote=None if source.quote is None else _cut(source.quote),
        location=source.location,
        retrieved=retrieved(source),
    )


def _cut(quote: str) -> str:
    return quote if len(quote) <= _MAX_QUOTE_CHARACTERS else quote[:_MAX_QUOTE_CHARACTERS].rstrip() + "…"


def _search_line(search: SearchView) -> SearchLine:
    if search.error is not None:
        note = retold(search.error)
    elif search.waiting is not None:
        note = f"{search.waiting.on}: {retold(search.waiting.reason)}"
    else:
        hosts = dict.fromkeys(_source_line(source).host for source in search.sources if not is_attachment(source))
        note = " · ".join([*list(hosts)[:6], *([say("card.more", count=len(hosts) - 6)] if len(hosts) > 6 else [])])
    return SearchLine(search.query, search.state, note)


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
