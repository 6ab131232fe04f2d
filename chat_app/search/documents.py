"""Searching the documents of this installation: passages become sources, one a file, or nothing when none answers."""

from chat_app.research.evidence import Passage, Source, merge_sources
from chat_app.research.plan import Search
from chat_app.search.library.library import Library
from chat_app.search.library.ranking import ANSWERED_COVERAGE, Hit

PASSAGES_PER_SEARCH = 8
INDEX_WAIT_SECONDS = 120.0
"""How long a search waits for the first indexing of the library; then it searches what is there."""


class DocumentSearch:
    """The library as a searcher."""

    def __init__(self, library: Library) -> None:
        self._library = library

    async def __call__(self, search: Search) -> tuple[Source, ...]:
        """The passages found, by file, best first; empty when no passage holds enough of what is asked."""
        await self._library.ready(INDEX_WAIT_SECONDS)
        hits = await self._library.search(search.query, limit=PASSAGES_PER_SEARCH)
        if not any(hit.coverage >= ANSWERED_COVERAGE for hit in hits):
            return ()
        return merge_sources(tuple(_source(hit) for hit in hits))


def _source(hit: Hit) -> Source:
    passage = Passage(quote=hit.text, location=hit.location)
    return Source(title=hit.title, url=hit.url, quote=hit.text, location=hit.location, passages=(passage,))
