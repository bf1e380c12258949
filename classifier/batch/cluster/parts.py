"""The ledger's waiting items -> Parquet, and the workers' Parquet -> the ledger; both as streams.

    DIR/ray/run-0001/entries/   the items to label; removed when the labels are in the ledger
    DIR/ray/run-0001/labels/    the workers' output, unchanged; use `export -f parquet` for the final labels

An interrupted run leaves a mark in the ledger; the next run, with either runner, imports its output.
Importing a file twice changes nothing. An incomplete file is skipped: its items remain waiting.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from classifier.batch.cluster.tables import arrow, entries_schema, entry_row, usage_of
from classifier.batch.ledger.items import Item, ItemOutcome
from classifier.batch.ledger.ledger import Ledger
from classifier.errors import StoreError
from classifier.extras import need
from classifier.model.entries import ListEntry
from classifier.model.label import Label

_MARK = "cluster_run"
_ITEMS = 4000
"""Entries per file; they are in memory while it is written."""
_ROWS = 500
"""Labels per transaction."""


@dataclass(frozen=True)
class Stop:
    """Why a worker stopped."""

    code: str
    message: str


@dataclass(frozen=True)
class Taken:
    """The result of an import: the number of requests sent, and the first reason to stop."""

    requests: int = 0
    stopped: Stop | None = None


def write_entries(ledger: Ledger, out: Path, fingerprint: Mapping[str, Any]) -> Path:
    """Writes the waiting items into a new folder below DIR/ray, and sets the mark in the ledger.

    Args:
        out: The run's `--out` folder.
        fingerprint: The run's fingerprint; labels are imported only if the ledger has the same one.

    Returns:
        The folder, absolute.

    Raises:
        ConfigError: pyarrow is not installed.
        StoreError: It cannot be written.
    """
    parent = out.absolute() / "ray"
    folder = next(path for number in count(1) if not (path := parent / f"run-{number:04}").exists())
    entries = folder / "entries"
    pa, parquet = arrow(), need("pyarrow.parquet", "ray", "--runner ray")
    schema = entries_schema()
    try:
        entries.mkdir(parents=True)
        (folder / "labels").mkdir()
        for number, items in enumerate(_waiting(ledger)):
            table = pa.Table.from_pylist([entry_row(item) for item in items], schema)
            parquet.write_table(table, entries / f"part-{number:05}.parquet")
    except OSError as error:
        raise StoreError(
            f"cannot write {entries}: {error}; free some disk space, or choose another --out"
        ) from error
    ledger.keep(_MARK, {"run": folder.name, "fingerprint": dict(fingerprint)})
    return folder


def take_in(ledger: Ledger, out: Path, fingerprint: Mapping[str, Any], *, ended: bool = True) -> Taken:
    """Imports the output of the last run on a cluster, if not done before, and removes its mark.

    Labels made with another fingerprint are ignored; replies are always kept.

    Args:
        ended: False if workers may still be writing: the mark stays, and the next run reads again.

    Raises:
        ConfigError: There is output to import, and pyarrow is not installed.
        StoreError: The files cannot be read, or the ledger cannot be written.
    """
    mark = ledger.value(_MARK)
    if mark is None:
        return Taken()
    folder, same = out / "ray" / mark["run"], mark["fingerprint"] == fingerprint
    requests, stopped = 0, None
    for path in sorted((folder / "labels").rglob("*.parquet")):
        for rows in _read(path):
            with ledger.transaction():
                for row in rows:
                    _take_row(ledger, row, with_label=same)
            requests += sum(row["requests"] for row in rows)
            stopped = stopped or next((Stop(**row["stopped"]) for row in rows if row["stopped"]), None)
    if ended:
        ledger.keep(_MARK, None)
        shutil.rmtree(folder / "entries", ignore_errors=True)
    return Taken(requests, stopped)


def _waiting(ledger: Ledger) -> Iterator[list[Item]]:
    after = 0
    while items := ledger.waiting(after, _ITEMS):
        yield items
        after = items[-1].place


def _read(path: Path) -> Iterator[list[dict[str, Any]]]:
    pa, parquet = arrow(), need("pyarrow.parquet", "ray", "--runner ray")
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROWS):
                yield batch.to_pylist()
    except pa.ArrowInvalid:  # its writer was killed: Parquet's footer is written last
        return
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error})") from error


def _take_row(ledger: Ledger, row: dict[str, Any], *, with_label: bool) -> None:
    # Workers return only the entry's key: the ledger has the rest.
    entry = ListEntry(key=row["key"], source="", line=0)
    item = Item(id=row["item"], place=0, round=row["round"], entry=entry)
    for reply in row["replies"]:
        ledger.save_reply(item, (reply["request"], reply["nth"]), reply["body"], usage_of(reply))
    if with_label and row["label_json"] is not None:
        ledger.save([ItemOutcome(item, Label.model_validate_json(row["label_json"]), row["requests"])])
