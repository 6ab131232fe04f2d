"""The six dictionaries say the same things, and nothing on the page is said outside of them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chat_app.languages.choice import LANGUAGES, Language, current_language, preferred, reading, tag
from chat_app.languages.words import dictionary, moment, say

PROJECT = Path(__file__).resolve().parents[2]
TRANSLATIONS = PROJECT / ".chainlit" / "translations"
PLACEHOLDER = re.compile(r"\{[a-z]+\}")
SCRIPTS = sorted([*(PROJECT / "public" / "js").glob("*.js"), *(PROJECT / "public" / "elements").glob("*.jsx")])
TEMPLATES = sorted((PROJECT / "chat_app" / "web" / "templates").glob("*.html"))
# A capital, a word, and another one; or text between tags.
SENTENCE = re.compile(r"""(['"`])[A-Z][a-z]+ [a-z][^'"`]*\1|>\s*[A-Z][a-z]+[ a-z.,]*\s*</""")
USED = re.compile(r"""\b(?:t|say)\(\s*['"]([a-z_.]+)['"]""")


def _forms(sentence: str | dict[str, str]) -> dict[str, str]:
    return {"": sentence} if isinstance(sentence, str) else sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_dictionaries_have_the_same_keys_and_placeholders(language: Language) -> None:
    english, other = dictionary("en"), dictionary(language)
    assert list(other) == list(english)
    for key, sentence in english.items():
        assert set(_forms(other[key])) == set(_forms(sentence)), key
        for form, text in _forms(other[key]).items():
            assert text.strip(), key
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(_forms(sentence)[form])), key


@pytest.mark.parametrize("name", ["de-DE", "es", "fr-FR", "zh-CN", "ja"])
def test_the_interface_below_ours_is_translated_as_far(name: str) -> None:
    ours, english = _flat(name), _flat("en-US")
    assert list(ours) == list(english)
    for key, text in english.items():
        assert re.findall(r"{{\w+}}", ours[key]) == re.findall(r"{{\w+}}", text), key


def test_the_sentence_below_the_composer_is_the_one_of_shared_pages() -> None:
    names = {"en": "en-US", "de": "de-DE", "es": "es", "fr": "fr-FR", "zh": "zh-CN", "ja": "ja"}
    for language in LANGUAGES:
        assert _flat(names[language])["chat.watermark"] == say("check", language)


def test_no_sentence_of_the_page_is_outside_of_the_dictionaries() -> None:
    found: list[str] = []
    for path in [*SCRIPTS, *TEMPLATES]:
        code = re.sub(r"//[^\n]*|/\*.*?\*/|<svg.*?</svg>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        found += [f"{path.name}: {match[0]}" for match in SENTENCE.finditer(code)]
    assert [line for line in found if "Research Chat" not in line] == []


def test_every_sentence_asked_for_is_there() -> None:
    python = (PROJECT / "chat_app").rglob("*.py")
    for path in [*SCRIPTS, *TEMPLATES, *python]:
        for key in USED.findall(path.read_text(encoding="utf-8")):
            assert key in dictionary("en") or key.endswith("."), f"{path.name}: {key}"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("it,fr;q=0.8", "fr"),
        ("en;q=0.3, ja;q=0.7", "ja"),
        ("zh-TW,zh;q=0.9", "zh"),
        ("zh-Hant-HK", "zh"),
        ("ES", "es"),
        ("de;q=0", "en"),
        ("de;q=x", "en"),
        ("", "en"),
        ("*", "en"),
        ("xx, " * 500 + "de", "en"),
    ],
)
def test_the_first_language_that_there_is_of_those_asked_for(header: str, language: str) -> None:
    assert preferred(header) == language


def test_a_sentence_is_in_the_language_of_the_person_whose_request_it_is() -> None:
    with reading("de"):
        assert say("card.sources", count=1) == "1 Quelle"
        assert say("card.sources", count=2) == "2 Quellen"
    assert current_language() == "en"
    assert say("card.sources", "fr", count=0) == "0 source"
    assert (
        say("starter.documents", "ja", title="{title} {count}")
        == "私の文書には{title} {count}について何と書かれていますか？"
    )
    assert tag("zh") == "zh-CN"


def test_times_are_written_as_the_language_writes_them() -> None:
    at = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
    assert moment(at, "de") == "23. November 2026, 14:05 UTC"
    assert moment(at, "es") == "23 de noviembre de 2026, 14:05 UTC"
    assert moment(at, "ja") == "2026年11月23日 14:05 UTC"


def _flat(name: str) -> dict[str, str]:
    def walk(node: dict[str, Any], path: str) -> dict[str, str]:
        flat: dict[str, str] = {}
        for key, value in node.items():
            flat |= walk(value, f"{path}{key}.") if isinstance(value, dict) else {f"{path}{key}": value}
        return flat

    return walk(json.loads((TRANSLATIONS / f"{name}.json").read_text(encoding="utf-8")), "")
