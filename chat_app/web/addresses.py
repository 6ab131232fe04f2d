"""Hosts, ports and web addresses, read strictly: what cannot be read is never taken for an address of ours."""

import re
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from chat_app.transcript.links import web_link

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

# The host of RFC 3986, section 3.2.2, without percent-encoding, which no browser sends in Host.
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>\d{1,5}))?", re.IGNORECASE)


class Authority(NamedTuple):
    """Host (lower case, IPv6 without brackets) and port."""

    host: str
    port: int


def read_authority(text: str, default_port: int) -> Authority | None:
    """What a Host header names; None if it is malformed."""
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None
    return Authority(match["host"].lower().strip("[]"), int(match["port"] or default_port))


def read_origin(text: str) -> tuple[str, Authority] | None:
    """Scheme and authority of an Origin header; None for `null` and anything malformed."""
    scheme, separator, rest = text.lower().partition("://")
    if not separator or scheme not in {"http", "https"}:
        return None
    authority = read_authority(rest, DEFAULT_PORTS[scheme])
    return None if authority is None else (scheme, authority)


def is_loopback_ip(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`: all of 127.0.0.0/8, ::1 and the name localhost; no other name."""
    return host.lower() == "localhost" or is_loopback_ip(host)


def web_host(url: str) -> str | None:
    """The host of an http or https address, as it is shown; None for any other, also for one with a user name in it."""
    link = web_link(url)
    return link.host.removeprefix("www.") if link and "@" not in urlsplit(url).netloc else None


def is_google(url: str) -> bool:
    """Whether an https address is one of Google's own, and nothing that only looks like it."""
    host = web_host(url) or ""
    return url.startswith("https://") and f".{host}".endswith(".google.com")
