from chat_app.research.evidence import Passage, Source, merge_sources
from tests.research.trails import source


def test_the_same_address_is_one_source_with_the_passages_of_all_its_appearances() -> None:
    first = source(1, passages=(Passage(quote="a"), Passage(quote="b")), quote="a")
    again = source(1, passages=(Passage(quote="b"), Passage(quote="c")), quote="b", title="Another title")
    (merged,) = merge_sources((first,), (again,))
    assert [passage.quote for passage in merged.passages] == ["a", "b", "c"]
    assert (merged.title, merged.quote) == ("Page 1", "a")


def test_sources_keep_the_order_in_which_they_first_appeared() -> None:
    merged = merge_sources((source(3), source(1)), (source(2), source(3)))
    assert [known.number for known in merged] == [3, 1, 2]


def test_a_quote_found_later_comes_with_its_own_location() -> None:
    silent = Source(title="Guide", url="library:guide.md", location="Start")
    quoting = Source(title="Guide", url="library:guide.md", quote="Words.", location="Chapter 2")
    assert merge_sources((silent,), (quoting,))[0].location == "Chapter 2"
    assert merge_sources((quoting,), (silent,))[0].location == "Chapter 2"


def test_a_number_once_given_is_not_lost() -> None:
    unnumbered = source(4).model_copy(update={"number": None})
    assert merge_sources((unnumbered,), (source(4),))[0].number == 4
    assert merge_sources((source(4),), (unnumbered,))[0].number == 4
