"""A person's decisions on labels: into the ledger first, then into the files that users keep.

What enters: a run's folder and what was decided. What leaves: a ledger that holds it, and labels.jsonl,
failed.jsonl and run.json that follow. Every caller that changes corrections comes through here, so that none
can leave the files behind.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from classifier.batch.ledger import corrections as ledger
from classifier.batch.ledger.corrections import Wished
from classifier.batch.results import refresh
from classifier.errors import StoreError
from classifier.model.entries import Correction


class Decided(NamedTuple):
    """What is in the ledger now.

    Attributes:
        corrections: Those that were saved; none if one was taken back.
        behind: Why labels.jsonl, failed.jsonl or run.json could not follow; None if they did. The ledger
            has the decision and exports use it; the files follow at the next decision or run.
    """

    corrections: tuple[Correction, ...]
    behind: StoreError | None = None


def correct(folder: Path, correction: Correction) -> Decided:
    """Saves a decision on one entry's paper; an earlier one is replaced.

    Args:
        correction: Without `at`, the present moment is taken.

    Raises:
        ConfigError: There is no ledger.
        InputError: No such entry, or a label outside the closed set.
        StoreError: The ledger cannot be written; nothing was saved.
    """
    return Decided((ledger.set_correction(folder, correction),), follow(folder))


def correct_many(folder: Path, wished: Wished, source: str) -> Decided:
    """Saves all decisions of a table, or none if one of its lines cannot be used.

    Args:
        source: The table's name.

    Raises:
        ConfigError, InputError, StoreError: As `correct`; every line with a problem is named.
    """
    ledger.set_corrections(folder, wished, source)
    return Decided(tuple(wish.correction for wish in wished.wishes), follow(folder))


def take_back(folder: Path, key: str) -> Decided | None:
    """Takes a decision on an entry's paper back; None if there was none.

    Raises:
        ConfigError, InputError, StoreError: As `correct`.
    """
    return Decided((), follow(folder)) if ledger.remove_correction(folder, key) else None


def follow(folder: Path) -> StoreError | None:
    """Writes labels.jsonl, failed.jsonl and run.json again; returns the error if they cannot be written."""
    try:
        refresh(folder)
    except StoreError as error:
        return error
    return None
