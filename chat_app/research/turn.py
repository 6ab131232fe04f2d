"""A turn: one question of a thread and everything that is done to answer it."""

from datetime import UTC, datetime
from typing import Literal
from unicodedata import category

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chat_app.errors import InvalidQuestion

MAX_QUESTION_CHARACTERS = 20_000

Depth = Literal["quick", "standard", "deep"]
SEARCHES_BY_DEPTH: dict[Depth, int] = {"quick": 2, "standard": 5, "deep": 5}
EXTRA_SEARCHES_BY_DEPTH: dict[Depth, int] = {"quick": 0, "standard": 3, "deep": 4}
"""How many the analyst may ask for while it writes."""

_JOINERS = "\u200c\u200d"
"""They take no room but hold emoji and Persian or Indic words together."""


class RoleModels(BaseModel):
    """Models (`provider:model`) that a person chose for a turn; None leaves the role to the installation."""

    model_config = ConfigDict(frozen=True)

    planner: str | None = None
    searcher: str | None = None
    analyst: str | None = None


class Turn(BaseModel):
    """What is fixed when a question is asked. It is the workflow's input, so it must not change afterwards."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    thread_id: str
    message_id: str
    """Id of the person's message in the thread store (a UUID)."""
    revision: int = 0
    """0 for the first try, then one more for each retry of a turn that failed."""
    question: str
    owner: str
    """Identifier of the user whose thread it is."""
    asked_at: AwareDatetime
    """When the question was stored; the times of everything shown for the turn count up from it."""
    depth: Depth = "standard"
    models: RoleModels = RoleModels()
    attachments: tuple[str, ...] = ()
    """Names, in the thread, of the files attached to the question."""

    @property
    def id(self) -> str:
        """Id of the turn and of its workflow: asking the same message twice is one turn."""
        return f"{self.thread_id}:{self.message_id}:{self.revision}"

    @property
    def first_id(self) -> str:
        """Id of the first try. What is shown of a retry takes the place of what was shown of the tries before."""
        return self.of_revision(0).id

    def of_revision(self, revision: int) -> "Turn":
        return self.model_copy(update={"revision": revision})


def clean_question(text: str) -> str:
    """The question without control characters and surrounding space. Raises InvalidQuestion if that leaves nothing, or too much."""
    kept = "".join(map(_kept, text.replace("\r\n", "\n").replace("\r", "\n"))).strip()
    if not kept.strip(_JOINERS + " \n\t"):
        raise InvalidQuestion("The question is empty; type what you want to know.")
    if len(kept) > MAX_QUESTION_CHARACTERS:
        raise InvalidQuestion(
            f"The question has {len(kept):,} characters and the limit is {MAX_QUESTION_CHARACTERS:,}; "
            "shorten it, or put the text into a file of the library and ask about that."
        )
    return kept


def title_of(question: str, limit: int = 80) -> str:
    """A thread's name: the question's first line, cut at a word."""
    line = " ".join(question.split("\n", 1)[0].split())
    if len(line) <= limit:
        return line
    cut = line[:limit].rsplit(" ", 1)[0] if " " in line[limit // 2 : limit] else line[:limit]
    return cut.rstrip(" ,;:.-" + _JOINERS) + "…"


def now() -> datetime:
    return datetime.now(UTC)


def _kept(character: str) -> str:
    if character in "\n\t" or character in _JOINERS:
        return character
    if character.isspace():
        return " "  # among them the no-break space, which stands between words
    # Not `isprintable`: to it the characters of newer Unicode versions than Python's are unprintable.
    return "" if category(character) in {"Cc", "Cf", "Cs"} else character
