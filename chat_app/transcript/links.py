"""Where an address leads, and whether a text says so: links that others write are shown together with their host."""

import re
import unicodedata
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple

import idna

_ADDRESS = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#\\]+)(?P<rest>[/?#].*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:.*@)?(?P<host>\[[0-9a-f:.]+\]|[^\[\]:@]+)(?P<port>:\d{1,5})?", re.IGNORECASE)
_ASCII_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?")
_HOST_IN_TEXT = re.compile(r"[\w-]+(?:\.[\w-]+)+")
# Letters of Latin alphabets that cannot be taken for plain ones; all others are shown as `xn--`.
_DISTINCT_LATIN = re.compile("[a-zß-\u0130\u0132-\u0137\u0139-\u0148\u014a-\u017e]")
_WRITTEN_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"},
    {"LATIN", "CJK", "HANGUL"},
    {"LATIN", "CJK", "BOPOMOFO"},
)


class WebLink(NamedTuple):
    """An address that a person may follow."""

    url: str
    """Leads to exactly `host`: without a user name, and with the host as it is looked up."""
    host: str
    """As it is shown: `münchen.de`, but `xn--` for a name that could be taken for another one."""


@lru_cache(maxsize=2048)
def web_link(address: str) -> WebLink | None:
    """The link to an http or https address; None for any other one, and for one that browsers may read in another way."""
    parts = _ADDRESS.fullmatch(address) if address.isprintable() and " " not in address else None
    authority = _AUTHORITY.fullmatch(parts["authority"]) if parts else None
    if parts is None or authority is None:
        return None
    host = _looked_up(authority["host"])
    if host is None:
        return None
    rest = (parts["rest"] or "").replace("\\", "%5C")
    return WebLink(f"{parts['scheme'].lower()}://{host}{authority['port'] or ''}{rest}", _shown(host))


def names_host(text: str, host: str) -> bool:
    """Whether the text of a link says that it leads to `host`, and names no other one."""
    text, bare = text.strip().casefold(), host.removeprefix("www.")
    if bare not in text:
        return False
    address = None if re.search(r"\s", text) else _ADDRESS.fullmatch(text if "://" in text else f"https://{text}")
    if address is not None:
        return address["authority"].partition(":")[0].removeprefix("www.") == bare
    named = [name.removeprefix("www.") for name in _HOST_IN_TEXT.findall(text)]
    return "@" not in text and bool(named) and all(name == bare for name in named)


def _looked_up(host: str) -> str | None:
    """The host in ASCII, lower case; None for what is no host, or a number that browsers read as an address."""
    try:
        if host.startswith("["):
            return f"[{IPv6Address(host[1:-1]).compressed}]"
        if not host.isascii():
            host = idna.encode(host, uts46=True, std3_rules=True).decode()
        host = host.lower()
        if re.fullmatch(r"(?:0x[0-9a-f]*|\d+)", host.rstrip(".").rpartition(".")[2]):
            return str(IPv4Address(host))
    except (idna.IDNAError, AddressValueError):
        return None
    return host if _ASCII_HOST.fullmatch(host) else None


def _shown(host: str) -> str:
    if "xn--" not in host:
        return host
    try:
        name = idna.decode(host, uts46=True)
    except idna.IDNAError:
        return host
    return name if _is_unmistakable(name) else host


def _is_unmistakable(name: str) -> bool:
    """Whether all letters are of one script, or of some that are written together and look different."""
    scripts: set[str] = set()
    for letter in name:
        if letter in ".-" or letter.isdecimal():
            continue
        script = unicodedata.name(letter, "").split(" ")[0]
        if script == "LATIN" and not _DISTINCT_LATIN.fullmatch(letter):
            return False
        scripts.add(script)
    return len(scripts) == 1 or any(scripts <= together for together in _WRITTEN_TOGETHER)
