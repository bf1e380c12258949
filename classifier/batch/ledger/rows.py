"""An open or a finished ledger -> its rows, and a person's corrections into it.

What enters: the folder that `classifier label --out` made. What leaves: rows in list order, read one by one
(memory does not grow with the list). It may be used while a run is under way.
"""

from __future__ import annotations

import difflib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from classifier.batch.ledger.schema import LEDGER_FILE, connect
from classifier.errors import ConfigError, InputError, StoreError
from classifier.model.entries import BrokenEntry, Correction, ListEntry, Row
from classifier.model.label import Label
from classifier.model.record import Notice

DUPLICATE = "duplicate-entry"
"""Code of the warning in a label that was made for another entry of the same paper."""

_KEYS_LOOKED_AT = 20_000
"""Keys of like length that are compared with a mistyped one: it bounds the time to well under a second."""

_ROWS = """
    SELECT item.entry, coalesce(item.label, twin.label), item.twin,
           correction.label, correction.by, correction.note, correction.at
    FROM item
    LEFT JOIN item AS twin ON item.state = 'twin' AND twin.key = item.twin
    LEFT JOIN correction ON correction.key =
        CASE WHEN item.key IN (SELECT key FROM correction) THEN item.key ELSE item.twin END
    WHERE item.listing = (SELECT CAST(value AS INTEGER) FROM run WHERE name = 'listing')
      AND coalesce(item.label, twin.label) IS NOT NULL
    ORDER BY item.place
"""


def read_rows(folder: Path) -> Iterator[Row]:
    """The labelled entries of the present list, in list order; failed ones are among them.

    A duplicate has its twin's label under its own key, with a `duplicate-entry` warning, and its twin's
    correction where it has none of its own. Entries that still wait are left out.

    Raises:
        ConfigError: There is no ledger.
        StoreError: It cannot be read.
    """
    return (row for row, _ in rows_with_originals(folder))


def rows_with_originals(folder: Path) -> Iterator[tuple[Row, str | None]]:
    """Each row, and the key of its twin where it is a duplicate."""
    with _reading(folder) as connection:
        for entry, label, twin, *correction in connection.execute(_ROWS):
            read = ListEntry.model_validate_json(entry)
            row = Row(
                entry=read,
                label=_own_label(Label.model_validate_json(label), read.key, twin),
                correction=_correction(read.key, correction),
            )
            yield row, twin


def read_broken(folder: Path) -> Iterator[BrokenEntry]:
    """The entries of the present list that could not be used, in list order.

    Raises:
        StoreError: As `read_rows`.
    """
    with _reading(folder) as connection:
        for source, line, reason, key in connection.execute(
            "SELECT source, line, reason, key FROM broken ORDER BY rowid"
        ):
            yield BrokenEntry(source=source, line=line, reason=reason, key=key)


def set_correction(folder: Path, correction: Correction) -> Correction:
    """Keeps a person's decision on one entry; an earlier one is replaced.

    Args:
        correction: Without `at`, the present moment is taken.

    Returns:
        What was kept.

    Raises:
        ConfigError: There is no ledger.
        InputError: No such entry, or a label outside the closed set.
        StoreError: The ledger cannot be written.
    """
    kept = (
        correction
        if correction.at
        else correction.model_copy(update={"at": datetime.now(UTC).isoformat(timespec="seconds")})
    )
    with _writing(folder) as connection:
        _check_key(connection, kept.key)
        found = connection.execute("SELECT value FROM run WHERE name = 'labels'").fetchone()
        labels = json.loads(found[0]) if found else []
        if labels and kept.label not in labels:
            raise InputError(f"label '{kept.label}' is not known; expected one of {', '.join(labels)}")
        connection.execute(
            "INSERT OR REPLACE INTO correction VALUES (?, ?, ?, ?, ?)",
            (kept.key, kept.label, kept.by, kept.note, kept.at),
        )
    return kept


def remove_correction(folder: Path, key: str) -> bool:
    """Takes a person's decision back; says whether there was one.

    Raises:
        ConfigError, InputError, StoreError: As `set_correction`.
    """
    with _writing(folder) as connection:
        _check_key(connection, key)
        return connection.execute("DELETE FROM correction WHERE key = ?", (key,)).rowcount > 0


def _own_label(label: Label, key: str, twin: str | None) -> Label:
    """A twin's label under the entry's own key."""
    if label.ref == key or twin is None:
        return label
    note = Notice(code=DUPLICATE, message=f"the same paper as '{twin}', whose label this is")
    return label.model_copy(update={"ref": key, "warnings": (*label.warnings, note)})


def _correction(key: str, values: list[str | None]) -> Correction | None:
    label, by, note, at = values
    return (
        None if label is None else Correction(key=key, label=label, by=by or "", note=note or "", at=at or "")
    )


def _check_key(connection: sqlite3.Connection, key: str) -> None:
    if connection.execute("SELECT 1 FROM item WHERE key = ?", (key,)).fetchone() is not None:
        return
    # A slip leaves the length about as it was; the bound keeps long lists quick.
    keys = connection.execute(
        "SELECT key FROM item WHERE abs(length(key) - ?) <= 2 LIMIT ?", (len(key), _KEYS_LOOKED_AT)
    )
    near = difflib.get_close_matches(key, (found for (found,) in keys), n=1)
    hint = f"did you mean '{near[0]}'? The" if near else "the"
    raise InputError(f"no entry '{key}' in the ledger; {hint} keys stand in labels.jsonl as 'ref'")


@contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    path = _ledger_path(folder)
    connection = connect(path, read_only=True)
    try:
        yield connection
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be read ({error})") from error
    finally:
        connection.close()


@contextmanager
def _writing(folder: Path) -> Iterator[sqlite3.Connection]:
    path = _ledger_path(folder)
    connection = connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise StoreError(f"{path}: the correction cannot be kept ({error}); try again") from error
    finally:
        connection.close()  # rolls back what was not committed


def _ledger_path(folder: Path) -> Path:
    path = folder / LEDGER_FILE
    if not path.is_file():
        raise ConfigError(f"{folder}: no ledger there; expected the --out folder of `classifier label`")
    return path
