"""Amendments as CSV: many at once.

What enters: a table with the column `key` and at least one of title, year, doi, arxiv_id and abstract; `note`
and `by` are used, other columns are ignored. An empty cell changes nothing; a single hyphen clears the field.
What leaves: amendments; every line that cannot be used is named at once.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from classifier.batch.amendments import checked_changes
from classifier.batch.correction_table import plain_cell, table_text
from classifier.errors import InputError
from classifier.model.amendment import AMENDABLE, Amendment

CLEAR = "-"
"""A cell that clears its field."""


def read_amendments_table(path: Path, *, note: str = "", by: str = "") -> list[Amendment]:
    """The amendments in a table, in its order.

    Args:
        note, by: For rows that have none.

    Raises:
        InputError: It cannot be read, lacks a column, has no rows, or some lines cannot be used.
    """
    text = table_text(path, "amendments")
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    found: list[Amendment] = []
    problems: list[str] = []
    try:
        names = [name.strip().casefold() for name in next(rows, [])]
        if "key" not in names or not set(AMENDABLE) & set(names):
            raise InputError(
                f"{path}: expected the column key and at least one of {', '.join(AMENDABLE)} in its "
                "first line"
            )
        for row in rows:
            cells = {name: plain_cell(cell) for name, cell in zip(names, row, strict=False)}
            if not any(cells.values()):
                continue
            try:
                found.append(_amendment(cells, note=note, by=by))
            except InputError as error:
                problems.append(f"line {rows.line_num}: {error.message}")
    except csv.Error as error:
        raise InputError(
            f"{path}: line {rows.line_num}: {error}; expected CSV as spreadsheets save it"
        ) from error
    if problems:
        raise InputError(f"{path}: {'; '.join(problems)}; nothing is saved: fix the table, then rerun")
    if not found:
        raise InputError(f"{path}: no row below its first line; expected an amendment on each")
    return found


def _amendment(cells: dict[str, str], *, note: str, by: str) -> Amendment:
    if not cells.get("key"):
        raise InputError("no key")
    typed: dict[str, str] = {
        name: "" if cells[name] == CLEAR else cells[name] for name in AMENDABLE if cells.get(name, "")
    }
    return Amendment(
        key=cells["key"],
        changes=checked_changes(typed),
        note=cells.get("note") or note,
        by=cells.get("by") or by,
    )
