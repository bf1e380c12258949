"""An entry of a user's file -> the traits by which its paper is recognised, as read from lists.

What enters: a format and the entry's text. What leaves: its key and traits, the same as in the ledger: ids,
titles and authors are read by `classifier.lists`. It looks at no attached file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from classifier.export.splice.decoded import split_lines
from classifier.lists import READERS
from classifier.lists.build import build_entry
from classifier.lists.lines import ListLine
from classifier.lists.raw import Damaged, Raw
from classifier.model.entries import ListEntry
from classifier.model.paper import Paper
from classifier.model.traits import Traits, traits_of


class Listed(NamedTuple):
    """An entry of a list; the key is empty if it has none and none can be derived."""

    key: str
    traits: Traits


class ListedEntries:
    """The entries of one file.

    Args:
        form: The name of its format in `classifier.lists.READERS`.
        text: The whole file, if entries may refer to other parts of it (BibTeX's @string).
    """

    def __init__(self, form: str, text: str = "") -> None:
        self._form = form
        self._text = text

    def entry(self, text: str, line: int, key: str = "") -> Listed:
        """An entry.

        Args:
            text: All of it.
            line: Its first line in the file, from 1.
            key: The key in the list; empty if it has none.
        """
        known = next((listed for listed in self._by_line.get(line, ()) if listed.key == key), None)
        if known is None:
            known = next(map(_listed, self._read(text)), Listed(key, Traits()))
        return known._replace(key=key or known.key)

    @cached_property
    def _by_line(self) -> dict[int, list[Listed]]:
        found: dict[int, list[Listed]] = {}
        for raw in self._read(self._text) if self._text else ():
            found.setdefault(raw.line, []).append(_listed(raw))
        return found

    def paper(self, text: str) -> Paper | None:
        """What the reader finds in the text of one entry; None if that is no entry."""
        built = next((_built(raw) for raw in self._read(text)), None)
        return built.paper if built else None

    def _read(self, text: str) -> Iterator[Raw]:
        lines = (ListLine(n, line.rstrip("\r\n")) for n, line in enumerate(split_lines(text), 1))
        return (found for found in READERS[self._form](lines) if not isinstance(found, Damaged))


def _built(raw: Raw) -> ListEntry | None:
    built = build_entry(replace(raw, files=[], notices=[]), "", Path())
    return built if isinstance(built, ListEntry) else None


def _listed(raw: Raw) -> Listed:
    built = _built(raw)
    if built is None:
        return Listed(raw.key, Traits())
    return Listed(raw.key or built.key, traits_of(built.paper, url=built.url))
