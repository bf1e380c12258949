"""What an earlier init wrote, and a new filing -> what is new, gone, and filed elsewhere."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from classifier.model.record import Record
from classifier.scaffold.filed import Filing, Outcome
from classifier.scaffold.texts import OUTCOMES_FILE


class Changes(Record):
    """Titles of entries by what happened to them since the last init; all empty if nothing did."""

    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()


def changes_since(root: Path, filing: Filing) -> Changes | None:
    """The changes of a list that has grown; None if no init has filed it before.

    An entry is known again by its key, which comes from its id or title. Its line may have changed.
    """
    path = root / OUTCOMES_FILE
    try:
        lines = path.read_bytes().splitlines() if path.is_file() else None
    except OSError:
        return None
    if lines is None:
        return None
    before = {}
    for line in lines:
        try:
            row = Outcome.model_validate_json(line)
        except ValidationError:  # edited by hand
            continue
        before[row.key] = row
    now = {outcome.key: outcome for outcome in filing.outcomes}
    return Changes(
        new=tuple(row.title for key, row in now.items() if key not in before),
        gone=tuple(row.title for key, row in before.items() if key not in now),
        moved=tuple(
            row.title for key, row in now.items() if key in before and _place(row) != _place(before[key])
        ),
    )


def _place(outcome: Outcome) -> tuple[str, str]:
    return outcome.outcome, outcome.where
