"""A ledger's rows -> the same rows with the first entry of each paper, and with corrections applied.

What enters: the folder that `classifier label --out` made. What leaves: rows in list order. Duplicates that
are not visible in the list, such as two copies of one PDF, are found by the contents: bytes, ids, titles.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from classifier.batch.duplicates import Duplicates
from classifier.batch.ledger.rows import read_titles, rows_with_originals
from classifier.errors import InputError
from classifier.export.filed import Filed, label_of
from classifier.model.entries import ListEntry, Row
from classifier.model.paper import Paper


def read_papers(folder: Path) -> Iterator[Row]:
    """As `read_rows`, with `duplicate_of`: every entry has a row, and each paper can be counted once.

    Raises:
        ConfigError: There is no ledger.
        StoreError: It cannot be read.
    """
    return (row for row, _ in papers_with_twins(folder))


def papers_with_twins(folder: Path) -> Iterator[tuple[Row, str | None]]:
    """Each row and, if it is a duplicate, the key of the entry that was labelled instead."""
    duplicates, firsts = Duplicates(), dict[str, str]()
    for row, twin in rows_with_originals(folder):
        known, sha256 = _as_read(row)
        found = duplicates.find(known, sha256)
        first = firsts.get(twin, twin) if twin is not None else found
        if first is None or first == row.entry.key:
            yield row, twin
            continue
        firsts[row.entry.key] = first
        yield row.model_copy(update={"duplicate_of": first}), twin


def need_rows(folder: Path) -> None:
    """Checks that there is something to export or to review.

    Raises:
        InputError: No entry has a label, not even a failed one.
        ConfigError, StoreError: As `read_papers`.
    """
    if next(iter(read_papers(folder)), None) is None:
        raise InputError(
            f"{folder}: no entry of a list is labelled in this run; `classifier label` does that"
        )


def read_filed(folder: Path) -> Iterator[tuple[Filed, str | None]]:
    """The rows of `papers_with_twins`, with corrections applied; leaf titles come from the ledger.

    Raises:
        ConfigError, StoreError: As `read_papers`.
    """
    titles = read_titles(folder)
    for row, twin in papers_with_twins(folder):
        label = row.correction.label if row.correction is not None else label_of(row)
        path = row.label.path if label == label_of(row) else titles.get(label, ())
        yield Filed(row, label, path), twin


def _as_read(row: Row) -> tuple[ListEntry, str | None]:
    """The entry with the paper's data from its label instead of its file."""
    paper, found = row.entry.paper, row.label.paper
    known = Paper(
        title=paper.title or found.title,
        authors=paper.authors or found.authors,
        year=paper.year or found.year,
        arxiv_id=paper.arxiv_id or found.arxiv_id,
        doi=paper.doi or found.doi,
        abstract=paper.abstract,
    )
    return ListEntry(key=row.entry.key, source="", line=0, paper=known), found.sha256
