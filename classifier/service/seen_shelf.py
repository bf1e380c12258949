"""The shelf as one user may see it: without the papers of runs that are private to others.

What enters: the shelf of all papers, and a user. What leaves: the same answers as for a service without the
hidden runs. Privacy is looked up at each call, so that it also holds within an answer that takes long.
"""

from __future__ import annotations

from pathlib import Path

from classifier.export.filed import Filed
from classifier.model.entries import Correction, Row
from classifier.service.shelf import Card, Shelf, Volume
from classifier.service.store.privacy import Privacy


class SeenShelf:
    """The papers that a user may see; see `Shelf` for the methods."""

    def __init__(self, shelf: Shelf, privacy: Privacy, viewer: str) -> None:
        self._shelf = shelf
        self._privacy = privacy
        self._viewer = viewer

    @property
    def version(self) -> tuple[int, frozenset[str]]:
        """Changes whenever a paper, or what the user may see, changes."""
        return self._shelf.version, self.hidden()

    def hidden(self) -> frozenset[str]:
        """The runs that the user may not see."""
        return self._privacy.hidden_from(self._viewer)

    def volumes(self) -> list[Volume]:
        """The folders that the user may see, by name."""
        hidden = self.hidden()
        return [volume for volume in self._shelf.volumes() if volume.id not in hidden]

    def volume(self, run_id: str) -> Volume | None:
        """The folder of this name; None if the user may not see it."""
        return None if run_id in self.hidden() else self._shelf.volume(run_id)

    def cards(self) -> list[Card]:
        """The labelled papers that the user may see, folder by folder."""
        return [card for volume in self.volumes() for card in volume.cards.values()]

    def card(self, card_id: str) -> Card | None:
        """The paper of this id; None if the user may not see it."""
        found = self._shelf.card(card_id)
        return None if found is None or found.run in self.hidden() else found

    def card_id(self, run_id: str, key: str) -> str:
        """See `Shelf.card_id`."""
        return self._shelf.card_id(run_id, key)

    def folder_of(self, run_id: str, *, is_paper: bool) -> Path:
        """See `Shelf.folder_of`."""
        return self._shelf.folder_of(run_id, is_paper=is_paper)

    def filed(self, card: Card) -> Filed:
        """See `Shelf.filed`."""
        return self._shelf.filed(card)

    def filed_row(self, row: Row) -> Filed:
        """See `Shelf.filed_row`."""
        return self._shelf.filed_row(row)

    def correct(self, card: Card, correction: Correction | None) -> Card:
        """See `Shelf.correct`."""
        return self._shelf.correct(card, correction)

    def forget(self, run_id: str) -> None:
        """See `Shelf.forget`."""
        self._shelf.forget(run_id)

    def renew(self, run_id: str, *, is_paper: bool) -> None:
        """See `Shelf.renew`."""
        self._shelf.renew(run_id, is_paper=is_paper)
