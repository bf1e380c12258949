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


class Edit(NamedTuple):
    """`text` in the place of [start, end)."""

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with its edits, in order of their place."""
    parts, done = [], 0
    for edit in sorted(edits):
        parts += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join([*parts, text[done:]])


@dataclass
class Draft:
    """The edits of a list while it is read, entry by entry.

    A row's label goes to one entry; others of the same key that have no row of their own are listed.
    """

    original: Decoded
    labelled: int = 0
    changed: int = 0
    unknown: int = 0
    untouched: list[Untouched] = field(default_factory=list)
    _edits: list[Edit] = field(default_factory=list)
    _lines: dict[str, int] = field(default_factory=dict)

    def wanted(self, results: Results, entry: Listed, line: int) -> Wanted | None:
        """What an entry shall carry; None when it stays as it is, which is noted."""
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
        """Whether no entry before took this row's label; an entry that comes too late is listed."""
        if wanted.ref in self._lines:
            first = self._lines[wanted.ref]
            self.leave(key, line, f"its key is already used on line {first}; keys must be unique")
            return False
        if wanted.ref:
            self._lines[wanted.ref] = line
        return True

    def edit(self, start: int, old: str, new: str) -> None:
        """Puts an entry's new text in the place of its old, which may be the same."""
        self.labelled += 1
        if new != old:
            self.changed += 1
            self._edits.append(Edit(start, start + len(old), new))

    def leave(self, key: str, line: int, reason: str) -> None:
        """Lists an entry that cannot be edited."""
        self.untouched.append(Untouched(shown(key), line, reason))

    def finish(self) -> Spliced:
        """The new bytes, and what was left out."""
        text = apply_edits(self.original.text, self._edits)
        return Spliced(
            data=self.original.encode(text),
            labelled=self.labelled,
            unknown=self.unknown,
            untouched=tuple(self.untouched),
            changed=self.changed,
        )
