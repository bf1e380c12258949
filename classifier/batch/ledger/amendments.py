"""A person's amendments of entries: saved, undone, and applied to entries when lists are read (ADR 17).

What enters: changes to entries of a run. What leaves: `item.entry` with the changes, `item.listed` as the
list has it, and the acts themselves in `amendment`. Amendments belong to an entry, not to the other entries
of its paper: an entry with another paper's id must not change that paper. It may be used during a run.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from classifier.batch.ledger.access import COMPLETE, reading, writing
from classifier.batch.ledger.corrections import check_key, rebind
from classifier.batch.ledger.decision_binding import bind_decisions
from classifier.batch.ledger.items import as_json
from classifier.batch.ledger.rescue import KeptAmendment, title_of
from classifier.batch.ledger.splitting import split_duplicates
from classifier.errors import InputError
from classifier.model.amendment import Amendment, PaperChanges
from classifier.model.entries import ListEntry
from classifier.model.identity import same_title
from classifier.text.characters import shown


class StoredAmendment(NamedTuple):
    """An amendment in a ledger.

    Attributes:
        listed: What the list said, when the paper was last seen.
        undone_by, undone_at: Who took it back, and when; None while it counts.
        is_listed: Whether its paper is in the present lists.
        number: Its id in the ledger.
    """

    amendment: Amendment
    listed: ListEntry
    undone_by: str | None
    undone_at: str | None
    is_listed: bool
    number: int

    @property
    def kept(self) -> KeptAmendment:
        """As it is kept outside of the ledger."""
        named = self.amendment.model_copy(update={"listed_title": self.listed.paper.title or ""})
        return KeptAmendment(self.number, named, self.undone_at is None)


def set_amendments(folder: Path, wished: Sequence[Amendment]) -> tuple[Amendment, ...]:
    """Saves amendments as one act, or none of them if one cannot be used.

    Args:
        wished: If `at` is missing, the current time is used.

    Raises:
        ConfigError: There is no ledger.
        InputError: No such entry, it is another paper than `listed_title`, or nothing would be left by which
            its paper can be found.
        StoreError: The ledger cannot be written.
    """
    now = _now()
    made = tuple(one if one.at else one.model_copy(update={"at": now}) for one in wished)
    with writing(folder) as db:
        (act,) = db.execute("SELECT coalesce(max(act), 0) + 1 FROM amendment").fetchone()
        for one in made:
            check_key(db, one.key)
            _check_title(db, one)
            _add(db, one, act)
        _follow(db, [one.key for one in made])
    return made


def undo_amendments(folder: Path, key: str | None, by: str) -> tuple[Amendment, ...]:
    """Takes back the last amendment of an entry, or without a key all of the last act; returns them.

    Raises:
        ConfigError, InputError, StoreError: As `set_amendments`.
    """
    with writing(folder) as db:
        if key is not None:
            check_key(db, key)
        where = "item = (SELECT id FROM item WHERE key = ?)" if key is not None else "?1 IS NULL"
        last = (
            f"SELECT {'id' if key is not None else 'act'} FROM amendment WHERE undone_at IS NULL AND {where}"  # noqa: S608
        )
        rows = db.execute(
            "SELECT id, paper, amendment.key, changes, by, note, at FROM amendment WHERE undone_at IS NULL"  # noqa: S608
            f" AND {'id' if key is not None else 'act'} = ({last} ORDER BY id DESC LIMIT 1) ORDER BY id DESC",
            (key,),
        ).fetchall()
        for number, paper, *_ in rows:
            db.execute("UPDATE amendment SET undone_by = ?, undone_at = ? WHERE id = ?", (by, _now(), number))
            _apply(db, paper)
        _follow(db, [row[2] for row in rows])
    return tuple(_amendment(*row[2:]) for row in rows)


def read_amendments(folder: Path, key: str | None = None) -> list[StoredAmendment]:
    """All amendments in the order in which they were made; of one entry, if a key is given.

    Raises:
        ConfigError: There is no ledger.
        StoreError: It cannot be read.
    """
    with reading(folder) as db:
        rows = db.execute(
            "SELECT amendment.key, changes, by, note, at, amendment.listed, undone_by, undone_at,"  # noqa: S608
            f" item.id IS NOT NULL, amendment.id FROM amendment LEFT JOIN item ON item.id = amendment.item"
            f" AND item.listing >= {COMPLETE} WHERE ?1 IS NULL OR item.key = ?1 ORDER BY amendment.id",
            (key,),
        ).fetchall()
        return [
            StoredAmendment(
                _amendment(*row[:5]),
                ListEntry.model_validate_json(row[5]),
                row[6],
                row[7],
                bool(row[8]),
                row[9],
            )
            for row in rows
        ]


def changes_of(db: sqlite3.Connection, paper: int) -> PaperChanges:
    """All amendments of a paper that count, as one."""
    found: dict[str, str | int | None] = {}
    for (changes,) in db.execute(
        "SELECT changes FROM amendment WHERE paper = ? AND undone_at IS NULL ORDER BY id", (paper,)
    ):
        found |= PaperChanges.model_validate_json(changes).as_dict()
    return PaperChanges.model_validate(found)


def _check_title(db: sqlite3.Connection, made: Amendment) -> None:
    """Checks that an amendment of a table or another run is put on the paper that it was made on.

    Raises:
        InputError: It is another paper.
    """
    if not made.listed_title:
        return
    stored = db.execute(
        "SELECT coalesce(listed, entry), entry FROM item WHERE key = ?", (made.key,)
    ).fetchone()
    titles = [title for title in map(title_of, stored) if title]
    if titles and not any(same_title(made.listed_title, title) for title in titles):
        raise InputError(
            f"'{made.key}' is '{shown(titles[0])[:120]}' in the lists, not "
            f"'{shown(made.listed_title)[:120]}'; nothing is saved: fix the key"
        )


def _add(db: sqlite3.Connection, made: Amendment, act: int) -> None:
    item, entry, listed, sha256 = db.execute(
        "SELECT id, entry, coalesce(listed, entry), file_sha256 FROM item WHERE key = ?", (made.key,)
    ).fetchone()
    earlier = db.execute("SELECT paper FROM amendment WHERE item = ? LIMIT 1", (item,)).fetchone()
    db.execute(
        "INSERT INTO amendment (key, changes, by, note, at, act, paper, item, listed, entry, file_sha256)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            made.key, made.changes.model_dump_json(exclude_unset=True), made.by, made.note, made.at, act,
            earlier[0] if earlier else 0, item, listed, entry, sha256,
        ),
    )  # fmt: skip
    if earlier is None:
        db.execute("UPDATE amendment SET paper = id WHERE id = last_insert_rowid()")
    _apply(db, earlier[0] if earlier else db.execute("SELECT max(id) FROM amendment").fetchone()[0])


def _apply(db: sqlite3.Connection, paper: int) -> None:
    """Writes an entry again from its list's data and the amendments that count, and what is bound to it."""
    item, text = db.execute(
        "SELECT item, listed FROM amendment WHERE paper = ? ORDER BY id DESC LIMIT 1", (paper,)
    ).fetchone()
    listed = ListEntry.model_validate_json(text)
    entry = listed.model_copy(update={"paper": changes_of(db, paper).applied_to(listed.paper)})
    known = entry.paper
    if not (known.title or known.arxiv_id or known.doi or known.abstract or entry.file or entry.url):
        raise InputError(
            f"'{entry.key}' would have no title, id, abstract, address or PDF; its paper could not be "
            "found: give one of them"
        )
    new = as_json(entry)
    db.execute("UPDATE amendment SET entry = ? WHERE paper = ?", (new, paper))
    db.execute(
        "UPDATE item SET entry = ?, listed = ? WHERE id = ?", (new, None if entry == listed else text, item)
    )
    # Decisions on this entry are about the same paper as before, whatever it is called now.
    db.execute(
        "UPDATE correction SET entry = ? WHERE id = (SELECT correction FROM item WHERE id = ?)"
        " AND key = (SELECT key FROM item WHERE id = ?)",
        (new, item, item),
    )
    db.execute("UPDATE decision SET entry = ? WHERE item = ? AND entry IS NOT NULL", (new, item))


def _follow(db: sqlite3.Connection, keys: list[str]) -> None:
    """Parts what are no duplicates any more, and decides which corrections and decisions count."""
    rebind(db, [*keys, *split_duplicates(db, keys)])
    bind_decisions(db)


def _amendment(key: str, changes: str, by: str, note: str, at: str) -> Amendment:
    return Amendment(key=key, changes=PaperChanges.model_validate_json(changes), by=by, note=note, at=at)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
