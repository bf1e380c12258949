"""A ledger -> the output files labels.jsonl, failed.jsonl, amendments.jsonl and run.json.

What enters: the folder that `classifier label --out` made. What leaves: files that are complete or absent,
with corrections applied. What it does not do: other formats (`classifier.export`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from classifier.batch.ledger.access import ledger_path, reading
from classifier.batch.ledger.amendments import read_amendments
from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.rescue import amendment_line
from classifier.batch.ledger.rows import read_broken, read_corrections
from classifier.batch.papers import read_filed
from classifier.batch.summary import findings
from classifier.batch.tally import RunTally
from classifier.errors import StoreError
from classifier.export.filed import FAILED
from classifier.export.jsonl import json_line
from classifier.files import replace_bytes, replace_text, replacing
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.model.run_files import AMENDMENTS_FILE, FAILED_FILE, LABELS_FILE, RESULTS_LOCK_FILE, RUN_FILE

__all__ = [
    "AMENDMENTS_FILE",
    "FAILED_FILE",
    "LABELS_FILE",
    "RUN_FILE",
    "refresh",
    "write_rows",
    "write_summary",
    "writing_results",
]

_PATIENCE_S = 300.0
"""Seconds to wait for another process that writes results; a million labels take less."""


def write_rows(folder: Path) -> RunTally:
    """Writes labels.jsonl (one Label per line, in list order), failed.jsonl and amendments.jsonl.

    `failed.jsonl` has one object per line: key, source, line, code, message, duplicate_of (the key of an
    earlier entry of the same paper, or null); unusable entries come last. An entry that a person labelled is
    not listed as failed.

    Returns:
        Counts of the rows.

    Raises:
        StoreError: The ledger cannot be read, or a file not be written.
    """
    tally = RunTally()
    with replacing(folder / LABELS_FILE) as labels:
        replace_bytes(folder / FAILED_FILE, _write_labels(folder, tally, labels.write))
    for stored in read_corrections(folder):
        tally.add_correction(stored)
    _write_amendments(folder)
    return tally


def _write_amendments(folder: Path) -> None:
    """Writes a person's amendments that count, also of papers that are in no list now; no file for none."""
    kept = [stored.kept for stored in read_amendments(folder) if stored.kept.counts]
    path = folder / AMENDMENTS_FILE
    if kept or path.exists():
        replace_bytes(path, map(amendment_line, kept))


def write_summary(folder: Path, summary: Mapping[str, Any]) -> None:
    """Writes run.json.

    Raises:
        StoreError: It cannot be written.
    """
    replace_text(folder / RUN_FILE, json.dumps(summary, indent=1, ensure_ascii=False) + "\n")


@contextmanager
def writing_results(folder: Path) -> Iterator[None]:
    """Allows one process at a time.

    Each writes the ledger's current state, so the last one writes everything.

    Raises:
        StoreError: Another process takes too long.
    """
    try:
        with FileLock(folder / RESULTS_LOCK_FILE, timeout=_PATIENCE_S):
            yield
    except Timeout as error:
        raise StoreError(
            f"{folder}: another process has been writing {LABELS_FILE} for {_PATIENCE_S:g} s; all labels "
            "are in the ledger: rerun when it has finished"
        ) from error


def refresh(folder: Path) -> None:
    """Writes labels.jsonl, failed.jsonl and the counts of run.json again, after a correction.

    Raises:
        StoreError: The ledger cannot be read, or a file cannot be written.
    """
    with writing_results(folder):
        _refresh(folder)


def _refresh(folder: Path) -> None:
    tally = write_rows(folder)
    with reading(folder) as db:
        found = findings(Ledger(db, ledger_path(folder)), tally)
    try:
        before = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # missing if the run was killed; the next run writes it
        return
    if isinstance(before, dict):
        write_summary(folder, before | found)


def _write_labels(folder: Path, tally: RunTally, write: Any) -> Iterator[bytes]:
    """Writes the labels, counts them, and yields the lines of those that failed."""
    for filed, twin in read_filed(folder):
        tally.add(filed, twin)
        write(f"{json_line(filed)}\n".encode("utf-8", "replace"))
        error = filed.row.label.error
        if filed.label == FAILED and error is not None:
            again = twin or filed.row.duplicate_of
            yield _failed(tally, _failure(filed.row.entry, error.code, error.message, again))
    for broken in read_broken(folder):
        yield _failed(tally, _failure(broken, "broken-entry", broken.reason))


def _failed(tally: RunTally, failure: dict[str, Any]) -> bytes:
    tally.add_failure(failure)
    return json.dumps(failure, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _failure(
    entry: ListEntry | BrokenEntry, code: str, message: str, duplicate_of: str | None = None
) -> dict[str, Any]:
    return {
        "key": entry.key,
        "source": entry.source,
        "line": entry.line,
        "code": code,
        "message": message,
        "duplicate_of": duplicate_of,
    }
