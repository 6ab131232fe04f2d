"""What the page's own elements get: the progress card's view and the list of sources. JSON, camelCase, epoch ms."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from chat_app.research.budget import Usage
from chat_app.research.evidence import Source, is_file, place_of
from chat_app.research.progress import CostUpdated, Phase
from chat_app.research.view import PhaseView, SearchView, TurnView, WaitView
from chat_app.transcript.addresses import source_page
from chat_app.transcript.links import web_link

PHASE_LABELS: dict[Phase, str] = {"planning": "Planning", "searching": "Searching", "analyzing": "Analyzing"}


def progress_props(view: TurnView) -> dict[str, Any]:
    """The `view` of a ResearchProgress element."""
    started = view.started_at or (view.phases[0].started_at if view.phases else None)
    running = next((phase for phase in reversed(view.phases) if phase.ended_at is None), None)
    return {
        "seq": view.seq,
        "state": "running" if view.end is None else view.state,
        "end": view.end,
        "label": PHASE_LABELS[running.phase] if running else "Starting",
        "startedAt": _ms(started),
        "endedAt": _ms(view.ended_at),
        "cost": _cost(view),
        "phases": [_phase(view, phase) for phase in PHASE_LABELS],
        "searches": [_search(search) for search in view.searches],
        "waiting": _wait(view.waiting),
        "error": view.failure.model_dump() if view.failure else None,
        "replacements": list(view.replacements),
        "rewriting": None if view.attempt < 2 or view.end else "citations" if view.is_correction else "again",
        "sourceCount": len(view.sources),
        "searchesDone": sum(search.state == "done" for search in view.searches),
        "searchesFailed": sum(search.state == "failed" for search in view.searches),
    }


def source_props(view: TurnView, thread_id: str) -> list[dict[str, Any]]:
    """The `sources` of a Sources element: all that were found or are cited, by number. Files have a `page` that shows their text."""
    cited = {source.number: source for source in (view.report.sources if view.report else ())}
    known = {source.number: source for source in view.sources} | cited
    return [
        _source(source, thread_id, is_cited=number in cited) for number, source in sorted(known.items(), key=_by_number)
    ]


def suggestion_props(view: TurnView) -> list[dict[str, Any]]:
    """The `suggestions` of a Sources element: what Google asks to be shown with answers grounded in its search."""
    return [suggestion.model_dump() for suggestion in view.suggestions]


def host_of(source: Source) -> str:
    """Where a source is from, in one word or two."""
    link = web_link(source.url)
    if link is None:
        return place_of(source)
    port = urlsplit(link.url).port
    return link.host.removeprefix("www.") + (f":{port}" if port else "")


def _by_number(item: tuple[int | None, Source]) -> int:
    return item[0] or 0


def _source(source: Source, thread_id: str, *, is_cited: bool) -> dict[str, Any]:
    return {
        "number": source.number,
        "title": source.title,
        "url": source.url,
        "host": host_of(source),
        "page": source_page(thread_id, source.number) if is_file(source) and source.number is not None else None,
        "quote": source.quote,
        "location": source.location,
        "passages": [
            {"quote": passage.quote, "location": passage.location, "verbatim": passage.is_verbatim, "key": passage.key}
            for passage in source.passages
        ],
        "retrievedAt": _ms(source.retrieved_at),
        "cited": is_cited,
    }


def _phase(view: TurnView, phase: Phase) -> dict[str, Any]:
    known = view.phase(phase) or PhaseView(phase=phase)
    note = view.plan.summary if phase == "planning" and view.plan else None
    return {
        "id": phase,
        "label": PHASE_LABELS[phase],
        "state": known.state,
        "startedAt": _ms(known.started_at),
        "endedAt": _ms(known.ended_at),
        "note": note,
    }


def _search(search: SearchView) -> dict[str, Any]:
    return {
        "query": search.query,
        "purpose": search.purpose,
        "state": search.state,
        "startedAt": _ms(search.started_at),
        "endedAt": _ms(search.ended_at),
        "error": search.error,
        "waiting": _wait(search.waiting),
        "sources": [{"number": s.number, "title": s.title, "url": s.url, "host": host_of(s)} for s in search.sources],
    }


def _wait(wait: WaitView | None) -> dict[str, Any] | None:
    if wait is None:
        return None
    return {"on": wait.on, "reason": wait.reason, "until": _ms(wait.until), "since": _ms(wait.since)}


def _cost(view: TurnView) -> dict[str, Any] | None:
    cost = view.cost
    if cost is None or not (cost.input_tokens or cost.output_tokens):
        return None
    agents = ((name, getattr(cost.agents, name)) for name in type(cost.agents).model_fields)
    return {
        **_usage(cost),
        "knownUsd": cost.agents.total.known_usd if cost.usd is None else cost.usd,
        "agents": [
            {"name": name, "knownUsd": usage.known_usd, **_usage(usage)}
            for name, usage in agents
            if usage.input_tokens or usage.searches
        ],
    }


def _usage(usage: CostUpdated | Usage) -> dict[str, Any]:
    return {
        "usd": usage.usd,
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "searches": usage.searches,
    }


def _ms(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp() * 1000)
