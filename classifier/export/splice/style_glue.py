"""The text of an entry with some pieces replaced -> a text without anything else that was about it.

What enters: a neighbour's text, and its pieces (title, link, date, venue) with their new texts. What leaves:
the pieces with the punctuation between them. Words between them are left out, and lines without a piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from classifier.export.splice.badges import PICTURE
from classifier.export.splice.stamps import BLANK
from classifier.lists.markdown_text import Link

NO_VALUE = frozenset(("-", "–", "—", "--", "/", "x", "N/A", "n/a"))
"""Cells of a row that say that there is nothing."""
_MARKER = re.compile(r"\s*(?:(?:[-*+•]|\d{1,4}[.)])\s+(?:\[[ xX]\]\s+)?|\|\s*)?")
_LABELS = re.compile(
    r"paper|pdf|arxiv|links?|doi|abs|abstract|date|year|venue|published|publication|conference|journal|url|keywords?|key|words?",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*(,|;|[–—-](?=\s))")
_WORDS = re.compile(r"[^\W_]+")
_BREAK = re.compile(r"(?<!\s)(?:\s*<br\s*/?>\s*|\s*\\|\s{2,})$", re.IGNORECASE)
_TAG = re.compile(r"<(?!br\b)[^<>]*>", re.IGNORECASE)
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_REPEATED = re.compile(r"([,;·])(?:\s*[,;·])+")
_BREAK_AT_EDGE = re.compile(r"(?<=\|)\s*(?:<br\s*/?>\s*)+|(?<!\s)(?:\s*<br\s*/?>)+\s*(?=\|)", re.IGNORECASE)
_EMPTIED = re.compile(r"(?<=\s)(?:\(\s*\)|\[\s*\]|\*\*\s*\*\*|\*\*|``)[.,]?(?:\s+|$)(?!\()")


class NewText(NamedTuple):
    """A half-open span of the neighbour's text, and the new text."""

    start: int
    end: int
    text: str


def with_pieces(text: str, pieces: Sequence[NewText], links: Sequence[Link]) -> str | None:
    """The new text; None if the first line of the neighbour has no piece.

    Args:
        pieces: In order, without overlaps.
        links: All links of the text.
    """
    spans = list(_lines_with(text, pieces))
    if not spans or spans[0][0]:
        return None
    lines = []
    for number, (start, end) in enumerate(spans):
        if number and "\n\n" in re.sub(r"[ \t]", "", text[spans[number - 1][1] : start]):
            lines.append("")
        own = [piece for piece in pieces if start <= piece.start < end]
        ended = _BREAK.search(text, start, end) if number < len(spans) - 1 else None
        lines.append(_joined(text, start, end, own, links) + (ended[0] if ended else ""))
    if text.lstrip().startswith("|"):
        return _with_empty_cells(lines[0], text) if len(lines) == 1 else None
    return "\n".join(lines)


def cells_of(row: str) -> list[str]:
    """The cells of a row between its bars."""
    return re.split(r"(?<!\\)\|", row.strip().removeprefix("|").removesuffix("|"))


def _lines_with(text: str, pieces: Sequence[NewText]) -> Iterator[tuple[int, int]]:
    """Half-open spans of the lines that have a piece; lines that share one are joined."""
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        while any(piece.start < end < piece.end for piece in pieces):
            end = text.find("\n", end + 1)
            end = len(text) if end < 0 else end
        if any(start <= piece.start < end for piece in pieces):
            yield start, end
        start = end + 1


def _joined(text: str, start: int, end: int, pieces: Sequence[NewText], links: Sequence[Link]) -> str:
    """A line with its pieces replaced; other words between them are left out."""
    marker = _MARKER.match(text, start, end)
    at = marker.end() if marker else start
    parts = [text[start:at]]
    for number, piece in enumerate(pieces):
        glue = _glue(text, at, piece.start, links)
        parts.append(glue if not _has_words(glue) else _between(glue, is_first=number == 0))
        parts.append(piece.text)
        at = max(at, piece.end)
    rest = _glue(text, at, end, links)
    parts.append(_between(rest, is_first=False) if "|" in rest else _closing(rest))
    # If the new paper has no date or venue, empty brackets remain; they are removed.
    line = _BREAK_AT_EDGE.sub(" ", _EMPTIED.sub("", "".join(parts)))
    return re.sub(r"(?<=\S) {2,}(?=\S)", " ", line).rstrip()


def _with_empty_cells(made: str, row: str) -> str:
    """The row with the neighbour's mark for "no value" in cells that became empty, if it has one."""
    old, new = cells_of(row), cells_of(made)
    mark = next((cell.strip() for cell in old if cell.strip() in NO_VALUE), "")
    if not mark or len(old) != len(new):
        return made
    filled = [
        cell if cell.strip() or not before.strip() else f" {mark} "
        for before, cell in zip(old, new, strict=True)
    ]
    return f"{made[: made.index('|')]}|{'|'.join(filled)}|"


def _glue(text: str, start: int, end: int, links: Sequence[Link]) -> str:
    """The text between two pieces, without pictures, tags and other links of the neighbour."""
    glue = text[start:end]
    for link in reversed([link for link in links if start <= link.start and link.end <= end]):
        glue = glue[: link.start - start] + BLANK + glue[link.end - start :]
    glue = re.sub(rf"(?:[(\[]|(?<!\s))\s*{BLANK}\s*[)\]]?", " ", PICTURE.sub(" ", glue))
    return _REPEATED.sub(r"\1", _TAG.sub(" ", glue))


def _has_words(text: str) -> bool:
    return any(not _LABELS.fullmatch(word) for word in _WORDS.findall(_LINE_BREAK.sub(" ", text)))


def _between(text: str, *, is_first: bool) -> str:
    """The glue without words: the end of the previous piece, the start of the next one, a row's bars."""
    if "|" in text:
        first = "" if is_first else _closing(text)
        return first + "".join(
            part if part == "|" else " " for part in re.findall(r"(?<!\\)\||[^|]+", text[len(first) :])
        )
    opening = re.search(r"(?:<br\s*/?>\s*|(?<=\s)|^)[^\w\s,.;:)\]<>–—-]*$", text, re.IGNORECASE)
    opens = opening[0] if opening else ""
    if is_first:
        return opens
    closing = _closing(text)
    between = _SEPARATOR.match(text, len(closing))
    mark = between[1] if between else ""
    return f"{closing}{' ' * (mark in '–—-' and bool(mark))}{mark} {opens}"


def _closing(text: str) -> str:
    """The marks that end the previous text: `**`, a bracket, a full stop; nothing after them."""
    found = re.match(r"(?:\*+|[)\]”\"'`_]|[.](?=\W|$))*", text)
    return found[0] if found else ""
