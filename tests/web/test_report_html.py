import re
import time
from html.parser import HTMLParser

import pytest

from chat_app.web.report_html import MAX_CHARACTERS, Setting, report_html

SETTING = Setting(frozenset({1, 3}), "turn-1-source-", 1)


def _html(text: str) -> str:
    return report_html(text, SETTING)


class _Tags(HTMLParser):
    """What a browser makes of it: tags with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_a_citation_leads_to_its_source_and_an_unknown_number_stays_text() -> None:
    assert _html("Cold [1][3], dry [9].") == (
        '<p>Cold <a class="cite" href="#turn-1-source-1" aria-label="Source 1">[1]</a>'
        '<a class="cite" href="#turn-1-source-3" aria-label="Source 3">[3]</a>, dry [9].</p>\n'
    )


def test_citations_work_in_tables_lists_and_bold_text_but_not_in_code_links_or_after_a_backslash() -> None:
    assert _html("- **[1]**\n\n| a |\n|-|\n| [3] |").count('class="cite"') == 2
    for text in ("`[1]`", "```\n[1]\n```", r"\[1\]", "[see [1] there](https://a.example)"):
        assert 'class="cite"' not in _html(text)


def test_a_report_cannot_redefine_its_own_citations() -> None:
    html = _html("Cold [1].\n\n[1]: https://evil.example\n")
    assert 'href="https://evil.example"' not in html
    assert html.count('href="#turn-1-source-1"') == 2


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "a <b onclick='x()'>b</b> <!-- c --> <iframe src=//evil.example>",
    "[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](&#106;avascript:alert(1)) [d](java\nscript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=) [b](vbscript:x) [c](file:///etc/passwd) [d](//evil.example) [e](/rc/share/1)",
    "<javascript:alert(1)> <https://evil.example/\"onmouseover=alert(1)>",
    "![x](https://evil.example/pixel.png) ![y](javascript:alert(1)) ![\"><script>](https://evil.example)",
    '[a](https://evil.example "x\\" onmouseover=\\"alert(1)")',
    "[a](https://user:password@evil.example) [b](https://evil.example/\u202egnp.exe)",
    '```x" onclick="alert(1)\ncode\n```',
    "[1](https://a.example)<a href='javascript:alert(1)'>x</a>",
    "# <img src=x onerror=alert(1)>\n\n| <script>x</script> |\n|:-:|\n| <style>*{display:none}</style> |",
    "<p style='position:fixed'>x</p>\n\n<form action=https://evil.example><input name=password></form>",
    "{{ 7*7 }} {% include 'x' %}",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_does_nothing(text: str) -> None:
    html = _html(text)
    for tag, attributes in _Tags(html).found:
        assert tag not in {"script", "img", "svg", "iframe", "style", "form", "input", "object", "b"}
        assert attributes.keys() <= {"href", "rel", "target", "class", "title", "aria-label"}, attributes
        if tag == "a" and attributes.get("class") != "cite":
            assert re.match(r"https?://[^@]*$", attributes["href"] or "")
            assert attributes["rel"] == "noopener noreferrer nofollow ugc"
            assert attributes["target"] == "_blank"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[Click here](https://evil.example/x)", ("https://evil.example/x", "Click here (evil.example)")),
        ("[google.com](https://user@evil.example/)", ("https://evil.example/", "google.com (evil.example)")),
        ("[](https://evil.example)", ("https://evil.example", "evil.example")),
        ("[on **evil.example**](https://evil.example)", ("https://evil.example", "on evil.example")),
        ("<https://evil.example/x>", ("https://evil.example/x", "https://evil.example/x")),
        ("[a](https://аpple.com)", ("https://xn--pple-43d.com", "a (xn--pple-43d.com)")),
        ('[a](https://evil.example "google.com")', ("https://evil.example", "a (evil.example)")),
    ],
)
def test_a_link_names_its_host(text: str, shown: tuple[str, str]) -> None:
    html = _html(text)
    [(_, attributes)] = [found for found in _Tags(html).found if found[0] == "a"]
    assert (attributes["href"], re.sub("<[^>]*>|\n", "", html)) == shown
    assert "title" not in attributes


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "//evil.example", "/rc/share/1", "#a", "mailto:a@b.example", "ftp://a", ""]
)
def test_a_link_to_anything_but_a_web_page_is_its_text(target: str) -> None:
    assert _html(f"See [the **page**]({target}).") == "<p>See the <strong>page</strong>.</p>\n"


def test_a_picture_is_shown_as_its_description() -> None:
    assert _html("![A <chart>](https://evil.example/p.png)") == (
        '<p><span class="no-image">[Image: A &lt;chart&gt;]</span></p>\n'
    )


def test_headings_come_below_the_heading_of_their_turn() -> None:
    assert _html("# A\n## B") == '<h2 class="h1">A</h2>\n<h3 class="h2">B</h3>\n'


def test_no_level_of_headings_is_left_out() -> None:
    levels = re.findall(r"<h(\d) class=.(h\d)", _html("## A\n##### B\n### C\n# D\n###### E\n## F"))
    assert levels == [("2", "h2"), ("3", "h5"), ("3", "h3"), ("2", "h1"), ("3", "h6"), ("3", "h2")]


def test_alignment_needs_no_style_attribute() -> None:
    html = _html("| a | b |\n|--:|:-:|\n| 1 | 2 |")
    assert '<td class="to-right">1</td>' in html
    assert "style=" not in html


@pytest.mark.parametrize("piece", ["[", "![", "*a **b ", "> ", "`a", "|a", "[1]", "- a\n  "])
def test_a_huge_report_is_rendered_in_bearable_time_and_cut(piece: str) -> None:
    before = time.process_time()
    html = _html(piece * (250_000 // len(piece)))
    assert time.process_time() - before < 5
    assert "is not shown here" in html


def test_a_long_ordinary_report_is_whole() -> None:
    text = ("Hello **world** [1] and [x](https://a.example). " * 10 + "\n\n") * 400
    assert len(text) < MAX_CHARACTERS
    assert _html(text).count('class="cite"') == 4_000
