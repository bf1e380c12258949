"""What arXiv sent, kept on disk by id and version.

What enters: entries of its API, and PDFs. What leaves: the same, if whole. A file is written under
another name and moved into place, so that a reader sees the old one or the new one and never half;
what is damaged counts as absent. It never asks arXiv.

    <root>/metadata/<key>.json     the answer to one question; its age is the file's
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
"""After so long a file that is being written belongs to a process that died."""


class Cache:
    """A directory of answers and PDFs; several processes may use it at once.

    Args:
        root: Made where it is missing.
    """

    def __init__(self, root: Path) -> None:
        self._metadata = root / "metadata"
        self._pdfs = root / "pdf"

    def entries(self, key: str, max_age_s: float | None) -> list[ArxivEntry] | None:
        """The entries stored under `key`; None where absent, damaged, or older than `max_age_s`."""
        path = self._metadata / f"{_file_name(key)}.json"
        try:
            # A stamp from the future (a clock set back) says nothing about age: ask again.
            if max_age_s is not None and not 0 <= time.time() - path.stat().st_mtime <= max_age_s:
                return None
            return _ENTRIES.validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return None

    def store_entries(self, key: str, entries: Sequence[ArxivEntry]) -> None:
        """Keeps entries under `key`.

        Raises:
            StoreError: The directory cannot be written.
        """
        with _replacing(self._metadata / f"{_file_name(key)}.json") as file:
            file.write(_ENTRIES.dump_json(list(entries)))

    def pdf(self, arxiv_id: str, max_bytes: int) -> tuple[Path, str] | None:
        """The PDF of an id with version, and its SHA-256; None where absent or damaged."""
        path = self._pdfs / f"{_file_name(arxiv_id)}.pdf"
        try:
            expected = _checksum(path).read_text(encoding="ascii").strip()
            found = hash_pdf(path, max_bytes)
        except (OSError, ValueError, InputError):
            return None
        return (path, found) if found == expected else None

    @contextlib.contextmanager
    def new_pdf(self, arxiv_id: str) -> Iterator[tuple[BinaryIO, Path]]:
        """A file to fill; it takes its place when the body ends without an exception.

        Follow it with `seal`: a PDF without its checksum counts as absent.

        Raises:
            StoreError: The directory cannot be written.
        """
        path = self._pdfs / f"{_file_name(arxiv_id)}.pdf"
        with _replacing(path) as file:
            yield file, path

    def seal(self, arxiv_id: str, sha256: str) -> None:
        """Declares the stored PDF whole."""
        with _replacing(_checksum(self._pdfs / f"{_file_name(arxiv_id)}.pdf")) as file:
            file.write(sha256.encode("ascii"))


def _file_name(key: str) -> str:
    # Old ids hold a slash; new ids and hashes have no letters before their digits, so none collide.
    return key.replace("/", "_")


def _checksum(pdf: Path) -> Path:
    return pdf.with_name(f"{pdf.name}.sha256")


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    _sweep(path.parent)
    with replacing(path, advice="free some space or choose another cache directory") as file:
        yield file


def _sweep(directory: Path) -> None:
    """Removes what killed processes left."""
    for part in directory.glob(f".*{PART}"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _ABANDONED_S:
                part.unlink()
