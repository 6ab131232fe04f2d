"""Planning by rules: what is found in a question, in several languages, with and without a thread before it."""

import time

import pytest

from chat_app.agents.brief import PastTurn, PlannerBrief
from chat_app.agents.excerpts.planning import decide
from chat_app.research.evidence import Source
from chat_app.research.plan import Clarification, Plan
from chat_app.research.report import Report

REPORT = Report(text="Found. [1]", sources=(Source(number=1, title="Manual", url="library:manual.html"),))


def plan(question: str, *earlier: str, max_searches: int = 5) -> Plan:
    past = tuple(PastTurn(question=text, report=REPORT) for text in earlier)
    decision = decide(PlannerBrief(question=question, past=past, max_searches=max_searches))
    assert isinstance(decision, Plan)
    return decision


def queries(question: str, *earlier: str, max_searches: int = 5) -> list[str]:
    return [search.query for search in plan(question, *earlier, max_searches=max_searches).searches]


@pytest.mark.parametrize(
    "question",
    [
        "How do I turn off autovacuum for one table?",
        "What is the fastest, safest and cheapest way to back up a database?",
        "What and how should I back up?",
        "Should I use json or jsonb?",
        "How do I run tests on Windows and Linux?",
        "pros and cons of partitioning",
        "Wie finde ich heraus, wie viele Verbindungen offen sind?",
        "Comment créer un index ?",
        "Как создать индекс?",
        "データベースのバックアップ方法は？",
        "What is make?",
    ],
)
def test_a_simple_question_is_searched_as_it_stands(question: str) -> None:
    assert queries(question) == [question]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("VACUUM vs VACUUM FULL", ["VACUUM vs VACUUM FULL", "VACUUM", "VACUUM FULL"]),
        (
            "What is the difference between a process and a thread in Python?",
            [
                "What is the difference between a process and a thread in Python?",
                "process in Python",
                "thread in Python",
            ],
        ),
        ("difference between C and C++", ["difference between C and C++", "C", "C++"]),
        (
            "In PostgreSQL, what is the difference between VACUUM and ANALYZE?",
            [
                "In PostgreSQL, what is the difference between VACUUM and ANALYZE?",
                "VACUUM (PostgreSQL)",
                "ANALYZE (PostgreSQL)",
            ],
        ),
        (
            "Compare json, jsonb and hstore for storing documents",
            [
                "Compare json, jsonb and hstore for storing documents",
                "json for storing documents",
                "jsonb for storing documents",
                "hstore for storing documents",
            ],
        ),
        (
            "Was ist der Unterschied zwischen einem Prozess und einem Thread in Python?",
            [
                "Was ist der Unterschied zwischen einem Prozess und einem Thread in Python?",
                "Prozess in Python",
                "Thread in Python",
            ],
        ),
        (
            "Quelle est la différence entre VACUUM et ANALYZE ?",
            ["Quelle est la différence entre VACUUM et ANALYZE ?", "VACUUM", "ANALYZE"],
        ),
        (
            "¿Cuál es la diferencia entre un proceso y un hilo?",
            ["¿Cuál es la diferencia entre un proceso y un hilo?", "proceso", "hilo"],
        ),
        (
            "PostgreSQL 中 VACUUM 和 ANALYZE 有什么区别？",
            ["PostgreSQL 中 VACUUM 和 ANALYZE 有什么区别？", "VACUUM（PostgreSQL）", "ANALYZE（PostgreSQL）"],
        ),
        (
            "VACUUM と ANALYZE の違いは何ですか？",
            ["VACUUM と ANALYZE の違いは何ですか？", "VACUUM", "ANALYZE"],
        ),
    ],
)
def test_a_comparison_is_searched_as_a_whole_and_side_by_side(question: str, expected: list[str]) -> None:
    assert queries(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Explain VACUUM, ANALYZE and REINDEX.", ["VACUUM", "ANALYZE", "REINDEX"]),
        (
            "What are the causes, symptoms and treatment of diabetes?",
            ["causes of diabetes", "symptoms of diabetes", "treatment of diabetes"],
        ),
        (
            "Please answer for PostgreSQL:\n1. What is VACUUM?\n2. locks",
            ["What is VACUUM (PostgreSQL)?", "locks (PostgreSQL)"],
        ),
    ],
)
def test_what_is_listed_is_searched_one_by_one(question: str, expected: list[str]) -> None:
    assert queries(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "What is MVCC and why does PostgreSQL use it?",
            ["What is MVCC?", "Why does PostgreSQL use it (MVCC)?"],
        ),
        ("What is MVCC? How does it work?", ["What is MVCC?", "How does it work (MVCC)?"]),
        (
            "How do I create an index and how do I drop it?",
            ["How do I create an index?", "How do I drop it (index)?"],
        ),
        (
            "What is a deadlock, how does it happen, and how can I avoid it?",
            ["What is a deadlock?", "How does it happen (deadlock)?", "How can I avoid it (deadlock)?"],
        ),
        ("I have PostgreSQL on Debian. How do I restart it?", ["How do I restart it (PostgreSQL Debian)?"]),
        ("Was ist MVCC und warum benutzt PostgreSQL es?", ["Was ist MVCC?", "Warum benutzt PostgreSQL es (MVCC)?"]),
        (
            "Qu'est-ce qu'un index et comment en créer un ?",
            ["Qu'est-ce qu'un index ?", "Comment en créer un (index) ?"],
        ),
        ("¿Qué es MVCC y cómo funciona?", ["¿Qué es MVCC?", "¿Cómo funciona (MVCC)?"]),
        ("什么是事务？为什么需要它？", ["什么是事务？", "为什么需要它（事务）？"]),
        ("MVCC とは何ですか。なぜ必要ですか？", ["MVCC とは何ですか", "なぜ必要ですか（MVCC）？"]),
    ],
)
def test_several_questions_in_one_carry_the_subject(question: str, expected: list[str]) -> None:
    assert queries(question) == expected


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (
            ["How do I configure autovacuum in PostgreSQL?"],
            "And how do I turn it off?",
            "And how do I turn it off (autovacuum PostgreSQL)?",
        ),
        (["How do I install Python on Debian?"], "What about Windows?", "What about Windows (install Python Debian)?"),
        (["What is MVCC?", "How does it work?"], "Why?", "Why (MVCC)?"),
        (["What is MVCC?"], "Are there alternatives?", "Are there alternatives (MVCC)?"),
        (["What is a generator?"], "How do decorators work?", "How do decorators work?"),
        (["Wie schalte ich autovacuum ab?"], "Und wofür ist es gut?", "Und wofür ist es gut (schalte autovacuum ab)?"),
        (["¿Cómo creo un índice?"], "¿Y cómo lo borro?", "¿Y cómo lo borro (índice)?"),
        (["什么是 MVCC？"], "它有什么缺点？", "它有什么缺点（MVCC）？"),
    ],
)
def test_a_follow_up_without_a_subject_gets_the_threads(earlier: list[str], question: str, expected: str) -> None:
    assert queries(question, *earlier) == [expected]


def test_only_what_an_earlier_report_lacks_is_searched() -> None:
    found = plan("What is MVCC and how does VACUUM work?", "What is MVCC?")
    assert [search.query for search in found.searches] == ["How does VACUUM work?"]
    assert "answered earlier in this conversation: What is MVCC?" in found.summary
    assert queries("What is MVCC?", "What is MVCC?") == ["What is MVCC?"]


def test_a_question_that_got_no_report_is_searched_again() -> None:
    brief = PlannerBrief(
        question="What is MVCC and how does VACUUM work?", past=(PastTurn(question="What is MVCC?", report=None),)
    )
    decision = decide(brief)
    assert isinstance(decision, Plan)
    assert len(decision.searches) == 2


def test_too_many_parts_are_named_and_the_overview_goes_first() -> None:
    quick = plan("What is the difference between a list and a tuple?", max_searches=2)
    assert [search.query for search in quick.searches] == ["list", "tuple"]
    cut = plan("What is MVCC? What is WAL? What is TOAST?", max_searches=2)
    assert len(cut.searches) == 2
    assert "ask separately: What is TOAST?" in cut.summary


@pytest.mark.parametrize("question", ["Why?", "How does it work?", "???", "🤔", "Thanks!", "¿Por qué?", "为什么？"])
def test_a_question_about_nothing_is_asked_back(question: str) -> None:
    assert isinstance(decide(PlannerBrief(question=question)), Clarification)
    assert isinstance(decide(PlannerBrief(question=question), may_ask=False), Plan)


def test_thanks_do_not_repeat_the_last_search() -> None:
    brief = PlannerBrief(question="Thanks!", past=(PastTurn(question="What is MVCC?", report=REPORT),))
    assert isinstance(decide(brief), Clarification)


@pytest.mark.parametrize(
    "question",
    [
        "x" * 20_000,
        "word " * 4_000,
        "What is " + "and how " * 2_000 + "it?",
        "difference between " + "a and b, " * 2_000,
        "- item number one is long\n" * 700,
        "Traceback (most recent call last): File main.py line 3 ValueError " * 300 + "What does this mean?",
        "?" * 20_000,
        "(" * 10_000 + ")" * 10_000,
        "为什么" * 6_000,
        "\u202e\u200b\ud7ff\x7f <script>alert(1)</script> [1](javascript:x)",
    ],
)
def test_any_text_is_planned_in_bounded_time(question: str) -> None:
    started = time.perf_counter()
    decision = decide(PlannerBrief(question=question[:20_000]))
    assert time.perf_counter() - started < 2
    if isinstance(decision, Plan):
        assert 1 <= len(decision.searches) <= 5
        assert all(0 < len(search.query) <= 400 for search in decision.searches)
        assert len(decision.summary) < 2_000


def test_a_pasted_log_is_searched_by_its_question() -> None:
    log = "The server writes this to its log file. It then stops and nothing else happens for an hour. " * 150
    assert queries(log + "What does checkpoint_timeout mean?") == ["What does checkpoint_timeout mean?"]


@pytest.mark.parametrize(
    ("question", "summary"),
    [
        ("What is MVCC?", "The question is searched as it stands."),
        ("Was ist MVCC?", "Die Frage wird so gesucht, wie sie ist."),
        ("Qu'est-ce que MVCC ?", "La question est recherchée telle quelle."),
        ("¿Qué es MVCC?", "La pregunta se busca tal como está."),
        (
            "What is MVCC and why does PostgreSQL use it?",
            "Parts found in your question: What is MVCC? · Why does PostgreSQL use it (MVCC)?",
        ),
    ],
)
def test_the_summary_says_what_was_done_in_the_language_of_the_question(question: str, summary: str) -> None:
    assert plan(question).summary == summary


def test_searches_look_in_the_library_unless_there_is_none() -> None:
    assert plan("What is MVCC?").searches[0].where == "library"
    decision = decide(PlannerBrief(question="What is MVCC?", has_web=True, has_library=False))
    assert isinstance(decision, Plan)
    assert decision.searches[0].where == "web"


@pytest.mark.parametrize(
    ("question", "second"),
    [
        ("What is RAID and which levels are there?", "Which levels are there (RAID)?"),
        ("Was ist RAID und welche Stufen gibt es?", "Welche Stufen gibt es (RAID)?"),
    ],
)
def test_kinds_that_are_asked_for_are_those_of_the_subject(question: str, second: str) -> None:
    assert [search.query for search in plan(question).searches][1] == second
