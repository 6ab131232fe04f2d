"""Addresses in a text, and as the targets of links."""

import re
from typing import NamedTuple
from urllib.parse import quote

from chat_app.transcript.links import web_link

ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
ADDRESS = re.compile(r"(?:[^\s<\[\]`|\\]|\\[!-/:;=-@^_{}~])+")
_ADDRESS_PARTS = re.compile(r"(?:https?://)?([^/?#]*)(.*)", re.IGNORECASE)
_PLAIN_AUTHORITY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(?::\d{1,5})?")
# Scripts whose words follow an address without a space; not the punctuation of all scripts.
FARTHER_SCRIPT = "[\u0e00-\u1fff\u2c00-\U0010ffff]"
_AFTER_AUTHORITY = re.compile(rf"[!\"'),.;?~*\u00bb\u2010-\u206f]*:?(?=\Z|{FARTHER_SCRIPT})")
_TRAILING = re.compile(r"(?:(?<!\\)[.,:;!?)'\"*_~&}>\]])+\Z")
_UNSAFE_IN_TARGET = re.compile(r"[()<>\s\\\"|`]")


class WrittenAddress(NamedTuple):
    """An address as it stands in a text."""

    text: str
    url: str
    plain_length: int
    """How much of it is an address that the page shows as what it is; 0 if it needs to be explained."""
    has_path: bool

    @classmethod
    def read(cls, written: str) -> "WrittenAddress":
        clean = written.partition("\\")[0]
        parts = _ADDRESS_PARTS.match(clean)
        if parts and (parts[2] or clean == written):
            text = _TRAILING.sub("", clean)
            return cls(text, _with_scheme(text), _plain_length(clean, parts), bool(parts[2]))
        text = _TRAILING.sub("", written)
        return cls(text, _with_scheme(ESCAPE.sub(r"\1", text)), 0, has_path=False)


def _with_scheme(url: str) -> str:
    return url if "://" in url[:8] else f"http://{url}"


def _plain_length(written: str, parts: re.Match[str]) -> int:
    authority, path = parts.groups()
    if not authority and not path:
        return len(written)  # only `https://`
    plain = _PLAIN_AUTHORITY.match(authority)
    if plain is None or web_link(f"https://{plain[0]}") is None:
        return 0
    after = _AFTER_AUTHORITY.match(authority, plain.end())
    if path:
        return len(written) if plain.end() == len(authority) else 0
    return parts.start(1) + after.end() if after else 0


def source_page(thread_id: str, number: int) -> str:
    """Where the passages of a thread's source are shown to its owner."""
    return f"/rc/source/{quote(thread_id, safe='')}/{number}"


def attachment_address(thread_id: str, name: str) -> str:
    """Where the owner of a thread gets a file back that is attached to it."""
    return f"/rc/attachment/{quote(thread_id, safe='')}/{quote(name, safe='')}"


def link_target(url: str) -> str:
    """An address as the target of a link, which it cannot leave."""
    safe = _UNSAFE_IN_TARGET.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), url)
    return ENTITY.sub(lambda found: f"&amp;{found[0][1:]}", safe)
