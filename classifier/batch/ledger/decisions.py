"""Reviewers' decisions in a ledger: appended, undone by another row, and bound to papers (ADR 19).

What enters: decisions, and the rule that derives a paper's label from them. What leaves: decisions in order,
and the resulting correction, written in the same transaction. It may be used during a run.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from classifier.batch.ledger.access import COMPLETE, reading, writing
from classifier.batch.ledger.corrections import GROUP, check_key, keep_correction, labels_of, rebind
from classifier.errors import InputError
from classifier.model.decision import ReviewDecision
from classifier.model.entries import Correction

Rule = Callable[[Any, Sequence[ReviewDecision]], Correction | None]
"""(The stored plan, a paper's decisions that are not undone) -> its correction, or None."""

PLAN = "review"
"""The name under which the ledger stores the review's plan."""

_COLUMNS = "id, kind, key, label, scope_reason, by, note, at, seen, machine, asked, act"
_LIVE = "kind <> 'undo' AND id NOT IN (SELECT undoes FROM decision WHERE undoes IS NOT NULL)"
_CORRECTION_VALUES = "key, label, by, note, at, entry, found, file_sha256"


class KeptDecision(NamedTuple):
    """A decision, and its entry in the current lists; None if its paper is not listed.

    Attributes:
        undone_at: Number of the row that undid it; None if it counts.
    """

    decision: ReviewDecision
    entry: str | None
    undone_at: int | None

    @property
    def undone(self) -> bool:
        """Whether it was taken back."""
        return self.undone_at is not None


def read_decisions(folder: Path) -> list[KeptDecision]:
    """All decisions in the order in which they were made, including undone ones.

    Raises:
        ConfigError: There is no ledger.
        StoreError: It cannot be read.
    """
    with reading(folder) as db:
        rows = db.execute(
            f"SELECT {_COLUMNS}, (SELECT item.key FROM item WHERE item.id = decision.item"  # noqa: S608
            f" AND listing >= {COMPLETE}), (SELECT min(later.id) FROM decision AS later"
            " WHERE later.undoes = decision.id) FROM decision WHERE kind <> 'undo' ORDER BY id"
        ).fetchall()
    return [KeptDecision(_decision(row[:-2]), row[-2], row[-1]) for row in rows]


def read_kept(folder: Path, token: str) -> list[ReviewDecision]:
    """The decisions that were saved with a token; none if there are none.

    Raises:
        ConfigError, StoreError: As `read_decisions`.
    """
    with reading(folder) as db:
        return _of_token(db, token)


def read_plan(folder: Path) -> Any:
    """The stored plan of the review; None if there is none.

    Raises:
        ConfigError, StoreError: As `read_decisions`.
    """
    with reading(folder) as db:
        return _plan(db)


def keep_plan(folder: Path, plan: Any) -> None:
    """Stores the review's plan, a JSON value.

    Raises:
        ConfigError: There is no ledger.
        StoreError: It cannot be written.
    """
    with writing(folder) as db:
        db.execute("INSERT OR REPLACE INTO run VALUES (?, ?)", (PLAN, json.dumps(plan)))


def append_decisions(
    folder: Path, wanted: Sequence[ReviewDecision], rule: Rule, token: str = ""
) -> list[ReviewDecision]:
    """Saves decisions as one act, all or none, and the resulting corrections; synced when it returns.

    Args:
        wanted: The decisions; `id`, `at` and `act` are set here.
        token: If decisions with this token are already stored, they are returned and nothing is saved, so
            that a request that is repeated because its answer was lost counts once.

    Raises:
        ConfigError: There is no ledger.
        InputError: No such entry, or a label outside the closed set; nothing is saved.
        StoreError: The ledger cannot be written.
    """
    with writing(folder) as db:
        if token and (before := _of_token(db, token)):
            return before
        labels, plan = labels_of(db), _plan(db)
        made: list[ReviewDecision] = []
        for one in wanted:
            check_key(db, one.key)
            if one.label is not None and labels and one.label not in labels:
                raise InputError(f"label '{one.label}' is not known; expected one of {', '.join(labels)}")
            at = datetime.now(UTC).isoformat(timespec="microseconds")
            act = made[0].act if made else _next(db)
            made.append(_append(db, one.model_copy(update={"at": at, "act": act}), plan, rule, token))
        rebind(db, [one.key for one in made])
    return made


def undo_last(
    folder: Path, by: str, rule: Rule, act: int | None = None, key: str | None = None
) -> list[ReviewDecision]:
    """Undoes a person's last act that is not undone yet; returns its decisions, empty if there was none.

    Each label then results from the remaining decisions, or is the correction before them. A later correction
    by somebody else is kept.

    Args:
        act: Undo only this act, if it is the person's and not undone yet.
        key: Undo only the act's decision on this entry.

    Raises:
        ConfigError: There is no ledger.
        StoreError: The ledger cannot be written; nothing was changed.
    """
    with writing(folder) as db:
        rows = db.execute(
            f"SELECT {_COLUMNS} FROM decision WHERE {_LIVE} AND by = :by AND act = coalesce(:act,"  # noqa: S608
            f" (SELECT max(act) FROM decision WHERE {_LIVE} AND by = :by))"
            " AND (:key IS NULL OR item = (SELECT item.id FROM item WHERE item.key = :key)) ORDER BY id DESC",
            {"by": by, "act": act, "key": key},
        ).fetchall()
        plan, undone = _plan(db), [_decision(row) for row in rows]
        for one in undone:
            _undo(db, one, plan, rule)
    return undone[::-1]


def _append(db: sqlite3.Connection, one: ReviewDecision, plan: Any, rule: Rule, token: str) -> ReviewDecision:
    live = _live(db, one.key)
    values = one.model_dump(exclude={"id"})
    number = db.execute(
        f"INSERT INTO decision ({', '.join(values)}, token, item, entry, found, file_sha256)"  # noqa: S608
        f" SELECT {', '.join('?' * len(values))}, ?, id, entry, paper_of(label), file_sha256 FROM item"
        " WHERE key = ?",
        (*values.values(), token or None, one.key),
    ).lastrowid
    kept = one.model_copy(update={"id": number})
    before, after = rule(plan, live), rule(plan, [*live, kept])
    if before == after:
        return kept
    displaced = _current(db, one.key)
    if displaced is not None and not _is_from(displaced, before):
        db.execute("UPDATE decision SET displaced = ? WHERE id = ?", (json.dumps(displaced), number))
    if after is not None:
        keep_correction(db, after.model_copy(update={"key": one.key}))
        rebind(db, [one.key])
    else:
        _put_back(db, one.key, before, None, None)
    return kept


def _undo(db: sqlite3.Connection, one: ReviewDecision, plan: Any, rule: Rule) -> None:
    key, displaced = db.execute(
        f"SELECT (SELECT item.key FROM item WHERE item.id = decision.item AND listing >= {COMPLETE}),"  # noqa: S608
        " displaced FROM decision WHERE id = ?",
        (one.id,),
    ).fetchone()
    live = _live(db, key) if key is not None else []
    db.execute(
        "INSERT INTO decision (kind, key, by, note, at, seen, machine, asked, act, undoes)"
        " VALUES ('undo', ?, ?, '', ?, ?, '', '', ?, ?)",
        (
            key or one.key,
            one.by,
            datetime.now(UTC).isoformat(timespec="microseconds"),
            one.seen,
            _next(db),
            one.id,
        ),
    )
    if key is None:  # its paper is not listed now; its label must not apply when the paper is listed again
        _put_back_aside(db, one, displaced)
        return
    before, after = rule(plan, live), rule(plan, [other for other in live if other.id != one.id])
    if before != after:
        _put_back(db, key, before, after, displaced)


def _put_back_aside(db: sqlite3.Connection, one: ReviewDecision, displaced: str | None) -> None:
    """Replaces the correction of a decision whose paper is not listed; its time identifies it."""
    if displaced is None:
        db.execute("DELETE FROM correction WHERE at = ? AND label = ?", (one.at, one.label))
        return
    db.execute(
        f"UPDATE correction SET ({_CORRECTION_VALUES}) = (?, ?, ?, ?, ?, ?, ?, ?) WHERE at = ? AND label = ?",  # noqa: S608
        (*json.loads(displaced)[1:], one.at, one.label),
    )


def _put_back(
    db: sqlite3.Connection, key: str, before: Correction | None, after: Correction | None, own: str | None
) -> None:
    """Replaces the correction that decisions gave before, if it is still there.

    Args:
        before, after: What the decisions gave, and give now.
        own: The correction of another origin that was replaced by the decision being undone.
    """
    current, first = _current(db, key), _displaced(db, key)
    is_first = current is not None and first is not None and list(current[2:6]) == json.loads(first)[2:6]
    if not (_is_from(current, before) if before else current is None or is_first):
        return  # somebody has corrected it in the meantime
    older = own or (None if after else first)
    if older is not None:
        _, *values = json.loads(older)
        db.execute(
            f"INSERT OR REPLACE INTO correction (id, {_CORRECTION_VALUES})"  # noqa: S608
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (current[0] if current else None, *values),
        )
    elif after is not None:
        keep_correction(db, after.model_copy(update={"key": key}))
    elif current is not None:
        db.execute("DELETE FROM correction WHERE id = ?", (current[0],))
    rebind(db, [key])


def _current(db: sqlite3.Connection, key: str) -> tuple[Any, ...] | None:
    """The correction that applies to an entry."""
    found: tuple[Any, ...] | None = db.execute(
        f"SELECT id, {_CORRECTION_VALUES} FROM correction"  # noqa: S608
        " WHERE id = (SELECT correction FROM item WHERE key = ?)",
        (key,),
    ).fetchone()
    return found


def _is_from(row: tuple[Any, ...] | None, made: Correction | None) -> bool:
    """Whether a stored correction is the one that resulted from decisions."""
    return row is not None and made is not None and row[2:6] == (made.label, made.by, made.note, made.at)


def _displaced(db: sqlite3.Connection, key: str) -> str | None:
    """The last correction of another origin that decisions on a paper replaced."""
    found = db.execute(
        f"SELECT displaced FROM decision WHERE displaced IS NOT NULL AND item IN ({GROUP})"  # noqa: S608
        " ORDER BY id DESC LIMIT 1",
        (key,),
    ).fetchone()
    return found[0] if found else None


def _live(db: sqlite3.Connection, key: str) -> list[ReviewDecision]:
    """The decisions on an entry's paper that are not undone."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM decision WHERE {_LIVE} AND item IN ({GROUP}) ORDER BY id",  # noqa: S608
        (key,),
    )
    return [_decision(row) for row in rows]


def _of_token(db: sqlite3.Connection, token: str) -> list[ReviewDecision]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM decision WHERE token = ? ORDER BY id", (token,))  # noqa: S608
    return [_decision(row) for row in rows]


def _next(db: sqlite3.Connection) -> int:
    number: int = db.execute("SELECT coalesce(max(id), 0) + 1 FROM decision").fetchone()[0]
    return number


def _plan(db: sqlite3.Connection) -> Any:
    found = db.execute("SELECT value FROM run WHERE name = ?", (PLAN,)).fetchone()
    return json.loads(found[0]) if found else None


def _decision(row: Sequence[Any]) -> ReviewDecision:
    return ReviewDecision(**dict(zip(_COLUMNS.split(", "), row, strict=True)))
