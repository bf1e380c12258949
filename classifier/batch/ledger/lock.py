"""Opens the ledger of a folder, for one process at a time and with one set of settings.

The operating system releases the lock when the process ends, also after a kill. A ledger that was made with
other settings is rejected with a message; labels are never mixed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from classifier.batch.ledger.damage import store_error
from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.schema import connect
from classifier.errors import ConfigError, StoreError
from classifier.model.run_files import AMENDMENTS_FILE, LABELS_FILE, LEDGER_FILE, LOCK_FILE
from classifier.runs.fingerprint import differences

FINGERPRINT = "fingerprint"
"""The name under which the ledger stores its fingerprint."""

_LABELS = "labels"


@contextmanager
def open_ledger(
    folder: Path,
    fingerprint: Mapping[str, Any],
    labels: Sequence[str] = (),
    *,
    relabel: bool = False,
) -> Iterator[Ledger]:
    """Opens a folder's ledger for this process alone; creates both if they are missing.

    Args:
        folder: The `--out` folder.
        fingerprint: Everything that decides the labels, by name; JSON values.
        labels: The closed set of labels; corrections are checked against it.
        relabel: If the fingerprint has changed, label everything again; replies to unchanged requests are
        reused without cost.

    Raises:
        ConfigError: Another process uses the folder, or the fingerprint has changed.
        StoreError: It cannot be read or written.
    """
    lock = FileLock(folder / LOCK_FILE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ConfigError(
            f"{folder}: another process is labelling there; wait for it, or choose another --out"
        ) from error
    except (FileExistsError, NotADirectoryError) as error:
        raise ConfigError(f"{folder}: is a file; expected a folder for --out") from error
    except OSError as error:
        raise StoreError(
            f"{folder}: {error.strerror or error}; choose another --out, or free some disk space"
        ) from error
    try:
        path = folder / LEDGER_FILE
        _refuse_foreign(folder, path)
        connection = connect(path)
        try:
            ledger = Ledger(connection, path)
            with ledger.transaction():
                _take_up(ledger, fingerprint, relabel)
                ledger.keep(_LABELS, list(labels))
            yield ledger
        except sqlite3.Error as error:  # of a method that only reads
            raise store_error(path, error, "the ledger cannot be read", "try again") from error
        finally:
            connection.close()
    finally:
        lock.release()


def _refuse_foreign(folder: Path, path: Path) -> None:
    """Checks before a run replaces files of the same names.

    Raises:
        ConfigError: The folder contains labels or amendments but no ledger, as a folder `gold` does.
    """
    for file in (folder / LABELS_FILE, folder / AMENDMENTS_FILE):
        if not path.exists() and file.exists() and file.stat().st_size:
            raise ConfigError(
                f"{file} exists, but its ledger is missing; the run would replace it: move it away, or "
                "choose another --out"
            )


def _take_up(ledger: Ledger, fingerprint: Mapping[str, Any], relabel: bool) -> None:
    before = ledger.value(FINGERPRINT)
    changed = differences(before, fingerprint) if before is not None else ()
    if changed and not relabel and ledger.has_results():
        raise other_settings(ledger.path, changed)
    if changed:
        ledger.relabel_all()
    ledger.keep(FINGERPRINT, fingerprint)


def other_settings(path: Path, changed: Sequence[str]) -> ConfigError:
    """The error for a ledger that was made with other settings."""
    return ConfigError(
        f"{path}: was made with other settings ({', '.join(changed)}); choose another --out, restore the "
        "settings, or add --relabel to label everything again"
    )
