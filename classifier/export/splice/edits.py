"""Edits of one text, applied at once.

What enters: spans of the original, half-open, that do not overlap. What leaves: the changed text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from classifier.export.splice.decoded import Decoded
from classifier.export.splice.listed import Listed
from classifier.export.splice.results import AnotherPaper, Results, Spliced, Untouched, Wanted
from classifier.text.characters import shown


class NotEditable(Exception):
    """An entry cannot be edited safely; the message says why."""


class Edit(NamedTuple):
    """Replaces [start, end) by `text`."""

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits applied; they must be in order of position."""
    parts, done = [], 0
    for edit in sorted(edits):
        parts += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join([*parts, text[done:]])


@dataclass
class Draft:
    """Collects the edits of a list while it is read, entry by entry.

    A row's label goes to one entry; other entries of the same key without their own row are listed as
    untouched.
    """

    original: Decoded
    labelled: int = 0
    changed: int = 0
    unknown: int = 0
    untouched: list[Untouched] = field(default_factory=list)
    _edits: list[Edit] = field(default_factory=list)
    _lines: dict[str, int] = field(default_factory=dict)

    def wanted(self, results: Results, entry: Listed, line: int) -> Wanted | None:
        """The keywords that an entry gets; None if it stays unchanged, which is recorded."""
        try:
            wanted = results.find(entry)
        except AnotherPaper as error:
            self.leave(entry.key, line, str(error))
            return None
        if wanted is None:
            self.unknown += 1
            return None
        return wanted if self._claim(wanted, entry.key, line) else None

    def _claim(self, wanted: Wanted, key: str, line: int) -> bool:
        """Whether no earlier entry got this row's label; otherwise the entry is listed as untouched."""
        if wanted.ref in self._lines:
            first = self._lines[wanted.ref]
            self.leave(key, line, f"its key is already used on line {first}; keys must be unique")
            return False
        if wanted.ref:
            self._lines[wanted.ref] = line
        return True

    def edit(self, start: int, old: str, new: str) -> None:
        """Replaces an entry's text; the new text may be equal to the old."""
        self.labelled += 1
        if new != old:
            self.changed += 1
            self._edits.append(Edit(start, start + len(old), new))

    def leave(self, key: str, line: int, reason: str) -> None:
        """Lists an entry as untouched."""
        self.untouched.append(Untouched(shown(key), line, reason))

    def finish(self) -> Spliced:
        """The new bytes, with the lists of unlabelled entries."""
        text = apply_edits(self.original.text, self._edits)
        return Spliced(
            data=self.original.encode(text),
            labelled=self.labelled,
            unknown=self.unknown,
            untouched=tuple(self.untouched),
            changed=self.changed,
        )
