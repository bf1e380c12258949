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

from classifier.batch.ledger.rows import read_broken, read_rows, rows_with_twins
from classifier.files import replace_bytes, replace_text
from classifier.model.entries import BrokenEntry, ListEntry

LABELS_FILE, FAILED_FILE, RUN_FILE = "labels.jsonl", "failed.jsonl", "run.json"


def write_results(folder: Path, summary: Mapping[str, Any]) -> None:
    """Writes labels.jsonl (one Label a line, in list order), failed.jsonl and run.json.

    `failed.jsonl` has one object a line: key, source, line, code, message, duplicate_of (the key of the entry
    that failed for this one too, or null); unusable entries come last.

    Raises:
        StoreError: The ledger cannot be read, or a file not be written.
    """
    replace_bytes(
        folder / LABELS_FILE, (row.label.model_dump_json().encode() + b"\n" for row in read_rows(folder))
    )
    replace_bytes(folder / FAILED_FILE, _failures(folder))
    replace_text(folder / RUN_FILE, json.dumps(summary, indent=1, ensure_ascii=False) + "\n")


def not_labelled(folder: Path) -> dict[str, Any]:
    """Why entries have no label.

    Returns:
        `reasons`: error code -> entries, the most frequent first, duplicates apart; `duplicates`: entries
        that failed with another one of the same paper; `only`: the one entry's line of failed.jsonl where
        there is just one.
    """
    rows = [json.loads(line) for line in _failures(folder)]
    counted = Counter(row["code"] for row in rows if row["duplicate_of"] is None)
    return {
        "reasons": dict(counted.most_common()),
        "duplicates": len(rows) - counted.total(),
        "only": rows[0] if len(rows) == 1 else None,
    }


def _failures(folder: Path) -> Iterator[bytes]:
    for row, twin in rows_with_twins(folder):
        entry, error = row.entry, row.label.error
        if error is not None:
            yield _line(entry, error.code, error.message, twin)
    for broken in read_broken(folder):
        yield _line(broken, "broken-entry", broken.reason)


def _line(entry: ListEntry | BrokenEntry, code: str, message: str, duplicate_of: str | None = None) -> bytes:
    value = {
        "key": entry.key,
        "source": entry.source,
        "line": entry.line,
        "code": code,
        "message": message,
        "duplicate_of": duplicate_of,
    }
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
