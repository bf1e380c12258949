"""Decides which correction applies to which entry: by their paper, never by a key alone (ADR 17).

What enters: corrections, each with the entry that it was made on, and the entries of the current lists. What
leaves: `item.correction`. An entry's own correction has priority, then one of the same paper, then that of
its duplicates. A correction that matches no entry is kept, but applies to none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from classifier.batch.ledger.access import COMPLETE
from classifier.batch.ledger.material import traits_of_stored
from classifier.model.traits import Match, PaperIndex

_ITEMS = f"""
    SELECT id, key, entry, paper_of(label), file_sha256 FROM item
    WHERE listing >= {COMPLETE} AND (:all OR id IN (SELECT value FROM json_each(:ids)))
    ORDER BY place
"""  # noqa: S608 - no value of a user's is part of it
_SPREAD = (
    # From the labelled entry to its duplicates …
    f"""UPDATE item SET correction = (SELECT first.correction FROM item AS first WHERE first.key = item.twin)
        WHERE correction IS NULL AND twin IS NOT NULL AND listing >= {COMPLETE}
        AND twin IN (SELECT key FROM item WHERE correction IS NOT NULL)""",  # noqa: S608
    # … and from the first duplicate that has one to the labelled entry.
    f"""UPDATE item SET correction = (
            SELECT other.correction FROM item AS other
            WHERE other.twin = item.key AND other.correction IS NOT NULL AND other.listing >= {COMPLETE}
            ORDER BY other.place LIMIT 1
        )
        WHERE correction IS NULL AND listing >= {COMPLETE} AND key IN (
            SELECT twin FROM item WHERE correction IS NOT NULL AND twin IS NOT NULL AND listing >= {COMPLETE}
        )""",  # noqa: S608
)


@dataclass(frozen=True)
class _Made:
    """A correction's row in the ledger, and its time."""

    id: int
    at: str


@dataclass
class _Bound:
    """The entry with which a correction is updated."""

    item: int
    same_key: bool


def bind_corrections(db: sqlite3.Connection, items: Iterable[int] | None = None) -> None:
    """Decides again which correction applies to which entry of the current lists.

    A correction is updated with the current data of its entry, so that it follows a paper through several
    changes.

    Args:
        db: In a transaction.
        items: Only these; None for all.
    """
    ids = None if items is None else list(items)
    chosen = {"all": ids is None, "ids": _as_json(ids or [])}
    db.execute(
        "UPDATE item SET correction = NULL WHERE correction IS NOT NULL"
        " AND (:all OR id IN (SELECT value FROM json_each(:ids)))",
        chosen,
    )
    index = _index(db)
    if not len(index):
        return
    kept: dict[int, _Bound] = {}
    for item, key, entry, found, file_sha256 in db.execute(_ITEMS, chosen).fetchall():
        matches = index.find(traits_of_stored(entry, found, file_sha256), key)
        if not matches:
            continue
        match = _choice(matches)
        db.execute("UPDATE item SET correction = ? WHERE id = ?", (match.value.id, item))
        before = kept.get(match.value.id)
        if before is None or (match.same_key and not before.same_key):
            kept[match.value.id] = _Bound(item, match.same_key)
    for correction, bound in kept.items():
        db.execute(
            "UPDATE correction SET (key, entry, found, file_sha256) ="
            " (SELECT key, entry, coalesce(paper_of(label), found), file_sha256 FROM item WHERE item.id = ?)"
            " WHERE id = ?",
            (bound.item, correction),
        )
    for _ in range(2):  # from a duplicate to the first entry, and from there to the others
        for statement in _SPREAD:
            db.execute(statement)


def _index(db: sqlite3.Connection) -> PaperIndex[_Made]:
    index = PaperIndex[_Made]()
    rows = db.execute("SELECT id, key, at, entry, found, file_sha256 FROM correction ORDER BY id")
    for number, key, at, entry, found, file_sha256 in rows:
        index.add(traits_of_stored(entry, found, file_sha256), key, _Made(number, at))
    return index


def _choice(matches: list[Match[_Made]]) -> Match[_Made]:
    """The entry's own correction; if there is none, the latest one of its paper."""
    return max(matches, key=lambda match: (match.same_key, match.value.at, match.value.id))


def _as_json(ids: list[int]) -> str:
    return f"[{','.join(map(str, ids))}]"
