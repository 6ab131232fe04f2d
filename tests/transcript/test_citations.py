import random
import time

import pytest

from chat_app.research.evidence import Source
from chat_app.transcript.citations import linked
from tests.research.trails import source

THREAD = "thread/1"
SOURCES = (source(3), source(5), source(12), Source(number=7, title="Guide", url="library:a guide.md"))


def shown(text: str) -> str:
    return linked(text, SOURCES, THREAD)


def shown_while_growing(text: str) -> str:
    return linked(text, SOURCES, THREAD, is_growing=True)


def test_numbers_become_links_to_their_sources() -> None:
    assert shown("So [3][5].") == "So [\\[3\\]](https://page3.example/)[\\[5\\]](https://page5.example/)."
    assert shown("So [3, 5].") == shown("So [3][5].")


def test_a_file_of_the_library_is_shown_on_a_page_of_its_own() -> None:
    assert shown("So [7].") == "So [\\[7\\]](/rc/source/thread%2F1/7)."


@pytest.mark.parametrize("text", ["So [9].", "`[3]`", "```\n[3]\n```", r"\[3]", "- [ ] to do", "He said [sic] so."])
def test_what_is_no_citation_of_a_source_stays_as_written(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://a.example/b(c)", "https://a.example/b%28c%29"),
        ('https://a.example/"><b', "https://a.example/%22%3E%3Cb"),
        ("https://a.example/a b\\c", "https://a.example/a%20b%5Cc"),
        ("https://a.example/ä?q=%20[1]", "https://a.example/ä?q=%20[1]"),
        ("javascript:alert(1)", "/rc/source/thread%2F1/1"),
        ("data:text/html,x", "/rc/source/thread%2F1/1"),
    ],
)
def test_an_address_cannot_leave_its_link(url: str, target: str) -> None:
    assert linked("[1]", [source(1, url)], THREAD) == f"[\\[1\\]]({target})"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("key:value", "key\\:value"),
        ("Note: this at 12:30, a :-) and x:=1", "Note: this at 12:30, a :-) and x:=1"),
        ("std::sort and `a:b`", "std:\\:sort and `a:b`"),
        ("already\\:escaped", "already\\:escaped"),
        (
            "see https://a.example/Talk:Page or HTTP://b.example:8080/c:d",
            "see https://a.example/Talk:Page or HTTP://b.example:8080/c:d",
        ),
        ("источник:слово", "источник\\:слово"),
    ],
)
def test_colons_that_the_page_would_take_for_directives_are_escaped(text: str, result: str) -> None:
    assert shown(text) == result


@pytest.mark.parametrize(
    ("text", "decided"),
    [
        ("So [", "So "),
        ("So [3", "So "),
        ("So [3,", "So "),
        ("So [3, 5, 7, 12, 3, 5, 7, 12, 3, 5, 7, 12, 3, 5", "So "),
        ("So [3]", "So "),
        ("So [3].", "So [3]."),
        ("So [3][", "So [3]"),
        ("So [3] [5", "So [3] "),
        ("a key:", "a key"),
        ("[3]:", "\\[3\\]"),
        ("see http", "see "),
        ("see https://a.exam", "see "),
        ("see https://a.example/b", "see https://a.example/b"),
        ("a < b <", "a < b "),
        ("mail a@b.exa", "mail a@b.exa"),
        ("mail a@b", "mail a"),
        ("- ```py", "- "),
        ("a && b &am", "a && b "),
        ("[a page](https://a.exam", ""),
        ("[a page](https://a.example/)", "[a page](https://a.example/)"),
        ("- [x] done", "- [x] done"),
        ("He said [sic", "He said "),
        ("He said [sic\n", "He said [sic\n"),
        ("a `b", "a "),
        ("a `b[3] c", "a "),
        ("a `b[3] c\n", "a `b[3] c\n"),
        ("a `b[3]` [3", "a `b[3]` "),
        ("```\na[3", "```\na[3"),
        ("", ""),
    ],
)
def test_nothing_half_written_is_shown(text: str, decided: str) -> None:
    assert shown_while_growing(text) == shown(decided)


def test_a_bracket_that_never_closes_does_not_hold_the_report_back() -> None:
    text = "A set [0, ∞) is half open" + " and so on" * 30
    assert shown_while_growing(text) == shown(text)


REPORT = """\
## In short

Blue light is scattered most [3, 5]: see `sky[3]` and ``x[5]``, or [a page](https://a.example/b(c)) [7][12].

| what | where |
| --- | --- |
| key:value | [3] |

```python
a = b[3]  # key:value
```
[3]: https://a.example/
A stray ` tick and [5]; more https://a.example/Talk:Page [9] and [12]."""

PIECES = (
    "[", "]", "(", ")", "3", "5", "12", ", ", ":", "a", "b", "`", "``", "```", "\n", "~~~", "\\", ">", " ", "https://",
    "http", "[3]", "[3, 5]", "[9]", "[3]:", "- ", "   ", "!", "![",
)  # fmt: skip


def assert_only_grows(text: str) -> None:
    """Whatever was shown of a beginning of the text stays, and so it does when the text is complete."""
    before = ""
    for length in range(len(text) + 1):
        now = shown_while_growing(text[:length])
        assert now.startswith(before), (text[:length], before, now)
        before = now
    assert shown(text).startswith(before), (text, before)


def test_what_is_shown_of_a_growing_report_only_grows() -> None:
    assert_only_grows(REPORT)


def test_what_is_shown_of_a_growing_text_only_grows_whatever_it_is_made_of() -> None:
    chance = random.Random(20260301)
    for _ in range(800):
        assert_only_grows("".join(chance.choice(PIECES) for _ in range(chance.randint(1, 20))))


def test_a_growing_report_is_shown_with_little_delay() -> None:
    held_back = [
        len(shown(REPORT[:length])) - len(shown_while_growing(REPORT[:length])) for length in range(len(REPORT) + 1)
    ]
    assert max(held_back) < 2 * len(REPORT.splitlines()[-1])  # as shown, with the addresses of the sources
    assert sum(held_back) / len(held_back) < 20


def test_a_code_block_in_a_list_stays_as_it_is() -> None:
    text = (
        '1. Run this:\n   ```json\n   {"a": [\n     1, "<b>", "x:y", "c@d.example"\n   ]}\n   ```\n   Then [3]: done.\n'
    )
    assert shown(text) == text.replace("[3]", "[\\[3\\]](https://page3.example/)")


def test_a_fence_that_ends_with_its_quote_or_item_hides_nothing_after_it() -> None:
    for opening in ("> ```\n> code\n", "- ```\n  code\n", "1. a\n\n   ~~~\n   code\n"):
        assert shown(f"{opening}\n[x](/rc/share/1)\n") == f"{opening}\nx\n"


def test_a_long_report_is_shown_fast_while_it_grows() -> None:
    paragraph = "It is cold in winter, as `ice` shows: see [a page](https://a.example/b) and more [3][5]. " * 8
    section = f"## Weather\n\n{paragraph}\n\n- one [3]\n- two https://a.example/x [5]\n\n```py\nx[3]\n```\n\n"
    text = section * (40_000 // len(section))
    shown_while_growing(text)
    before = time.process_time()
    for end in range(len(text) - 200, len(text)):
        shown_while_growing(text[:end])
    assert (time.process_time() - before) / 200 < 0.005


@pytest.mark.parametrize(
    "piece", ["[", "![", "[a", "[a](", "`a", "<", "&", "\\", "- ```\n", "http://", "a@b", "](", "|`a|"]
)
def test_a_text_of_nothing_but_beginnings_is_shown_in_bearable_time(piece: str) -> None:
    before = time.process_time()
    shown(piece * (100_000 // len(piece)))
    assert time.process_time() - before < 3
