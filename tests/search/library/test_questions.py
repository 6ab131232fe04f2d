import pytest

from chat_app.search.library.questions import content_words, terms
from chat_app.search.library.scripts import bigrams


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How do I set the maximum number of connections?", ["set", "maximum", "number", "connections"]),
        ("What is the difference between VACUUM and ANALYZE?", ["VACUUM", "ANALYZE"]),
        ("Wie kann ich die Verbindungen begrenzen?", ["Verbindungen", "begrenzen"]),
        ("Comment est-ce que je limite les connexions ?", ["limite", "connexions"]),
        ("¿Cómo puedo limitar las conexiones?", ["limitar", "conexiones"]),
        ("Quels musées sont-ils fermés ?", ["musées", "fermés"]),
        ("À quelle heure ouvre-t-il le rendez-vous ?", ["heure", "ouvre", "rendez-vous"]),
        ("comment syntax", ["comment", "syntax"]),
        ("die casting", ["die", "casting"]),
        ("To be or not to be", ["To", "be", "or", "not"]),
        ("What does it mean?", ["mean"]),
        ("What does EXPLAIN show about NOT NULL?", ["EXPLAIN", "show", "NOT", "NULL"]),
        ("Explain the planner", ["planner"]),
        ("WHAT IS THE PLANNER", ["PLANNER"]),
    ],
)
def test_stopwords_of_the_question_s_language_are_dropped(question: str, words: list[str]) -> None:
    assert content_words(question) == words


@pytest.mark.parametrize("question", ["", "?!", '"', "* - ( ) : ^ NEAR{", "…", "\x00"])
def test_question_without_words_has_at_most_harmless_terms(question: str) -> None:
    assert terms(question) in ([], ['"NEAR"'])


def test_identifiers_and_compounds_are_phrases() -> None:
    assert terms("max_connections read-only") == ['"max connections"', '"read only"']


def test_possessives_and_elisions_leave_the_word() -> None:
    assert terms("a user's password") == ['"user"', '"password"']
    assert terms("où est l’index de la base") == ['"index"', '"base"']


def test_question_in_chinese_is_pairs_without_question_words() -> None:
    assert terms("什么是数据库") == [f'"{term}"' for term in list(bigrams("数据库"))[:-1]]


def test_lone_character_is_a_prefix() -> None:
    (term,) = terms("猫")
    assert term.endswith(" *")


def test_very_long_question_is_bounded() -> None:
    assert len(terms(" ".join(f"word{n}" for n in range(5000)))) <= 32
