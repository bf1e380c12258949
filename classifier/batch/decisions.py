"""Saves a person's corrections: first in the ledger, then in the output files.

What enters: a run's folder and corrections. What leaves: the ledger with them, and updated labels.jsonl,
failed.jsonl and run.json. All callers that change corrections use this module, so that the files are always
updated too.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from classifier.batch.ledger import corrections as ledger
from classifier.batch.ledger.wished import Wished
from classifier.batch.results import refresh
from classifier.errors import StoreError
from classifier.model.entries import Correction


class Decided(NamedTuple):
    """The result of a change.

    Attributes:
        corrections: The saved corrections; empty if one was removed.
        behind: Why labels.jsonl, failed.jsonl or run.json could not be updated; None if they were. The ledger
            has the correction and exports use it; the files are updated at the next correction or run.
    """

    corrections: tuple[Correction, ...]
    behind: StoreError | None = None


def correct(folder: Path, correction: Correction) -> Decided:
    """Saves a correction of one entry's paper; it replaces an earlier one.

    Args:
        correction: If `at` is missing, the current time is used.

    Raises:
        ConfigError: There is no ledger.
        InputError: No such entry, or a label outside the closed set.
        StoreError: The ledger cannot be written; nothing was saved.
    """
    return Decided((ledger.set_correction(folder, correction),), _follow(folder))


def correct_many(folder: Path, wished: Wished, source: str) -> Decided:
    """Saves all corrections of a table, or none if one of its lines cannot be used.

    Of an export of all labels, a row that changes no label is no decision.

    Args:
        source: The table's name.

    Raises:
        ConfigError, InputError, StoreError: As `correct`; every line with a problem is named.
    """
    return Decided(tuple(ledger.set_corrections(folder, wished, source)), _follow(folder))


def take_back(folder: Path, key: str) -> Decided | None:
    """Removes the correction of an entry's paper; None if there was none.

    Raises:
        ConfigError, InputError, StoreError: As `correct`.
    """
    return Decided((), _follow(folder)) if ledger.remove_correction(folder, key) else None


def _follow(folder: Path) -> StoreError | None:
    try:
        refresh(folder)
    except StoreError as error:
        return error
    return None
