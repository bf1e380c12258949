"""A list's name -> its first bytes and a stream of all bytes, decompressed if it is gzip.

What enters: a path, or "-" for standard input. What leaves: an `Opened`, which the caller must close. It does
not detect formats.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from classifier.errors import InputError

HEAD = 1 << 16
"""Bytes that are read to detect the format."""

UNREADABLE = (OSError, EOFError, zlib.error)
"""Exceptions of reading a damaged file."""

_GZIP = b"\x1f\x8b"


class Opened(NamedTuple):
    """A list, ready to be read.

    Attributes:
        name: As the user gave it.
        folder: The base of relative paths in the list.
        head: Its first bytes, at most `HEAD`, unpacked; they are still in the stream.
        stream: All its bytes, unpacked.
    """

    name: str
    folder: Path
    head: bytes
    stream: BinaryIO


@contextlib.contextmanager
def open_list(name: str) -> Iterator[Opened]:
    """Opens a list; "-" is standard input, whose relative paths start at the working directory.

    Raises:
        InputError: There is no such file, it cannot be read, or standard input is a terminal.
    """
    with contextlib.ExitStack() as stack:
        try:
            stream = _standard_input() if name == "-" else stack.enter_context(Path(name).open("rb"))
            head, stream = _peeked(stream)
            if head.startswith(_GZIP):
                head, stream = _peeked(cast(BinaryIO, gzip.GzipFile(fileobj=stream, mode="rb")))
        except UNREADABLE as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"{name}: cannot be read ({reason}); expected a reading list") from error
        folder = Path.cwd() if name == "-" else Path(name).parent
        yield Opened(name, folder, head, stream)


def _standard_input() -> BinaryIO:
    if sys.stdin.buffer.isatty():
        raise InputError("standard input is a terminal; expected a reading list: classifier label - < LIST")
    return sys.stdin.buffer


def _peeked(stream: BinaryIO) -> tuple[bytes, BinaryIO]:
    """The first bytes, and a stream that still has them (a pipe returns pieces of any size)."""
    head = b""
    while len(head) < HEAD and (piece := stream.read(HEAD - len(head))):
        head += piece
    return head, io.BufferedReader(cast(io.RawIOBase, _Rejoined(head, stream)), HEAD)


class _Rejoined(io.RawIOBase):
    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        piece = self._head[: len(buffer)] if self._head else self._rest.read(len(buffer))
        self._head = self._head[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)
