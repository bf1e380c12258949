"""Bytes -> text and back without a loss.

What enters: a file in UTF-8 or UTF-16, with or without a byte order mark, or in Latin-1. What leaves: text
with unchanged line ends, and what is needed to encode it again. What it does not do: guess among one-byte
encodings; Latin-1 maps every byte to a character and back, and only ASCII is ever added.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from classifier.errors import InputError

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


class Decoded(NamedTuple):
    """Text and its encoding."""

    text: str
    encoding: str
    mark: bytes

    def encode(self, text: str) -> bytes:
        """Changed text in the file's own encoding; characters that it lacks become question marks."""
        return self.mark + text.encode(self.encoding, errors="replace")


def decode(data: bytes) -> Decoded:
    """Decodes by the byte order mark, else as UTF-8, else as Latin-1.

    Raises:
        InputError: The bytes are not valid in the encoding of their byte order mark.
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
    """The lines with their ends; only CRLF, CR and LF end a line (unlike `str.splitlines`)."""
    return _LINE.findall(text)


def line_end(line: str) -> str:
    """The line's end; empty for a last line without one."""
    return line[len(line.rstrip("\r\n")) :]
