import logging
import sqlite3
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic_ai.exceptions import ModelHTTPError, ModelServerError

from chat_app.agents import stopping
from chat_app.errors import SettingsError, TurnStoppedError
from chat_app.workflows import engine
from chat_app.workflows.engine import is_worth_logging


def line(message: str, error: BaseException | None = None) -> logging.LogRecord:
    exc_info = (type(error), error, None) if error else None
    return logging.LogRecord("dbos", logging.WARNING, "", 0, message, (), exc_info)


def test_a_stop_leaves_nothing_in_the_log() -> None:
    turn = uuid4().hex
    stopping.stop(turn)
    assert not is_worth_logging(line("Error in step", TurnStoppedError("stopped")))
    assert not is_worth_logging(line(f"Workflow {turn}-2 was cancelled during execution"))
    assert not is_worth_logging(line(f"Workflow {turn}-2 is no longer owned by this execution"))


def test_another_execution_that_took_a_workflow_is_told() -> None:
    assert is_worth_logging(line(f"Workflow {uuid4().hex} is no longer owned by this execution"))


def test_a_provider_that_fails_is_told_in_one_line() -> None:
    error = ModelHTTPError.for_category(ModelServerError, status_code=500, model_name="m")
    record = line("Step being automatically retried (attempt 1 of 4)", error)
    assert is_worth_logging(record)
    assert record.getMessage() == "Step being automatically retried (attempt 1 of 4): not available at the moment (500)"
    assert record.exc_info is None


@pytest.mark.parametrize("error", [ValueError("a bug"), None], ids=repr)
def test_everything_else_is_told_as_it_is(error: Exception | None) -> None:
    record = line("Something happened", error)
    assert is_worth_logging(record)
    assert (record.exc_info is None) == (error is None)


def test_a_sqlite_that_the_engine_cannot_use_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 30, 1))
    with pytest.raises(SettingsError, match=r"comes with SQLite 3\.30\.1 here, and needs 3\.\d\d or newer; use"):
        engine.examine(tmp_path, None)
    engine.examine(tmp_path, "postgresql://localhost/research")
