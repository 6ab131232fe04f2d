"""Which addresses may stand for pages of the public web: links that this machine or its network would answer are none.

Read as browsers do, which is more than Python's `ipaddress` takes: https://url.spec.whatwg.org/#host-parsing.
"""

import re
import unicodedata
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

MAX_URL_CHARACTERS = 2_048
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)+")
# The last part of a name is never a number: browsers then read an IPv4 address, also in octal, hex, or with parts left out.
_NUMBER = re.compile(r"(?:\d+|0x[0-9a-f]*)")
# All other IPv6 is local, multicast, or another way to write an IPv4 address.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_PRIVATE_NAMES = (
    ".corp", ".home", ".home.arpa", ".internal", ".intranet", ".lan", ".local", ".localdomain", ".localhost", ".private",
)  # fmt: skip
"""RFC 6761, 6762 and 8375, and what is used besides inside of networks."""


def page_of(url: str) -> str:
    """The address of the page itself: two places in a page are one source. What follows the # stays where an
    application shows its pages by it, as in `#/settings` and `#!topic/7`."""
    page, _, place = url.partition("#")
    return url if place.startswith(("/", "!")) else page


def is_public_page(url: str) -> bool:
    """Whether this is an http(s) address of a named host, or of an address in the public internet."""
    if len(url) > MAX_URL_CHARACTERS or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or port == 0:
        return False
    return _is_public_address(host) if ":" in host else _is_public_name(unicodedata.normalize("NFKC", host))


def _is_public_name(host: str) -> bool:
    name = host.replace("。", ".").casefold().removesuffix(".")
    if not _NAME.fullmatch(name) or name.endswith(_PRIVATE_NAMES):
        return False
    return _is_public_address(name) if _NUMBER.fullmatch(name.rpartition(".")[2]) else True


def _is_public_address(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        inner = address.sixtofour
        return address in _GLOBAL_UNICAST and address.is_global and (inner is None or inner.is_global)
    return address.is_global and not address.is_multicast
