"""A paper's PDF, if the service has exactly the file that was labelled, and its pages as pictures.

All bytes of a PDF are read in the sandbox (`classifier.pdf`). A file that a list names is shown only if its
sha256 is that of the labelled paper, so a ledger cannot cause any other file of this machine to be shown.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from classifier.errors import ClassifierError, UnreadablePdf
from classifier.model.entries import Row
from classifier.model.label import Evidence
from classifier.pdf.places import PagePlaces
from classifier.service.desk import no_paper, row_of
from classifier.service.entries import PAPER_FILE
from classifier.service.hub import Hub
from classifier.service.problems import HttpProblem


def find_row(hub: Hub, paper_id: str) -> tuple[Row | None, Path]:
    """A paper's row (None if it is not finished), and its run's folder.

    Raises:
        HttpProblem: There is no such paper.
    """
    run = hub.runs.get(paper_id)
    if run is not None and run.kind == "paper":
        return row_of(hub, run), hub.workshop.folder_of(run)
    card = hub.shelf.card(paper_id)
    volume = hub.shelf.volume(card.run) if card else None
    if card is None or volume is None:
        raise no_paper(paper_id)
    return card.row, volume.folder


def pdf_of(hub: Hub, paper_id: str) -> Path | None:
    """The labelled PDF; None if the service does not have it (any more), or only an abstract was read."""
    row, folder = find_row(hub, paper_id)
    if row is None:
        own = folder / PAPER_FILE
        return own if own.is_file() else None
    known = row.label.paper
    if row.label.error is not None and known.sha256 is None:  # it could not be read, but may be looked at
        own = folder / PAPER_FILE
        return own if own.is_file() else None
    for file in (folder / PAPER_FILE, row.entry.file):
        if file is not None and known.sha256 and _sha256(file) == known.sha256:
            return file
    if known.arxiv_id and known.source == "arxiv":
        return _cached(hub, known.arxiv_id, known.sha256)
    return None


def page_png(hub: Hub, paper_id: str, number: int, width: int) -> bytes:
    """A page as a PNG file.

    Raises:
        HttpProblem: There is no such paper, page or PDF.
    """
    file = pdf_of(hub, paper_id)
    if file is None:
        raise HttpProblem(
            404, "no-pdf", "the service does not have this paper's PDF; its Label is available without it"
        )
    try:
        return hub.pictures.picture(file, number, width)
    except UnreadablePdf as error:
        raise HttpProblem(404, "no-such-page", error.message) from error


def places_on(hub: Hub, file: Path, number: int, quotes: Sequence[Evidence]) -> PagePlaces | None:
    """The positions of quotes and hidden text on a page; None if it cannot be shown."""
    spans = [(piece.start or 0, piece.end or 0, piece.quote) for piece in quotes]
    try:
        return hub.pictures.places(file, number, spans)
    except UnreadablePdf:
        return None


def _cached(hub: Hub, arxiv_id: str, sha256: str | None) -> Path | None:
    """The PDF in the cache from when the paper was labelled; nothing is fetched."""
    from classifier.sources import Sources

    async def look() -> Path | None:
        async with Sources.from_settings(hub.config.settings, offline=True) as sources:
            return (await sources.fetch(arxiv_id)).path

    try:
        file = asyncio.run(look())
    except ClassifierError:
        return None
    return file if file is not None and (sha256 is None or _sha256(file) == sha256) else None


def _sha256(file: Path) -> str | None:
    try:
        found = file.stat()
        return _digest(str(file), found.st_mtime_ns, found.st_size) if file.is_file() else None
    except OSError:
        return None


@lru_cache(maxsize=1024)
def _digest(file: str, changed: int, size: int) -> str:  # noqa: ARG001 - they tell when to read it again
    with Path(file).open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
