"""Lists -> items of the ledger, as a stream: entry by entry in list order; duplicates are detected.

What enters: the readers' entries. What leaves: rows in the ledger; unusable entries are recorded with line
and reason. What it does not do: read list formats (`classifier.lists`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.material import FileState
from classifier.model.entries import BrokenEntry, ListEntry

Found = ListEntry | BrokenEntry

FindDuplicate = Callable[[ListEntry], str | None]
"""The key of an earlier entry of the same paper, or None."""

_ROWS = 1000
"""Entries per transaction."""


def take_in(ledger: Ledger, found: Iterable[Found], find_duplicate: FindDuplicate | None = None) -> None:
    """Stores the entries of the lists in the ledger; entries that are already there keep their labels.

    Args:
        found: Entries in list order.
        find_duplicate: Finds the key of an earlier entry of the same paper; None labels duplicates like any
        other entry.

    Raises:
        StoreError: The ledger cannot be written. Exceptions of `found` are passed through.
    """
    listing, place = ledger.begin_listing(), 0
    entries = iter(found)
    while rows := list(islice(entries, _ROWS)):
        # Outside the transaction: hashing takes a while, and others may want to write a correction.
        files = [_file_of(ledger, row) for row in rows]
        twins = [_twin_of(find_duplicate, row) for row in rows]
        with ledger.transaction():
            for row, file, twin in zip(rows, files, twins, strict=True):
                place += 1
                if isinstance(row, BrokenEntry):
                    ledger.add_broken(listing, row)
                elif not ledger.add(listing, place, row, twin, file):
                    reason = f"the key '{row.key}' is used twice in the lists; keys must be unique"
                    ledger.add_broken(
                        listing, BrokenEntry(source=row.source, line=row.line, reason=reason, key=row.key)
                    )
    ledger.end_listing(listing)


def _file_of(ledger: Ledger, row: Found) -> FileState | None:
    return ledger.state_of(row.file) if isinstance(row, ListEntry) and row.file is not None else None


def _twin_of(find_duplicate: FindDuplicate | None, row: Found) -> str | None:
    return find_duplicate(row) if find_duplicate and isinstance(row, ListEntry) else None


def first_entries(found: Iterable[Found], count: int | None) -> Iterator[Found]:
    """The rows up to the n-th usable entry; all if `count` is None."""
    usable = 0
    for row in found:
        if count is not None and usable >= count:
            return
        usable += isinstance(row, ListEntry)
        yield row


def duplicate_finder() -> FindDuplicate:
    """Finds the earlier entry of the same paper, in one reading of the lists."""
    from classifier.batch.duplicates import Duplicates

    return Duplicates().find
