"""Reference -> PaperFile: chooses the source for each kind of reference.

What enters: a reference (`parse_reference`) and the metadata that a list gives for the paper. What leaves:
the path of its bytes with hash, metadata and notices. Paths and standard input use no network and load no
HTTP client. It does not parse the PDF.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self
from urllib.parse import urlsplit

from classifier.errors import BadReference, ConfigError, SourceUnavailable
from classifier.model.paper import Paper, PaperFile
from classifier.model.record import Notice
from classifier.model.reference import Reference, parse_arxiv_id, parse_reference
from classifier.sources.limits import Patience
from classifier.sources.local import LocalFiles
from classifier.sources.pdf_bytes import PdfSink

if TYPE_CHECKING:
    from classifier.settings import Settings
    from classifier.sources.arxiv import Arxiv
    from classifier.sources.feed import ArxivEntry
    from classifier.sources.web import Web
    from classifier.waiting import OnWait

ARXIV_URL = "https://export.arxiv.org"


class Sources:
    """Fetches papers. Use it as an async context manager, or call `aclose`.

    An instance belongs to one event loop. Processes with the same `cache_dir` share the cache and arXiv's
    rate limit.

    Args:
        cache_dir: Folder for arXiv's responses; created when first needed.
        contact: A mail address or web page for the User-Agent, which arXiv asks for.
        arxiv_base_url: arXiv, or a mirror of it; the only origin that may be private without a setting.
        min_interval_s: Least seconds between the starts of two requests to arXiv.
        allow_private: Also fetch from private, loopback and link-local addresses.
        proxy: An HTTP proxy's address, or "environment" for those of HTTPS_PROXY and HTTP_PROXY. The proxy
        resolves names itself; names that this machine can resolve are checked before.
        max_bytes: Largest accepted PDF.
        patience: Timeouts and retries.
        max_age_s: How long the cached newest version of an id is valid.
        offline: Use only the cache.
        stdin: The stream for '-'; the process's standard input by default.
        on_wait: Called before each wait for a server with the seconds and the reason.
    """

    def __init__(
        self,
        cache_dir: Path,
        contact: str,
        *,
        arxiv_base_url: str = ARXIV_URL,
        min_interval_s: float = 3.0,
        allow_private: bool = False,
        proxy: str | None = None,
        max_bytes: int = 100_000_000,
        patience: Patience | None = None,
        max_age_s: float = 86_400.0,
        offline: bool = False,
        stdin: BinaryIO | None = None,
        on_wait: OnWait | None = None,
    ) -> None:
        self._cache_dir = Path(cache_dir) / "arxiv"
        self._contact = contact
        self._arxiv_base_url = arxiv_base_url
        self._min_interval_s = min_interval_s
        self._allow_private = allow_private
        self._proxy = proxy
        self._max_bytes = max_bytes
        self._patience = patience or Patience()
        self._max_age_s = max_age_s
        self._offline = offline
        self._on_wait = on_wait
        self._files = LocalFiles(max_bytes, stdin)
        self._arxiv: Arxiv | None = None
        self._arxiv_web: Web | None = None
        self._web: Web | None = None

    @classmethod
    def from_settings(
        cls, settings: Settings, *, offline: bool = False, on_wait: OnWait | None = None
    ) -> Self:
        """Sources with these settings.

        Args:
            offline: Use only the cache, as with the setting `fetch` off.
        """
        return cls(
            cache_dir=settings.cache_dir,
            contact=settings.contact,
            arxiv_base_url=settings.arxiv_url,
            allow_private=settings.allow_private,
            proxy=settings.sources_proxy,
            max_bytes=settings.fetch_bytes,
            offline=offline or not settings.fetch,
            on_wait=on_wait,
        )

    async def fetch(self, ref: str | Reference, *, claimed: Paper | None = None) -> PaperFile:
        """Fetches a paper to disk.

        Args:
            ref: What the user typed, or its parsed form.
            claimed: The metadata that a list gives. For an arXiv id, a title that differs from arXiv's gives
                a `title-mismatch` notice; for a DOI or a title it helps to find the paper.

        Returns:
            The file. Its path is valid until `aclose`; paths of arXiv's PDFs (in the cache) and of local
            files (not copied) remain valid. `paper` has arXiv's metadata, with the version in `arxiv_id`; it
            is empty for other sources.

        Raises:
            BadReference: An unknown form of reference, or a file that cannot be read.
            NotAPdf, UnreadablePdf: Not a PDF, or larger than `max_bytes`.
            PaperNotFound: The source does not have this paper.
            SourceUnavailable: The source could not be reached or refused, after all attempts.
            SourceError: An address that is not allowed, e.g. a private one.
            StoreError: The cache or the temporary directory cannot be written.
        """
        reference = parse_reference(ref) if isinstance(ref, str) else ref
        claimed = claimed or Paper()
        match reference.kind:
            case "file":
                return await asyncio.to_thread(self._files.from_path, reference)
            case "stdin":
                return await asyncio.to_thread(self._files.from_stdin, reference)
            case "url":
                return await self._from_url(reference)
            case _:
                return await self._from_arxiv(reference, claimed)

    async def metadata(self, arxiv_id: str) -> Paper:
        """ArXiv's metadata of an id; without a version, of the newest version.

        Raises:
            BadReference: The text is not an arXiv id.
            PaperNotFound, SourceUnavailable, StoreError: As `fetch`.
        """
        return (await self._ask_arxiv().entry(parse_arxiv_id(arxiv_id))).paper

    async def prepare_metadata(self, arxiv_ids: Sequence[str]) -> None:
        """Fetches the metadata of many ids with few requests, so that `metadata` finds it in the cache.

        Raises:
            PaperNotFound, SourceUnavailable, StoreError: As `fetch`.
        """
        known = []
        for name in arxiv_ids:
            with suppress(BadReference):  # `metadata` says what is wrong with it
                reference = parse_arxiv_id(name)
                known += [reference.value] if reference.version is None else []
        await self._ask_arxiv().fetch_entries(known)

    async def find_by_title(self, claimed: Paper) -> Paper:
        """ArXiv's metadata of the paper with this title and, if they are known, these authors.

        Raises:
            PaperNotFound, SourceUnavailable, StoreError: As `fetch`.
        """
        return (await self._ask_arxiv().find_title(claimed)).paper

    async def check_title(self, arxiv_id: str, title: str) -> Notice | None:
        """A `title-mismatch` notice if arXiv knows the id only with other titles; see `fetch`."""
        arxiv = self._ask_arxiv()
        return await arxiv.title_notice(await arxiv.entry(parse_arxiv_id(arxiv_id)), title)

    async def aclose(self) -> None:
        """Closes connections and removes temporary files."""
        for web in (self._web, self._arxiv_web):
            if web is not None:
                await web.aclose()
        self._web = self._arxiv_web = self._arxiv = None
        self._files.remove_temporary()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _from_url(self, reference: Reference) -> PaperFile:
        url = reference.value
        if self._offline:
            raise SourceUnavailable(f"offline: {url} cannot be fetched; give the PDF's path")
        if self._web is None:
            self._web = self._open_web()
        with self._files.new_file() as (file, path):
            sink = PdfSink(url, self._max_bytes, file)
            await self._web.get(url, sink)
            sha256 = sink.finish()
        return PaperFile(ref=reference.ref, path=path, source="url", sha256=sha256)

    async def _from_arxiv(self, reference: Reference, claimed: Paper) -> PaperFile:
        arxiv = self._ask_arxiv()
        entry = await self._entry(arxiv, reference, claimed)
        notice = await arxiv.title_notice(entry, claimed.title) if claimed.title else None
        path, sha256 = await arxiv.pdf(entry)
        return PaperFile(
            ref=reference.ref,
            path=path,
            source="arxiv",
            paper=entry.paper,
            sha256=sha256,
            notices=(notice,) if notice else (),
        )

    async def _entry(self, arxiv: Arxiv, reference: Reference, claimed: Paper) -> ArxivEntry:
        if reference.kind == "arxiv":
            return await arxiv.entry(reference)
        if reference.kind == "doi":
            return await arxiv.find_doi(reference.value, claimed)
        return await arxiv.find_title(claimed.model_copy(update={"title": reference.value}))

    def _ask_arxiv(self) -> Arxiv:
        if self._arxiv is None:
            from classifier.sources.arxiv import Arxiv
            from classifier.sources.cache import Cache

            self._arxiv = Arxiv(
                base_url=self._arxiv_base_url,
                web=self._open_arxiv_web,
                cache=Cache(self._cache_dir),
                max_bytes=self._max_bytes,
                max_age_s=self._max_age_s,
                offline=self._offline,
            )
        return self._arxiv

    def _open_arxiv_web(self) -> Web:
        if self._arxiv_web is None:
            self._arxiv_web = self._open_web(paced=True)
        return self._arxiv_web

    def _open_web(self, *, paced: bool = False) -> Web:
        from classifier.sources.connecting import open_web
        from classifier.sources.pace import Pace

        trusted, pace = None, None
        if paced:
            trusted = host, port = _origin(self._arxiv_base_url)
            name = f"pace-{host.replace(':', '-')}-{port}"
            pace = Pace(self._cache_dir, name, self._min_interval_s, on_wait=self._on_wait)
        return open_web(
            contact=self._contact,
            patience=self._patience,
            proxy=self._proxy,
            allow_private=self._allow_private,
            trusted=trusted,
            pace=pace,
            on_wait=self._on_wait,
        )


def _origin(url: str) -> tuple[str, int]:
    wrong = ConfigError(f"arXiv's address '{url}' is wrong; expected one like {ARXIV_URL}")
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError) as error:
        raise wrong from error
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise wrong
    return parts.hostname, port
