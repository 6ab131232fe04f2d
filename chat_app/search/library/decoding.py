"""Bytes of a text file as text: byte order mark, declared charset, UTF-8, then Windows-1252."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE
)
_DECLARATION_WINDOW = 4096
# What browsers do: https://encoding.spec.whatwg.org/#names-and-labels
_AS_BROWSERS_READ = {
    **dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "x-sjis"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987"), "cp949"),
    **dict.fromkeys(("utf-16", "utf-16le", "utf-16be"), "utf-8"),
}


def decode(data: bytes, *, is_html: bool = False) -> str:
    """Never fails: bytes that fit no encoding become replacement characters. Line ends become `\\n`."""
    text = _decode(data, is_html=is_html)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode(data: bytes, *, is_html: bool) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    declared = _declared(data) if is_html else None
    for encoding in filter(None, (declared, "utf-8")):
        try:
            return data.decode(encoding)
        # LookupError: "hex" and the like are codecs, but no character sets.
        except (UnicodeError, LookupError):
            continue
    return data.decode("cp1252", errors="replace")


def _declared(data: bytes) -> str | None:
    match = _DECLARED.search(data, 0, _DECLARATION_WINDOW)
    if match is None:
        return None
    label = match[1].decode("ascii").lower()
    return _AS_BROWSERS_READ.get(label, label)
