"""The remarks of a report are in the language of its question, with the errors in them."""

import pytest

from chat_app.agents.notes import Notes

ERROR = "Gemini (gemini-3.8-flash) gave no answer in time; try again."


@pytest.mark.parametrize(
    ("question", "note"),
    [
        ("What is a fern?", f"Missing, because this search failed: “ferns” ({ERROR})"),
        (
            "Was ist ein Farn und wie wächst er?",
            (
                "Fehlt, weil diese Suche fehlgeschlagen ist: „ferns“ "
                "(Gemini (gemini-3.8-flash) hat nicht rechtzeitig geantwortet; versuchen Sie es erneut.)"
            ),
        ),
        (
            "シダとは何ですか？",
            (
                "この検索が失敗したため、欠けています：「ferns」"
                "（Gemini (gemini-3.8-flash) が時間内に応答しませんでした；もう一度お試しください。）"
            ),
        ),
    ],
)
def test_a_missing_part_is_told_in_the_language_of_the_question(question: str, note: str) -> None:
    assert Notes(question).missing("ferns", ERROR) == note


def test_an_error_that_is_not_known_stays_as_it_is() -> None:
    assert Notes("Qu'est-ce qu'une fougère et comment pousse-t-elle ?").unchecked("It rained; wait.") == (
        "Impossible de vérifier s'il manque quelque chose : It rained; wait."
    )
