"""Deletes a list or a single paper for good: its rows, then its folder, in steps that a kill cannot undo.

What enters: a run that a user sees. What leaves: what it was; of its data, only what it cost is kept. Folders
of the command line are not deleted: the service does not own them.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import NamedTuple

from classifier.batch.ledger.progress import progress_or_problem
from classifier.errors import StoreError
from classifier.service.desk import get_run
from classifier.service.hub import Hub
from classifier.service.problems import HttpProblem
from classifier.service.store.runs import StoredRun
from classifier.service.store.users import ServiceUser


class WhatGoes(NamedTuple):
    """What a deletion takes away.

    Attributes:
        done: Labelled papers.
        replies: Replies of a model that are stored for this run, and were paid for.
        corrected: Papers with a person's correction.
    """

    run: StoredRun
    done: int
    replies: int
    corrected: int


def what_goes(hub: Hub, run_id: str) -> WhatGoes:
    """What would be deleted with a run.

    Raises:
        HttpProblem: There is no such run (404), or it is a folder of the command line (409).
    """
    run = _deletable(hub, run_id)
    found = progress_or_problem(hub.workshop.folder_of(run))
    volume = hub.shelf.volume(run.id)
    corrected = sum(card.corrected for card in volume.cards.values()) if volume else 0
    return WhatGoes(run, found.counts.done, found.spent.replies, corrected)


def delete_run(hub: Hub, user: ServiceUser, run_id: str) -> StoredRun:
    """Deletes a run; returns what it was.

    Raises:
        HttpProblem: As `what_goes`; or it is waiting or running (409).
        StoreError: Its folder cannot be removed; the next start of the service tries again.
    """
    run = _deletable(hub, run_id)
    if not hub.deletions.begin(run.id, user.name):
        get_run(hub, run.id)  # somebody else has deleted it
        raise HttpProblem(
            409,
            "in-work",
            f"'{run.title}' is waiting or running; pause it, and delete it when it has stopped",
        )
    _finish(hub, run.id, is_paper=run.kind == "paper")
    return run


def finish_deletions(hub: Hub) -> None:
    """Removes the folders of runs whose deletion was interrupted; what cannot be removed waits again."""
    for run_id, kind in hub.deletions.begun():
        with suppress(StoreError):
            _finish(hub, run_id, is_paper=kind == "paper")


def _deletable(hub: Hub, run_id: str) -> StoredRun:
    if hub.runs.get(run_id) is None and hub.shelf.volume(run_id) is not None:
        raise HttpProblem(
            409, "not-ours", f"'{run_id}' was made by the command line; delete its folder there"
        )
    return get_run(hub, run_id)


def _finish(hub: Hub, run_id: str, *, is_paper: bool) -> None:
    folder = hub.shelf.folder_of(run_id, is_paper=is_paper)
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise StoreError(
            f"a file of '{run_id}' cannot be deleted ({error.strerror}); the next start of the service tries "
            "again"
        ) from error
    hub.deletions.end(run_id)
    hub.shelf.forget(run_id)
