"""Amendments of papers in the service: a person's title, year, ids and abstract, and asking the engine again.

What enters: a checked user and texts of a request. What leaves: the renewed card of the paper. Pages and API
call the same functions, so both have the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping

from classifier.batch import amendments
from classifier.batch.estimate import CostEstimate
from classifier.batch.ledger.amendments import StoredAmendment, read_amendments
from classifier.errors import ConfigError
from classifier.model.amendment import AMENDABLE, Amendment
from classifier.model.paper import Paper
from classifier.service.desk import no_paper
from classifier.service.hub import Hub
from classifier.service.problems import HttpProblem
from classifier.service.running import estimate_run, start
from classifier.service.shelf import Card, Volume
from classifier.service.store.runs import StoredRun
from classifier.service.store.users import ServiceUser


def find_paper(hub: Hub, paper_id: str) -> Card:
    """The labelled paper of this id.

    Raises:
        HttpProblem: There is none (404).
    """
    card = hub.shelf.card(paper_id)
    if card is None:
        raise no_paper(paper_id)
    return card


def amend_paper(hub: Hub, user: ServiceUser, paper_id: str, typed: Mapping[str, str], note: str) -> Card:
    """Saves changes to what the list says of a paper.

    Args:
        typed: Field -> new text; an empty text clears the field.

    Raises:
        HttpProblem: There is no such paper.
        InputError: Nothing is to be changed, or a text is no year or no id.
        StoreError: The ledger cannot be written.
    """
    card = find_paper(hub, paper_id)
    volume = _volume(hub, card)
    wished = Amendment(key=card.key, changes=amendments.checked_changes(typed), by=user.name, note=note)
    amendments.amend(volume.folder, [wished])
    return _renewed(hub, card, volume)


def undo_amendment(hub: Hub, user: ServiceUser, paper_id: str) -> Card:
    """Takes back the last amendment of a paper.

    Raises:
        HttpProblem: There is no such paper.
        ConfigError: None of its amendments counts.
        StoreError: The ledger cannot be written.
    """
    card = find_paper(hub, paper_id)
    volume = _volume(hub, card)
    if amendments.take_back_amendments(volume.folder, card.key, user.name) is None:
        raise ConfigError("no amendment of this paper counts: nothing to undo")
    return _renewed(hub, card, volume)


def amendments_of(hub: Hub, card: Card) -> list[StoredAmendment]:
    """The amendments of a paper, oldest first; also those that were taken back."""
    return read_amendments(_volume(hub, card).folder, card.key)


def changed_fields(paper: Paper, fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of a form whose text differs from what the paper has."""
    return {
        name: fields[name].strip()
        for name in AMENDABLE
        if name in fields and fields[name].split() != str(getattr(paper, name) or "").split()
    }


def estimate_again(hub: Hub, card: Card) -> CostEstimate:
    """The cost of asking again about the amended papers of a paper's run; nothing is sent to a model.

    Raises:
        HttpProblem: The run is active, or was made on the command line.
    """
    return estimate_run(hub, _run_of(hub, card))


def ask_again(hub: Hub, user: ServiceUser, card: Card) -> StoredRun:
    """Asks the engine again about the amended papers of a paper's run, and about what else waits in it.

    Raises:
        HttpProblem: As `estimate_again`, or too many runs are waiting.
    """
    return start(hub, user, _run_of(hub, card))


def _run_of(hub: Hub, card: Card) -> StoredRun:
    run = hub.runs.get(card.run)
    if run is None:
        raise HttpProblem(
            409,
            "not-of-the-service",
            "this run was made on the command line; rerun its `classifier label` command to ask again",
        )
    if run.state.is_active:
        raise HttpProblem(409, "in-work", f"'{run.title}' is running; wait until it has ended, or pause it")
    return run


def _volume(hub: Hub, card: Card) -> Volume:
    volume = hub.shelf.volume(card.run)
    if volume is None:
        raise no_paper(card.id)
    return volume


def _renewed(hub: Hub, card: Card, volume: Volume) -> Card:
    """The card after the change; the one before if the paper waits for its label now."""
    hub.shelf.renew(card.run, is_paper=volume.is_paper)
    return hub.shelf.card(card.id) or card
