"""A model that stays down, and the one that takes over."""

import asyncio
from pathlib import Path

import pytest

from tests.fakes import FakeProviders, Fault, PlannedSearch, Scenario, unreachable_url
from tests.workflows.program import Event, Program, costs, events, kinds, notes, program, prompt

pytestmark = [pytest.mark.provider_wire]

CLAUDE = "anthropic:claude-sonnet-5-5"
GEMINI = "google:gemini-3.8-flash"


async def asked_at_once(running: Program, *subjects: str) -> dict[str, list[Event]]:
    questions = [f"What is known about {subject}?" for subject in subjects]
    trails = await asyncio.gather(*(running.answered(question) for question in questions))
    return dict(zip(subjects, trails, strict=True))


def asked(providers: FakeProviders, subject: str) -> list[tuple[str, str]]:
    """(provider, role) of each request for the subject."""
    return [(r.provider, r.role) for r in providers.log() if subject in prompt(r)]


def down(subject: str, status: int = 503, **more: object) -> Fault:
    return Fault.model_validate({"kind": "status", "status": status, "containing": subject, "times": None, **more})


async def test_gemini_takes_over_from_a_claude_that_stays_down(providers: FakeProviders, tmp_path: Path) -> None:
    faults = (
        down("amber", provider="anthropic"),
        down("basalt", provider="anthropic", role="analyst"),
        # Its second report, after the search that it asked for.
        down("copper", provider="anthropic", role="analyst", nth=2),
        down("dolomite", 429, provider="anthropic"),
        down("ebony", 401, provider="anthropic"),
        down("flint", 400, provider="anthropic"),
        down("gneiss", provider="anthropic", times=2),
        down("hematite"),
    )
    providers.scenario(Scenario(searches=1, faults=faults, extra_searches=("what is missing",)))
    subjects = ("amber", "basalt", "copper", "dolomite", "ebony", "flint", "gneiss", "hematite")
    async with program(tmp_path / "data", providers, CHAT_APP_FALLBACK_MODEL=GEMINI) as running:
        trails = await asked_at_once(running, *subjects)

    for subject in ("amber", "dolomite"):
        trail = trails[subject]
        assert notes(trail) == ["Gemini wrote this, because Claude was not available."], subject
        # Given up once: the report is asked of the one that works.
        assert asked(providers, subject).count(("anthropic", "planner")) == 4
        assert ("anthropic", "analyst") not in asked(providers, subject)
        (replaced,) = [event for event in events(trail, "waiting") if event["replaced_by"]]
        assert (replaced["on"], replaced["replaced_by"], replaced["search"]) == ("Claude", "Gemini", None)
        assert costs(trail)["agents"]["planner"]["output_tokens"] > 0

    assert notes(trails["basalt"]) == ["Gemini wrote this, because Claude was not available."]
    assert asked(providers, "basalt").count(("anthropic", "planner")) == 1
    assert asked(providers, "basalt").count(("anthropic", "analyst")) == 4

    assert notes(trails["copper"]) == ["Gemini wrote this, because Claude was not available."]
    assert asked(providers, "copper").count(("anthropic", "analyst")) == 1 + 4
    written = [r for r in providers.log("analyst", "google") if "copper" in prompt(r)]
    assert "what is missing" in prompt(written[0])

    for subject in ("ebony", "flint"):
        assert trails[subject][-1]["kind"] == "turn_failed", subject
        assert asked(providers, subject) == [("anthropic", "planner")]
        assert not kinds(trails[subject])["waiting"]

    assert notes(trails["gneiss"]) == []
    assert [event["replaced_by"] for event in events(trails["gneiss"], "waiting")] == [None, None]

    error = trails["hematite"][-1]["error"]
    assert error["retryable"]
    assert error["message"].startswith("Gemini (")
    assert [provider for provider, _ in asked(providers, "hematite")] == ["anthropic"] * 4 + ["google"] * 4


async def test_claude_takes_over_from_a_search_that_stays_down(providers: FakeProviders, tmp_path: Path) -> None:
    plan = (PlannedSearch(query="jade: one"), PlannedSearch(query="jade: two"))
    faults = (down("jade: one", provider="google"),)
    providers.scenario(Scenario(plan=plan, faults=faults))
    async with program(tmp_path / "data", providers, CHAT_APP_FALLBACK_MODEL=CLAUDE) as running:
        trail = await running.answered("What is known about jade?")
    assert notes(trail) == []
    assert kinds(trail)["search_finished"] == 2
    (replaced,) = [event for event in events(trail, "waiting") if event["replaced_by"]]
    assert (replaced["on"], replaced["replaced_by"], replaced["search"]) == ("Gemini", "Claude", 0)
    searched = [(request.provider, request.question) for request in providers.log("search")]
    assert searched.count(("google", "jade: one")) == 4
    assert searched.count(("anthropic", "jade: one")) == 1
    assert searched.count(("google", "jade: two")) == 1


async def test_a_model_that_cannot_search_does_not_take_over_a_search(providers: FakeProviders, tmp_path: Path) -> None:
    plan = (PlannedSearch(query="opal: one"), PlannedSearch(query="opal: two"))
    providers.scenario(Scenario(plan=plan, faults=(down("opal: one", provider="google"),)))
    settings = {**providers.environment("openai"), "CHAT_APP_FALLBACK_MODEL": "openai-chat:gpt-5.6-luna"}
    async with program(tmp_path / "data", providers, **settings) as running:
        trail = await running.answered("Was weiß man über Opale?")
    (note,) = notes(trail)
    assert note.startswith("Fehlt, weil diese Suche fehlgeschlagen ist: „opal: one“ (Gemini (")
    assert providers.log(provider="openai") == []


async def test_a_provider_that_cannot_be_reached_is_replaced_too(providers: FakeProviders, tmp_path: Path) -> None:
    providers.scenario(Scenario(searches=1))
    settings = {"ANTHROPIC_BASE_URL": unreachable_url(), "CHAT_APP_FALLBACK_MODEL": GEMINI}
    async with program(tmp_path / "data", providers, **settings) as running:
        trail = await running.answered("What is known about pearls?")
    assert notes(trail) == ["Gemini wrote this, because Claude was not available."]
    (replaced,) = [event for event in events(trail, "waiting") if event["replaced_by"]]
    assert "Claude (claude-sonnet-5-5) could not be reached" in replaced["reason"]


async def test_without_one_a_model_that_stays_down_fails_the_turn(providers: FakeProviders, tmp_path: Path) -> None:
    providers.scenario(Scenario(searches=1, faults=(down("quartz", provider="anthropic"),)))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered("What is known about quartz?")
    assert trail[-1]["error"]["message"].startswith("Claude (")
    assert asked(providers, "quartz") == [("anthropic", "planner")] * 4
