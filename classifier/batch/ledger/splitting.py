"""Entries that were duplicates until one of them was amended: each is labelled on its own again.

What enters: keys of amended entries. What leaves: rows that are no duplicates any more, waiting for their
labels. Entries that became duplicates keep the labels that they have; the papers of a run are counted by
`classifier.batch.papers`, which finds them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from classifier.batch.ledger.material import traits_of_stored
from classifier.model.traits import Traits, same_work

_TRAITS = "SELECT key, entry, NULL, file_sha256 FROM item WHERE "


def split_duplicates(db: sqlite3.Connection, keys: Iterable[str]) -> list[str]:
    """Parts amended entries from entries that are other papers now.

    What a label says of its paper does not count: it may have been made under the wrong id.

    Args:
        db: In a transaction.

    Returns:
        The keys of entries that are on their own now.
    """
    parted = []
    for key in keys:
        own = _row(db, key)
        first = db.execute("SELECT twin FROM item WHERE key = ? AND state = 'twin'", (key,)).fetchone()
        if own is None:
            continue
        if first is not None:
            other = _row(db, first[0])
            if other is not None and not same_work(own, other):
                parted.append(key)
                _wait(db, [key], None)
            continue
        twins = [name for (name,) in db.execute("SELECT key FROM item WHERE twin = ? ORDER BY place", (key,))]
        away = [name for name in twins if (other := _row(db, name)) is not None and not same_work(own, other)]
        if away:
            parted += away
            _wait(db, away[:1], None)
            db.executemany("UPDATE item SET twin = ? WHERE key = ?", ((away[0], name) for name in away[1:]))
    return parted


def _row(db: sqlite3.Connection, key: str) -> Traits | None:
    found = db.execute(f"{_TRAITS}key = ?", (key,)).fetchone()
    return traits_of_stored(*found[1:]) if found else None


def _wait(db: sqlite3.Connection, keys: list[str], twin: str | None) -> None:
    db.executemany(
        "UPDATE item SET state = 'waiting', twin = ?, label = NULL, error = NULL, review = 0 WHERE key = ?",
        ((twin, key) for key in keys),
    )
