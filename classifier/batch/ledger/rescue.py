"""A damaged ledger -> the corrections and amendments that can still be read, row by row.

What enters: the path of a file with any content. What leaves: corrections and amendments with valid values;
what the file lacks is taken from labels.jsonl and amendments.jsonl beside it. Nothing is changed, and no
other table is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from classifier.batch.ledger.salvage import readable_rows, text_of
from classifier.model.amendment import Amendment, PaperChanges
from classifier.model.entries import Correction, ListEntry
from classifier.model.run_files import AMENDMENTS_FILE, LABELS_FILE

_CORRECTIONS = (
    "SELECT key, label, by, note, at, entry FROM main.correction ORDER BY id",
    # Then without the entry, which is long and may be on a damaged page; then with the columns of an
    # older version.
    "SELECT key, label, by, note, at, NULL FROM main.correction ORDER BY id",
    "SELECT key, label, by, note, at, NULL FROM main.correction ORDER BY key",
)
_AMENDMENTS = (
    "SELECT id, key, changes, by, note, at, undone_at, listed FROM main.amendment ORDER BY id",
    "SELECT id, key, changes, by, note, at, undone_at, NULL FROM main.amendment ORDER BY id",
)


class Rescued(NamedTuple):
    """A correction, and the entry that it was made on (None if that is unreadable)."""

    correction: Correction
    entry: ListEntry | None


class KeptAmendment(NamedTuple):
    """An amendment outside of a ledger; its `listed_title` says which paper it was made on.

    Attributes:
        number: Its id in the ledger.
        counts: Whether it was not taken back.
    """

    number: int
    amendment: Amendment
    counts: bool = True


def readable_corrections(path: Path) -> list[Rescued]:
    """The readable corrections in the order of their times; none if the file is not a ledger.

    The table is read from both ends, up to a damaged page. A row counts only if its text columns contain text
    and its time is valid.
    """
    found: dict[tuple[str, str], Rescued] = {}
    for row in readable_rows(path, _CORRECTIONS):
        if (one := _correction(row)) is not None:
            found.setdefault((one.correction.key, one.correction.at), one)
    keys = {key for key, _ in found}
    for beside in _lines(path.with_name(LABELS_FILE), b'"correction"'):
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            made = _corrected(beside)
            if made.key and made.label and made.key not in keys:
                found[(made.key, made.at)] = Rescued(made, None)
    return sorted(found.values(), key=lambda one: one.correction.at)


def readable_amendments(path: Path) -> list[KeptAmendment]:
    """The readable amendments that count, in the order in which they were made; as `readable_corrections`."""
    found: dict[int, KeptAmendment] = {}
    for row in readable_rows(path, _AMENDMENTS):
        with suppress(ValueError, TypeError):
            found.setdefault(int(str(row[0])), _amendment(row))
    for beside in _lines(path.with_name(AMENDMENTS_FILE), b'"changes"'):
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            kept = KeptAmendment(int(beside.pop("number")), _checked(Amendment.model_validate(beside)))
            found.setdefault(kept.number, kept)
    return [found[number] for number in sorted(found) if found[number].counts]


def has_kept(path: Path) -> bool:
    """Whether a person's corrections or amendments can be read although the ledger cannot."""
    return bool(readable_corrections(path) or readable_amendments(path))


def amendment_line(kept: KeptAmendment) -> bytes:
    """A line of amendments.jsonl."""
    data = {"number": kept.number, **kept.amendment.model_dump(exclude_unset=True)}
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def title_of(listed: str) -> str:
    """The title of a stored ListEntry; empty if it has none or cannot be read."""
    try:
        entry = ListEntry.model_validate_json(listed)
    except ValueError:
        return ""
    return entry.paper.title or ""


def _lines(file: Path, mark: bytes) -> Iterator[dict[str, Any]]:
    """The objects on the lines that contain a mark."""
    with suppress(OSError), file.open("rb") as lines:  # a run that was killed has none
        for line in lines:
            if mark not in line:
                continue
            with suppress(ValueError):
                if isinstance(data := json.loads(line), dict):
                    yield data


def _corrected(line: dict[str, Any]) -> Correction:
    """The correction in a line of labels.jsonl."""
    made = line["correction"]
    datetime.fromisoformat(made["at"])
    status = {"out_of_scope": "out-of-scope", "unplaced": "unplaced"}.get(line["status"])
    label = str(line["leaf"] or status or "")
    return Correction(key=line["ref"], label=label, by=made["by"], note=made["note"], at=made["at"])


def _correction(row: tuple[object, ...]) -> Rescued | None:
    try:
        key, label, by, note, at = (text_of(value) for value in row[:5])
        datetime.fromisoformat(at)
    except ValueError:
        return None
    if not key or not label:
        return None
    try:
        entry = ListEntry.model_validate_json(text_of(row[5])) if row[5] else None
    except ValueError:
        entry = None
    return Rescued(Correction(key=key, label=label, by=by, note=note, at=at), entry)


def _amendment(row: tuple[object, ...]) -> KeptAmendment:
    number, *texts, undone_at, listed = row
    key, changes, by, note, at = (text_of(value) for value in texts)
    made = Amendment(
        key=key,
        changes=PaperChanges.model_validate_json(changes),
        by=by,
        note=note,
        at=at,
        listed_title=title_of(text_of(listed)),
    )
    return KeptAmendment(int(str(number)), _checked(made), undone_at is None)


def _checked(made: Amendment) -> Amendment:
    """The amendment.

    Raises:
        ValueError: It cannot be used.
    """
    datetime.fromisoformat(made.at)
    if not made.key or not made.changes.fields:
        raise ValueError("no key, or no changes")
    return made
