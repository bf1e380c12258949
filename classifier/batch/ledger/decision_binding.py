"""Finds the entry of a decision by its paper, also after the lists have changed (ADR 17, ADR 19).

What enters: decisions, each with the entry that it was made on, and the entries of the current lists. What
leaves: `decision.item`, NULL if its paper is not listed.
"""

from __future__ import annotations

import sqlite3

from classifier.batch.ledger.access import COMPLETE
from classifier.batch.ledger.material import traits_of_stored
from classifier.model.traits import PaperIndex, same_work


def bind_decisions(db: sqlite3.Connection) -> None:
    """Finds the entry of each decision whose paper has no entry yet or has moved.

    Args:
        db: In a transaction.
    """
    index = PaperIndex[int]()
    for number, key, entry, found, sha256, *now in db.execute(
        "SELECT decision.id, decision.key, decision.entry, decision.found, decision.file_sha256,"  # noqa: S608
        " item.key, item.entry, paper_of(item.label), item.file_sha256 FROM decision"
        f" LEFT JOIN item ON item.id = decision.item AND item.listing >= {COMPLETE} WHERE kind <> 'undo'"
    ).fetchall():
        traits = traits_of_stored(entry, found, sha256)
        if now[0] is not None and same_work(traits, traits_of_stored(*now[1:]), same_key=key == now[0]):
            continue
        db.execute("UPDATE decision SET item = NULL WHERE id = ?", (number,))
        index.add(traits, key, number)
    if not len(index):
        return
    items = db.execute(
        f"SELECT id, key, entry, paper_of(label), file_sha256 FROM item WHERE listing >= {COMPLETE}"  # noqa: S608
        " ORDER BY twin IS NOT NULL DESC, place DESC"
    )
    for item, key, entry, found, sha256 in items.fetchall():
        for match in index.find(traits_of_stored(entry, found, sha256), key):
            db.execute("UPDATE decision SET item = ? WHERE id = ?", (item, match.value))
