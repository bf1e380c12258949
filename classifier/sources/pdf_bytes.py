"""Counts, limits and hashes incoming bytes, and checks that they are a PDF.

What enters: chunks of bytes from a file, a pipe or a server. What leaves: a SHA-256, or an error as soon as
it is clear that the bytes are not usable. It does not parse the PDF.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO, Protocol

from classifier.errors import BadReference, NotAPdf, SourceError, StoreError, UnreadablePdf

CHUNK = 1 << 16
"""Bytes that are read, hashed and counted at a time."""
_MAGIC = b"%PDF-"
_HEAD = 1024
"""The magic must start in the first KiB, where Acrobat looks for it too."""


class PdfSink:
    """Receives the bytes of a PDF.

    Args:
        name: The name of the PDF in messages.
        max_bytes: Largest accepted size.
        file: Where the bytes are written; None to only hash them.
    """

    def __init__(self, name: str, max_bytes: int, file: BinaryIO | None = None) -> None:
        self.name = name
        self._max_bytes = max_bytes
        self._file = file
        self.restart()

    def restart(self) -> None:
        """Forgets everything taken so far."""
        self._size = 0
        self._head = b""
        self._hash = hashlib.sha256()
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()

    def announce(self, size: int) -> None:
        """Checks a size that is known before the bytes arrive.

        Raises:
            UnreadablePdf: The size is over the limit.
        """
        if size > self._max_bytes:
            raise UnreadablePdf(
                f"{self.name} is larger than the limit of {self._max_bytes:,} bytes; "
                "give a smaller PDF or raise the limit"
            )

    def write(self, chunk: bytes) -> None:
        """Receives the next bytes.

        Raises:
            NotAPdf: The first KiB does not contain `%PDF-`.
            UnreadablePdf: The size is over the limit.
            StoreError: The bytes cannot be written.
        """
        self._size += len(chunk)
        self.announce(self._size)
        if len(self._head) < _HEAD:
            self._head = (self._head + chunk)[: _HEAD + len(_MAGIC) - 1]
            if len(self._head) >= _HEAD:
                self._check_head()
        self._hash.update(chunk)
        if self._file is not None:
            try:
                self._file.write(chunk)
            except OSError as error:
                raise StoreError(f"cannot store {self.name}: {error.strerror}; free some space") from error

    def finish(self) -> str:
        """Ends the stream and returns the SHA-256 as lower-case hex.

        Raises:
            NotAPdf: There were no bytes, or they are not a PDF.
        """
        self._check_head()
        return self._hash.hexdigest()

    def _check_head(self) -> None:
        if _MAGIC in self._head:
            return
        start = self._head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if not self._head:
            what, advice = "is empty", "expected a PDF"
        elif start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml", b"<!--")):
            what, advice = (
                "is an HTML page",
                "expected a PDF: open it in a browser to see why, and save the PDF",
            )
        else:
            what, advice = "is not a PDF", "expected a file that starts with %PDF-"
        raise NotAPdf(f"{self.name} {what}; {advice}")


class TextSink:
    """Receives a small response in memory, e.g. that of an API."""

    def __init__(self, name: str, max_bytes: int) -> None:
        self.name = name
        self._max_bytes = max_bytes
        self.data = bytearray()

    def restart(self) -> None:
        """Forgets everything taken so far."""
        self.data.clear()

    def announce(self, size: int) -> None:
        """Raises SourceError if the size is over the limit."""
        if size > self._max_bytes:
            raise SourceError(
                f"{self.name} answered with more than {self._max_bytes:,} bytes; expected a short reply"
            )

    def write(self, chunk: bytes) -> None:
        """Receives the next bytes."""
        self.announce(len(self.data) + len(chunk))
        self.data += chunk


class Sink(Protocol):
    """Receives the bytes of a response; each method may raise an error that ends it."""

    def restart(self) -> None:
        """Forgets everything taken so far."""

    def announce(self, size: int) -> None:
        """Checks a size that is known before the bytes arrive."""

    def write(self, chunk: bytes) -> None:
        """Receives the next bytes."""


def spool(source: BinaryIO, sink: PdfSink) -> str:
    """Reads a stream to its end into a sink, and returns the SHA-256.

    Raises:
        BadReference: The stream cannot be read. Other errors: as `PdfSink`.
    """
    while chunk := _read(source, sink.name):
        sink.write(chunk)
    return sink.finish()


def _read(source: BinaryIO, name: str) -> bytes:
    try:
        return source.read(CHUNK)
    except OSError as error:
        raise BadReference(f"cannot read {name}: {error.strerror}; check the path") from error


def hash_pdf(path: Path, max_bytes: int) -> str:
    """SHA-256 of a PDF on disk, read in pieces.

    Raises:
        BadReference: The file cannot be read.
        NotAPdf: The first KiB does not contain `%PDF-`.
        UnreadablePdf: The file is over the limit.
    """
    with open_source(path) as file:
        return spool(file, PdfSink(str(path), max_bytes))


def open_source(path: Path) -> BinaryIO:
    """Opens a file or pipe for reading; raises BadReference if that is not possible."""
    try:
        return path.open("rb")
    except OSError as error:
        raise BadReference(
            f"cannot read {path}: {error.strerror}; check the path and its permissions"
        ) from error
    except ValueError as error:  # a null character
        raise BadReference(f"{str(path)!r} is not a valid path: {error}; check it") from error
