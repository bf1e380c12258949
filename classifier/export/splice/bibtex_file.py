"""A .bib file's text -> its entries and their positions.

What enters: text. What leaves: one record per entry, broken ones with the reason. bibtexparser starts again
at each line that opens a block, even inside an open one; so the text is cut there and parsed piece by piece,
and memory stays small (the parser alone takes 350 MB for 100,000 entries at once).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from classifier.lists.bibtex_comments import blank_comments

if TYPE_CHECKING:
    from bibtexparser.model import Block

_OPENS = re.compile(r"^[^\S\n]*@\w*[ \t]*(?=[{(])", re.MULTILINE)


class Located(NamedTuple):
    """An entry: `raw` begins at offset `start`, on `line` (from 1); `problem` is empty if it is complete."""

    key: str
    line: int
    start: int
    raw: str
    problem: str = ""


def locate_entries(text: str) -> Iterator[Located]:
    """Entries in the order of the text; comments, strings and preambles are skipped."""
    starts = [found.start() for found in _OPENS.finditer(text)]
    line, done = 1, 0
    with _quiet_parser():
        for start, end in pairwise([*starts, len(text)]):
            line += text.count("\n", done, start)
            done = start
            yield from _in_piece(text[start:end], start, line)


def _in_piece(piece: str, offset: int, line: int) -> Iterator[Located]:
    from bibtexparser.splitter import Splitter

    try:
        blanked = blank_comments(piece)
        found = Splitter(blanked).split().blocks
    except Exception as error:  # noqa: BLE001 - the parser raises what it likes on input it did not foresee
        yield Located("", line, offset, piece, f"the parser failed: {' '.join(str(error).split())[:200]}")
        return
    place = 0
    for block in found:
        located = _locate(block, blanked, place, offset, line)
        if located is not None and blanked is not piece:  # the words of the file, with its comments
            start = located.start - offset
            located = located._replace(raw=piece[start : start + len(located.raw)])
        if located is not None:
            place = located.start - offset + len(located.raw)
            yield located


def _locate(block: Block, piece: str, place: int, offset: int, line: int) -> Located | None:
    from bibtexparser.model import Entry, ParsingFailedBlock

    # The parser reports a repeated field or key as a failure, and keeps the entry in it.
    inner = block.ignore_error_block if isinstance(block, ParsingFailedBlock) else block
    raw = block.raw or ""
    start = piece.find(raw, place)
    at = line + piece.count("\n", 0, max(start, 0))
    if isinstance(inner, Entry):
        problem = "" if inner.key else "it has no key"
        problem = problem if start >= 0 else "the parser's text differs from the file"
        return Located(inner.key, at, offset + max(start, 0), raw, problem)
    if isinstance(block, ParsingFailedBlock):
        reason = " ".join(str(getattr(block.error, "abort_reason", block.error)).split())
        if "end of file" in reason:  # that of the piece
            reason = "its braces or quotes are still open when the next entry starts or the file ends"
        return Located(_guess_key(raw), at, offset + max(start, 0), raw, f"broken: {reason}")
    return None


def _guess_key(raw: str) -> str:
    found = re.match(r"@\w*\s*[{(]\s*([^\s,{}()=]{1,200})\s*,", raw)
    return found[1] if found else ""


@contextmanager
def _quiet_parser() -> Iterator[None]:
    """The parser logs each broken block to standard error; they are listed with the others instead."""
    logger = logging.getLogger("bibtexparser.splitter")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before
