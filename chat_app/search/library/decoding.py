"""Bytes of a text file as text: byte order mark, declared charset, UTF-8, then East Asian charsets where they fit, or Windows-1252."""

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
# Of the characters beyond ASCII, the share that text in that charset has of its most common ones, at least. What is read in a
# wrong charset has few of them: those of Japanese are kana, of Korean Hangul, of Chinese the first level of its standards.
_EAST_ASIAN = (
    ("cp932", re.compile("[\u3041-\u30fe]"), 0.2),
    ("euc_jp", re.compile("[\u3041-\u30fe]"), 0.2),
    ("cp949", re.compile("[\uac00-\ud7a3]"), 0.9),
    ("gb18030", None, 0.7),
    ("big5", None, 0.7),
)
_FIRST_LEVEL = {
    "gb18030": re.compile(rb"[\xb0-\xd7][\xa1-\xfe]|[\xa1\xa3][\xa1-\xfe]"),
    "big5": re.compile(rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]|[\xa1-\xa3][\x40-\x7e\xa1-\xfe]"),
}
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_SAMPLE_BYTES = 20_000
_LEAST_CHARACTERS = 4


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
    return data.decode(_east_asian(data[:_SAMPLE_BYTES]) or "cp1252", errors="replace")


def _east_asian(sample: bytes) -> str | None:
    """The charset of a text that names none, as spreadsheets and editors still save them in East Asia."""
    return next((charset for charset, common, least in _EAST_ASIAN if _fits(sample, charset, common, least)), None)


def _fits(sample: bytes, charset: str, common: re.Pattern[str] | None, least: float) -> bool:
    try:
        # The sample may end inside of a character.
        text = codecs.getincrementaldecoder(charset)().decode(sample)
    except UnicodeError:
        return False
    characters = _BEYOND_ASCII.findall(text)
    if common is not None:
        known = sum(common.match(character) is not None for character in characters)
    else:
        known = sum(_FIRST_LEVEL[charset].fullmatch(character.encode(charset)) is not None for character in characters)
    return len(characters) >= _LEAST_CHARACTERS and known >= least * len(characters)


def _declared(data: bytes) -> str | None:
    match = _DECLARED.search(data, 0, _DECLARATION_WINDOW)
    if match is None:
        return None
    label = match[1].decode("ascii").lower()
    return _AS_BROWSERS_READ.get(label, label)
