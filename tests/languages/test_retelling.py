"""What the server says in English, as readers of the other languages are told it."""

import ast
import json
import re
from pathlib import Path

import pytest

from chat_app.languages.choice import LANGUAGES, Language, reading
from chat_app.languages.retelling import known_clauses, retold, retold_place

OTHERS: tuple[Language, ...] = tuple(language for language in LANGUAGES if language != "en")
PACKAGE = Path(__file__).resolve().parents[2] / "chat_app"
PLACES = re.compile(r"\{[a-z]+\}")


@pytest.mark.parametrize("language", OTHERS)
def test_all_languages_know_the_same_clauses_with_the_same_places(language: Language) -> None:
    assert list(known_clauses(language)) == list(known_clauses("de"))
    for english, told in known_clauses(language).items():
        assert told.strip(), english
        assert sorted(PLACES.findall(told)) == sorted(PLACES.findall(english)), english


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Is empty; copy it again.", "Ist leer; kopieren Sie die Datei erneut."),
        ("'a b.txt' is empty; copy it again.", "'a b.txt': Ist leer; kopieren Sie die Datei erneut."),
        (
            "Claude (claude-x) is not available at the moment (503); Gemini takes over.",
            "Claude (claude-x) ist zurzeit nicht verfügbar (503); Gemini übernimmt.",
        ),
        (
            "Ollama could not be reached (one; two); check the network, then try again.",
            "Ollama war nicht erreichbar (one; two); prüfen Sie das Netzwerk und versuchen Sie es erneut.",
        ),
        (
            "Every search failed, so there is nothing to write from. The first said: Gemini gave no answer in time; try again.",
            (
                "Alle Suchen sind fehlgeschlagen, es gibt also keine Grundlage für eine Antwort. "
                "Die erste meldete: Gemini hat nicht rechtzeitig geantwortet; versuchen Sie es erneut."
            ),
        ),
        ("too many requests (429)", "zu viele Anfragen (429)"),
        ("too many requests", "zu viele Anfragen"),
        ("Something else; try again.", "Something else; try again."),
        ("Is empty; do something new.", "Is empty; do something new."),
        ("", ""),
        ("; ", "; "),
        ("{who} is {x}", "{who} is {x}"),
    ],
)
def test_a_sentence_is_told_where_all_of_it_is_known(sentence: str, told: str) -> None:
    assert retold(sentence, "de") == told
    assert retold(sentence, "en") == sentence


def test_it_is_told_to_the_person_whose_request_it_is() -> None:
    with reading("ja"):
        assert retold("Is empty; copy it again.") == "空です；もう一度コピーしてください。"
    assert retold("Is empty; copy it again.") == "Is empty; copy it again."


def test_the_library_is_named_in_the_readers_language_and_a_provider_by_its_name() -> None:
    assert retold("The library could not be reached (disk); try again.", "de").startswith("Die Bibliothek ")
    assert "ライブラリ" in retold("The library gave no answer in time; try again.", "ja")
    assert "Anthropic" in retold("Anthropic gave no answer in time; try again.", "ja")


def test_a_place_keeps_the_words_of_the_file() -> None:
    assert retold_place("Warranty > Is empty of terms > page 12", "de") == "Warranty > Is empty of terms > Seite 12"
    assert retold_place("rows 2–8", "ja") == "2–8 行目"


def test_what_is_put_into_a_place_is_never_read_as_one() -> None:
    assert retold("'{who}.txt' cannot be read ({detail} {}); check its permissions.", "fr") == (
        "'{who}.txt' : Ne peut pas être lu ({detail} {}) ; vérifiez ses droits d'accès."
    )


def test_long_and_strange_sentences_take_no_time() -> None:
    for strange in ("a; " * 5_000, "; ".join(["is damaged"] * 100), "x could not be reached (" * 40, "(" * 900):
        assert retold(strange, "de")


@pytest.mark.parametrize("folder", ["search/library", "web", "agents/failures.py", "search/attachments.py"])
def test_every_refusal_of_a_file_or_a_request_is_known(folder: str) -> None:
    """As they stand in the code, with something put into their places."""
    place = PACKAGE / folder
    unknown: list[str] = []
    for path in [place] if place.suffix else sorted(place.glob("*.py")):
        for sentence in _sentences(path):
            if re.search("[a-z]", sentence) and retold(sentence, "es") == sentence:
                unknown.append(f"{path.name}: {sentence}")
    assert unknown == []


def _sentences(path: Path) -> list[str]:
    """What is raised or answered: constants and f-strings, their values shown as `7`."""
    raised = {"LibraryFileError", "AttachmentRefused", "Refusal", "Failure", "_skipped", "_refused"}
    found: list[str] = []
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in raised:
            for argument in [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "message")]:
                if (text := _text(argument)) and " " in text:
                    found.append(text)
    return found


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        quoted = {ord("r"): "'7'"}
        return "".join(
            quoted.get(part.conversion, "7") if isinstance(part, ast.FormattedValue) else _text(part)
            for part in node.values
        )
    return ""


def test_the_files_are_plain_json() -> None:
    for path in (PACKAGE / "languages" / "retold").glob("*.json"):
        assert all(isinstance(told, str) for told in json.loads(path.read_text(encoding="utf-8")).values())
