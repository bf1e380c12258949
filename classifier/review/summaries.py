"""A table of summaries in somebody's own words -> key and summary, for `classifier gold add`."""

from __future__ import annotations

import csv
from pathlib import Path

from classifier.errors import InputError

MOST_CHARS = 2000
"""Longest summary in characters: several times the length of the built-in studies'."""


def read_summaries(path: Path) -> dict[str, str]:
    """Key of a paper -> its summary; rows without a summary are left out.

    Raises:
        InputError: The file cannot be read, lacks a column, or has a summary that is too long.
    """
    found = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream, strict=True)
            if missing := {"key", "summary"} - set(rows.fieldnames or ()):
                names = " and no column ".join(sorted(missing))
                raise InputError(f"{path}: no column {names}; expected key, summary")
            for row in rows:
                summary = " ".join((row["summary"] or "").split())
                if len(summary) > MOST_CHARS:
                    raise InputError(
                        f"{path}: line {rows.line_num}: {len(summary)} characters, over {MOST_CHARS}"
                    )
                if summary:
                    found[(row["key"] or "").strip()] = summary
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected CSV in UTF-8") from error
    return found
