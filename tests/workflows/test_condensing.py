"""Findings that are longer than a model takes at once: each is shortened by itself, and its citations stay."""

from pathlib import Path

import pytest

from chat_app.agents.context_windows import UNKNOWN_WINDOW_TOKENS, tokens_of
from tests.fakes import (
    FakeProviders,
    Fault,
    FoundSource,
    LoggedRequest,
    PlannedSearch,
    Scenario,
    SearchAnswer,
    Sentence,
)
from tests.workflows.program import costs, events, kinds, notes, program, prompt, roles

pytestmark = [pytest.mark.provider_wire]

QUESTION = "What is known about peat?"
TWO = (PlannedSearch(query="peat: long"), PlannedSearch(query="peat: short"))
SMALL = "openai-chat:small"
SHORTENS = "You shorten material for the writer of a research report"


def long_answer(words: int, sources: int) -> SearchAnswer:
    """An answer of so many words, from so many pages."""
    found = tuple(
        FoundSource(url=f"https://peat.example/{n}", title=f"Peat {n}", passage=f"Peat fact number {n}.")
        for n in range(sources)
    )
    each = max(1, words // sources)
    sentences = tuple(
        Sentence(text=f"Fact {n}: " + " ".join(f"peat{n}word{i}" for i in range(each)) + ".", sources=(n,))
        for n in range(sources)
    )
    return SearchAnswer(containing="long", sentences=sentences, sources=found)


def settings(providers: FakeProviders) -> dict[str, str]:
    return {**providers.environment("openai"), "CHAT_APP_ANALYST_MODEL": SMALL}


def condensings(providers: FakeProviders) -> list[LoggedRequest]:
    return [request for request in providers.log("analyst") if SHORTENS in prompt(request)]


def reports(providers: FakeProviders) -> list[LoggedRequest]:
    return [request for request in providers.log("analyst") if SHORTENS not in prompt(request)]


async def test_a_finding_beyond_the_window_is_shortened_by_itself_and_keeps_its_citations(
    providers: FakeProviders, tmp_path: Path
) -> None:
    providers.scenario(Scenario(plan=TWO, answers=(long_answer(6_000, 12),)))
    async with program(tmp_path / "data", providers, **settings(providers)) as running:
        trail = await running.answered(QUESTION)
    assert notes(trail) == [
        "What the searches found was too long for the model at once and was condensed before it wrote this."
    ]
    shortened = condensings(providers)
    assert shortened
    assert all("peat: short" not in prompt(request) for request in shortened)
    assert all(tokens_of(prompt(request)) < UNKNOWN_WINDOW_TOKENS for request in shortened)
    (report,) = reports(providers)
    assert tokens_of(prompt(report)) < UNKNOWN_WINDOW_TOKENS
    written = trail[-1]["report"]
    cited = {source["url"] for source in written["sources"]}
    assert any(url.startswith("https://peat.example/") for url in cited)
    # What is shown beside the report keeps its passages.
    assert all(source["passages"] for source in written["sources"])
    used = costs(trail)["agents"]["analyst"]
    assert used["output_tokens"] == sum(request.tokens_sent for request in providers.log("analyst"))


async def test_the_note_is_in_the_language_of_the_question(providers: FakeProviders, tmp_path: Path) -> None:
    providers.scenario(Scenario(plan=TWO, answers=(long_answer(6_000, 12),)))
    async with program(tmp_path / "data", providers, **settings(providers)) as running:
        trail = await running.answered("Was weiß man über Torf?")
    assert notes(trail) == [
        "Was die Suchen fanden, war auf einmal zu lang für das Modell und wurde vor dem Schreiben verdichtet."
    ]


async def test_what_fits_is_not_touched(providers: FakeProviders, tmp_path: Path) -> None:
    providers.scenario(Scenario(plan=TWO, answers=(long_answer(300, 5),)))
    async with program(tmp_path / "data", providers, **settings(providers)) as running:
        trail = await running.answered(QUESTION)
    assert condensings(providers) == []
    assert notes(trail) == []


async def test_a_provider_that_finds_it_too_long_gets_it_shorter_once(providers: FakeProviders, tmp_path: Path) -> None:
    too_long = Fault(
        kind="status",
        status=400,
        role="analyst",
        provider="anthropic",
        message="prompt is too long: 212345 tokens > 200000 maximum",
    )
    providers.scenario(Scenario(plan=TWO, answers=(long_answer(2_000, 6),), faults=(too_long,)))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION)
    assert len(reports(providers)) == 2
    assert len(condensings(providers)) >= 1
    assert len(notes(trail)) == 1
    first, second = reports(providers)
    assert len(prompt(second)) < len(prompt(first))
    assert kinds(trail)["search_started"] == 2


async def test_a_provider_that_finds_it_too_long_again_ends_the_turn(providers: FakeProviders, tmp_path: Path) -> None:
    too_long = Fault(
        kind="status",
        status=400,
        role="analyst",
        containing="What the report has to do",
        times=None,
        message="prompt is too long: 212345 tokens > 200000 maximum",
    )
    providers.scenario(Scenario(plan=TWO, answers=(long_answer(2_000, 6),), faults=(too_long,)))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION)
    assert len(reports(providers)) == 2
    error = trail[-1]["error"]
    assert error["kind"] == "model_context_window_exceeded_error"
    assert "cannot take that much text at once" in error["message"]


async def test_a_condensing_that_fails_is_all_that_is_tried_again(providers: FakeProviders, tmp_path: Path) -> None:
    rejected = Fault(kind="status", status=400, role="analyst", containing="Write at most", times=None)
    well = Scenario(plan=TWO, answers=(long_answer(6_000, 12),))
    providers.scenario(well.model_copy(update={"faults": (rejected,)}))
    async with program(tmp_path / "data", providers, **settings(providers)) as running:
        turn = await running.ask(QUESTION)
        error = (await running.finished(turn))[-1]["error"]
        assert error["message"].startswith("OpenAI (small) rejected the request (400)")
        assert len(condensings(providers)) == 1
        assert reports(providers) == []
        providers.scenario(well)
        providers.clear_log()
        trail = await running.finished(await running.turns.retry(turn.id))
    assert trail[-1]["kind"] == "report_ready"
    assert set(roles(providers.log())) == {"analyst"}
    assert len(reports(providers)) == 1
    assert costs(trail)["searches"] == 2


async def test_a_condensing_waits_for_its_provider_and_then_the_fallback_takes_over(
    providers: FakeProviders, tmp_path: Path
) -> None:
    down = Fault(kind="status", status=503, provider="openai", times=None)
    providers.scenario(Scenario(plan=TWO, answers=(long_answer(6_000, 12),), faults=(down,)))
    fallback = {"CHAT_APP_FALLBACK_MODEL": "anthropic:claude-sonnet-5-5"}
    async with program(tmp_path / "data", providers, **settings(providers), **fallback) as running:
        trail = await running.answered(QUESTION)
    waits = events(trail, "waiting")
    assert [wait["on"] for wait in waits[:3]] == ["OpenAI"] * 3
    assert (waits[3]["on"], waits[3]["replaced_by"]) == ("OpenAI", "Claude")
    condensed, replaced = sorted(notes(trail), reverse=True)
    assert condensed.startswith("What the searches found was too long")
    assert replaced == "Claude wrote this, because OpenAI was not available."
