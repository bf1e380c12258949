"""A file with any content -> the rows of a table that SQLite can still read.

What enters: the path of a ledger that may be damaged, cut off or something else. What leaves: rows with bytes
instead of texts. The file is not changed.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import product
from pathlib import Path

_MAGIC = b"SQLite format 3\0"
_HEADER = struct.Struct(">16sH10xL")
"""SQLite's header: the magic, the page size (1 means 65,536) and, at byte 28, the number of pages."""


def readable_rows(path: Path, queries: Sequence[str]) -> Iterator[tuple[object, ...]]:
    """The rows of each query in ascending and in descending order, each up to a damaged page.

    Args:
        queries: They end where ASC or DESC is to be added. A row may be found several times.
    """
    with _as_long_as_it_was(path) as whole:
        for query, order in product(queries, ("ASC", "DESC")):
            yield from _rows(whole, f"{query} {order}")


def text_of(value: object) -> str:
    """The text of a cell; empty if it is no text.

    Raises:
        ValueError: Its bytes are not valid UTF-8.
    """
    return value.decode() if isinstance(value, bytes) else ""


def _rows(path: Path, query: str) -> Iterator[tuple[object, ...]]:
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.text_factory = bytes
            yield from connection.execute(query)
    except sqlite3.Error:
        return


@contextmanager
def _as_long_as_it_was(path: Path) -> Iterator[Path]:
    """The file; if its end is missing, a copy padded with zeros, since SQLite rejects a shorter file."""
    try:
        missing = _missing_bytes(path)
        if not missing:
            yield path
            return
        folder = tempfile.TemporaryDirectory(prefix="classifier-")
    except OSError:  # missing, or no space for a copy
        yield path
        return
    with folder:
        copy = Path(folder.name) / path.name
        with suppress(OSError):
            shutil.copyfile(path, copy)
            with copy.open("ab") as file:
                file.truncate(file.tell() + missing)
        yield copy


def _missing_bytes(path: Path) -> int:
    """The number of bytes missing according to the header; 0 if there is no header."""
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
        size = file.seek(0, 2)
    if len(header) < _HEADER.size:
        return 0
    magic, page_size, pages = _HEADER.unpack(header)
    expected: int = pages * (page_size if page_size > 1 else 1 << 16)
    return max(0, expected - size) if magic == _MAGIC else 0
