"""One search as a workflow of its own, so that what it found survives whatever happens to the others."""

from collections.abc import Generator
from contextlib import contextmanager
from uuid import uuid4

from dbos import DBOS
from pydantic_ai.usage import RunUsage

from chat_app.agents.failures import failure_of
from chat_app.agents.models import spoken_name
from chat_app.agents.searcher import cited_sources, searcher_prompt
from chat_app.agents.stopping import stoppable
from chat_app.errors import TurnStoppedError
from chat_app.research.budget import Usage
from chat_app.research.evidence import Finding, Outcome, SearchFailed, Source, merge_sources
from chat_app.research.plan import Search
from chat_app.research.progress import (
    Entry,
    Event,
    SearchFailedEvent,
    SearchFinished,
    SearchStarted,
    SourceFound,
    Waiting,
)
from chat_app.research.turn import Turn
from chat_app.workflows.resources import agents, bound
from chat_app.workflows.retries import on_wait
from chat_app.workflows.turn_scope import enter


@DBOS.workflow(name="search_task")
async def search_task(turn: Turn, index: int, search: Search) -> Outcome:
    """Run search number `index` of the turn. A search that breaks is an outcome, not an error."""
    await enter(turn)
    await _record(turn, index, "started", SearchStarted(search=index, query=search.query))
    with _waits_shown(turn, index, search):
        outcome = await _outcome(turn, index, search)
    await bound().journal.record_all(turn, _entries(outcome))
    return outcome


async def _outcome(turn: Turn, index: int, search: Search) -> Outcome:
    searcher = bound().roles.searcher
    try:
        return await _find(turn, index, search, searcher)
    except TurnStoppedError:
        raise
    except Exception as error:  # noqa: BLE001 -- the step boundary: one broken search must not take the others with it
        await bound().journal.park_if_closed()
        DBOS.logger.info("Search %d of turn %s failed", index, turn.id, exc_info=error)
        who = spoken_name(searcher) if searcher else "The library"
        return SearchFailed(search=index, query=search.query, error=failure_of(error, who).message)


async def _find(turn: Turn, index: int, search: Search, searcher: str | None) -> Outcome:
    wants_web = searcher is not None and search.where != "library"
    local = await search_library(search) if search.where != "web" or not wants_web else ()
    text, found, usage = await _search_web(search, searcher) if searcher and wants_web else ("", (), Usage())
    usage += Usage(searches=1)
    if searcher and wants_web and not found and not local:
        error = f"{spoken_name(searcher)} answered twice without naming a source; not counted as evidence."
        return SearchFailed(search=index, query=search.query, error=error, usage=usage)
    sources = await number_sources(turn.thread_id, merge_sources(found, local))
    return Finding(search=index, query=search.query, text=text if found else "", sources=sources, usage=usage)


async def _search_web(search: Search, searcher: str) -> tuple[str, tuple[Source, ...], Usage]:
    """Text, sources and usage. An answer without sources is asked for once more; without sources it is no evidence."""
    usage = Usage()
    for prompt in (searcher_prompt(search), searcher_prompt(search, is_repeated=True)):
        result = await agents.searcher.run(prompt, model=searcher)
        usage += usage_of(result.usage)
        sources = cited_sources(result.new_messages())
        if sources:
            if bound().redirects.are_in(sources):
                sources = await resolve_redirects(sources)
            return result.output, sources, usage
    return "", (), usage


@DBOS.step(name="resolve_redirects")
async def resolve_redirects(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    with stoppable():
        return await bound().redirects.resolved(sources)


@DBOS.step(name="search_library")
async def search_library(search: Search) -> tuple[Source, ...]:
    with stoppable():
        return await bound().search_library(search)


@DBOS.step(name="number_sources")
async def number_sources(thread_id: str, sources: tuple[Source, ...]) -> tuple[Source, ...]:
    return await bound().evidence.number(thread_id, sources)


def usage_of(usage: RunUsage) -> Usage:
    """What an agent's run has used; an unknown price stays unknown."""
    tokens = usage.input_tokens + usage.output_tokens
    usd = float(usage.cost) if usage.cost is not None else (None if tokens else 0.0)
    return Usage(usd=usd, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)


def _entries(outcome: Outcome) -> list[Entry]:
    """What the trail says of a search that is over. One transaction: a provider names all its sources at the end."""
    index, query = outcome.search, outcome.query
    if isinstance(outcome, SearchFailed):
        return [_entry(index, "ended", SearchFailedEvent(search=index, query=query, error=outcome.error))]
    found = [
        _entry(index, f"source.{source.url}", SourceFound(search=index, query=query, source=source))
        for source in outcome.sources
    ]
    return [*found, _entry(index, "ended", SearchFinished(search=index, query=query, sources=outcome.sources))]


def _entry(index: int, key: str, event: Event) -> Entry:
    return Entry(key=f"search.{index}.{key}", event=event)


async def _record(turn: Turn, index: int, key: str, event: Event) -> None:
    await bound().journal.record_all(turn, [_entry(index, key, event)])


@contextmanager
def _waits_shown(turn: Turn, index: int, search: Search) -> Generator[None]:
    """Retries made beneath are shown at this search."""
    who = spoken_name(bound().roles.searcher or "The library")

    async def report(reason: str, seconds: float, waited_seconds: float) -> None:
        waiting = Waiting(on=who, reason=reason, seconds=seconds, waited_seconds=waited_seconds, search=index)
        await _record(turn, index, f"waiting.{uuid4()}", waiting)

    token = on_wait.set(report)
    try:
        yield
    finally:
        on_wait.reset(token)
