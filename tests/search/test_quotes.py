import time

import pytest

from chat_app.search.quotes import Blocks, Span

TEXT = [
    "Before it all.",
    "The “tide” is the ris-\ning and falling of the\u00a0sea; eﬃcient cafe\u0301s open.",
    "Then 潮汐是海水的周期性涨落。 And more.",
]


def found(quote: str, blocks: list[str] = TEXT, near: int = 0) -> list[str]:
    return [blocks[span.block][span.start : span.end] for span in Blocks(blocks).find(quote, near)]


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("falling of the\u00a0sea", ["falling of the\u00a0sea"]),
        ("rising and falling of the sea", ["ris-\ning and falling of the\u00a0sea"]),
        ('THE "TIDE" IS', ["The “tide” is"]),
        ("efficient cafés open", ["eﬃcient cafe\u0301s open"]),
        ("海水的周期性涨落", ["海水的周期性涨落"]),
        ("ｓｅａ　efficient", ["sea; eﬃcient"]),
    ],
)
def test_words_are_found_however_they_are_written(quote: str, shown: list[str]) -> None:
    assert found(quote) == shown


def test_a_quotation_over_two_blocks_has_a_span_in_each() -> None:
    assert found("cafés open. Then 潮汐") == ["cafe\u0301s open", "Then 潮汐"]


@pytest.mark.parametrize("quote", ["", "…", "ab", "low tide at noon", "!!! ???"])
def test_what_does_not_stand_in_the_text_is_not_found(quote: str) -> None:
    assert found(quote) == []


def test_words_that_stand_twice_are_found_where_they_were_quoted() -> None:
    assert Blocks(["Same words.", "Other.", "Same words."]).find("Same words.", near=1) == [Span(2, 0, 11)]


def test_a_million_words_are_searched_within_seconds() -> None:
    blocks = ["some words of a long text " * 1_000] * 170 + ["the need-\nle in it"]
    started = time.monotonic()
    assert found("The needle, in it", blocks) == ["the need-\nle in it"]
    assert time.monotonic() - started < 10
