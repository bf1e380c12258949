"""Corrections as CSV: exported from a ledger, and imported into one.

What enters: a table with the columns `key` and `label`, and `note`, `by`, `at`, `title` if they are there;
other columns are ignored. What leaves: wishes, each with its line; all problems of the table are reported
together.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from classifier.batch.ledger.corrections import StoredCorrection, label_of, read_corrections
from classifier.batch.ledger.rescue import readable_corrections
from classifier.batch.ledger.wished import Problem, Wish, Wished
from classifier.errors import InputError, StoreError
from classifier.export.spreadsheet import csv_line
from classifier.model.entries import Correction
from classifier.model.run_files import LEDGER_FILE

COLUMNS = ("key", "label", "note", "by", "at", "title", "arxiv_id", "doi", "was", "counts")
"""`was` is the engine's label; `counts` is "yes", or the reason why the correction applies to no entry now,
or empty if a damaged ledger does not show it."""

COUNTS = "yes"
_NEEDED = ("key", "label")
_INERT = re.compile(r"(^|[;\t])(\s*)'(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""The apostrophe that prevents a spreadsheet from reading a formula (`classifier.export.spreadsheet`)."""
_MACHINES = frozenset(("decided_by", "confidence"))
"""Columns of an export of all labels, of which a person has changed some."""
_MOST_BYTES = 64 << 20


def readable(folder: Path) -> tuple[list[StoredCorrection], StoreError | None]:
    """All corrections of a run; for a damaged ledger, those that can be read, and the error.

    Raises:
        ConfigError: There is no ledger.
        StoreError: Neither it nor any correction in it can be read.
    """
    try:
        return list(read_corrections(folder)), None
    except StoreError as error:
        rescued = readable_corrections(folder / LEDGER_FILE)
        if not rescued:
            raise
        return [StoredCorrection(*one, aside=None) for one in rescued], error


def write_table(stored: Iterable[StoredCorrection]) -> Iterator[bytes]:
    """Writes a header, then a line for each correction; `read_table` reads it."""
    yield csv_line(COLUMNS).encode()
    for one in stored:
        made, paper = one.correction, one.entry.paper if one.entry else None
        cells = {
            "title": paper and paper.title,
            "arxiv_id": paper and paper.arxiv_id,
            "doi": paper and paper.doi,
            "was": label_of(one.was),
            "counts": COUNTS if one.aside == "" else one.aside,
            **made.model_dump(),
        }
        yield csv_line([cells[name] or "" for name in COLUMNS]).encode("utf-8", "replace")


def read_table(path: Path, *, note: str = "", by: str = "") -> Wished:
    """The corrections in a table, in its order, and the rows without one.

    Args:
        note, by: Values for rows that have none.

    Raises:
        InputError: It cannot be read, lacks a column, or has no rows.
    """
    text = table_text(path, "corrections")
    before = int(text[:4].lower() == "sep=")  # a line for Excel
    text = text.partition("\n")[2] if before else text
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        names = [name.strip().casefold() for name in next(rows, [])]
        if missing := [name for name in _NEEDED if name not in names]:
            raise InputError(
                f"{path}: no column {' and no column '.join(missing)} in its first line; expected key and "
                "label, and optionally note, by, at, title"
            )
        lines = ((rows.line_num + before, row) for row in rows if any(cell.strip() for cell in row))
        found = _wished(names, lines, Correction(key="", label="", note=note, by=by))
    except csv.Error as error:
        raise InputError(
            f"{path}: line {rows.line_num + before}: {error}; expected CSV as spreadsheets save it"
        ) from error
    if not found.wishes and not found.problems:
        lacking = "no row has a label" if found.unlabelled else "no row below its first line"
        raise InputError(f"{path}: {lacking}; expected a key and a label on each")
    return found


def _wished(names: list[str], lines: Iterator[tuple[int, list[str]]], usual: Correction) -> Wished:
    wishes: dict[str, Wish] = {}
    problems: list[Problem] = []
    unlabelled = 0
    for line, row in lines:
        cells = {name: plain_cell(cell) for name, cell in zip(names, row, strict=False)}
        if cells.get("counts", "") not in ("", COUNTS):
            continue  # it applies to no entry; the ledger that it came from still has it
        key, label = cells.get("key", ""), cells.get("label", "")
        at = date_in(cells.get("at", ""))
        if not label:
            unlabelled += 1  # a person has not decided this one
        elif any(row[len(names) :]):
            problems.append(
                Problem(line, f"{len(row)} cells under {len(names)} names; quote a cell with a separator")
            )
        elif not key:
            problems.append(Problem(line, "no key"))
        elif at is None:
            problems.append(
                Problem(line, f"at '{cells['at']}' is no date such as 2026-11-27 or 2026-11-27T10:30")
            )
        elif key in wishes and wishes[key].correction.label != label:
            first = wishes[key]
            problems.append(
                Problem(line, f"'{key}' is {label} here, and {first.correction.label} on line {first.line}")
            )
        else:
            made = Correction(
                key=key,
                label=label,
                note=cells.get("note") or usual.note,
                by=cells.get("by") or usual.by,
                at=at,
            )
            wishes[key] = Wish(made, line, cells.get("title") or None, {*names} >= _MACHINES)
    return Wished(list(wishes.values()), problems, unlabelled)


def date_in(text: str) -> str | None:
    """A date and time in UTC, which sort as texts; None if it is none, and empty if nothing is given."""
    if not text:
        return ""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="seconds")


def table_text(path: Path, what: str) -> str:
    """The text of a table that a spreadsheet may have saved.

    Args:
        what: What is in it, for messages.

    Raises:
        InputError: It cannot be read.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path}: over {_MOST_BYTES >> 20} MiB; expected a table of {what}")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}); expected a CSV file"
        ) from error
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def plain_cell(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from seeing a formula."""
    return _INERT.sub(r"\1\2", cell).strip()
