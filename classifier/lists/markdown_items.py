"""A Markdown list's text -> all its bullets and table rows, and the last line of each.

What enters: the text, and the lines of entries and of headings. What leaves: what each bullet or row is. It
shares nothing with the reader of entries: markdown-it finds the items.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from classifier.lists.markdown_text import plain

ItemKind = Literal["paper", "below", "heading", "contents", "linked", "unlinked"]
"""paper: an entry. below: within the item of an entry (code, authors). heading: a section. contents: it links
within the page. linked, unlinked: the others, with and without an address."""


class ListedItem(NamedTuple):
    """A bullet or a row: its line, from 1, and its own words, without inner bullets."""

    line: int
    kind: ItemKind
    text: str


def list_items(text: str, entries: Collection[int], headings: Mapping[int, str]) -> list[ListedItem]:
    """All bullets, and the rows of tables without their headers, in the order of their lines.

    Args:
        entries: Lines of entries, from 1.
        headings: Line of a section, from 1 -> its kind (`ListSection`).
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    spans = list(_spans(text))
    found: list[ListedItem] = []
    papers_end = 0  # the line after the last item with an entry
    marks = sorted({*entries, *headings})
    for place, (start, end) in enumerate(spans):
        inner = spans[place + 1][0] if place + 1 < len(spans) else end
        own = range(start, max(start + 1, min(inner, end)))
        words = "\n".join(lines[start - 1 : own[-1]])
        kind: ItemKind = "linked" if "http" in words else "unlinked"
        if any(line in entries for line in own):
            kind, papers_end = "paper", max(papers_end, end)
        elif start < papers_end:
            kind = "below"
        elif headings.get(start) == "bullet":
            kind = "heading"
        elif "](#" in words and kind == "unlinked":
            kind = "contents"
        elif kind == "unlinked" and _is_below(start, marks, entries, spans):
            kind = "below"
        found.append(ListedItem(start, kind, plain(words)))
    return found


def _is_below(
    start: int, marks: Sequence[int], entries: Collection[int], spans: Sequence[tuple[int, int]]
) -> bool:
    """Whether an item comes after an entry that is a paragraph or heading, with no section between them."""
    place = bisect_left(marks, start) - 1
    if place < 0 or marks[place] not in entries:
        return False
    before = bisect_right(spans, (marks[place], start)) - 1
    return before < 0 or spans[before][1] <= marks[place]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Half-open spans of lines, from 1."""
    from markdown_it import MarkdownIt

    in_header = False
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type in ("thead_open", "thead_close"):
            in_header = token.type == "thead_open"
        is_row = token.type == "tr_open" and not in_header
        if (token.type == "list_item_open" or is_row) and token.map is not None:
            yield token.map[0] + 1, token.map[1] + 1


def item_ends(text: str) -> dict[int, int]:
    """Line of a bullet, from 1 -> the line of its last text, including nested bullets."""
    from markdown_it import MarkdownIt

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    ends: dict[int, int] = {}
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type in ("list_item_open", "tr_open") and token.map is not None:
            end = token.map[1]
            while end > token.map[0] + 1 and not lines[end - 1].strip():
                end -= 1
            ends[token.map[0] + 1] = end
    return ends
