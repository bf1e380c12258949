"""The papers of a node in a taxonomy's file -> entries, as a list's reader would give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from classifier.lists.build import build_entry
from classifier.lists.raw import Raw
from classifier.lists.references import find_mentions
from classifier.model.entries import BrokenEntry, ListEntry

KEYS = ("papers", "studies", "publications", "works")
"""Keys of a node under which its papers are."""
_IDS = frozenset(["arxiv", "doi", "url", "year", "author", "authors", "abstract", "reference"])


class FileRow(dict[Any, Any]):
    """A mapping of a YAML file that knows its line."""

    line = 0


def papers_in(named: Mapping[str, Any]) -> list[Any] | None:
    """The papers of a node; None if it has none. A topic may be called "Papers", so its items must tell."""
    for key in KEYS:
        rows = named.get(key)
        if isinstance(rows, list) and rows and all(_is_paper(row) for row in rows):
            return rows
    return None


def entries_of(rows: Iterable[Any], source: str) -> list[ListEntry | BrokenEntry]:
    """The entries; a paper without line numbers (JSON) gets its place among its node's."""
    return [
        build_entry(_raw(row, getattr(row, "line", 0) or number), source, Path(source).parent)
        for number, row in enumerate(rows, start=1)
    ]


def _is_paper(row: Any) -> bool:
    if isinstance(row, Mapping):
        keys = {str(key).lower() for key in row}
        return "title" in keys or bool(_IDS & keys)
    return isinstance(row, str) and bool(find_mentions(row))


def _raw(row: Any, line: int) -> Raw:
    if not isinstance(row, Mapping):
        return Raw(line=line, hints=(str(row),))
    named = {str(key).lower(): value for key, value in row.items()}
    authors = named.get("authors", named.get("author")) or ()
    return Raw(
        line=line,
        key=_text(named.get("id") or named.get("key")),
        title=_text(named.get("title")),
        authors=[_text(name) for name in authors] if isinstance(authors, list) else [_text(authors)],
        year=_text(named.get("year")),
        doi=_text(named.get("doi")),
        arxiv=_text(named.get("arxiv")),
        abstract=_text(named.get("abstract")),
        urls=[_text(named["url"])] if named.get("url") else (),
    )


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) else ""
