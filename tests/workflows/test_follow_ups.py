"""Questions to ask next: written with the report, kept with it, and no part of its text."""

from pathlib import Path

import pytest

from tests.fakes import FakeProviders, Fault, PlannedSearch, Scenario
from tests.workflows.program import events, program, roles

pytestmark = [pytest.mark.provider_wire]

QUESTION = "What is known about kelp?"
ASKING = Scenario(
    plan=(PlannedSearch(query="kelp: one"),),
    report="Kelp grows fast [1].",
    follow_ups=("How fast does kelp grow in the north [1]?", "Who farms it?"),
)


async def test_a_report_comes_with_questions_that_are_not_in_its_text(providers: FakeProviders, tmp_path: Path) -> None:
    providers.scenario(ASKING)
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION)
    assert roles(providers.log()) == ["planner", "search", "analyst"]  # no request of their own
    report = trail[-1]["report"]
    assert report["follow_ups"] == ["How fast does kelp grow in the north?", "Who farms it?"]
    assert report["text"] == "Kelp grows fast [1]."
    assert "".join(event["text"] for event in events(trail, "report_delta")).strip() == report["text"]


async def test_a_writer_that_asks_nothing_gives_a_plain_report(providers: FakeProviders, tmp_path: Path) -> None:
    providers.scenario(ASKING.model_copy(update={"follow_ups": ()}))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION)
    assert trail[-1]["report"]["follow_ups"] == []
    assert trail[-1]["report"]["text"] == "Kelp grows fast [1]."


async def test_a_number_in_a_question_does_not_send_the_report_back(providers: FakeProviders, tmp_path: Path) -> None:
    providers.scenario(ASKING.model_copy(update={"follow_ups": ("What of the study [41]?",)}))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION)
    assert roles(providers.log()) == ["planner", "search", "analyst"]
    assert trail[-1]["report"]["follow_ups"] == ["What of the study?"]


async def test_a_report_that_is_cut_in_its_questions_keeps_the_whole_ones(
    providers: FakeProviders, tmp_path: Path
) -> None:
    cut = Fault(kind="max_tokens", role="analyst", after=0.8)
    providers.scenario(ASKING.model_copy(update={"faults": (cut,)}))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION)
    assert trail[-1]["report"]["text"] == "Kelp grows fast [1]."
    assert trail[-1]["report"]["follow_ups"] == ["How fast does kelp grow in the north?"]
    assert "ask_next" not in "".join(event["text"] for event in events(trail, "report_delta"))
