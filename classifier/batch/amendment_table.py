"""Amendments as CSV: many at once, exported from a ledger, and put into one.

What enters: a table with the column `key` and at least one of title, year, doi, arxiv_id and abstract;
`note`, `by`, `at`, `listed_title` and `counts` are used, other columns are ignored. An empty cell changes
nothing; a single hyphen clears the field. What leaves: amendments; every line that cannot be used is named.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from classifier.batch.amendments import checked_changes
from classifier.batch.correction_table import COUNTS, date_in, plain_cell, table_text
from classifier.batch.ledger.amendments import read_amendments
from classifier.batch.ledger.rescue import KeptAmendment, readable_amendments
from classifier.errors import InputError, StoreError
from classifier.export.spreadsheet import csv_line
from classifier.model.amendment import AMENDABLE, Amendment
from classifier.model.run_files import LEDGER_FILE

CLEAR = "-"
"""A cell that clears its field."""
COLUMNS = ("key", *AMENDABLE, "note", "by", "at", "listed_title", "counts")
"""`counts` is "yes", or the reason why the amendment applies to no entry now, or empty if a damaged ledger
does not show it."""
_NOT_LISTED = "its paper is not in the lists"


class TableAmendment(NamedTuple):
    """An amendment for a table; `aside` is why it applies to no entry, empty if it does, None if unknown."""

    amendment: Amendment
    aside: str | None


def amendments_to_keep(folder: Path) -> tuple[list[TableAmendment], StoreError | None]:
    """The amendments of a run that count; for a damaged ledger, those that can be read, and the error.

    Raises:
        ConfigError: There is no ledger.
        StoreError: Neither it nor any amendment in it can be read.
    """
    try:
        stored = [one for one in read_amendments(folder) if one.kept.counts]
    except StoreError as error:
        rescued: list[KeptAmendment] = readable_amendments(folder / LEDGER_FILE)
        if not rescued:
            raise
        return [TableAmendment(one.amendment, None) for one in rescued], error
    return [TableAmendment(one.kept.amendment, "" if one.is_listed else _NOT_LISTED) for one in stored], None


def write_amendments_table(kept: Iterable[TableAmendment]) -> Iterator[bytes]:
    """Writes a header, then a line for each amendment; `read_amendments_table` reads it."""
    yield csv_line(COLUMNS).encode()
    for made, aside in kept:
        changed = made.changes.as_dict().items()
        cells = {
            **made.model_dump(exclude={"changes"}),
            **{name: CLEAR if value is None else value for name, value in changed},
            "counts": COUNTS if aside == "" else aside,
        }
        yield csv_line([cells.get(name) or "" for name in COLUMNS]).encode("utf-8", "replace")


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
            if not any(cells.values()) or cells.get("counts", "") not in ("", COUNTS):
                continue  # of a paper that is in no list; the ledger that it came from still has it
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
    at = date_in(cells.get("at", ""))
    if at is None:
        raise InputError(f"at '{cells['at'][:40]}' is no date such as 2026-11-27 or 2026-11-27T10:30")
    typed: dict[str, str] = {
        name: "" if cells[name] == CLEAR else cells[name] for name in AMENDABLE if cells.get(name, "")
    }
    return Amendment(
        key=cells["key"],
        changes=checked_changes(typed),
        note=cells.get("note") or note,
        by=cells.get("by") or by,
        at=at,
        listed_title=cells.get("listed_title", ""),
    )
