"""Reports and answers that cite what does not exist: sent back once, then without those numbers."""

from pathlib import Path

import pytest

from tests.fakes import FakeProviders, Fault, PlannedSearch, Scenario
from tests.workflows.program import costs, events, program, prompt, roles

pytestmark = [pytest.mark.provider_wire]

QUESTION = "What is known about kelp?"
ONE = (PlannedSearch(query="kelp: one"),)


async def test_a_report_with_unknown_numbers_is_sent_back_once(providers: FakeProviders, tmp_path: Path) -> None:
    providers.scenario(Scenario(plan=ONE, faults=(Fault(kind="invalid", role="analyst"),)))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION)
    assert roles(providers.log()) == ["planner", "search", "analyst", "analyst"]
    repair = providers.log()[-1]
    assert "No source has the number [97]" in prompt(repair)
    attempts = [event["attempt"] for event in events(trail, "report_started")]
    assert attempts == [1, 2]
    assert [event["is_correction"] for event in events(trail, "report_started")] == [False, True]
    final = "".join(event["text"] for event in events(trail, "report_delta") if event["attempt"] == 2)
    assert trail[-1]["report"]["text"] == final.strip()
    assert "97" not in final
    used = costs(trail)["agents"]["analyst"]["output_tokens"]
    assert used == sum(request.tokens_sent for request in providers.log("analyst"))


async def test_what_is_still_unknown_after_that_is_taken_out(providers: FakeProviders, tmp_path: Path) -> None:
    report = "Kelp grows fast [1]. It sings [97]. Both [1, 98], and code `[99]` stays.\n\n| a | b [96] |\n|---|---|\n| c | d [1] |"
    providers.scenario(Scenario(plan=ONE, report=report))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION)
    assert roles(providers.log()) == ["planner", "search", "analyst", "analyst"]
    assert "[97], [98], [96]" in prompt(providers.log()[-1])
    written = trail[-1]["report"]
    assert written["text"].startswith("Kelp grows fast [1]. It sings. Both [1], and code `[99]` stays.")
    assert [source["number"] for source in written["sources"]] == [1]
    (note,) = written["notes"]
    assert note.startswith("Taken out of this report, because no source has these numbers: ")


async def test_a_report_without_unknown_numbers_is_asked_for_once(providers: FakeProviders, tmp_path: Path) -> None:
    providers.scenario(Scenario(plan=ONE, report="Kelp grows fast [1]."))
    async with program(tmp_path / "data", providers) as running:
        await running.answered(QUESTION)
    assert roles(providers.log()) == ["planner", "search", "analyst"]


async def test_sources_of_a_further_search_are_known(providers: FakeProviders, tmp_path: Path) -> None:
    providers.scenario(
        Scenario(plan=ONE, extra_searches=("kelp: more",), report="Kelp grows fast [1]. And more [2][3][4].")
    )
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION)
    assert roles(providers.log()) == ["planner", "search", "analyst", "search", "analyst"]
    assert [source["number"] for source in trail[-1]["report"]["sources"]] == [1, 2, 3, 4]


class TestAnswers:
    """From the conversation, without a search."""

    async def test_one_with_unknown_numbers_is_sent_back_once_and_then_loses_them(
        self, providers: FakeProviders, tmp_path: Path
    ) -> None:
        providers.scenario(Scenario(plan=ONE))
        async with program(tmp_path / "data", providers) as running:
            first = await running.ask(QUESTION)
            await running.finished(first)
            providers.clear_log()
            providers.scenario(Scenario(decision="answer", answer="It grows fast [1]. It sings [97]."))
            trail = await running.answered("And how fast?", thread=first.thread_id)
        assert roles(providers.log()) == ["planner", "planner"]
        assert "A DirectAnswer cites sources of this conversation" in prompt(providers.log()[-1])
        assert trail[-1]["kind"] == "answer_ready"
        assert trail[-1]["report"]["text"] == "It grows fast [1]. It sings."

    async def test_one_that_stands_on_nothing_is_sent_back_and_then_not_used(
        self, providers: FakeProviders, tmp_path: Path
    ) -> None:
        providers.scenario(Scenario(plan=ONE))
        async with program(tmp_path / "data", providers) as running:
            first = await running.ask(QUESTION)
            await running.finished(first)
            providers.clear_log()
            providers.scenario(Scenario(decision="answer", answer="I just know it."))
            turn = await running.ask("And how fast?", thread=first.thread_id)
            trail = await running.finished(turn)
            assert trail[-1]["error"]["kind"] == "unusable_answer"
            assert roles(providers.log()) == ["planner", "planner"]

            providers.scenario(Scenario(decision="answer"))
            trail = await running.finished(await running.turns.retry(turn.id))
        assert trail[-1]["kind"] == "answer_ready"
        assert roles(providers.log()) == ["planner"] * 3

    async def test_one_that_stands_on_the_conversation_is_asked_for_once(
        self, providers: FakeProviders, tmp_path: Path
    ) -> None:
        providers.scenario(Scenario(plan=ONE))
        async with program(tmp_path / "data", providers) as running:
            first = await running.ask(QUESTION)
            await running.finished(first)
            providers.clear_log()
            providers.scenario(Scenario(decision="answer"))
            trail = await running.answered("And how fast?", thread=first.thread_id)
        assert roles(providers.log()) == ["planner"]
        assert trail[-1]["kind"] == "answer_ready"
        assert trail[-1]["report"]["sources"]
