"""A Markdown list's text -> bullets and table rows without an entry, and the last line of each bullet."""

from __future__ import annotations

from collections.abc import Iterable

from classifier.lists.markdown_text import plain


def unread_items(text: str, entries: Iterable[int]) -> list[tuple[int, str]]:
    """(line, words) of innermost bullets and table rows that have a link but no entry.

    Args:
        entries: Lines of entries, from 1.
    """
    from markdown_it import MarkdownIt

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    read = set(entries)
    spans = [
        (token.map[0] + 1, token.map[1] + 1)
        for token in MarkdownIt("commonmark").enable("table").parse(text)
        if token.type in ("list_item_open", "tr_open") and token.map is not None
    ]
    found = []
    for place, (start, end) in enumerate(spans):
        inner = next((first for first, _ in spans[place + 1 :] if first > start), end)
        own = "\n".join(lines[start - 1 : max(start, min(inner, end) - 1)])
        if "http" in own and not read.intersection(range(start, end)):
            found.append((start, plain(own)))
    return found


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
