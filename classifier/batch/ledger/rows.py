"""An open or a finished ledger -> its rows.

What enters: the folder that `classifier label --out` made. What leaves: rows in list order, read one by one
(memory does not grow with the list). It may be used during a run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from classifier.batch.ledger.access import COMPLETE, ledger_path, reading
from classifier.batch.ledger.corrections import StoredCorrection, read_corrections
from classifier.batch.ledger.damage import damaged
from classifier.batch.ledger.material import material_of
from classifier.model.amendment import FIELD_WORDS, amended_fields
from classifier.model.entries import BrokenEntry, Correction, ListEntry, Row
from classifier.model.label import Label, LabelledPaper
from classifier.model.paper import Paper
from classifier.model.record import Notice
from classifier.text.counting import count_of, plural

__all__ = [
    "AMENDED",
    "DUPLICATE",
    "TITLES",
    "WAITING",
    "StoredCorrection",
    "read_broken",
    "read_corrections",
    "read_rows",
    "read_titles",
    "rows_with_originals",
]

DUPLICATE = "duplicate-entry"
"""Code of the warning in a label that was made for another entry of the same paper."""

AMENDED = "amended-since"
"""Code of the warning in a label that was made before a person amended its entry."""

WAITING = "waiting"
"""Code of the error in the label of an entry that has a correction, but waits for its label."""

TITLES = "titles"
"""The name under which the ledger stores the titles of the survey's leaves."""

_ROWS = f"""
    SELECT item.key, item.entry, coalesce(item.label, twin.label), item.twin,
           item.listed, coalesce(item.material, twin.material),
           correction.label, correction.by, correction.note, correction.at
    FROM item
    LEFT JOIN item AS twin ON item.state = 'twin' AND twin.key = item.twin
    LEFT JOIN correction ON correction.id = item.correction
    WHERE item.listing >= {COMPLETE}
      AND (coalesce(item.label, twin.label) IS NOT NULL OR correction.id IS NOT NULL)
    ORDER BY item.place
"""  # noqa: S608 - no value of a user's is part of it


def read_rows(folder: Path) -> Iterator[Row]:
    """The labelled entries of the current list, including failed ones, in list order.

    A duplicate has the label of the first entry under its own key, with a `duplicate-entry` warning. Waiting
    entries are left out, unless a person has labelled them.

    Raises:
        ConfigError: There is no ledger.
        StoreError: It cannot be read.
    """
    return (row for row, _ in rows_with_originals(folder))


def rows_with_originals(folder: Path) -> Iterator[tuple[Row, str | None]]:
    """Each row and, if it is a duplicate, the key of the first entry of its paper."""
    with reading(folder) as db:
        for key, entry, label, twin, listed, material, *correction in db.execute(_ROWS):
            try:
                read = ListEntry.model_validate_json(entry)
                own = ListEntry.model_validate_json(listed).paper if listed else None
                made = Label.model_validate_json(label) if label else _unlabelled(read)
            except ValidationError as error:
                wrong = error.error_count()
                values = f"{count_of(wrong, 'value')} {plural(wrong, 'is', 'are')} wrong"
                what = f"the row of '{key}' is damaged ({values})"
                raise damaged(ledger_path(folder), what) from error
            made = _own_label(made, read.key, twin)
            row = Row(
                entry=read,
                label=_amended(made, read, own, is_older=material != material_of(entry)) if own else made,
                listed=own,
                correction=_correction(read.key, correction),
            )
            yield row, twin


def read_titles(folder: Path) -> dict[str, tuple[str, ...]]:
    """Leaf id -> titles from the root's child to the leaf, from the run's taxonomy.

    For a ledger of an older version: only leaves that some label has.

    Raises:
        StoreError: As `read_rows`.
    """
    with reading(folder) as db:
        kept = db.execute("SELECT value FROM run WHERE name = ?", (TITLES,)).fetchone()
        if kept is not None:
            return {leaf: tuple(path) for leaf, path in json.loads(kept[0]).items()}
        found = db.execute(
            "SELECT DISTINCT json_extract(label, '$.leaf'), json_extract(label, '$.path') FROM item"
            " WHERE state = 'done' AND json_valid(label)"
        )
        return {leaf: tuple(json.loads(path)) for leaf, path in found if leaf and path}


def read_broken(folder: Path) -> Iterator[BrokenEntry]:
    """The unusable entries of the current list, in list order.

    Raises:
        StoreError: As `read_rows`.
    """
    with reading(folder) as db:
        for source, line, reason, key in db.execute(
            f"SELECT source, line, reason, key FROM broken WHERE listing = {COMPLETE} ORDER BY rowid"  # noqa: S608
        ):
            yield BrokenEntry(source=source, line=line, reason=reason, key=key)


def _own_label(label: Label, key: str, twin: str | None) -> Label:
    """The label under the entry's own key: an entry may have been renamed, or be a duplicate."""
    if label.ref == key:
        return label
    if twin is None:
        return label.model_copy(update={"ref": key})
    note = Notice(code=DUPLICATE, message=f"the same paper as '{twin}', whose label this is")
    return label.model_copy(update={"ref": key, "warnings": (*label.warnings, note)})


def _amended(label: Label, entry: ListEntry, listed: Paper, *, is_older: bool) -> Label:
    """The label with the amended data of its paper; with a warning if it was made before the amendment."""
    names = amended_fields(listed, entry.paper)
    changes: dict[str, Any] = {name: getattr(entry.paper, name) for name in names if name != "abstract"}
    paper = label.paper.model_copy(update=changes)
    if not is_older or label.status == "failed":
        return label.model_copy(update={"paper": paper})
    told = " and ".join(FIELD_WORDS[name] for name in names)
    note = Notice(code=AMENDED, message=f"a person amended its {told} since; `classifier label` asks again")
    return label.model_copy(update={"paper": paper, "warnings": (*label.warnings, note)})


def _unlabelled(entry: ListEntry) -> Label:
    """A placeholder below a person's label until the engine has labelled the entry."""
    paper = entry.paper
    known = LabelledPaper(
        title=paper.title,
        authors=paper.authors,
        year=paper.year,
        arxiv_id=paper.arxiv_id,
        doi=paper.doi,
        source="list",
    )
    error = Notice(code=WAITING, message="the engine has no label for it yet")
    return Label(ref=entry.key, paper=known, status="failed", error=error)


def _correction(key: str, values: list[str | None]) -> Correction | None:
    label, by, note, at = values
    return (
        None if label is None else Correction(key=key, label=label, by=by or "", note=note or "", at=at or "")
    )
