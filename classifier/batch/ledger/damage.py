"""An error of SQLite -> advice: free disk space, or save what can be read of a damaged ledger.

What enters: the ledger's path and the error. What leaves: a StoreError in one line. It reads the file only if
it is damaged, and writes nothing.
"""

from __future__ import annotations

import json
import shlex
import sqlite3
from pathlib import Path

from classifier.batch.ledger.rescue import readable_amendments, readable_corrections
from classifier.errors import StoreError
from classifier.model.run_files import LABELS_FILE
from classifier.text.counting import count_of, plural

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_NOT_ALLOWED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)
_NOT_OURS = ("no such table", "no such column", "Could not decode to UTF-8", "user-defined function raised")
"""Starts of messages about missing tables or invalid text, which have only general error codes."""


def store_error(path: Path, error: sqlite3.Error | ValueError, what: str, advice: str) -> StoreError:
    """A StoreError for an error.

    Args:
        path: The ledger's path.
        error: An error of SQLite, or of a stored record that cannot be parsed.
        what: The failure, e.g. "the ledger cannot be opened".
        advice: What to do if the ledger is not damaged.
    """
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_ALLOWED:
        kind = "it is a folder" if path.is_dir() else f"{error}: it or its folder cannot be read or written"
        return StoreError(f"{path}: {what} ({kind}); change that, or choose another --out")
    if not is_damage(error):
        return StoreError(f"{path}: {what} ({error}); {advice}")
    reason = str(error) if isinstance(error, sqlite3.Error) else "a record in it is not what was stored"
    return damaged(path, f"{what}: it is damaged ({' '.join(reason.split())[:120]})")


def is_damage(error: sqlite3.Error | ValueError) -> bool:
    """Whether the file's content is damaged (not the disk, a lock or a permission)."""
    if isinstance(error, ValueError) or str(error).startswith(_NOT_OURS):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DAMAGED


def damaged(path: Path, what: str) -> StoreError:
    """The error for a damaged ledger: what can be saved, how, and how to continue after that."""
    folder = shlex.quote(str(path.parent))
    saved = []
    for count, kind, command in (  # a title that was amended is in the table of corrections
        (len(readable_amendments(path)), "amendment", "amend"),
        (len(readable_corrections(path)), "correction", "correct"),
    ):
        if count:
            saved.append(
                f"{count_of(count, kind)} {plural(count, 'is', 'are')} readable: save with "
                "`classifier export "
                f"{folder} -f {kind}s-csv --out {kind}s.csv`, put into another run with `classifier "
                f"{command} DIR --from {kind}s.csv`"
            )
    if labels := _lines_with_labels(path.with_name(LABELS_FILE)):
        saved.append(f"{LABELS_FILE} has {count_of(labels, 'label')} of the last run")
    return StoreError(
        f"{path}: {what}; {'; '.join(saved) or 'nothing of it can be read'}; copy the folder first, then "
        f"restore {path.name} from a backup, try `sqlite3 {path.name} .recover | sqlite3 new.sqlite`, or "
        "label again with another --out"
    )


def _lines_with_labels(path: Path) -> int:
    """Lines that can be read as objects."""
    count = 0
    try:
        with path.open("rb") as lines:
            for line in lines:
                try:
                    count += isinstance(json.loads(line), dict)
                except ValueError:
                    continue
    except OSError:  # missing if the run was killed
        pass
    return count
