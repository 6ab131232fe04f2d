"""What can be said of the library at one moment: of each file, and of the pass over the folder that is under way."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

FileState = Literal["indexed", "failed", "pending", "skipped"]


class LibraryStatus(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    total: int
    """Documents: files of a format that the library reads."""
    indexed: int
    failed: int
    pending: int
    passages: int
    is_indexing: bool
    is_starter: bool
    """The folder holds no documents, so the project's own are searched."""
    skipped: int = 0
    """Files that are no documents to the library; not among the total."""
    pass_total: int = 0
    """How many files the running pass reads. 0 when none is under way, or nothing had to be read."""
    is_reindex_wanted: bool = False
    """A reading of all files again was asked for, and has not begun."""

    @property
    def pass_done(self) -> int:
        return max(0, self.pass_total - self.pending)


class LibraryFile(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    path: str
    """Relative name."""
    state: FileState
    passages: int = 0
    error: str | None = None
    """Why it failed or was skipped: a sentence that begins with the quoted name."""
    title: str = ""
    size_bytes: int = 0

    @property
    def reason(self) -> str:
        """The error without the name, as a sentence."""
        text = (self.error or "").removeprefix(f"{self.path!r} ")
        return text[:1].upper() + text[1:]
