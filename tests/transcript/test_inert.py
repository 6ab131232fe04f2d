"""What a browser makes of the Markdown: read by a parser that knows more than the page does, definitions and HTML included."""

import random
import re
from typing import NamedTuple
from urllib.parse import urlsplit

import idna
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from chat_app.transcript.citations import linked

_PAGE = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_PAGE.validateLink = lambda url: True  # pyright: ignore[reportAttributeAccessIssue]


class Seen(NamedTuple):
    links: list[tuple[str, str]]
    """(address, text)"""
    text: str
    kinds: set[str]


def seen(text: str) -> Seen:
    """What there is to see of a text that a model has written."""
    inline = [token for token in _PAGE.parse(linked(text)) if token.children or token.type == "html_block"]
    tokens = [child for token in inline for child in token.children or [token]]
    return Seen(_links(tokens), "".join(map(_visible, tokens)), {token.type for token in tokens})


def _links(tokens: list[Token]) -> list[tuple[str, str]]:
    links: list[tuple[str, str]] = []
    for token in tokens:
        if token.type == "link_open":
            links.append((str(token.attrs["href"]), ""))
        elif token.type == "link_close":
            links.append(("", ""))
        elif links and links[-1][0]:
            links[-1] = (links[-1][0], links[-1][1] + _visible(token))
    return [link for link in links if link[0]]


def _visible(token: Token) -> str:
    return "\n" if token.type in {"softbreak", "hardbreak"} else token.content


@pytest.mark.parametrize(
    ("text", "address", "label"),
    [
        ("[Click here](https://evil.example/x)", "https://evil.example/x", "Click here (evil.example)"),
        ('[Click](<https://evil.example/x> "google.com")', "https://evil.example/x", "Click (evil.example)"),
        ("[google.com](https://evil.example/)", "https://evil.example/", "google.com (evil.example)"),
        (
            "[evil.example.google.com](https://evil.example)",
            "https://evil.example",
            "evil.example.google.com (evil.example)",
        ),
        ("[on evil.example](https://evil.example/x)", "https://evil.example/x", "on evil.example"),
        ("[evil.example](HTTPS://EVIL.example:8080/x)", "https://evil.example:8080/x", "evil.example"),
        (
            "[https://evil.example/x?a=b.c](https://evil.example/x?a=b.c)",
            "https://evil.example/x?a=b.c",
            "https://evil.example/x?a=b.c",
        ),
        ("[a](https://google.com@evil.example/)", "https://evil.example/", "a (evil.example)"),
        ("[a](https://google.com&#64;evil.example/)", "https://evil.example/", "a (evil.example)"),
        (
            "see https://google.com@evil.example/x",
            "https://evil.example/x",
            "https://google.com@evil.example/x (evil.example)",
        ),
        ("see www.google.com@evil.example", "http://evil.example", "www.google.com@evil.example (evil.example)"),
        (
            r"see https:\//google.com\@evil.example, then",
            "https://evil.example",
            "https://google.com@evil.example (evil.example)",
        ),
        ("<https://google.com@evil.example>", "https://evil.example", "https://google.com@evil.example (evil.example)"),
        ("[a [nested] b](https://evil.example)", "https://evil.example", "a [nested] b (evil.example)"),
        ("[](https://evil.example)", "https://evil.example", "evil.example"),
        ("![chart](https://evil.example/?q=secret)", "https://evil.example/?q=secret", "chart (evil.example)"),
        ("# [a](https://evil.example)", "https://evil.example", "a (evil.example)"),
        ("- x\n  - [a](https://evil.example)", "https://evil.example", "a (evil.example)"),
        ("| a |\n|---|\n| [a](https://evil.example/b|c) |", "https://evil.example/b%7Cc", "a (evil.example)"),
        ("[а](https://аpple.com/)", "https://xn--pple-43d.com/", "а (xn--pple-43d.com)"),
        ("[m](https://münchen.de/)", "https://xn--mnchen-3ya.de/", "m (münchen.de)"),
        ("https://gооgle.com/", "https://xn--ggle-55da.com/", "https://gооgle.com/ (xn--ggle-55da.com)"),
        ("[`code` **bold**](https://evil.example)", "https://evil.example", "code bold (evil.example)"),
        ("[key:value](https://evil.example)", "https://evil.example", "key:value (evil.example)"),
    ],
)
def test_a_link_names_its_host(text: str, address: str, label: str) -> None:
    [(target, shown)] = seen(text).links
    assert (target.replace("%C3%BC", "ü"), shown) == (address, label)


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "&#106;avascript:alert(1)", "java&Tab;script:alert(1)", "%6aavascript:x",
        "data:text/html;base64,PHNjcmlwdD4=", "vbscript:x", "file:///etc/passwd", "mailto:a@evil.example", "tel:1", "irc://x.example",
        "//evil.example/x", r"\\\\evil.example", r"/\evil.example", "/rc/share/1", "/s/token", "rc/share/1", "../x", "#a", "?a", "",
        "https:evil.example", "https:/evil.example", "https:///evil.example", r"https:\\evil.example", "https://", "http://2130706433/",
        "https://evil%2eexample/", r"https://google.com\\@evil.example", "ht\u200btps&colon;//x", "https://a\u202eb.example/", "\x01https://a.example",
        "<javascript:alert(1)>", "< https://evil.example>", "https://xn--a\u0000.example", "https://a..\uff0e",
    ],
)  # fmt: skip
def test_a_link_to_anything_but_a_web_page_is_its_text(target: str) -> None:
    for text in (
        f"See [the page]({target}).",
        f"- **[the page]({target})**",
        f"| a |\n|---|\n| [the page]({target}) |",
    ):
        found = seen(text)
        assert [link for link in found.links if not _is_honest(*link)] == []
        assert "the page" in found.text
    if " " not in target and "\\" not in target and "\x00" not in target:
        assert target == "" or "](" not in seen(f"See [the page]({target}).").text


@pytest.mark.parametrize(
    "text",
    [
        "[a][1]\n\n[1]: /rc/share/1",
        "[a][1]\n\n[1]: <https://evil.example> 'google.com'",
        "[a][]\n\n[a]:\n  https://evil.example",
        "[a]\n\n> [a]: https://evil.example",
        "[`a]: https://evil.example`\n\n[`a]",
        "[a][\nb]\n\n[\nb]: https://evil.example",
        "a[^1]\n\n[^1]: note",
        "<mailto:a@evil.example> <javascript:alert(1)> <a@evil.example> <#@x>",
        "<a href='javascript:alert(1)'>x</a> <img src=https://evil.example/p.png> <!-- c -->",
        "<script>\nalert(1)\n</script>",
        "``[a](/rc/share/1)`",
        "`a\n[x](/rc/share/1)\n`",
        "| `a | b` `[x](/rc/share/1)` |\n|---|---|\n| `a | b` `[x](/rc/share/1)` |",
        "> ```\n\n[x](/rc/share/1)",
        "- ~~~\n[x](/rc/share/1)",
        "<!--\n```\n-->\n[x](/rc/share/1)",
        "<div>\n```\n\n[x](/rc/share/1)\n```",
        "[[x](/rc/share/1)](/rc/share/2)",
        "[a][](/rc/x)(/rc/share/1)",
        "[a][(b)](/rc/share/1)",
        "!![x](/rc/share/1) ![x][(/y)](/rc/share/1)",
        "[- a](/rc/x)\n  ```\n[x](/rc/share/1)\n```\n[x](/rc/share/1)",
        "[```](/rc/x)\n[x](/rc/share/1)",
        "\\[x](/rc/share/1) \\\\[x](/rc/share/1) \\\\\\[x](/rc/share/1)",
        "[x\n](/rc/share/1) [x](\n/rc/share/1\n) [x](/rc/share/1\n'title')",
        "[x](/rc/share/1 'a' b) [x](/rc/(a(b(c(d)))))",
    ],
)  # fmt: skip
def test_nothing_else_of_markdown_makes_a_link(text: str) -> None:
    found = seen(text)
    assert [link for link in found.links if not _is_honest(*link)] == []
    assert not found.kinds & {"image", "html_inline", "html_block"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mail me@evil.example or a\\@b.example", "mail me`@`evil.example or a`@`b.example"),
        ("recall@10, @me, a @ b", "recall@10, @me, a @ b"),
        ("me&#64;evil.example", "me\\&#64;evil.example"),
        ("https&#58;//google.com@evil.example", "https\\&#58;//google.com`@`evil.example"),
        ("AT&amp;T &lt;b&gt; &copy;", "AT&amp;T &lt;b&gt; &copy;"),
        ("https://javascript:alert(1)/", "`https`://javascript\\:alert(1)/"),
        ("https://a.example/x[3]", "https://a.example/x [3]"),
        ("見 https://a.example。文", "見 https://a.example 。文"),
        ("(https://a.example/b), **https://a.example**!", "(https://a.example/b), **https://a.example**!"),
        ("Note :::warning a::b", "Note ::\\:warning a:\\:b"),
        ("a < b, c <= 5%, 3 > 2 & 1!", "a < b, c \\<= 5%, 3 > 2 & 1!"),
        ("zero\u200bwidth \u202eback\u202c \x1b[31m]red\x07", "zerowidth back [31m]red"),
        ("a\r\nb\rc", "a\nb\nc"),
    ],
)
def test_addresses_and_signs_that_the_page_would_act_on_are_taken_away(text: str, shown: str) -> None:
    assert linked(text) == shown


PIECES = (
    "[", "]", "(", ")", "3", ", ", ":", "a", " ", "`", "``", "```\n", "\n", "\n\n", "~~~", "\\", "> ", "- ", "1. ", "   ", "# ",
    "https://", "www.", "evil.example", "google.com", "@", "[3]", "[a]", "!", "![", "<", "</", "<!--", "-->", "<b>", "](", "*", "_", "|",
    "|-|-|\n", "&#58;", "&amp;", "[x](/rc/share/1)", "[x](https://evil.example/)", "[x](javascript:alert(1))", "[a]: https://e.example",
    "`[x](/rc/share/1)`", "\n[x](/rc/share/1)\n", "<https://", "https://google.com@evil.example", "中", "é", "\t", "\u200b", "\u202e", "\r",
)  # fmt: skip


def _is_honest(address: str, text: str) -> bool:
    parts = urlsplit(address)
    host = parts.hostname or ""
    is_named = host in text.lower() or (not text.isascii() and idna.decode(host) in text)
    return parts.scheme in {"http", "https"} and "@" not in parts.netloc and is_named


def test_no_text_whatever_it_is_made_of_has_a_link_that_hides_where_it_leads() -> None:
    chance = random.Random(20261123)
    for _ in range(3_000):
        text = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 25)))
        found = seen(text)
        assert [link for link in found.links if not _is_honest(*link)] == [], (text, linked(text))
        assert "image" not in found.kinds, (text, linked(text))


def test_what_is_shown_of_a_growing_text_only_grows_whatever_it_is_made_of() -> None:
    chance = random.Random(20261124)
    for _ in range(700):
        text = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 20)))
        before = ""
        for length in range(len(text) + 1):
            now = linked(text[:length], is_growing=True)
            assert now.startswith(before), (text[:length], before, now)
            before = now
        assert linked(text).startswith(before), (text, before)


WORDS = ("[word](/rc/x)", "[word](https://a.example)", "`word`", "<word>", "[word]", "word")


def test_words_are_kept() -> None:
    chance = random.Random(20261125)
    for _ in range(500):
        text = " ".join(chance.choice(WORDS) for _ in range(9))
        assert len(re.findall("word", seen(text).text)) == 9
