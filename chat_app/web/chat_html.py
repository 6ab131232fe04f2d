"""The HTML of the chat page as Chainlit serves it: its language, what it asks of other hosts, and the scripts it holds itself."""

import base64
import hashlib
import re

# Style sheets and preconnects, of KaTeX's CDN above all: no formula is drawn here, and no other host needs to know of a visit.
_FOREIGN_LINK = re.compile(r"<link\b[^>]*\bhref=[\"']?(?:https?:)?//[^>]*>\s*", re.IGNORECASE)
# Pictures and addresses of Chainlit itself, shown by programs that preview links.
_FOREIGN_META = re.compile(r"<meta\b[^>]*\bproperty=[\"']og:(?:image|url)[\"'][^>]*>\s*", re.IGNORECASE)
_LANGUAGE = re.compile(r"(<html\b[^>]*\blang=)[\"'][^\"']*[\"']", re.IGNORECASE)
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc\s*=)[^>]*>(.*?)</script>", re.IGNORECASE | re.DOTALL)


def without_foreign_addresses(html: str) -> str:
    return _FOREIGN_META.sub("", _FOREIGN_LINK.sub("", html))


def in_language(html: str, tag: str) -> str:
    """The page says what language it is in; Chainlit's is always English."""
    return _LANGUAGE.sub(rf'\1"{tag}"', html, count=1)


def inline_script_hashes(html: str) -> list[str]:
    """The hash sources (CSP Level 3, section 2.3.1) that allow exactly the scripts written into this page."""
    hashes = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(html))
    return [f"sha256-{base64.b64encode(digest).decode()}" for digest in hashes]
