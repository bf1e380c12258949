"""Filed rows -> what each entry of one list shall carry.

What enters: rows of a labelled folder. What leaves: a table from an entry's key to its keywords. It holds a
few strings for each entry, so memory grows with the list; the rows themselves are let go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from classifier.export.filed import FAILED, Filed
from classifier.model.entries import ListEntry
from classifier.model.identity import bare_doi

NOTE_FIELDS = {"bibtex": ("annote", "note"), "ris": ("N1",), "csl-json": ("annote", "note")}
"""Where a rationale usually goes, by format; taking ours out looks there without being told."""

_NOT_WORD = re.compile(r"[\W_]+")


class Wanted(NamedTuple):
    """What an entry shall carry: our keywords, and the words of our note (None leaves notes alone).

    Attributes:
        ref: The row's key, which one entry of the list has; empty where any entry may take this.
    """

    keywords: tuple[str, ...]
    note: str | None = None
    ref: str = ""


class Untouched(NamedTuple):
    """An entry that could not be labelled in place, and why; `line` counts from 1."""

    key: str
    line: int
    reason: str


class Spliced(NamedTuple):
    """A list with labels in it.

    Attributes:
        labelled: Entries that now carry their label, changed or not.
        changed: Those of them, or sections of a page, that are not as they were.
        unknown: Entries for which the results have no label; they are as they were.
        untouched: Entries that the results may have, but that could not be edited safely.
    """

    data: bytes
    labelled: int
    unknown: int
    untouched: tuple[Untouched, ...]
    changed: int = 0


class Results:
    """The labels of one list.

    Args:
        rows: The rows of the labelled folder; failed ones without a correction leave their entry as it is.
        prefix: A `checked_prefix`.
        file: The list; rows of other lists are passed over where some name this one as their source.
        note_field: Where the rationale goes, such as "annote"; None leaves notes alone.
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
        self._by_key: dict[str, list[tuple[str, Wanted | None]]] = {}
        self._by_trait: dict[str, Wanted | None] = {}
        elsewhere: list[tuple[ListEntry, Wanted | None]] = []
        for filed in rows:
            entry, wanted = filed.row.entry, self._wanted(filed)
            if file is None or _is_file(entry.source, file):
                self._add(entry, wanted)
            else:
                elsewhere.append((entry, wanted))
        if not self._by_key:
            for entry, wanted in elsewhere:
                self._add(entry, wanted)

    def _wanted(self, filed: Filed) -> Wanted | None:
        if filed.label == FAILED:
            return None
        note = filed.rationale if self.note_fields else None
        return Wanted(keywords_for(filed, self.prefix), note, filed.row.entry.key)

    def find(self, key: str, title: Callable[[], str]) -> Wanted | None:
        """What the entry of this key shall carry; None where the results have no label for it.

        Args:
            key: As the list has it; of several entries with the same key each has its own row.
            title: Gives the entry's title, by which those are told apart.
        """
        found = self._by_key.get(" ".join(key.split()), ())
        if len(found) > 1:
            words = _bare_title(title())
            found = [(other, wanted) for other, wanted in found if other == words]
        return found[0][1] if found else None

    def find_by_traits(self, doi: str, title: str) -> Wanted | None:
        """The same for an entry without a key of its own: by DOI, else by its whole title.

        None where the trait is missing, or belongs to several entries whose labels differ.
        """
        for trait in _traits(doi, title):
            if trait in self._by_trait:
                return self._by_trait[trait]
        return None

    def _add(self, entry: ListEntry, wanted: Wanted | None) -> None:
        title = entry.paper.title or ""
        # One that failed has its place too, so that its label is not taken from another of the same key.
        self._by_key.setdefault(_key_in_list(entry), []).append((_bare_title(title), wanted))
        if wanted is None:
            return
        shared = wanted._replace(ref="")
        for trait in _traits(entry.paper.doi or "", title):
            if self._by_trait.setdefault(trait, shared) != shared:
                self._by_trait[trait] = None


class Removal(Results):
    """Results in which every entry loses what is ours: keywords, and notes that begin with our prefix.

    Args:
        prefix: A `checked_prefix`.
        note_fields: Where to look for such notes; one of the user's stays.
    """

    def __init__(self, prefix: str, note_fields: Iterable[str] = ()) -> None:
        super().__init__((), prefix)
        self.note_fields = tuple(dict.fromkeys(note_fields))

    def find(self, key: str, title: Callable[[], str]) -> Wanted | None:  # noqa: ARG002
        """Nothing wanted, of any entry."""
        return self._nothing

    def find_by_traits(self, doi: str, title: str) -> Wanted | None:  # noqa: ARG002
        """Nothing wanted, of any entry."""
        return self._nothing

    @property
    def _nothing(self) -> Wanted:
        return Wanted((), "")


def keywords_for(filed: Filed, prefix: str) -> tuple[str, ...]:
    """The label; then whether a person set it or must still look at it."""
    marks = ("corrected",) if filed.is_corrected else ("needs-review",) if filed.needs_review else ()
    return tuple(f"{prefix}{word}" for word in (filed.label, *marks))


def _key_in_list(entry: ListEntry) -> str:
    """The key as the list has it: the reader puts a number behind one that was used before."""
    renamed = any(notice.code == "duplicate-key" for notice in entry.notices)
    key = entry.key.rpartition("#")[0] if renamed else entry.key
    return " ".join(key.split())


def _bare_title(title: str) -> str:
    return _NOT_WORD.sub("", title.casefold())


def _traits(doi: str, title: str) -> list[str]:
    bare, words = bare_doi(doi), _bare_title(title)
    return [*([f"doi:{bare}"] if bare else []), *([f"title:{words}"] if words else [])]


@lru_cache(maxsize=16)
def _is_file(source: str, file: Path) -> bool:
    if not source or source == "-":
        return False
    try:
        return Path(source).resolve() == file.resolve()
    except (OSError, ValueError):  # a name with a null character, or a loop of links
        return False
