"""Amendments of earlier readings -> the entries of the lists that are read now, with the changes.

What enters: entries as the lists have them. What leaves: the same with a person's changes. An amendment
belongs to the entry under its key if that is still the same paper; else to an entry of the same paper under a
key that the ledger did not have, as when a list's keys were renamed.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from classifier.batch.ledger.amendments import changes_of
from classifier.batch.ledger.items import as_json, plain
from classifier.batch.ledger.material import traits_of_entry, traits_of_stored
from classifier.model.amendment import PaperChanges
from classifier.model.entries import ListEntry
from classifier.model.traits import PaperIndex


class AmendedEntry(NamedTuple):
    """An entry with a person's changes.

    Attributes:
        listed: As the list has it.
        paper: The number of its amendments in the ledger.
    """

    entry: ListEntry
    listed: ListEntry
    paper: int


class KnownAmendments:
    """The amendments of a ledger that count.

    Args:
        db: A connection to it.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._index = PaperIndex[int]()
        self._changes: dict[int, PaperChanges] = {}
        rows = db.execute(
            "SELECT paper, key, listed, entry, file_sha256 FROM amendment AS last WHERE id = ("
            " SELECT max(id) FROM amendment WHERE paper = last.paper) ORDER BY id"
        ).fetchall()
        for paper, key, listed, entry, sha256 in rows:
            self._changes[paper] = changes_of(db, paper)
            for text in dict.fromkeys((listed, entry)):  # the list may have been changed by hand as well
                self._index.add(traits_of_stored(text, None, sha256), key, paper)

    def amended(self, entry: ListEntry, sha256: str | None = None) -> AmendedEntry | None:
        """The entry with its changes; None if there are none.

        Args:
            sha256: Of its PDF.
        """
        if not self._changes:
            return None
        key = plain(entry.key)
        matches = self._index.find(traits_of_entry(entry, None, sha256), key)
        own = [match for match in matches if match.same_key]
        if not own and (not matches or self._is_known(key)):
            return None
        paper = (own or matches)[0].value
        changed = self._changes[paper].applied_to(entry.paper)
        return AmendedEntry(entry.model_copy(update={"paper": changed}), entry, paper)

    def keep(self, found: AmendedEntry) -> None:
        """Notes where an amended entry is now; in a transaction, after its row was written."""
        key, listed = plain(found.entry.key), as_json(found.listed)
        self._db.execute(
            "UPDATE item SET listed = ? WHERE key = ?",
            (None if found.entry == found.listed else listed, key),
        )
        self._db.execute(
            "UPDATE amendment SET (item, file_sha256) = (SELECT id, file_sha256 FROM item WHERE key = ?1),"
            " key = ?1, listed = ?2, entry = ?3 WHERE paper = ?4",
            (key, listed, as_json(found.entry), found.paper),
        )

    def _is_known(self, key: str) -> bool:
        return self._db.execute("SELECT 1 FROM item WHERE key = ?", (key,)).fetchone() is not None
