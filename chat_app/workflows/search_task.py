"""One search as a workflow of its own, so that what it found survives whatever happens to the others."""

from collections.abc import Generator
from contextlib import contextmanager

from dbos import DBOS

from chat_app.agents import stopping
from chat_app.agents.excerpts.languages import language_of
from chat_app.agents.failures import failure_of
from chat_app.agents.roles import searches_web
from chat_app.agents.searcher import WebAnswer, searcher_prompt, web_answer
from chat_app.agents.stopping import stoppable
from chat_app.errors import TurnStoppedError
from chat_app.research.budget import Usage
from chat_app.research.evidence import Finding, Outcome, SearchFailed, Source, merge_sources
from chat_app.research.plan import Search
from chat_app.research.progress import Entry, Event, SearchFailedEvent, SearchFinished, SearchStarted, SourceFound
from chat_app.research.turn import Turn
from chat_app.workflows.lineup import Lineup, chosen
from chat_app.workflows.resources import agents, bound
from chat_app.workflows.retries import MODEL_STEP, Report, on_wait
from chat_app.workflows.turn_scope import enter
from chat_app.workflows.waits import Waits


@DBOS.workflow(name="search_task")
async def search_task(turn: Turn, index: int, search: Search, left_usd: float | None = None) -> Outcome:
    """Run search number `index` of the turn. A search that breaks is an outcome, not an error.

    `left_usd` is what the turn may still cost; None without a limit.
    """
    await enter(turn)
    await bound().journal.record_all(turn, [started_entry(index, search)])
    waits = Waits(turn, bound().journal, index)
    lineup = Lineup(_fallback(), waits.replaced)
    with _shown(lambda reason, seconds, waited: waits.waiting(lineup.who, reason, seconds, waited)):
        outcome = await _outcome(turn, index, search, lineup, waits, left_usd)
    await bound().journal.record_all(turn, outcome_entries(outcome))
    return outcome


def started_entry(index: int, search: Search) -> Entry:
    return _entry(index, "started", SearchStarted(search=index, query=search.query, purpose=search.purpose))


def outcome_entries(outcome: Outcome) -> list[Entry]:
    """What the trail says of a search that is over. One transaction: a provider names all its sources at the end."""
    index, query = outcome.search, outcome.query
    if isinstance(outcome, SearchFailed):
        return [_entry(index, "ended", SearchFailedEvent(search=index, query=query, error=outcome.error))]
    found = [
        _entry(index, f"source.{source.url}", SourceFound(search=index, query=query, source=source))
        for source in outcome.sources
    ]
    ended = SearchFinished(search=index, query=query, sources=outcome.sources, suggestions=outcome.suggestions)
    return [*found, _entry(index, "ended", ended)]


def _fallback() -> str | None:
    """Who may search instead: the fallback model, if its provider can search the web."""
    fallback = bound().fallback
    return fallback if fallback and searches_web(fallback) else None


async def _outcome(
    turn: Turn, index: int, search: Search, lineup: Lineup, waits: Waits, left_usd: float | None
) -> Outcome:
    try:
        outcome = await _find(turn, index, search, lineup, waits, left_usd)
    except TurnStoppedError:
        raise
    except Exception as error:  # the edge of a search: whatever broke, the report is written from the others
        await bound().journal.park_if_closed()
        if stopping.is_stopped():
            raise TurnStoppedError("The research was stopped.") from error
        DBOS.logger.info("Search %d of turn %s failed", index, turn.id, exc_info=error)
        outcome = SearchFailed(
            search=index, query=search.query, error=failure_of(error, lineup.who or "The library").message
        )
    return outcome.model_copy(update={"usage": lineup.take_usage() + Usage(searches=1)})


async def _find(
    turn: Turn, index: int, search: Search, lineup: Lineup, waits: Waits, left_usd: float | None
) -> Outcome:
    searcher = chosen(bound().roles, turn.models).searcher
    wants_web = search.where != "library" and (searcher is not None or bool(bound().keyless))
    wants_library = search.where != "web" or not wants_web
    # A file attached to the question is what it is about, wherever else the plan looks.
    local = await search_library(search, turn, wants_library) if wants_library or turn.attachments else ()
    if wants_web and searcher is None:
        pages = await _search_services(turn, search, lineup, waits, local)
    else:
        pages = ()
    web = await _search_web(search, searcher, lineup, left_usd) if searcher and wants_web else None
    if web is not None and not web.sources and not local:
        again = ", also when asked again" if web.is_repeated else ""
        error = f"{lineup.who} answered without naming a source{again}; not counted as evidence."
        return SearchFailed(search=index, query=search.query, error=error)
    found = web.sources if web else ()
    sources = await number_sources(turn.thread_id, merge_sources(found, pages, local))
    return Finding(
        search=index,
        query=search.query,
        text=web.text if web and found else "",
        sources=sources,
        suggestions=web.suggestions if web and found else (),
    )


async def _search_web(search: Search, searcher: str, lineup: Lineup, left_usd: float | None) -> WebAnswer:
    """An answer without sources is asked for once more; without sources it is no evidence."""
    answer = await _ask(lineup, searcher, searcher_prompt(search))
    may_repeat = left_usd is None or lineup.usage.known_usd < left_usd
    if not answer.sources and may_repeat:
        answer = await _ask(lineup, searcher, searcher_prompt(search, is_repeated=True))
        answer = answer.model_copy(update={"is_repeated": True})
    if bound().redirects.are_in(answer.sources):
        return answer.model_copy(update={"sources": await resolve_redirects(answer.sources)})
    return answer


async def _ask(lineup: Lineup, searcher: str, prompt: str) -> WebAnswer:
    result = await lineup.ask(searcher, lambda model, usage: agents.searcher.run(prompt, model=model, usage=usage))
    return web_answer(result.output, result.new_messages())


async def _search_services(
    turn: Turn, search: Search, lineup: Lineup, waits: Waits, local: tuple[Source, ...]
) -> tuple[Source, ...]:
    """What the services find that need no key. One that fails is told, and is an error only when nothing else was found."""
    found: tuple[Source, ...] = ()
    failures: list[Exception] = []
    for name in bound().keyless:
        lineup.asked = name
        try:
            found += await search_keyless(name, search.query, language_of(turn.question))
        except TurnStoppedError:
            raise
        except Exception as error:  # noqa: BLE001 -- what the other services found is evidence
            await bound().journal.park_if_closed()
            failures.append(error)
            others = [*(other for other in bound().keyless if other != name), *(["the library"] if local else [])]
            if others:
                await waits.replaced(name, failure_of(error, name).message, " and ".join(others))
    if failures and not found and not local:
        raise failures[0]
    return found


@DBOS.step(name="search_keyless", **MODEL_STEP)
async def search_keyless(service: str, query: str, language: str) -> tuple[Source, ...]:
    with stoppable():
        return await bound().keyless[service](query, language)


@DBOS.step(name="resolve_redirects")
async def resolve_redirects(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    with stoppable():
        return await bound().redirects.resolved(sources)


@DBOS.step(name="search_library")
async def search_library(search: Search, turn: Turn, wants_library: bool) -> tuple[Source, ...]:
    """What is attached to the thread, and the library if that is wanted, too."""
    with stoppable():
        attached = await bound().attachments.search(turn.thread_id, search.query, turn.attachments)
        return merge_sources(attached, await bound().search_library(search) if wants_library else ())


@DBOS.step(name="number_sources")
async def number_sources(thread_id: str, sources: tuple[Source, ...]) -> tuple[Source, ...]:
    return await bound().evidence.number(thread_id, sources)


def _entry(index: int, key: str, event: Event) -> Entry:
    return Entry(key=f"search.{index}.{key}", event=event)


@contextmanager
def _shown(report: Report) -> Generator[None]:
    """Waits beneath are told to `report`."""
    token = on_wait.set(report)
    try:
        yield
    finally:
        on_wait.reset(token)
