"""Filed rows -> the keywords for each entry of one list.

What enters: rows of a labelled folder. What leaves: the keywords for an entry, found by its paper. It keeps a
few strings per entry, so memory grows with the list; the rows themselves are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from classifier.export.filed import FAILED, Filed
from classifier.export.splice.amended import Changes
from classifier.export.splice.listed import Listed
from classifier.model.amendment import amended_fields
from classifier.model.entries import ListEntry, Row
from classifier.model.names import family_name
from classifier.model.traits import TELLING_LETTERS, FoldedTitle, PaperIndex, Traits, traits_of

NOTE_FIELDS = {"bibtex": ("annote", "note"), "ris": ("N1",), "csl-json": ("annote", "note")}
"""The usual field for a rationale, by format; a removal searches it by default."""

_TITLE_CHARS = 120
"""Longest title in a message, in characters."""


class Wanted(NamedTuple):
    """What an entry gets: our keywords, and the text of our note (None leaves notes unchanged).

    Attributes:
        ref: The row's key, if the entry must have it; empty if any entry may get this.
        changes: What a person amended: field -> value.
        arxiv_id: What the list said before.
    """

    keywords: tuple[str, ...]
    note: str | None = None
    ref: str = ""
    changes: Changes = MappingProxyType({})
    arxiv_id: str | None = None


class Untouched(NamedTuple):
    """An entry that could not be labelled in place, and why; `line` counts from 1."""

    key: str
    line: int
    reason: str


class Spliced(NamedTuple):
    """A list with labels in it.

    Attributes:
        labelled: The number of entries that now have their label, changed or not.
        changed: How many of them, or of a page's sections, are different from before.
        unknown: The number of entries without a label in the results; they are unchanged.
        untouched: Entries that could not be edited safely.
        notes: What a person may want to add by hand.
    """

    data: bytes
    labelled: int
    unknown: int
    untouched: tuple[Untouched, ...]
    changed: int = 0
    notes: tuple[str, ...] = ()


class _ResultRow(NamedTuple):
    """A row of the results, prepared for its entry.

    Attributes:
        wanted: None if the row failed: then its entry stays unchanged.
        title: The paper's title, for messages.
    """

    ref: str
    wanted: Wanted | None
    title: str
    traits: Traits


class Results:
    """The labels of one list.

    Args:
        rows: The rows of the labelled folder; failed rows without a correction leave their entry unchanged.
        prefix: A `checked_prefix`.
        file: The list; rows of other lists are ignored if some rows name this one as their source.
        note_field: The field for the rationale, such as "annote"; None leaves notes unchanged.
    """

    def __init__(
        self,
        rows: Iterable[Filed],
        prefix: str,
        file: Path | None = None,
        note_field: str | None = None,
    ) -> None:
        self.prefix = prefix
        self.note_fields: tuple[str, ...] = (note_field,) if note_field else ()
        self._index = PaperIndex[_ResultRow]()
        self._given: set[str] = set()
        elsewhere: list[tuple[_ResultRow, Row]] = []
        for filed in rows:
            entry = filed.row.entry
            traits = traits_of(entry.paper, filed.row.label.paper, url=entry.url)
            row = _ResultRow(entry.key, self._wanted(filed), filed.title, traits)
            if file is None or _is_file(entry.source, file):
                self._add(row, filed.row)
            else:
                elsewhere.append((row, filed.row))
        if not len(self._index):
            for row, whole in elsewhere:
                self._add(row, whole)

    def _add(self, row: _ResultRow, whole: Row) -> None:
        """Makes the row findable by its paper, as amended and as the list has it."""
        entry = whole.entry
        self._index.add(row.traits, _key_in_list(entry), row)
        if whole.listed is not None:
            self._index.add(traits_of(whole.listed, url=entry.url), _key_in_list(entry), row)

    def _wanted(self, filed: Filed) -> Wanted | None:
        if filed.label == FAILED:
            return None
        note = filed.rationale if self.note_fields else None
        return Wanted(keywords_for(filed, self.prefix), note, filed.row.entry.key, *_changes(filed))

    def is_unchanged(self, key: str, title: str, text: str) -> bool:
        """Whether exactly one row has this key, the same long title, and a first author who is in the text.

        Then nothing else is compared.
        """
        rows = self._index.under_key(" ".join(key.split()))
        letters = FoldedTitle(title).letters
        if len(rows) != 1 or len(letters) < TELLING_LETTERS or rows[0].traits.folded.letters != letters:
            return False
        authors = rows[0].traits.authors
        family = re.escape(family_name(authors[0])) if authors else ""
        return bool(family) and re.search(rf"(?<!\w){family}(?!\w)", text) is not None

    def find(self, entry: Listed) -> Wanted | None:
        """Finds what an entry gets, by its paper; None if the results have no label for it.

        If a paper has several rows, each entry gets a different one, rows with its key first.

        Raises:
            AnotherPaper: The results have its key, but for another paper.
        """
        key = " ".join(entry.key.split())
        rows = [match.value for match in self._index.find(entry.traits, key)]
        if not rows:
            others = [row for row in self._index.under_key(key) if row.wanted is not None]
            if others:
                raise AnotherPaper(others[0].title)
            return None
        row = next((row for row in rows if row.ref not in self._given), rows[0])
        if row.ref in self._given and row.wanted is not None and not entry.traits.is_empty:
            return row.wanted._replace(
                ref="", changes={}
            )  # another entry of the same paper, without its own row
        self._given.add(row.ref)
        return row.wanted


class AnotherPaper(Exception):
    """An entry's key belonged to another paper when the list was labelled; the message says what to do."""

    def __init__(self, title: str) -> None:
        super().__init__(
            f"the results under this key are of another paper, '{title[:_TITLE_CHARS]}'; rerun `classifier "
            "label` on this list, then export again"
        )


class Removal(Results):
    """Results that remove our keywords, and our notes (which begin with our prefix), from every entry.

    Args:
        prefix: A `checked_prefix`.
        note_fields: The fields to search for such notes; the user's notes are kept.
    """

    def __init__(self, prefix: str, note_fields: Iterable[str] = ()) -> None:
        super().__init__((), prefix)
        self.note_fields = tuple(dict.fromkeys(note_fields))

    def find(self, entry: Listed) -> Wanted | None:  # noqa: ARG002
        """No keywords, for any entry."""
        return Wanted((), "")


def keywords_for(filed: Filed, prefix: str) -> tuple[str, ...]:
    """The keywords: the label, and marks for "set by a person" and "needs review"."""
    marks = ("corrected",) if filed.is_corrected else ("needs-review",) if filed.needs_review else ()
    return tuple(f"{prefix}{word}" for word in (filed.label, *marks))


def _changes(filed: Filed) -> tuple[Changes, str | None]:
    listed, paper = filed.row.listed, filed.row.entry.paper
    if listed is None:
        return {}, None
    return {name: getattr(paper, name) for name in amended_fields(listed, paper)}, listed.arxiv_id


def _key_in_list(entry: ListEntry) -> str:
    """The key as in the list: the reader adds a number to a key that was used before."""
    renamed = any(notice.code == "duplicate-key" for notice in entry.notices)
    key = entry.key.rpartition("#")[0] if renamed else entry.key
    return " ".join(key.split())


@lru_cache(maxsize=16)
def _is_file(source: str, file: Path) -> bool:
    if not source or source == "-":
        return False
    try:
        return Path(source).resolve() == file.resolve()
    except (OSError, ValueError):  # a name with a null character, or a loop of links
        return False
