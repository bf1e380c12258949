"""The names of the files in the folder of a labelled list; lists, exports and evaluations share them."""

from __future__ import annotations

LEDGER_FILE = "ledger.sqlite"
"""Every entry, label and reply, and what persons decided (`classifier.batch.ledger`)."""
LABELS_FILE = "labels.jsonl"
"""Beside the ledger: its labels as of the last run, one a line."""
FAILED_FILE = "failed.jsonl"
"""Beside the ledger: the entries without a label as of the last run, one a line."""
AMENDMENTS_FILE = "amendments.jsonl"
"""Beside the ledger: the amendments that count, one a line; missing if there are none."""
RUN_FILE = "run.json"
"""The summary of the last run; an evaluation's folder has one of its own."""
EXPORTS_FILE = "exports.jsonl"
"""The sha256, path, format and time of each export."""
LOCK_FILE = ".lock"
"""The file that a labelling process locks; in an evaluation's folder, an evaluating one."""
RESULTS_LOCK_FILE = ".results.lock"
"""The file that a process locks while it writes the files beside the ledger."""

LEDGER_FILES = tuple(f"{LEDGER_FILE}{suffix}" for suffix in ("", "-wal", "-shm", "-journal"))
"""The ledger and what SQLite keeps beside it."""
RUN_FILES = (
    *LEDGER_FILES,
    LABELS_FILE,
    FAILED_FILE,
    AMENDMENTS_FILE,
    RUN_FILE,
    EXPORTS_FILE,
    LOCK_FILE,
    RESULTS_LOCK_FILE,
)
"""All names in the folder that are not the user's."""
