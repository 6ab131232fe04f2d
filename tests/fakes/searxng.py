"""A SearXNG with JSON switched on. See https://docs.searxng.org/dev/search_api.html."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from tests.fakes.ask import Json


class Result(BaseModel):
    model_config = ConfigDict(frozen=True)

    url: str
    title: str = "A page"
    content: str | None = None


def answer(parameters: Mapping[str, str], results: Sequence[Result]) -> Json:
    return {
        "query": parameters["q"],
        "number_of_results": 0,
        "results": [_result(result, place) for place, result in enumerate(results, start=1)],
        "answers": [],
        "corrections": [],
        "infoboxes": [],
        "suggestions": ["something else"],
        "unresponsive_engines": [["qwant", "timeout"]],
    }


def _result(result: Result, place: int) -> Json:
    parts = urlsplit(result.url) if "[" not in result.url else None
    return {
        "url": result.url,
        "title": result.title,
        "content": result.content,
        "thumbnail": None,
        "engine": "duckduckgo",
        "parsed_url": [*list(parts), ""] if parts else [],
        "template": "default.html",
        "engines": ["duckduckgo"],
        "positions": [place],
        "score": 1 / place,
        "category": "general",
        "publishedDate": None,
    }
