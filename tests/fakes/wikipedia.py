"""MediaWiki's interface, as far as a search of Wikipedia needs it: list=search, and prop=extracts|info|pageprops.

See https://www.mediawiki.org/wiki/API:Search and https://www.mediawiki.org/wiki/Extension:TextExtracts.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from tests.fakes.ask import Json


class Article(BaseModel):
    model_config = ConfigDict(frozen=True)

    title: str
    extract: str = ""
    """Plain text; headings as `== Heading ==` on lines of their own."""
    is_disambiguation: bool = False
    url: str | None = None
    """None: where Wikipedia has it."""
    snippet: str | None = None
    """None: the beginning of the extract."""


def answer(parameters: Mapping[str, str], language: str, articles: Sequence[Article]) -> Json:
    """What api.php?action=query answers."""
    if parameters.get("action") != "query" or parameters.get("formatversion") != "2":
        return {"error": {"code": "badvalue", "info": "This wiki only knows action=query with formatversion=2."}}
    if parameters.get("list") == "search":
        return {"batchcomplete": True, "query": _search(parameters, articles)}
    return {"batchcomplete": True, "query": {"pages": [_page(parameters, language, articles)]}}


def _search(parameters: Mapping[str, str], articles: Sequence[Article]) -> Json:
    """Articles that hold all the words in any form, as CirrusSearch wants it."""
    words = [word.rstrip("s") for word in re.findall(r"\w+", parameters["srsearch"].casefold())]
    found = [(i, each) for i, each in enumerate(articles, start=1) if all(w in _whole(each) for w in words)]
    results = [
        {
            "ns": 0,
            "title": article.title,
            "pageid": number,
            "size": len(article.extract),
            "wordcount": len(article.extract.split()),
            "snippet": article.snippet if article.snippet is not None else _marked(article.extract[:150], words),
            "timestamp": "2026-11-01T12:00:00Z",
        }
        for number, article in found[: int(parameters["srlimit"])]
    ]
    return {"searchinfo": {"totalhits": len(found)}, "search": results}


def _page(parameters: Mapping[str, str], language: str, articles: Sequence[Article]) -> Json:
    number = int(parameters["pageids"])
    if not 0 < number <= len(articles):
        return {"pageid": number, "missing": True}
    article = articles[number - 1]
    path = quote(article.title.replace(" ", "_"), safe="/:_(),")
    page: Json = {
        "pageid": number,
        "ns": 0,
        "title": article.title,
        "extract": article.extract,
        "contentmodel": "wikitext",
        "pagelanguage": language,
        "fullurl": article.url or f"https://{language}.wikipedia.org/wiki/{path}",
        "editurl": f"https://{language}.wikipedia.org/w/index.php?title={path}&action=edit",
    }
    return page | ({"pageprops": {"disambiguation": ""}} if article.is_disambiguation else {})


def _whole(article: Article) -> str:
    return f"{article.title} {article.extract} {article.snippet or ''}".casefold()


def _marked(text: str, words: Sequence[str]) -> str:
    pattern = "|".join(map(re.escape, words)) or "$^"
    return re.sub(pattern, lambda word: f'<span class="searchmatch">{word[0]}</span>', text, flags=re.IGNORECASE)
