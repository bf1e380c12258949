"""Queries arXiv, and uses the cache if possible.

What enters: arXiv ids, DOIs, titles. What leaves: entries, and the paths of cached PDFs. arXiv's rate limit,
retries and address checks are in the `Web` that it is given.
Source: arXiv API User's Manual; Terms of Use for arXiv APIs (one request every 3 seconds, one connection).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from classifier.errors import PaperNotFound, SourceUnavailable
from classifier.model.identity import same_title
from classifier.model.paper import Paper
from classifier.model.record import Notice
from classifier.model.reference import Reference, parse_arxiv_id
from classifier.sources.cache import Cache
from classifier.sources.feed import ArxivEntry, parse_feed
from classifier.sources.matching import choose_entry, not_found, phrase_query, words_query
from classifier.sources.pdf_bytes import PdfSink, TextSink

if TYPE_CHECKING:
    from classifier.sources.web import Web

_FEED_BYTES = 5_000_000
"""Largest accepted response of the API: 2,000 entries, the largest page, have about 4 MB."""
_CANDIDATES = 10
"""Search results that are compared with a title."""
_IDS = 100
"""Asked for with one request; arXiv's API allows more, but addresses have limits, too."""
_API_STATUSES = (200, 400)
"""arXiv answers a malformed id with 400 and a feed that contains the reason."""


class Arxiv:
    """arXiv with a cache.

    Args:
        base_url: Where its API and PDFs are.
        web: Returns the HTTP client; called at the first request.
        cache: Stores entries and PDFs.
        max_bytes: Largest accepted PDF.
        max_age_s: How long the cached newest version of a paper, or a cached search, is valid.
        offline: Use only the cache, whatever its age.
    """

    def __init__(
        self,
        *,
        base_url: str,
        web: Callable[[], Web],
        cache: Cache,
        max_bytes: int,
        max_age_s: float,
        offline: bool,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._web = web
        self._cache = cache
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._offline = offline
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def entry(self, reference: Reference) -> ArxivEntry:
        """The entry of an id; without a version, of its newest version.

        Raises:
            PaperNotFound: arXiv does not know this id or version.
            SourceUnavailable: No usable response, or offline and not in the cache.
        """
        asked = reference.arxiv_id
        pinned = reference.version is not None

        def is_asked(entry: ArxivEntry) -> bool:
            return entry.bare_id == reference.value and reference.version in (None, entry.version)

        max_age_s = None if pinned else self._max_age_s
        for entry in await self._ask(asked, max_age_s, is_asked, id_list=asked):
            if not pinned:
                self._remember(entry)
            return entry
        raise PaperNotFound(f"no such paper: arXiv has no {asked}; check the id")

    async def fetch_entries(self, ids: Sequence[str]) -> None:
        """Puts the newest entries of many ids without version into the cache, a hundred with each request.

        Ids that arXiv does not know are left out; asking for one of them alone says why.

        Raises:
            PaperNotFound: arXiv rejected a request, as for a malformed id.
            SourceUnavailable: No usable response, or offline and not in the cache.
        """
        age = None if self._offline else self._max_age_s
        wanted = [name for name in dict.fromkeys(ids) if self._cache.entries(name, age) is None]
        for start in range(0, len(wanted), _IDS):
            some = wanted[start : start + _IDS]
            self._refuse_offline(", ".join(some[:3]))
            sink = TextSink("arXiv's API", _FEED_BYTES)
            query = urlencode({"id_list": ",".join(some), "max_results": str(_IDS)})
            await self._web().get(f"{self._base_url}/api/query?{query}", sink, _API_STATUSES)
            for entry in parse_feed(bytes(sink.data)):
                if entry.bare_id in some:
                    self._cache.store_entries(entry.bare_id, [entry])
                    self._remember(entry)

    async def find_doi(self, doi: str, claimed: Paper) -> ArxivEntry:
        """The paper with a DOI, else the one with the claimed title.

        Raises:
            PaperNotFound: Neither is on arXiv.
        """
        for entry in await self._search(f'doi:"{doi.replace(chr(34), "")}"'):
            if doi in (entry.paper.doi or "").lower().split():  # some have several
                return entry
        if claimed.title:
            return await self.find_title(claimed)
        raise PaperNotFound(
            f"arXiv has no paper with the DOI {doi}; give the PDF's path or address, or its title"
        )

    async def find_title(self, wanted: Paper) -> ArxivEntry:
        """The paper with the wanted title and authors.

        Raises:
            PaperNotFound: No title is similar enough; the message names the nearest.
        """
        seen: list[ArxivEntry] = []
        for query in (phrase_query(wanted.title or ""), words_query(wanted.title or "")):
            candidates = await self._search(query)
            chosen = choose_entry(wanted, candidates)
            if chosen is not None:
                return chosen
            seen += candidates
        raise not_found(wanted, seen)

    async def title_notice(self, entry: ArxivEntry, title: str) -> Notice | None:
        """A `title-mismatch` notice if no checked version of the entry's paper has this title.

        Papers are renamed between versions. If the entry's own title differs, version 1 and the newest
        version are checked too; a version that is not available is skipped.
        """
        if same_title(title, entry.title):
            return None
        for other in (f"{entry.bare_id}v1", entry.bare_id):
            if other == entry.arxiv_id:
                continue
            try:
                version = await self.entry(parse_arxiv_id(other))
            except (PaperNotFound, SourceUnavailable):
                continue
            if same_title(title, version.title):
                return None
        claimed = " ".join(title.split())
        return Notice(
            code="title-mismatch",
            message=f"expected '{claimed}', but arXiv's {entry.arxiv_id} is '{entry.title}'; check the id",
        )

    async def pdf(self, entry: ArxivEntry) -> tuple[Path, str]:
        """The path of an entry's PDF in the cache, and its SHA-256.

        Raises:
            PaperNotFound: There is no PDF (withdrawn, or there never was one).
            NotAPdf: arXiv sent an HTML page instead.
            UnreadablePdf: The PDF is over the limit.
            SourceUnavailable: No response, or offline and not in the cache.
        """
        async with self._asking[f"{entry.arxiv_id}.pdf"]:
            cached = await asyncio.to_thread(self._cache.pdf, entry.arxiv_id, self._max_bytes)
            return cached or await self._download(entry.arxiv_id)

    async def _download(self, arxiv_id: str) -> tuple[Path, str]:
        self._refuse_offline(f"the PDF of {arxiv_id}")
        with self._cache.new_pdf(arxiv_id) as (file, path):
            sink = PdfSink(f"arXiv's PDF of {arxiv_id}", self._max_bytes, file)
            try:
                await self._web().get(f"{self._base_url}/pdf/{arxiv_id}", sink)
            except PaperNotFound as error:
                raise PaperNotFound(
                    f"no such paper: arXiv has no PDF of {arxiv_id} (withdrawn?); try an earlier version"
                ) from error
            sha256 = sink.finish()
        self._cache.seal(arxiv_id, sha256)
        return path, sha256

    async def _search(self, query: str) -> list[ArxivEntry]:
        key = f"search-{hashlib.sha256(query.encode()).hexdigest()[:32]}"
        found = await self._ask(
            key, self._max_age_s, lambda _: True, search_query=query, max_results=str(_CANDIDATES)
        )
        for entry in found:
            self._remember(entry)
        return found

    async def _ask(
        self, key: str, max_age_s: float | None, wanted: Callable[[ArxivEntry], bool], **parameters: str
    ) -> list[ArxivEntry]:
        async with self._asking[key]:  # a concurrent query for the same key then uses the cache
            known = self._cache.entries(key, None if self._offline else max_age_s)
            if known is not None:
                return known
            search = f"arXiv's answer to {parameters.get('search_query', '')}"
            self._refuse_offline(parameters.get("id_list", search))
            sink = TextSink("arXiv's API", _FEED_BYTES)
            await self._web().get(f"{self._base_url}/api/query?{urlencode(parameters)}", sink, _API_STATUSES)
            found = [entry for entry in parse_feed(bytes(sink.data)) if wanted(entry)]
            if found:  # an empty result is not stored: the paper may appear soon
                self._cache.store_entries(key, found)
            return found

    def _remember(self, entry: ArxivEntry) -> None:
        if self._cache.entries(entry.arxiv_id, None) is None:
            self._cache.store_entries(entry.arxiv_id, [entry])

    def _refuse_offline(self, what: str) -> None:
        if self._offline:
            raise SourceUnavailable(f"offline mode: {what} is not in the cache; fetch it once while online")
