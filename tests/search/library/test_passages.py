from chat_app.search.library.outline import Document, Section
from chat_app.search.library.passages import MAX_WORDS, cut, sentence_ends, word_count


def cut_text(text: str) -> list[str]:
    document = Document(title="T", sections=(Section(headings=("A", "B"), text=text, location="A > B"),))
    return [passage.text for passage in cut(document).passages]


def test_short_section_is_one_passage_with_its_location() -> None:
    document = Document(title="T", sections=(Section(headings=("A", "B"), text="Words.", location="A > B"),))
    (passage,) = cut(document).passages
    assert (passage.text, passage.location, passage.heading) == ("Words.", "A > B", "A > B")


def test_long_text_is_cut_between_sentences_and_nothing_is_lost() -> None:
    text = " ".join(f"Sentence number {n} says e.g. that Mr. Smith is here." for n in range(200))
    passages = cut_text(text)
    assert all(passage in text and word_count(passage) <= MAX_WORDS for passage in passages)
    assert all(passage.startswith("Sentence") and passage.endswith("here.") for passage in passages)
    assert " ".join(passages) == text


def test_paragraphs_are_kept_whole_where_they_fit() -> None:
    paragraphs = [f"Paragraph {n}. " + "It goes on like this. " * 20 for n in range(6)]
    text = "\n\n".join(paragraph.strip() for paragraph in paragraphs)
    assert all(passage.startswith("Paragraph") for passage in cut_text(text))


def test_passages_of_a_section_are_about_even() -> None:
    text = " ".join("One two three four five." for _ in range(38))
    assert [word_count(passage) for passage in cut_text(text)] == [95, 95]


def test_endless_words_and_scripts_without_spaces_are_cut_too() -> None:
    for text in ("x" * 100_000, "漢字" * 5000, "ภาษาไทย" * 2000, "a b " * 4000):
        passages = cut_text(text)
        assert "".join(passages).replace(" ", "") == text.replace(" ", "")
        assert max(map(word_count, passages)) <= MAX_WORDS * 1.05


def test_chinese_sentences_end_without_a_space() -> None:
    text = "这是第一句。这是第二句！「第三句。」完"
    assert [text[:end] for end in sentence_ends(text)] == [
        "这是第一句。",
        "这是第一句。这是第二句！",
        "这是第一句。这是第二句！「第三句。」",
    ]


def test_sentence_does_not_end_at_an_abbreviation_or_before_a_small_letter() -> None:
    text = 'See e.g. Chapter 3. It costs approx. 5 EUR, version 3.11 works. "Yes." No.'
    ends = list(sentence_ends(text))
    assert [text[a:b].strip() for a, b in zip([0, *ends], [*ends, len(text)], strict=True)] == [
        "See e.g. Chapter 3.",
        "It costs approx. 5 EUR, version 3.11 works.",
        '"Yes."',
        "No.",
    ]


def test_code_keeps_its_indentation() -> None:
    lines = [f"    value_{n} = compute({n}, {n})" for n in range(150)]
    passages = cut_text("\n".join(lines))
    assert len(passages) > 1
    assert all(passage.startswith("    value_") for passage in passages)


def test_german_sentence_does_not_end_at_a_day_or_another_ordinal_number() -> None:
    text = (
        "Das Wasser wird am 2. November abgestellt. Der 1. Vorsitzende kommt um 19. "
        "Danach gilt Abs. 3 vom 3. bis 5. Mai. Im Jahr 1945. Ende."
    )
    ends = list(sentence_ends(text))
    assert [text[a:b].strip() for a, b in zip([0, *ends], [*ends, len(text)], strict=True)] == [
        "Das Wasser wird am 2. November abgestellt.",
        "Der 1. Vorsitzende kommt um 19.",
        "Danach gilt Abs. 3 vom 3. bis 5. Mai.",
        "Im Jahr 1945.",
        "Ende.",
    ]
