"""A run folder -> how far it has come, for pages that must not fail because one ledger is damaged."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from classifier.batch.ledger.items import Counts, Spent
from classifier.batch.ledger.progress import read_progress
from classifier.errors import StoreError


class FolderProgress(NamedTuple):
    """Counts, costs, and what is wrong.

    Attributes:
        problem: Why the ledger cannot be read, without paths of this machine; then all counts are 0.
    """

    counts: Counts
    spent: Spent
    problem: str = ""


def progress_of(folder: Path) -> FolderProgress:
    """How far a run has come by its ledger, which the command line may be writing."""
    try:
        return FolderProgress(*read_progress(folder))
    except StoreError as error:
        return FolderProgress(Counts(), Spent(), without_path(error.message, folder))


def without_path(message: str, folder: Path) -> str:
    """A message about a run folder with the folder's name in place of its path."""
    return message.replace(str(folder), folder.name)
