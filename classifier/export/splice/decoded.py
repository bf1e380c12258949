"""Bytes -> text and back without a loss.

What enters: a file in UTF-8 or UTF-16, with or without a byte order mark, or in Latin-1. What leaves: text,
line ends as they are, and the way back. What it does not do: guess among one-byte encodings; Latin-1 maps
every byte to a character and back, and only ASCII is ever added.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from classifier.errors import InputError

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


class Decoded(NamedTuple):
    """Text, and how it was written."""

    text: str
    encoding: str
    mark: bytes

    def encode(self, text: str) -> bytes:
        """Changed text in the file's own encoding; what that lacks becomes a question mark."""
        return self.mark + text.encode(self.encoding, errors="replace")


def decode(data: bytes) -> Decoded:
    """Decodes by the mark, else as UTF-8, else as Latin-1.

    Raises:
        InputError: The mark promises an encoding that the bytes are not in.
    """
    mark, encoding = next(((m, e) for m, e in _MARKS if data.startswith(m)), (b"", ""))
    body = data[len(mark) :]
    try:
        return Decoded(body.decode(encoding or "utf-8"), encoding or "utf-8", mark)
    except UnicodeDecodeError as error:
        if mark:
            raise InputError(
                f"it begins with the byte order mark of {encoding}, but byte {error.start} is not "
                "valid; save it again"
            ) from error
        return Decoded(body.decode("latin-1"), "latin-1", mark)


def split_lines(text: str) -> list[str]:
    """The lines with their ends; nothing but CRLF, CR and LF ends a line (`str.splitlines` knows more)."""
    return _LINE.findall(text)


def line_end(line: str) -> str:
    """What ends the line; empty for a last one that has no end."""
    return line[len(line.rstrip("\r\n")) :]
