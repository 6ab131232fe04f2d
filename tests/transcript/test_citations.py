import random

import pytest

from chat_app.research.evidence import Source
from chat_app.transcript.citations import linked, without_open_citation
from tests.research.trails import source

THREAD = "thread/1"
SOURCES = (source(3), source(5), source(12), Source(number=7, title="Guide", url="library:a guide.md"))


def shown(text: str) -> str:
    return linked(text, SOURCES, THREAD)


def shown_while_growing(text: str) -> str:
    return shown(without_open_citation(text))


def test_numbers_become_links_to_their_sources() -> None:
    assert shown("So [3][5].") == "So [\\[3\\]](https://page3.example/)[\\[5\\]](https://page5.example/)."
    assert shown("So [3, 5].") == shown("So [3][5].")


def test_a_file_of_the_library_is_shown_on_a_page_of_its_own() -> None:
    assert shown("So [7].") == "So [\\[7\\]](/rc/source/thread%2F1/7)."


@pytest.mark.parametrize(
    "text", ["So [9].", "`[3]`", "```\n[3]\n```", r"\[3]", "[3](https://b.example/)", "[3]: https://b.example/"]
)
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
        ("[3]:", ""),
        ("[a page](https://a.exam", ""),
        ("[a page](https://a.example/)", "[a page](https://a.example/)"),
        ("- [x] done", "- [x] done"),
        ("He said [sic", "He said "),
        ("He said [sic\n", "He said [sic\n"),
        ("a `b", "a `b"),
        ("a `b[3] c", "a `b"),
        ("a `b[3] c\n", "a `b[3] c\n"),
        ("a `b[3]` [3", "a `b[3]` "),
        ("```\na[3", "```\na[3"),
        ("", ""),
    ],
)
def test_nothing_half_written_is_shown(text: str, decided: str) -> None:
    assert without_open_citation(text) == decided


def test_a_bracket_that_never_closes_does_not_hold_the_report_back() -> None:
    text = "A set [0, ∞) is half open" + " and so on" * 30
    assert without_open_citation(text) == text


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
    held_back = [length - len(without_open_citation(REPORT[:length])) for length in range(len(REPORT) + 1)]
    assert max(held_back) < len(REPORT.splitlines()[-1])
    assert sum(held_back) / len(held_back) < 6


def test_a_picture_becomes_a_link() -> None:
    assert (
        linked("See ![chart](https://evil.example/?q=secret).", (), "t")
        == "See \\![chart](https://evil.example/?q=secret)."
    )
    assert linked("`![a](b)`", (), "t") == "`![a](b)`"
