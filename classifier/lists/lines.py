"""Bytes -> lines of text, one at a time, whatever the encoding and the line ends.

What enters: a binary stream. What leaves: numbered lines without their ends, as text that can be encoded
again. UTF-8 and UTF-16 (by its byte order mark) are read as such; a line that is not UTF-8 is read as
Windows-1252, and marked. LF, CRLF and CR all end a line; U+2028 and similar ones do not. NUL characters are
dropped. It does not know formats.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MAX_LINE_CHARS = 4 << 20
"""Longest line that is read completely; a longer one is cut, and `cut` is set."""

_PIECE = 1 << 16
"""Bytes read at a time."""


class ListLine(NamedTuple):
    """One line.

    Attributes:
        number: From 1.
        text: Without line end, byte order mark and NUL characters.
        assumed: It was not valid UTF-8, and was read as Windows-1252.
        cut: It was longer than `MAX_LINE_CHARS` (of lines in pieces: it continues in the next).
    """

    number: int
    text: str
    assumed: bool = False
    cut: bool = False


def read_lines(stream: BinaryIO, head: bytes, in_pieces: bool = False) -> Iterator[ListLine]:
    """The stream's lines.

    Args:
        head: The first bytes of the stream (which still contains them), to detect a byte order mark.
        in_pieces: Long lines are returned completely, in pieces: for formats in which lines have no meaning.

    Raises:
        OSError, EOFError, zlib.error: As raised by the stream, in the middle of a damaged file.
    """
    utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = io.TextIOWrapper(
        stream,
        encoding="utf-16" if utf16 else "utf-8-sig",
        errors="replace" if utf16 else "surrogateescape",
    )
    number = 1
    limit = _PIECE if in_pieces else MAX_LINE_CHARS
    while line := text.readline(limit):
        cut = len(line) == limit and not line.endswith("\n")
        yield _line(number, line.removesuffix("\n"), cut)
        if cut and in_pieces:
            continue
        if cut:
            _skip_rest(text)
        number += 1


def _skip_rest(text: io.TextIOWrapper) -> None:
    while (piece := text.readline(_PIECE)) and not piece.endswith("\n"):
        pass


def _line(number: int, text: str, cut: bool) -> ListLine:
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return ListLine(number, text, False, cut)
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes that are not UTF-8 were kept as lone surrogates
        raw = text.encode("utf-8", "surrogateescape")
        try:
            return ListLine(number, raw.decode("cp1252"), True, cut)
        except UnicodeDecodeError:  # the few bytes that Windows-1252 does not define
            return ListLine(number, raw.decode("latin-1"), True, cut)
    return ListLine(number, text, False, cut)
