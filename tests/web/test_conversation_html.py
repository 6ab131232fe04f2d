from datetime import datetime, timedelta, timezone

import pytest

from chat_app.research import progress as p
from chat_app.research.evidence import Suggestion
from chat_app.research.report import Report
from chat_app.research.view import TurnView
from chat_app.web.conversation_html import conversation_title, state_line, turn_fragments
from tests.web.conversations import OWNER, QUESTION, SOURCES, THREAD, analyzing, planned, reported, searching, turn

FAILURE = p.Failure(kind="provider", message="Claude is not available.", retryable=True)
WAITING = p.Waiting(on="Gemini", reason="it answered 429 (too many requests).", seconds=12, search=1)

DAY = " · 22 November 2026"

STATES = {
    "asked": (turn(), "Planning"),
    "planning": (turn(p.PhaseStarted(phase="planning")), "Planning"),
    "searching": (turn(*searching()), "Searching · 1 of 3 searches · 2 sources"),
    "waiting": (turn(*searching(), WAITING), "Waiting for Gemini: it answered 429 (too many requests)."),
    "analyzing": (turn(*analyzing()), "Analyzing · 3 sources"),
    "done": (turn(*reported()), "Researched · 3 searches (1 failed) · 3 sources · 45 s" + DAY),
    "answered": (
        turn(p.AnswerReady(report=Report(text="As said [2].", sources=SOURCES[1:2]))),
        "Answered from sources already found · 3 s" + DAY,
    ),
    "asked back": (turn(p.ClarificationAsked(questions=("Which country?", "Which year?"))), "Asked back · 3 s" + DAY),
    "nothing": (
        turn(*planned(), p.NoEvidence(text="The documents do not answer this.")),
        "Found no evidence · 3 searches · 9 s" + DAY,
    ),
    "failed": (turn(*searching(), p.TurnFailed(error=FAILURE)), "Could not finish · 3 searches · 2 sources · 27 s" + DAY),
    "stopped": (turn(*analyzing("Half a"), p.TurnStopped(report=None)), "Stopped · 3 searches (1 failed) · 3 sources · 42 s" + DAY),
}  # fmt: skip


def _html(*turns: TurnView) -> str:
    return "".join(fragment.html for fragment in turn_fragments(turns))


@pytest.mark.parametrize("name", STATES)
def test_each_state_is_said_in_one_line(name: str) -> None:
    view, line = STATES[name]
    assert state_line(view) == line
    assert line in _html(view)
    assert QUESTION in _html(view)


@pytest.mark.parametrize("name", STATES)
def test_nothing_private_is_in_the_page(name: str) -> None:
    html = _html(STATES[name][0])
    for private in (THREAD, OWNER, "message-1", "0.12", "98,765", "98765", "usd"):
        assert private not in html


def test_a_failed_turn_says_why_and_a_question_back_is_asked() -> None:
    assert "Claude is not available." in _html(STATES["failed"][0])
    assert "Which year?" in _html(STATES["asked back"][0])
    assert "The documents do not answer this." in _html(STATES["nothing"][0])


def test_searches_show_what_they_found_or_why_they_failed() -> None:
    html = _html(STATES["done"][0])
    assert "nrel.gov" in html
    assert "Gemini gave no answer in 60 s, three times." in html


def test_sources_have_host_title_quote_and_place_and_files_no_link() -> None:
    html = _html(STATES["done"][0])
    assert '<li id="turn-1-source-1"' in html
    assert '<a href="https://www.nrel.gov/articles/2025/sodium-ion-1" rel="noopener noreferrer nofollow ugc"' in html
    assert "nrel.gov · Section 3" in html
    assert "kept 90 % of their capacity" in html
    assert "manuals/battery handbook.pdf · page 14" in html
    assert "library:" not in html


def test_sources_say_when_they_were_read_and_google_gets_its_suggestions() -> None:
    read = SOURCES[0].model_copy(
        update={"retrieved_at": datetime(2026, 11, 23, 15, 5, tzinfo=timezone(timedelta(hours=1)))}
    )
    chips = (
        Suggestion(text="sodium <b>", url="https://www.google.com/search?q=sodium"),
        Suggestion(text="elsewhere", url="https://google.com.evil.example/search"),
        Suggestion(text="plain", url="http://www.google.com/search"),
        Suggestion(text="script", url="javascript:alert(1)//.google.com"),
    )
    found = p.SearchFinished(search=0, query="q", sources=(read,), suggestions=chips)
    html = _html(turn(*planned(), found, p.ReportReady(report=Report(text="So [1].", sources=(read,)))))
    assert "Retrieved 23 November 2026, 14:05 UTC" in html
    assert 'href="https://www.google.com/search?q=sodium" rel="noopener noreferrer"' in html
    assert "sodium &lt;b&gt;" in html
    assert not [words for words in ("elsewhere", "plain", "script") if words in html]


def test_a_replacement_is_said_and_a_wait_that_nothing_else_goes_on_beside() -> None:
    other = WAITING.model_copy(update={"search": 2, "reason": "busy"})
    replaced = WAITING.model_copy(update={"replaced_by": "Claude", "reason": "Gemini is away."})
    view = turn(*searching(), WAITING, other)
    assert state_line(view.model_copy(update={"waiting": None})).startswith("Waiting for Gemini")
    assert "Gemini is away; Claude takes over." in _html(turn(*searching(), replaced))


def test_a_report_being_written_shows_the_sources_that_it_has_cited_so_far() -> None:
    html = _html(turn(*analyzing("Cold [1]. Dear [9]. Next [2")))
    assert 'id="turn-1-source-1"' in html
    assert 'id="turn-1-source-2"' not in html
    assert "[9]" in html


def test_source_numbers_of_two_turns_do_not_collide() -> None:
    html = _html(turn(*reported()), turn(*reported("Again [2].", SOURCES[1:2]), message=2))
    assert html.count('id="turn-1-source-2"') == 1
    assert html.count('id="turn-2-source-2"') == 1
    assert "<h2" in html
    assert html.count("<h1") == 1


def test_hostile_questions_sources_and_errors_are_text() -> None:
    evil = "<script>alert(1)</script>\"'{version}"
    source = SOURCES[0].model_copy(update={"title": evil, "quote": evil, "location": evil, "url": f"javascript:{evil}"})
    view = turn(*reported("[1]", (source,)), question=evil)
    html = _html(view, turn(p.TurnFailed(error=p.Failure(kind="x", message=evil, retryable=False)), question=evil))
    assert "<script" not in html
    assert "javascript:" not in html
    assert html.count("&lt;script&gt;") >= 5


def test_a_long_question_has_a_short_heading_and_can_be_read_whole() -> None:
    question = "Compare these:\n" + "a long list of things " * 500
    html = _html(turn(question=question))
    assert '<h1 class="question" dir="auto">Compare these:</h1>' in html or "Compare these" in html
    assert "The whole question" in html
    assert html.count("a long list of things") == 500


def test_the_version_changes_with_what_is_shown_and_only_then() -> None:
    (before,), (same,), (after,) = (
        turn_fragments([turn(*events)]) for events in (searching(), searching(), analyzing())
    )
    assert before == same
    assert before.version != after.version
    assert f'data-version="{before.version}"' in before.html


def test_the_title_is_the_first_question() -> None:
    assert conversation_title([turn(), turn(question="And then?", message=2)]) == QUESTION
    assert conversation_title([]) == "Shared conversation"


def test_a_paragraph_without_a_source_is_marked_and_notes_stand_below_the_text() -> None:
    text = "It is so.\n\nAnd so \ufdd0 [2]."
    ready = p.AnswerReady(
        report=Report(text=text, sources=SOURCES[1:2], notes=("One <part> is missing.",), uncited=(9,))
    )
    html = _html(turn(ready))
    assert (
        '<p>It is so. <span class="uncited" title="No source is given for this paragraph">no source</span></p>' in html
    )
    assert html.count('class="uncited"') == 1
    assert '<p class="remark" role="note" dir="auto">One &lt;part&gt; is missing.</p>' in html
    assert "\ufdd0" not in html
