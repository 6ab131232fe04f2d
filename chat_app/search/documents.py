"""Searching the documents of this installation: passages become sources, one a file, or nothing when none answers."""

from collections.abc import Sequence

from chat_app.research.evidence import ATTACHMENT_SCHEME, LIBRARY_SCHEME, Passage, Source, merge_sources
from chat_app.research.plan import Search
from chat_app.search.attachments import Attachments
from chat_app.search.library.index import StoredPassage
from chat_app.search.library.library import Library
from chat_app.search.library.ranking import ANSWERED_COVERAGE, Hit

PASSAGES_PER_SEARCH = 8
_NEAREST_COVERAGE = 0.15
_NEAREST_PASSAGES = 5
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

    async def nearest(self, search: Search) -> tuple[Source, ...]:
        """What comes nearest where nothing answers, passage by passage, best first; empty when none holds anything that matters."""
        hits = await self._library.search(search.query, limit=_NEAREST_PASSAGES)
        return tuple(_source(hit) for hit in hits if hit.coverage >= _NEAREST_COVERAGE)


class FileTexts:
    """The texts of the files that a thread's sources are: of the library, or attached to the thread."""

    def __init__(self, library: Library, attachments: Attachments) -> None:
        self._library = library
        self._attachments = attachments

    async def __call__(self, thread_id: str, url: str) -> Sequence[StoredPassage] | None:
        """The text as it is now, in reading order; None for a file that is gone."""
        if url.startswith(ATTACHMENT_SCHEME):
            text = await self._attachments.text_of(thread_id, url.removeprefix(ATTACHMENT_SCHEME))
        else:
            text = await self._library.text_of(url.removeprefix(LIBRARY_SCHEME))
        return text.passages if text else None


def _source(hit: Hit) -> Source:
    passage = Passage(quote=hit.text, location=hit.location)
    return Source(title=hit.title, url=hit.url, quote=hit.text, location=hit.location, passages=(passage,))
