"""arXiv's responses, stored on disk by id and version.

What enters: entries of its API, and PDFs. What leaves: the same, if they are complete. A file is written
under another name and then moved, so that a reader sees either the old file or the complete new one; a
damaged file counts as missing. It sends no requests.

    <root>/metadata/<key>.json     the result of one query; its age is that of the file
    <root>/pdf/<id>v<n>.pdf        with <id>v<n>.pdf.sha256 next to it
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from classifier.errors import InputError
from classifier.files import PART, replacing
from classifier.sources.feed import ArxivEntry
from classifier.sources.pdf_bytes import hash_pdf

_ENTRIES = TypeAdapter(list[ArxivEntry])
_ABANDONED_S = 86_400.0
"""Seconds after which an unfinished file belongs to a process that died."""


class Cache:
    """A directory of query results and PDFs; several processes may use it at once.

    Args:
        root: The directory; created if it does not exist.
    """

    def __init__(self, root: Path) -> None:
        self._metadata = root / "metadata"
        self._pdfs = root / "pdf"

    def entries(self, key: str, max_age_s: float | None) -> list[ArxivEntry] | None:
        """The entries stored under `key`; None if missing, damaged, or older than `max_age_s`."""
        path = self._metadata / f"{_file_name(key)}.json"
        try:
            # If the time stamp is in the future (the clock was set back), the age is unknown: ask again.
            if max_age_s is not None and not 0 <= time.time() - path.stat().st_mtime <= max_age_s:
                return None
            return _ENTRIES.validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return None

    def store_entries(self, key: str, entries: Sequence[ArxivEntry]) -> None:
        """Stores entries under `key`.

        Raises:
            StoreError: The directory cannot be written.
        """
        with _replacing(self._metadata / f"{_file_name(key)}.json") as file:
            file.write(_ENTRIES.dump_json(list(entries)))

    def pdf(self, arxiv_id: str, max_bytes: int) -> tuple[Path, str] | None:
        """The PDF of an id with version, and its SHA-256; None if missing or damaged."""
        path = self._pdfs / f"{_file_name(arxiv_id)}.pdf"
        try:
            expected = _checksum(path).read_text(encoding="ascii").strip()
            found = hash_pdf(path, max_bytes)
        except (OSError, ValueError, InputError):
            return None
        return (path, found) if found == expected else None

    @contextlib.contextmanager
    def new_pdf(self, arxiv_id: str) -> Iterator[tuple[BinaryIO, Path]]:
        """A file to write; it is moved to its final path if the body ends without an exception.

        Call `seal` afterwards: a PDF without its checksum counts as missing.

        Raises:
            StoreError: The directory cannot be written.
        """
        path = self._pdfs / f"{_file_name(arxiv_id)}.pdf"
        with _replacing(path) as file:
            yield file, path

    def seal(self, arxiv_id: str, sha256: str) -> None:
        """Marks the stored PDF as complete, by storing its checksum."""
        with _replacing(_checksum(self._pdfs / f"{_file_name(arxiv_id)}.pdf")) as file:
            file.write(sha256.encode("ascii"))


def _file_name(key: str) -> str:
    # Old ids contain a slash. They cannot collide with new ids and hashes, which have no letters before a
    # digit.
    return key.replace("/", "_")


def _checksum(pdf: Path) -> Path:
    return pdf.with_name(f"{pdf.name}.sha256")


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    _sweep(path.parent)
    with replacing(path, advice="free some space or choose another cache directory") as file:
        yield file


def _sweep(directory: Path) -> None:
    """Removes unfinished files of killed processes."""
    for part in directory.glob(f".*{PART}"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _ABANDONED_S:
                part.unlink()
