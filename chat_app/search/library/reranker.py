"""An optional second opinion on the order of hits: a cross-encoder that lies in a folder of this machine.

It reads the question and each passage together, which finds answers that share few words with the question. Nothing is ever
downloaded: whoever wants it installs the extra `rerank` and puts a model into the folder. Whatever goes wrong, the hits keep
their order.
"""

import importlib
import logging
import threading
import time
from collections.abc import Sequence
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from chat_app.search.library.ranking import Hit

logger = logging.getLogger(__name__)

RERANKER_FOLDER = "reranker"
"""In the data directory."""
CANDIDATES = 20
BUDGET_SECONDS = 3.0
_MODEL = "model.onnx"
_TOKENIZER = "tokenizer.json"
_LIBRARIES = ("onnxruntime", "tokenizers", "numpy")
_INSTALL = "pip install onnxruntime tokenizers"
_MAX_TOKENS = 384
_BATCH = 4
"""Between batches the time is looked at."""
_PADDING = ("[PAD]", "<pad>")


class State(StrEnum):
    OFF = "off"
    INCOMPLETE = "incomplete"
    BROKEN = "broken"
    READY = "ready"


class Report(NamedTuple):
    state: State
    text: str


class OutOfTime(Exception):
    """The model is too slow on this machine."""


class Reranker:
    """Thread-safe. The model is loaded when it is first needed, and given up for good when it fails."""

    def __init__(self, folder: Path, budget_seconds: float = BUDGET_SECONDS) -> None:
        self._folder = folder
        self._budget_seconds = budget_seconds
        self._encoder: CrossEncoder | None = None
        self._has_failed = False
        self._working = threading.Lock()

    @classmethod
    def of(cls, folder: Path) -> "Reranker | None":
        """None when the folder is not there, or something is missing, which the log names."""
        if not folder.exists():
            return None
        if missing := _missing(folder):
            logger.warning("The reranker is not used: %s.", missing)
            return None
        return cls(folder)

    def reranked(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The hits in the model's order; in their own when it fails or takes too long."""
        started = time.monotonic()
        if self._has_failed or len(hits) < 2 or not self._working.acquire(timeout=self._budget_seconds):
            return list(hits)
        try:
            encoder = self._loaded()
            # Loading is done once and does not count.
            started = max(started, time.monotonic() - self._budget_seconds / 2)
            scores = encoder.scores(question, [_read_aloud(hit) for hit in hits], started + self._budget_seconds)
        except OutOfTime:
            logger.warning("The reranker took longer than %g s; passages keep their order.", self._budget_seconds)
            return list(hits)
        except Exception as exc:  # noqa: BLE001 - a foreign model in a foreign library: an order is no reason to lose an answer
            self._has_failed = True
            logger.warning("The reranker in %s failed (%s); passages keep their order.", self._folder, _first_line(exc))
            return list(hits)
        finally:
            self._working.release()
        return [hit for _, hit in sorted(zip(scores, hits, strict=True), key=lambda pair: -pair[0])]

    def _loaded(self) -> "CrossEncoder":
        if self._encoder is None:
            self._encoder = CrossEncoder(self._folder)
        return self._encoder


class CrossEncoder:
    """Raises whatever its libraries raise."""

    # Their types are unknown where they are not installed.
    def __init__(self, folder: Path) -> None:
        self._numpy: Any = importlib.import_module("numpy")
        runtime: Any = importlib.import_module("onnxruntime")
        tokenizers: Any = importlib.import_module("tokenizers")
        self._session: Any = runtime.InferenceSession(str(folder / _MODEL), providers=["CPUExecutionProvider"])
        self._inputs: set[str] = {each.name for each in self._session.get_inputs()}
        self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(folder / _TOKENIZER))
        self._tokenizer.enable_truncation(_MAX_TOKENS, strategy="only_second")
        padding = [(each, number) for each in _PADDING if (number := self._tokenizer.token_to_id(each)) is not None]
        token, number = padding[0] if padding else ("[PAD]", 0)
        self._tokenizer.enable_padding(pad_id=number, pad_token=token)

    def scores(self, question: str, passages: Sequence[str], deadline: float) -> list[float]:
        """One a passage, higher is better. `deadline` as `time.monotonic` counts. Raises OutOfTime."""
        found: list[float] = []
        for begin in range(0, len(passages), _BATCH):
            if time.monotonic() > deadline:
                raise OutOfTime
            found += self._scored([(question, passage) for passage in passages[begin : begin + _BATCH]])
        return found

    def _scored(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        encoded = self._tokenizer.encode_batch(pairs)
        given = {
            "input_ids": [each.ids for each in encoded],
            "attention_mask": [each.attention_mask for each in encoded],
            "token_type_ids": [each.type_ids for each in encoded],
        }
        arrays = {name: self._numpy.array(value, "int64") for name, value in given.items() if name in self._inputs}
        # One column, or two of which the last says "relevant".
        scores = self._session.run(None, arrays)[0].reshape(len(pairs), -1)[:, -1].tolist()
        if not all(score == score for score in scores):
            raise ValueError("the model answers with what is no number")
        return scores


def examined(folder: Path) -> Report:
    """For the person who sets it up; a model that is there is loaded."""
    if not folder.exists():
        has_libraries = all(map(find_spec, _LIBRARIES))
        hint = "its libraries are installed; " if has_libraries else ""
        return Report(State.OFF, f"off; {hint}docs/library.md says how to set it up")
    if missing := _missing(folder):
        return Report(State.INCOMPLETE, f"not used: {missing}")
    try:
        CrossEncoder(folder).scores("Is it ready?", ["It is."], time.monotonic() + BUDGET_SECONDS)
    except Exception as exc:  # noqa: BLE001 - as above
        return Report(State.BROKEN, f"the model in {folder} cannot be used: {_first_line(exc)}")
    return Report(State.READY, f"the model in {folder} orders what the library finds")


def _missing(folder: Path) -> str:
    files = [name for name in (_MODEL, _TOKENIZER) if not (folder / name).is_file()]
    if files:
        return f"{folder} holds no {' and no '.join(files)}"
    libraries = [name for name in _LIBRARIES if find_spec(name) is None]
    return f"{' and '.join(libraries)} not installed; `{_INSTALL}` does it" if libraries else ""


def _read_aloud(hit: Hit) -> str:
    return "\n".join(part for part in (hit.title, hit.location, hit.text) if part)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
