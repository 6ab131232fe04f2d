"""What a person reads in the terminal."""

from typing import Any

import pytest

from chat_app.asking import Plain

REPORT: dict[str, Any] = {
    "text": "It is so.\n\nAnd so [1].",
    "sources": [{"number": 1, "title": "A page", "location": None, "url": "https://a.example/"}],
    "notes": ["One search failed."],
    "uncited": [9],
}


def test_a_report_is_printed_with_its_marks_notes_and_sources(capsys: pytest.CaptureFixture[str]) -> None:
    Plain().show({"kind": "report_ready", "report": REPORT})
    printed = capsys.readouterr().out
    assert (
        printed
        == "\nIt is so. (no source)\n\nAnd so [1].\n\nNote: One search failed.\n\n[1] A page https://a.example/\n"
    )


def test_a_report_of_an_older_server_is_printed_too(capsys: pytest.CaptureFixture[str]) -> None:
    Plain().show({"kind": "report_ready", "report": {"text": REPORT["text"], "sources": []}})
    assert capsys.readouterr().out == "\nIt is so.\n\nAnd so [1].\n\n"


def test_no_text_commands_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    commands = "a\x1b]8;;https://evil.example\x07b\x1b[2J\x9b31m\u202ec\r"
    Plain().show({"kind": "no_evidence", "text": commands})
    Plain().show({"kind": "search_failed", "search": 0, "query": commands, "error": commands})
    captured = capsys.readouterr()
    for printed in (captured.out, captured.err):
        assert not set("\x1b\x07\x9b\u202e\r") & set(printed)
