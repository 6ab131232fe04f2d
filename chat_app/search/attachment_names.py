"""Names of attached files, and the words by which people mean them."""

import re
import unicodedata
from collections.abc import Container

_MAX_BYTES = 180
"""File systems take 255; " (2)" and SQLite's endings need some of them."""
_SEPARATORS = re.compile(r"[/\\]")
_MEANT = re.compile(
    r"\b(?:attach\w*|files?|documents?|pdf|uploads?|uploaded|summar\w+|tl;?dr|"
    r"anh[aä]ng\w*|angehängt\w*|anlagen?|datei\w*|dokument\w*|zusammenfass\w*|fasse?|"
    r"pièces? jointes?|ci-joint\w*|fichiers?|résum\w+|adjunt\w*|archivos?|documentos?|resum\w+)\b"
    r"|\w\.(?:md|markdown|txt|rst|x?html?|pdf|docx|pptx|epub|csv|tsv)\b"
    r"|附件|文件|文档|檔案|总结|總結|摘要|概括|添付|ファイル|文書|資料|要約|まとめ",
    re.IGNORECASE,
)
_SKIPPED_BEGINNINGS = ".~$ "
"""Hidden files and Word's locks are passed over where files are looked for."""


def clean_name(name: str) -> str:
    """The last part of a path, without characters that are commands: to a terminal, or to the direction of writing."""
    last = _SEPARATORS.split(name.rstrip("/\\"))[-1]
    kept = "".join(" " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", last))
    kept = "".join(letter for letter in kept if unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    kept = " ".join(kept.split()).lstrip(_SKIPPED_BEGINNINGS).rstrip(" .")
    stem, dot, ending = kept.rpartition(".")
    if not dot:
        stem, ending = kept, ""
    room = _MAX_BYTES - len(f"{dot}{ending}".encode())
    if room < 1:
        return _cut(kept, _MAX_BYTES)
    return f"{_cut(stem, room) or 'file'}{dot}{ending}"


def means_the_file(question: str) -> bool:
    """Whether a question is, or may be, about a file as such, so that its words need not stand in it."""
    return _MEANT.search(question) is not None or not any(letter.isalnum() for letter in question)


def free_name(name: str, taken: Container[str]) -> str:
    """The name, with a number if another file has it."""
    stem, dot, ending = name.rpartition(".")
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{stem} ({number}){dot}{ending}"
    return free


def _cut(text: str, size_bytes: int) -> str:
    return text.encode()[:size_bytes].decode(errors="ignore").strip()
