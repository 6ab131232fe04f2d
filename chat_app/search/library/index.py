"""The search index: one SQLite FTS5 file. It is only a cache, made again whenever it is damaged or of another version."""

import json
import sqlite3
import threading
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue

from pydantic import BaseModel, ConfigDict

from chat_app.search.library.passages import CutDocument

VERSION = 5
"""Raise it when the tables, a parser or the cutting of passages changes: all files are then read again."""

_BUSY_TIMEOUT_MS = 10_000
# Titles say most, the text least: over 25,000 passages of manuals these weights found most (recall of the first 20: .85).
_RANK = "bm25(passages_fts, 4.0, 3.0, 1.0, 1.0)"
TOKENIZER = "porter unicode61 remove_diacritics 2"
_SCHEMA = f"""
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    title TEXT NOT NULL,
    passages INTEGER NOT NULL,
    error TEXT
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES files (id),
    location TEXT,
    is_listing INTEGER NOT NULL,
    title TEXT NOT NULL,
    heading TEXT NOT NULL,
    body TEXT NOT NULL,
    bigrams TEXT NOT NULL
);
CREATE INDEX passages_by_file ON passages (file_id);
CREATE VIRTUAL TABLE passages_fts USING fts5(
    title, heading, body, bigrams, content='passages', content_rowid='id', tokenize='{TOKENIZER}'
);
CREATE VIRTUAL TABLE passages_terms USING fts5vocab(passages_fts, row);
PRAGMA user_version = {VERSION};
"""
# SQLITE_ERROR: a table of ours is missing or is not what it says.
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
_TABLES = ("passages_terms", "passages_fts", "passages", "files")


class IndexedFile(BaseModel):
    """What the index knows of a file: its state when it was read, and the outcome."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    path: str
    """Relative name, the key."""
    size_bytes: int
    mtime_ns: int
    sha256: str
    title: str = ""
    passages: int = 0
    error: str | None = None


class Summary(BaseModel):
    model_config = ConfigDict(frozen=True)

    files: int
    failed: int
    passages: int


class Candidate(BaseModel):
    """A passage that holds at least one term of a query."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    path: str
    title: str
    heading: str
    location: str | None
    text: str
    bigrams: str
    is_listing: bool
    bm25: float
    """Relevance, higher is better."""


class StoredPassage(BaseModel):
    """A passage as the index keeps it."""

    model_config = ConfigDict(frozen=True)

    location: str | None
    text: str


class Index:
    """Thread-safe. Methods raise sqlite3.DatabaseError when the file is damaged; `rebuild` is the answer."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.RLock()
        self._generation = 0
        self._terms: tuple[tuple[int, ...], str] = ((), "")
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()
        try:
            self._prepare()
        except sqlite3.DatabaseError as exc:
            if not is_damage(exc):
                raise
            self.rebuild()

    def rebuild(self) -> None:
        """Throw the file away and begin with an empty one."""
        with self._writing:
            self._generation += 1
            self.close()
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            self._prepare()

    def close(self) -> None:
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    def files(self) -> list[IndexedFile]:
        with self._connection() as db:
            rows = db.execute(
                "SELECT path, size_bytes, mtime_ns, sha256, title, passages, error FROM files ORDER BY path"
            )
            return [IndexedFile.model_validate(dict(row)) for row in rows]

    def summary(self, without: Collection[str]) -> Summary:
        """Counts over all files but those named."""
        sql = """
            SELECT count(*) AS files, count(error) AS failed, coalesce(sum(passages), 0) AS passages
            FROM files WHERE path NOT IN (SELECT value FROM json_each(?))
        """
        with self._connection() as db:
            return Summary.model_validate(dict(db.execute(sql, (json.dumps(list(without)),)).fetchone()))

    def passage_count(self) -> int:
        with self._connection() as db:
            return db.execute("SELECT coalesce(sum(passages), 0) FROM files").fetchone()[0]

    def put(self, readings: Sequence[tuple[IndexedFile, CutDocument | None]]) -> None:
        """Replace what is known of these files, all or nothing; None stands for a file that could not be read."""
        with self._transaction() as db:
            for file, document in readings:
                _delete(db, file.path)
                _insert(db, file, document)

    def touch(self, file: IndexedFile) -> None:
        """Remember a new time stamp of a file with the old content."""
        with self._transaction() as db:
            db.execute(
                "UPDATE files SET mtime_ns = ?, size_bytes = ? WHERE path = ?",
                (file.mtime_ns, file.size_bytes, file.path),
            )

    def remove(self, paths: Sequence[str]) -> None:
        with self._transaction() as db:
            for path in paths:
                _delete(db, path)

    def optimize(self) -> None:
        """Merge the index into one segment: queries get faster. Takes about a second for 2,000 files."""
        with self._transaction() as db:
            db.execute("INSERT INTO passages_fts (passages_fts) VALUES ('optimize')")

    def candidates(self, terms: Sequence[str], limit: int) -> list[Candidate]:
        """The best passages by bm25 that hold any of the terms (FTS5 expressions)."""
        sql = f"""
            SELECT f.path, p.title, p.heading, p.location, p.body AS text, p.bigrams, p.is_listing, -m.rank AS bm25
            FROM (SELECT rowid, {_RANK} AS rank FROM passages_fts WHERE passages_fts MATCH ? ORDER BY rank LIMIT ?) m
            JOIN passages p ON p.id = m.rowid JOIN files f ON f.id = p.file_id ORDER BY m.rank, p.id
        """
        with self._connection() as db:
            return [Candidate.model_validate(dict(row)) for row in db.execute(sql, (" OR ".join(terms), limit))]

    def passages_of(self, path: str) -> tuple[str, list[StoredPassage]] | None:
        """A file's title and all its passages in reading order; None for a file that is not known, or could not be read."""
        with self._connection() as db:
            file = db.execute("SELECT id, title FROM files WHERE path = ? AND error IS NULL", (path,)).fetchone()
            if file is None:
                return None
            rows = db.execute(
                "SELECT location, body AS text FROM passages WHERE file_id = ? ORDER BY id", (file["id"],)
            )
            return file["title"], [StoredPassage.model_validate(dict(row)) for row in rows]

    def frequencies(self, stems: Sequence[str]) -> dict[str, int]:
        """In how many passages each stem stands; stems that stand nowhere are left out."""
        marks = ",".join("?" * len(stems))
        with self._connection() as db:
            return dict(
                db.execute(f"SELECT term, doc FROM passages_terms WHERE term IN ({marks})", list(stems)).fetchall()
            )

    def terms_from(self, prefix: str, limit: int) -> list[str]:
        """Terms of the index that begin so, in alphabetical order."""
        sql = "SELECT term FROM passages_terms WHERE term >= ? AND term < ? ORDER BY term LIMIT ?"
        with self._connection() as db:
            return [row[0] for row in db.execute(sql, (prefix, prefix + "\x7f", limit))]

    def terms_holding(self, parts: Sequence[str], limit: int) -> list[str]:
        """Terms of the index in which any of the parts stands."""
        terms = self._all_terms()
        found: dict[str, None] = {}
        for part in parts:
            at = terms.find(part)
            while at >= 0 and len(found) < limit:
                end = terms.index("\n", at)
                found[terms[terms.rindex("\n", 0, at) + 1 : end]] = None
                at = terms.find(part, end)
        return list(found)

    def _all_terms(self) -> str:
        """Each between line ends. Kept until the index changes: reading them takes 0.1 s for 40,000 passages."""
        with self._connection() as db:
            state = tuple(
                db.execute("SELECT count(*), coalesce(max(id), 0), coalesce(max(mtime_ns), 0) FROM files").fetchone()
            )
            known, terms = self._terms
            if known != (self._generation, *state):
                rows = db.execute("SELECT term FROM passages_terms").fetchall()
                terms = "\n".join(["", *(row[0] for row in rows), ""])
                self._terms = ((self._generation, *state), terms)
            return terms

    def _prepare(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._connection() as db:
            db.execute("PRAGMA journal_mode = WAL")
        with self._connection() as db:
            if db.execute("PRAGMA user_version").fetchone()[0] == VERSION:
                db.execute("SELECT count(*) FROM passages_terms WHERE term = 'x'").fetchone()
                return
        with self._writing, self._connection() as db:
            # Not deleted as a file: another process may have it open.
            for table in _TABLES:
                db.execute(f"DROP TABLE IF EXISTS {table}")
            db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        with self._writing, self._connection() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        """One for each caller at a time. One that saw an error, or the file before `rebuild`, is not used again."""
        generation = self._generation
        try:
            db = self._idle.get_nowait()
        except Empty:
            db = self._connect()
        try:
            yield db
        except BaseException:
            db.close()
            raise
        if generation == self._generation:
            self._idle.put(db)
        else:
            db.close()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        try:
            db.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
            db.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            db.close()
            raise
        return db


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is to blame, and not a lock, a full disk or a missing permission."""
    return error.sqlite_errorcode & 0xFF in _DAMAGE


def _insert(db: sqlite3.Connection, file: IndexedFile, document: CutDocument | None) -> None:
    passages = () if document is None else document.passages
    cursor = db.execute(
        "INSERT INTO files (path, size_bytes, mtime_ns, sha256, title, passages, error) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (file.path, file.size_bytes, file.mtime_ns, file.sha256, file.title, len(passages), file.error),
    )
    file_id = cursor.lastrowid
    for passage in passages:
        words = (file.title, passage.heading, passage.text, passage.bigrams)
        row = db.execute(
            "INSERT INTO passages (file_id, location, is_listing, title, heading, body, bigrams) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (file_id, passage.location, passage.is_listing, *words),
        )
        db.execute(
            "INSERT INTO passages_fts (rowid, title, heading, body, bigrams) VALUES (?, ?, ?, ?, ?)",
            (row.lastrowid, *words),
        )


def _delete(db: sqlite3.Connection, path: str) -> None:
    # FTS5 must be told the old words: https://sqlite.org/fts5.html#external_content_tables
    db.execute(
        "INSERT INTO passages_fts (passages_fts, rowid, title, heading, body, bigrams) "
        "SELECT 'delete', id, title, heading, body, bigrams FROM passages WHERE file_id = (SELECT id FROM files WHERE path = ?)",
        (path,),
    )
    db.execute("DELETE FROM passages WHERE file_id = (SELECT id FROM files WHERE path = ?)", (path,))
    db.execute("DELETE FROM files WHERE path = ?", (path,))
