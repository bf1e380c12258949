"""A list's address -> its bytes in a file, asked for again only if the server says that they changed.

What enters: the places of a list (`forges`). What leaves: a `ListFile`. HTML pages are refused; what else the
bytes are is up to the readers. Each address has a folder in the cache:

    <root>/<hash of the address>/answer.json           address, ETag, Last-Modified, SHA-256
    <root>/<hash of the address>/<repository>/<file>   the bytes
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from classifier.errors import InputError, PaperNotFound, SourceUnavailable
from classifier.files import replace_text, replacing
from classifier.model.addresses import shown_address
from classifier.model.record import Record
from classifier.model.reference import parse_reference
from classifier.sources.forges import EXPECTED, ListAddress, parse_list_address
from classifier.sources.limits import Patience
from classifier.sources.pdf_bytes import TextSink

if TYPE_CHECKING:
    from classifier.settings import Settings
    from classifier.sources.web import Web
    from classifier.waiting import OnWait

_ADVICE = "free some space or choose another cache directory"
_HEAD = 1024
_NOT_MODIFIED = 304
_PAGE = re.compile(
    rb"\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head)\b", re.IGNORECASE | re.DOTALL
)
_NAMED = re.compile(
    r".+\.(?:bib|bibtex|biblatex|ris|json|jsonl|ndjson|csv|tsv|tab|md|markdown|mkd|txt|text|list|nbib|medline|ciw|isi|enw|"
    r"xml|yaml|yml|bbl|tex|pdf|rdf|outline)(?:\.gz)?",
    re.IGNORECASE,
)
"""Names whose ending says a format; others (".php", "export") say nothing."""
_MARKDOWN = re.compile(rb"^#{1,6} +\S", re.MULTILINE)
_OTHER_FORMAT = re.compile(
    rb"\s*(?:%PDF-|[\[{]|TY  -|PMID- )|.*?^\s*@[A-Za-z]+\s*[{(]", re.MULTILINE | re.DOTALL
)
_UNSAFE = re.compile(r"[^\w.+() -]+")


class ListFile(Record):
    """A fetched list.

    Attributes:
        address: As the user gave it, without secrets.
        place: Where its bytes were found, without secrets.
        path: The file; its folder is named as the repository.
        etag, modified: What the server says of its version; may be empty.
        is_cached: The bytes are those of an earlier call: the server says so, or it was not asked.
    """

    address: str
    place: str
    path: Path
    sha256: str
    etag: str = ""
    modified: str = ""
    is_cached: bool = False


class ListFiles:
    """Fetches lists.

    Args:
        root: The cache's folder; created when a list has arrived.
        web: Returns the HTTP client; called at the first request.
        offline: Use only the cache.
    """

    def __init__(self, root: Path, web: Callable[[], Web], max_bytes: int, *, offline: bool) -> None:
        self._root = root
        self._web = web
        self._max_bytes = max_bytes
        self._offline = offline

    async def fetch(self, address: ListAddress) -> ListFile:
        """The list; of its places, the first that exists.

        Raises:
            InputError: It is a web page, or larger than the limit.
            PaperNotFound: It is at none of its places.
            SourceUnavailable: No answer, or offline and not in the cache.
            SourceError: An address that is not allowed, e.g. a private one.
            StoreError: The cache cannot be written.
        """
        if self._offline:
            for place in address.places:
                if known := self._known(address, place):
                    return known
            raise SourceUnavailable(
                f"--offline fetches nothing, and {address.shown} was not fetched before; remove "
                "--offline, or download the list and give its file"
            )
        for place in address.places:
            try:
                return await self._fetch(address, place)
            except PaperNotFound:
                continue
        names = " or ".join(dict.fromkeys(place.rpartition("/")[2] for place in address.places[:2]))
        tried = f"it has no {names}" if len(address.places) > 1 else "there is no such file"
        raise PaperNotFound(f"{address.shown}: {tried}, or it is not public; expected {EXPECTED}")

    async def _fetch(self, address: ListAddress, place: str) -> ListFile:
        known = self._known(address, place)
        asked = {}
        if known is not None:
            asked = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
        sink = _ListSink(address.shown, self._max_bytes)
        answer = await self._web().ask(
            place, sink, (200, _NOT_MODIFIED) if known else (200,), {k: v for k, v in asked.items() if v}
        )
        if known is not None and answer.status == _NOT_MODIFIED:
            return known
        sink.finish()
        found = ListFile(
            address=address.shown,
            place=shown_address(place),
            path=self._folder(place)
            / _folder_name(address.called)
            / _file_name(place, answer.url, sink.data),
            sha256=hashlib.sha256(sink.data).hexdigest(),
            etag=answer.etag,
            modified=answer.modified,
        )
        with replacing(found.path, advice=_ADVICE) as file:
            file.write(sink.data)
        replace_text(self._folder(place) / "answer.json", found.model_dump_json(), advice=_ADVICE)
        return found

    def _known(self, address: ListAddress, place: str) -> ListFile | None:
        """The cached list; None if it is missing or damaged."""
        folder = self._folder(place)
        try:
            found = ListFile.model_validate_json((folder / "answer.json").read_bytes())
            if not found.path.is_relative_to(folder) or ".." in found.path.parts:
                return None
            if hashlib.sha256(found.path.read_bytes()).hexdigest() != found.sha256:
                return None
        except (OSError, ValidationError):
            return None
        return found.model_copy(update={"address": address.shown, "is_cached": True})

    def _folder(self, place: str) -> Path:
        return self._root / hashlib.sha256(place.encode()).hexdigest()[:32]


async def fetch_list(
    address: str, settings: Settings, *, offline: bool = False, on_wait: OnWait | None = None
) -> ListFile:
    """Fetches a reading list, or a survey's PDF, from its address; see `forges` for what it may be.

    Raises:
        BadReference: It is no http(s) address of a repository or file.
        Others: As `ListFiles.fetch`; of an arXiv paper, as `Sources.fetch`.
    """
    from classifier.sources.service import Sources

    places = parse_list_address(address)
    if "arxiv.org" in places.shown and parse_reference(places.places[0]).kind == "arxiv":
        async with Sources.from_settings(settings, offline=offline, on_wait=on_wait) as sources:
            paper = await sources.fetch(places.places[0])
        if paper.path is None or paper.sha256 is None:
            raise PaperNotFound(f"{places.shown}: arXiv has no PDF of it; expected {EXPECTED}")
        place = f"arXiv {paper.paper.arxiv_id}"
        return ListFile(address=places.shown, place=place, path=paper.path, sha256=paper.sha256)
    web: list[Web] = []

    def open_once() -> Web:
        from classifier.sources.connecting import open_web

        web[:] = web or [
            open_web(
                contact=settings.contact,
                patience=Patience(),
                proxy=settings.sources_proxy,
                allow_private=settings.allow_private,
                on_wait=on_wait,
                wanted="list",
            )
        ]
        return web[0]

    try:
        root = Path(settings.cache_dir) / "lists"
        return await ListFiles(root, open_once, settings.fetch_bytes, offline=offline).fetch(places)
    finally:
        for each in web:
            await each.aclose()


class _ListSink(TextSink):
    """Receives a list in memory, and refuses a web page at its beginning."""

    def announce(self, size: int) -> None:
        """Raises InputError if the size is over the limit."""
        if size > self._max_bytes:
            raise InputError(
                f"{self.name} is larger than the limit of {self._max_bytes:,} bytes; give a smaller list, "
                "or raise fetch_bytes in the settings"
            )

    def write(self, chunk: bytes) -> None:
        """Receives the next bytes; raises InputError if the list is a web page."""
        before = len(self.data)
        super().write(chunk)
        if before < _HEAD <= len(self.data):
            self._refuse_page()

    def finish(self) -> None:
        """Raises InputError if nothing has arrived, or a web page."""
        self._refuse_page()
        if not self.data.strip():
            raise InputError(f"{self.name} is empty; expected {EXPECTED}")

    def _refuse_page(self) -> None:
        if _PAGE.match(bytes(self.data[:_HEAD])):
            raise InputError(f"{self.name} is a web page, not a list; expected {EXPECTED}")


def _file_name(place: str, final: str, data: bytes | bytearray) -> str:
    """The file's name by its address; an ending that says no format is replaced by one from the content."""
    for url in (place, final):
        name = _safe(unquote(urlsplit(url).path.rpartition("/")[2]))
        if _NAMED.fullmatch(name):
            return name
    head = bytes(data[: 1 << 16])
    stem = _safe(unquote(urlsplit(place).path.rpartition("/")[2])).partition(".")[0] or "list"
    return f"{stem}.md" if _MARKDOWN.search(head) and not _OTHER_FORMAT.match(head) else stem


def _folder_name(name: str) -> str:
    return _safe(name) or "list"


def _safe(name: str) -> str:
    return _UNSAFE.sub("-", name).strip(" .-")[-100:]
