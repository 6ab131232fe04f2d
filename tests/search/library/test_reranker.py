"""The optional reranker with a real, tiny model: one that counts the word "harbour"."""

import base64
import json
import logging
import sys
from pathlib import Path

import pytest

from chat_app.search.library.library import Library
from chat_app.search.library.ranking import Hit
from chat_app.search.library.reranker import RERANKER_FOLDER, Reranker, State, examined
from tests.app_process import run_command

COUNTS_TOKEN_3 = base64.b64decode(
    "CAgSADq3AQoYCglpbnB1dF9pZHMKAWsSAWUiBUVxdWFsChcKAWUSAWYiBENhc3QqCQoCdG8YAaABAgorCgFmCgJheBIGbG9naXRzIglSZWR1Y2VTdW0qDwoIa2Vl"
    "cGRpbXMYAaABAhIEdGlueSoIEAc6AQNCAWsqCwgBEAc6AQFCAmF4Wh0KCWlucHV0X2lkcxIQCg4IBxIKCgMSAW4KAxIBc2IZCgZsb2dpdHMSDwoNCAESCQoDEgFu"
    "CgIIAUIECgAQDQ=="
)
"""An ONNX graph: input_ids -> equal to 3 -> sum over the tokens. Made with onnx.helper, opset 13."""
TOKENIZER = {
    "version": "1.0",
    "added_tokens": [],
    "normalizer": {"type": "Lowercase"},
    "pre_tokenizer": {"type": "Whitespace"},
    "model": {"type": "WordLevel", "vocab": {"[PAD]": 0, "[UNK]": 1, "the": 2, "harbour": 3}, "unk_token": "[UNK]"},
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / RERANKER_FOLDER
    folder.mkdir()
    (folder / "model.onnx").write_bytes(COUNTS_TOKEN_3)
    (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER), "utf-8")
    return folder


def hit(text: str) -> Hit:
    return Hit(path="a.md", url="library:a.md", title="A", location=None, text=text, score=1.0, coverage=1.0)


HITS = [hit("ships and boats"), hit("the harbour"), hit("harbour, harbour"), hit("a boat")]


def test_hits_come_in_the_order_of_the_model_and_equal_ones_keep_theirs(model: Path) -> None:
    reranker = Reranker.of(model)
    assert reranker
    assert reranker.reranked("Where is it?", HITS) == [HITS[2], HITS[1], HITS[0], HITS[3]]
    assert examined(model).state is State.READY


async def test_the_library_asks_it_about_more_hits_than_it_returns(tmp_path: Path, model: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.txt").write_text(f"Ship number {number} is a ship as every ship is a ship.", "utf-8")
    (folder / "last.txt").write_text(
        "Among many other things that are to be told here, one ship left the harbour.", "utf-8"
    )
    plain = Library(folder, tmp_path / "plain.sqlite")
    reranked = Library(folder, tmp_path / "reranked.sqlite", reranker=Reranker.of(model))
    for library in (plain, reranked):
        await library.refresh()
    assert "last.txt" not in [found.path for found in await plain.search("Where is the ship?", limit=3)]
    found = await reranked.search("Where is the ship?", limit=3)
    assert (len(found), found[0].path) == (3, "last.txt")
    for library in (plain, reranked):
        await library.close()


def test_a_model_that_takes_too_long_leaves_the_order_and_says_so(
    model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert Reranker(model, budget_seconds=-1.0).reranked("Where is it?", HITS) == HITS
    assert "took longer" in caplog.text


def test_a_model_that_cannot_be_read_leaves_the_order_and_is_named_once(
    model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (model / "model.onnx").write_bytes(b"no model")
    reranker = Reranker(model)
    assert reranker.reranked("Where is it?", HITS) == HITS
    assert reranker.reranked("Where is it?", HITS) == HITS
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert str(model) in caplog.text
    assert examined(model).state is State.BROKEN


def test_nothing_is_used_and_nothing_said_without_a_folder(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert Reranker.of(tmp_path / RERANKER_FOLDER) is None
    assert examined(tmp_path / RERANKER_FOLDER).state is State.OFF
    assert not caplog.records


def test_a_missing_file_is_named(model: Path, caplog: pytest.LogCaptureFixture) -> None:
    (model / "tokenizer.json").unlink()
    assert Reranker.of(model) is None
    assert "holds no tokenizer.json" in caplog.text
    assert examined(model) == (State.INCOMPLETE, f"not used: {model} holds no tokenizer.json")


def test_missing_libraries_are_named_with_the_remedy_and_the_order_is_kept(
    model: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for library in ("onnxruntime", "tokenizers"):  # as where they are not installed: to look for them finds nothing
        monkeypatch.setitem(sys.modules, library, None)
    assert Reranker.of(model) is None
    assert "pip install" in caplog.text
    assert Reranker(model).reranked("Where is it?", HITS) == HITS
    assert "pip install" in examined(model).text


def test_the_doctor_names_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    assert "✓ Reranker: off" in run_command("doctor", "--offline", environment={"CHAT_APP_DATA_DIR": str(data)}).stdout
    (data / RERANKER_FOLDER).mkdir()
    done = run_command("doctor", "--offline", environment={"CHAT_APP_DATA_DIR": str(data)})
    assert f"! Reranker: not used: {data / RERANKER_FOLDER} holds no model.onnx and no tokenizer.json" in done.stdout
