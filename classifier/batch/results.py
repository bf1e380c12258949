"""A ledger -> what users keep: labels.jsonl, failed.jsonl, run.json.

What enters: the folder that `classifier label --out` made. What leaves: files that are whole or not there.
What
it does not do: other formats (`classifier.export`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from classifier.batch.ledger.rows import read_broken, read_rows, rows_with_originals
from classifier.files import replace_bytes, replace_text
from classifier.model.entries import BrokenEntry, ListEntry

LABELS_FILE, FAILED_FILE, RUN_FILE = "labels.jsonl", "failed.jsonl", "run.json"


def write_rows(folder: Path) -> dict[str, Any]:
    """Writes labels.jsonl (one Label a line, in list order) and failed.jsonl.

    `failed.jsonl` has one object a line: key, source, line, code, message, duplicate_of (the key of the entry
    that failed for this one too, or null); unusable entries come last.

    Returns:
        Why entries have no label: `reasons`, error code -> entries, the most frequent first, duplicates
        apart; `duplicates`, entries that failed with another one of the same paper; `only`, the line of
        failed.jsonl where there is just one.

    Raises:
        StoreError: The ledger cannot be read, or a file not be written.
    """
    tally = _Tally()
    replace_bytes(
        folder / LABELS_FILE, (row.label.model_dump_json().encode() + b"\n" for row in read_rows(folder))
    )
    replace_bytes(folder / FAILED_FILE, (tally.count(failure) for failure in _failures(folder)))
    return tally.as_dict()


def write_summary(folder: Path, summary: Mapping[str, Any]) -> None:
    """Writes run.json.

    Raises:
        StoreError: It cannot be written.
    """
    replace_text(folder / RUN_FILE, json.dumps(summary, indent=1, ensure_ascii=False) + "\n")


class _Tally:
    """Counts failures as they are written: memory does not grow with the list."""

    def __init__(self) -> None:
        self._reasons: Counter[str] = Counter()
        self._duplicates = 0
        self._first: dict[str, Any] | None = None

    def count(self, failure: dict[str, Any]) -> bytes:
        """The failure's line."""
        self._first = self._first or failure
        if failure["duplicate_of"] is None:
            self._reasons[failure["code"]] += 1
        else:
            self._duplicates += 1
        return json.dumps(failure, ensure_ascii=False).encode("utf-8", "replace") + b"\n"

    def as_dict(self) -> dict[str, Any]:
        """What was counted; see `write_rows`."""
        is_only = self._reasons.total() + self._duplicates == 1
        return {
            "reasons": dict(self._reasons.most_common()),
            "duplicates": self._duplicates,
            "only": self._first if is_only else None,
        }


def _failures(folder: Path) -> Iterator[dict[str, Any]]:
    for row, twin in rows_with_originals(folder):
        entry, error = row.entry, row.label.error
        if error is not None:
            yield _failure(entry, error.code, error.message, twin)
    for broken in read_broken(folder):
        yield _failure(broken, "broken-entry", broken.reason)


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
