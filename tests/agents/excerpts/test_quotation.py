"""Quoted words are shown as they are, whatever they look like to Markdown."""

import random
import re

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from chat_app.agents.excerpts.quotation import block_quote, escaped
from chat_app.agents.excerpts.segments import segments_of
from chat_app.research.report import cited_numbers

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
FRAGMENTS = [
    "# Heading", "> quoted", "- item", "+ item", "1. first", "2) second", "| a | b |", "|---|---|", "***", "---", "===", "```", "~~~",
    "`code`", "*emphasis*", "__init__", "_x_", "~~gone~~", "max_connections", "[1]", "[2, 3]", "[text](https://example.org)", "![](x.png)",
    "[foo]: https://example.org", "[^1]", "<b>bold</b>", "<script>alert(1)</script>", "<!-- x -->", "&lt;", "&#35;", "a & b", "\\", "\\n",
    "C:\\dir\\*", "$x$ and $y$", "key:value", "::text", ":::note", "https://example.org/a_b_c~d?x=1&copy=2#f", "(https://example.org/x).",
    "mail@example.org", "naïve café", "日本語。テスト", "😀", "\u00a0", "\t", "e.g. this", "A sentence.", "x = a[1]", "SELECT * FROM t;",
    "    indented[0] = 1", "def f(x):", ">>> print('[4]')", "$ ls -l", "\n", "\n\n", "\n\n\n", "    ", "end:", "...", "Is it?", "“Quoted.”",
]  # fmt: skip


def inline_text(tokens: list[Token]) -> str:
    shown: list[str] = []
    for token in tokens:
        if token.type in {"fence", "code_block"}:
            shown.append(token.content)
        elif token.children:
            shown.append("".join(" " if t.type in {"softbreak", "hardbreak"} else t.content for t in token.children))
    return " ".join(" ".join(shown).split())


def shown(markdown: str) -> str:
    return inline_text(MARKDOWN.parse(markdown))


def kinds(markdown: str) -> set[str]:
    tokens = MARKDOWN.parse(markdown)
    return {t.type for t in tokens} | {child.type for t in tokens for child in t.children or ()}


def folded(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("text", [fragment for fragment in FRAGMENTS if fragment.strip()])
def test_a_fragment_is_shown_literally(text: str) -> None:
    assert shown(escaped(text)) == folded(text)
    assert kinds(escaped(text)) <= {"paragraph_open", "inline", "paragraph_close", "text"}


def test_ordinary_words_are_left_as_they_are() -> None:
    text = "Set max_connections to 100 (the default); it's enough – see https://example.org/a_b*c, or 12:30."
    assert escaped(text).replace("\\*", "*") == text


@pytest.mark.parametrize("seed", range(150))
def test_every_quote_is_a_piece_of_its_passage_and_nothing_in_it_is_markup(seed: int) -> None:
    rng = random.Random(seed)
    passage = "".join(rng.choice(FRAGMENTS) + rng.choice([" ", " ", "\n", "\n\n"]) for _ in range(rng.randint(1, 25)))
    segments = segments_of(passage)
    if not segments:
        return
    first = rng.randrange(len(segments))
    last = rng.randint(first + 1, len(segments))
    quote = block_quote(segments[first:last], 7)
    assert all(line.startswith(">") for line in quote.split("\n"))
    text = shown(quote)
    assert text.endswith("[7]")
    assert folded(text.removesuffix("[7]")) in folded(passage)
    allowed = {
        "blockquote_open",
        "blockquote_close",
        "paragraph_open",
        "paragraph_close",
        "inline",
        "text",
        "softbreak",
        "hardbreak",
        "fence",
    }
    assert kinds(quote) <= allowed
    assert cited_numbers(quote) == [7]


@pytest.mark.parametrize("seed", range(50))
def test_outside_of_code_no_mathematics_begins(seed: int) -> None:
    rng = random.Random(1_000 + seed)
    line = escaped(" ".join(rng.choice(FRAGMENTS) for _ in range(12)))
    without_escapes = re.sub(r"\\[!-/:-@\[-`{-~]", "", re.sub(r"https?://\S+", "", line))
    assert not re.search(r"[$~*`<|]", without_escapes)


def test_all_segments_together_are_the_passage() -> None:
    passage = "Term\nIt means this. And that.\n\nExample:\n\n    code[1] = 2\n\n    more()\n\n- one\n- two"
    assert folded(" ".join(segment.text for segment in segments_of(passage))) == folded(passage)


def test_code_keeps_its_lines_in_a_fence() -> None:
    passage = "Run this:\n\nfor x in range(3):\n    print(x)\n\n    print('``` inside')\n\nDone."
    quote = block_quote(segments_of(passage), 2)
    assert "> ````\n> for x in range(3):\n>     print(x)\n>\n>     print('``` inside')\n> ````\n" in quote
    assert quote.endswith("> Done. [2]")


def test_a_citation_after_code_stands_below_the_fence() -> None:
    assert block_quote(segments_of("VACUUM ANALYZE;"), 2) == "> ```\n> VACUUM ANALYZE;\n> ```\n> [2]"


def test_code_with_brackets_is_not_taken_for_a_citation() -> None:
    quote = block_quote(segments_of("def f(x):\n    return x[1]"), 2)
    assert cited_numbers(quote) == [2]
    assert shown(quote) == "def f(x): return x[1] [2]"
    assert "```" not in quote


@pytest.mark.parametrize(
    "prose",
    [
        "This is a plain sentence, with a comma; and a semicolon.",
        "autovacuum (boolean)",
        "Use the VACUUM command to reclaim storage.",
        "A list of things\nfirst thing\nsecond thing",
        "What is this? It is 5 % (more or less) of all.",
        "日本語の文章です。次の文です。",
    ],
)
def test_prose_is_not_taken_for_code(prose: str) -> None:
    assert not any(segment.is_code for segment in segments_of(prose))


@pytest.mark.parametrize(
    "code",
    [
        "SELECT * FROM t WHERE a = 1;",
        ">>> import this",
        "$ pip install x",
        "if x:\n    pass",
        "import asyncio",
        "pip install --user requests",
        "CREATE TABLE t (\n  a int\n);",
        "mydb=> SELECT 1;",
        "pg_dump dbname > outfile",
    ],
)
def test_code_is_recognised(code: str) -> None:
    assert all(segment.is_code for segment in segments_of(code))
