"""A person's corrections in a ledger: set and removed, one at a time or in bulk.

Corrections whose paper is not in the current lists are included. What enters: a folder and decisions on
entries. What leaves: corrections that are bound to papers (`binding`). It may be used during a run.
"""

from __future__ import annotations

import difflib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from classifier.batch.ledger.access import COMPLETE, reading, writing
from classifier.batch.ledger.binding import bind_corrections
from classifier.batch.ledger.material import traits_of_stored
from classifier.batch.ledger.wished import Problem, Wish, Wished, conflicts, known_label
from classifier.errors import InputError
from classifier.model.entries import Correction, ListEntry
from classifier.model.identity import same_title
from classifier.model.traits import same_work

PARKED = "\x1f"
"""Prefix of the key of an entry that lost its key to another paper and is in no list now."""

_KEYS_LOOKED_AT = 20_000
"""Most keys of similar length that are compared with a mistyped one; this takes well under a second."""
GROUP = """
    SELECT other.id FROM item AS this, item AS other WHERE this.key = ? AND (
        other.id = this.id OR other.key = this.twin OR other.twin = this.key OR other.twin = this.twin
        OR other.material = this.material
    )
"""
"""SQL: the rows of an entry's paper: itself and its duplicates."""

_REPLACED = f"""
    SELECT correction.id FROM item JOIN correction
        ON correction.id = item.correction OR (correction.key = item.key AND correction.entry = item.entry)
    WHERE item.key = :key AND (correction.key = :key OR NOT EXISTS (
        SELECT 1 FROM item AS other
        WHERE other.key = correction.key AND other.correction = correction.id AND other.listing >= {COMPLETE}
    ))
"""  # noqa: S608 - no value of a user's is part of it
"""The entry's own correction; or one of the same paper that is not another listed entry's own."""


class StoredCorrection(NamedTuple):
    """A correction, and the data of its paper.

    Attributes:
        entry: The paper's entry, when it was last seen; None in a damaged or very old ledger.
        was: The engine's label (Label as JSON) of the entry that it applies to.
        aside: Why it applies to no entry now; empty if it applies; None if that is unknown.
    """

    correction: Correction
    entry: ListEntry | None = None
    was: str | None = None
    aside: str | None = ""


def set_correction(folder: Path, correction: Correction) -> Correction:
    """Saves a person's decision on one entry's paper; replaces an earlier one.

    Args:
        correction: If `at` is missing, the current time is used. If name or note is missing and the label is
            that of the earlier correction, they stay; another label is another decision, maybe by another
            person.

    Returns:
        The saved correction.

    Raises:
        ConfigError: There is no ledger.
        InputError: No such entry, or a label outside the closed set.
        StoreError: The ledger cannot be written.
    """
    with writing(folder) as db:
        labels = labels_of(db)
        made = _dated(_labelled(correction, labels))
        for reason in _problems(db, Wish(made), labels):
            is_label = reason.startswith("label ")
            raise InputError(f"{reason}; expected one of {', '.join(labels)}" if is_label else reason)
        made = _completed(db, made)
        keep_correction(db, made)
        rebind(db, [made.key])
    return made


def set_corrections(folder: Path, wished: Wished, source: str) -> list[Correction]:
    """Saves several decisions, or none if there is a problem with one; see `set_correction`.

    Args:
        source: The table's name.

    Returns:
        Those that were saved: all, but of an export of all labels only those that change a label.

    Raises:
        InputError: Lines cannot be used: each is named with its reason.
    """
    with writing(folder) as db:
        labels, problems = labels_of(db), list(wished.problems)
        wishes = [wish._replace(correction=_labelled(wish.correction, labels)) for wish in wished.wishes]
        wishes = [wish for wish in wishes if not (wish.may_be_machines and _is_there(db, wish.correction))]
        for wish in wishes:
            problems += [Problem(wish.line, reason) for reason in _problems(db, wish, labels)]
        problems += conflicts(wishes, _papers(db, [wish.correction.key for wish in wishes]))
        if problems:
            listed = "; ".join(f"line {line}: {reason}" for line, reason in sorted(problems))
            known = any(reason.startswith("label ") for _, reason in problems)
            labels_told = f"; labels are {', '.join(labels)}" if known else ""
            raise InputError(f"{source}: {listed}{labels_told}; nothing is saved: fix the table, then rerun")
        made = []
        for wish in wishes:
            made.append(_completed(db, _dated(wish.correction)))
            keep_correction(db, made[-1])
        rebind(db, [one.key for one in made])
    return made


def _labelled(made: Correction, labels: Sequence[str]) -> Correction:
    """The correction with the label of the closed set that is meant; unchanged if none is."""
    label = known_label(made.label, labels)
    return made.model_copy(update={"label": label}) if label and label != made.label else made


def _is_there(db: sqlite3.Connection, made: Correction) -> bool:
    """Whether the entry has this label already, by the engine or by a person."""
    found = db.execute(
        "SELECT item.label, first.label, correction.label FROM item"
        " LEFT JOIN item AS first ON first.key = item.twin"
        " LEFT JOIN correction ON correction.id = item.correction WHERE item.key = ?",
        (made.key,),
    ).fetchone()
    return found is not None and made.label == (found[2] or label_of(found[0] or found[1]))


def label_of(stored: str | None) -> str:
    """The label in a stored Label: a leaf, "out-of-scope", "unplaced" or "failed"; empty without one."""
    if not stored:
        return ""
    try:
        found = json.loads(stored)
    except ValueError:
        return ""
    status = {"out_of_scope": "out-of-scope", "unplaced": "unplaced"}.get(found.get("status"), "failed")
    return str(found.get("leaf") or status)


def _papers(db: sqlite3.Connection, keys: Sequence[str]) -> dict[str, int]:
    """By each key, the first row of its paper."""
    groups = {key: [number for (number,) in db.execute(GROUP, (key,))] for key in keys}
    return {key: min(numbers) for key, numbers in groups.items() if numbers}


def _dated(made: Correction) -> Correction:
    return (
        made if made.at else made.model_copy(update={"at": datetime.now(UTC).isoformat(timespec="seconds")})
    )


def labels_of(db: sqlite3.Connection) -> list[str]:
    """The labels of the run's taxonomy; empty in a ledger of an older version."""
    found = db.execute("SELECT value FROM run WHERE name = 'labels'").fetchone()
    return list(json.loads(found[0])) if found else []


def remove_correction(folder: Path, key: str) -> bool:
    """Removes a person's decision on an entry's paper; returns whether there was one.

    Raises:
        ConfigError, InputError, StoreError: As `set_correction`.
    """
    with writing(folder) as db:
        check_key(db, key)
        group = [number for (number,) in db.execute(GROUP, (key,))]
        removed = db.execute(
            "DELETE FROM correction WHERE id = (SELECT correction FROM item WHERE key = ?)", (key,)
        ).rowcount
        bind_corrections(db, group)
        return removed > 0


def read_corrections(folder: Path) -> Iterator[StoredCorrection]:
    """All corrections, in the order in which they were made; including those that apply to no entry.

    Raises:
        ConfigError: There is no ledger.
        StoreError: It cannot be read.
    """
    with reading(folder) as db:
        rows = db.execute(
            "SELECT id, key, label, by, note, at, coalesce(entry, (SELECT entry FROM item"
            " WHERE item.key = correction.key)), found, file_sha256 FROM correction ORDER BY at, id"
        ).fetchall()
        for number, key, label, by, note, at, entry, found, file_sha256 in rows:
            bound = db.execute(
                "SELECT label FROM item WHERE correction = ?"  # noqa: S608
                f" AND listing >= {COMPLETE} ORDER BY key <> ?, place LIMIT 1",
                (number, key),
            ).fetchone()
            yield StoredCorrection(
                Correction(key=key, label=label, by=by, note=note, at=at),
                ListEntry.model_validate_json(entry) if entry else None,
                bound[0] if bound else None,
                "" if bound else _reason(db, key, entry, found, file_sha256),
            )


def _reason(
    db: sqlite3.Connection, key: str, entry: str | None, found: str | None, file_sha256: str | None
) -> str:
    """Why a correction applies to no entry."""
    now = db.execute(
        f"SELECT entry, paper_of(label), file_sha256 FROM item WHERE key = ? AND listing >= {COMPLETE}",  # noqa: S608
        (key,),
    ).fetchone()
    if now is None:
        return "its paper is not in the lists"
    mine, theirs = traits_of_stored(entry, found, file_sha256), traits_of_stored(*now)
    if same_work(mine, theirs, same_key=True):
        return "another correction of the same paper counts"
    return (
        f"its key now names another paper: {_name(theirs.title or ListEntry.model_validate_json(now[0]).key)}"
    )


def _name(title: str) -> str:
    return f"'{' '.join(title.split())[:120]}'"


def _problems(db: sqlite3.Connection, wish: Wish, labels: Sequence[str]) -> Iterator[str]:
    made = wish.correction
    try:
        check_key(db, made.key)
    except InputError as error:
        yield error.message
    else:
        (stored,) = db.execute("SELECT entry FROM item WHERE key = ?", (made.key,)).fetchone()
        title = ListEntry.model_validate_json(stored).paper.title
        if wish.title and title and not same_title(wish.title, title):
            yield f"'{made.key}' is {_name(title)} in the lists, not {_name(wish.title)}"
    if labels and made.label not in labels:
        yield f"label '{made.label}' is not known"


def keep_correction(db: sqlite3.Connection, made: Correction) -> None:
    """Writes a correction with the entry that it is made on."""
    replaced = db.execute(_REPLACED, {"key": made.key}).fetchone()
    db.execute(
        "INSERT OR REPLACE INTO correction SELECT ?, key, ?, ?, ?, ?, entry, paper_of(label), file_sha256"
        " FROM item WHERE key = ?",
        (replaced[0] if replaced else None, made.label, made.by, made.note, made.at, made.key),
    )
    if replaced is None:  # a second one of the same batch finds it
        db.execute("UPDATE item SET correction = last_insert_rowid() WHERE key = ?", (made.key,))


def _completed(db: sqlite3.Connection, made: Correction) -> Correction:
    """The correction with the name and the note of an earlier one with the same label, if it has none."""
    earlier = db.execute(
        f"SELECT by, note FROM correction WHERE id IN ({_REPLACED}) AND label = :label",  # noqa: S608
        {"key": made.key, "label": made.label},
    ).fetchone()
    if earlier is None:
        return made
    return made.model_copy(update={"by": made.by or earlier[0], "note": made.note or earlier[1]})


def rebind(db: sqlite3.Connection, keys: Iterable[str]) -> None:
    """Decides which corrections apply to the entries of these keys' papers."""
    group = {number for key in keys for (number,) in db.execute(GROUP, (key,))}
    bind_corrections(db, sorted(group))


def check_key(db: sqlite3.Connection, key: str) -> None:
    """Checks that there is an entry of this key.

    Raises:
        InputError: There is none; the message names the nearest key.
    """
    if not key.startswith(PARKED) and db.execute("SELECT 1 FROM item WHERE key = ?", (key,)).fetchone():
        return
    # A typo hardly changes the length; the limit keeps long lists fast.
    keys = db.execute(
        "SELECT key FROM item WHERE abs(length(key) - ?) <= 2 AND key NOT LIKE ? LIMIT ?",
        (len(key), f"{PARKED}%", _KEYS_LOOKED_AT),
    )
    near = difflib.get_close_matches(key, (found for (found,) in keys), n=1)
    hint = f"did you mean '{near[0]}'? The" if near else "the"
    raise InputError(f"no entry '{key}' in the ledger; {hint} keys are the 'ref' values in labels.jsonl")
