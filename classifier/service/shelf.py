"""The papers of all run folders by label, fast also for thousands of papers.

What enters: a folder of `label --out` folders, which the service or the command line may be filling. What
leaves: small cards, updated when a ledger changes, each with its compressed row. All data is in the ledgers:
nothing is stored here.
"""

from __future__ import annotations

import hashlib
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from classifier.batch.ledger.progress import check_ledger, file_state_of, has_tables, without_path
from classifier.batch.ledger.rows import read_rows
from classifier.errors import ClassifierError
from classifier.export.filed import Filed, file_row
from classifier.model.entries import Correction, Row
from classifier.model.run_files import LEDGER_FILE
from classifier.review.veil import HIDDEN, hidden_keys, veiled
from classifier.service.measuring import RecentMeasurements
from classifier.survey.taxonomy import Taxonomy
from classifier.text.characters import shown

PAPERS = "papers"
"""Folder of single papers: each is a run of one entry."""
_SHARE = 0.05
"""Largest share of time for reading ledgers that change all the time."""
_SLOW_S = 0.2
"""A ledger that takes longer to read is read in the background once it is known."""
_LOOK_S = 0.5
"""Seconds within which folders are not checked again."""


@dataclass(slots=True)
class PaperSummary:
    """A labelled paper, as lists of papers show it, on pages and over HTTP.

    Attributes:
        id: Its id in addresses.
        run: Name of its run.
        label: A leaf id, "out-of-scope", "unplaced" or "failed", after corrections; "hidden" in a blind
            review, and then nothing else here tells the engine's label either.
    """

    id: str
    run: str
    key: str
    title: str
    authors: str
    year: int | None
    label: str
    confidence: float | None
    engine: str
    needs_review: bool
    review_reasons: tuple[str, ...]
    corrected: bool


@dataclass(slots=True)
class Card(PaperSummary):
    """A summary with what the service needs besides it.

    Attributes:
        words: Title, authors and quotes in lower case, to search in.
        packed: The row as compressed JSON.
    """

    words: str
    packed: bytes

    @property
    def row(self) -> Row:
        """The whole row."""
        return Row.model_validate_json(zlib.decompress(self.packed))


@dataclass(slots=True)
class Volume:
    """A run folder as last read.

    Attributes:
        error: Why its papers cannot be shown; empty if they can be shown.
    """

    id: str
    folder: Path
    is_paper: bool
    signature: tuple[int, ...] = ()
    cards: dict[str, Card] = field(default_factory=dict)
    error: str = ""
    took_s: float = 0.0
    read_at: float = 0.0


class Shelf:
    """All run folders below a folder. Thread-safe.

    Args:
        taxonomy: Rows of another taxonomy are not shown; their folder gets an error.
        measured: What labels are brought up to date with; None for labels as they are.

    Attributes:
        version: Grows whenever a paper changes.
    """

    def __init__(self, root: Path, taxonomy: Taxonomy, measured: RecentMeasurements | None = None) -> None:
        self._root = root
        self._taxonomy = taxonomy
        self._measurements = measured
        self._measured: tuple[int, ...] = ()
        self._volumes: dict[str, Volume] = {}
        self._index: dict[str, Card] = {}
        self._looked, self.version = 0.0, 0
        self._lock = threading.Lock()
        self._slow: set[str] = set()

    def folder_of(self, run_id: str, *, is_paper: bool) -> Path:
        """The folder of a run of the service; `run_id` was created by the service."""
        return self._root / PAPERS / run_id if is_paper else self._root / run_id

    def volumes(self) -> list[Volume]:
        """The folders, by name."""
        self._refresh()
        return sorted(self._volumes.values(), key=lambda volume: volume.id)

    def forget(self, run_id: str) -> None:
        """Removes a folder that no longer exists, before the folders are looked at again."""
        with self._lock:
            self._forget(run_id)

    def volume(self, run_id: str) -> Volume | None:
        """The folder of this name."""
        self._refresh()
        if run_id not in self._volumes:  # another thread may be reading the folders for the first time
            self._refresh(force=True)
        return self._volumes.get(run_id)

    def cards(self) -> list[Card]:
        """All labelled papers, folder by folder."""
        return [card for volume in self.volumes() for card in volume.cards.values()]

    def card(self, card_id: str) -> Card | None:
        """The paper of this id."""
        self._refresh()
        if card_id not in self._index:
            self._refresh(force=True)
        return self._index.get(card_id)

    def filed(self, card: Card) -> Filed:
        """See `filed_row`."""
        return self.filed_row(card.row)

    def filed_row(self, row: Row) -> Filed:
        """A row with a person's decision applied."""
        return file_row(row, self._taxonomy)

    def card_id(self, run_id: str, key: str) -> str:
        """The id of an entry's paper."""
        volume = self._volumes.get(run_id)
        return run_id if volume is not None and volume.is_paper else _card_id(run_id, key)

    def correct(self, card: Card, correction: Correction | None) -> Card:
        """Shows a decision that was written to the ledger, before that is read again."""
        renewed = self._card(card.run, card.row.model_copy(update={"correction": correction}))
        renewed.id = card.id
        with self._lock:
            if volume := self._volumes.get(card.run):
                volume.cards[card.id] = renewed
                volume.signature = ()  # duplicates of it share the decision
            self._index[card.id] = renewed
            self.version += 1
        return renewed

    def renew(self, run_id: str, *, is_paper: bool) -> None:
        """Reads a run's ledger now, so that its papers are found as soon as its end is reported."""
        folder = self.folder_of(run_id, is_paper=is_paper)
        if not (folder / LEDGER_FILE).is_file():
            return
        signature = (*file_state_of(folder), *self._measured)
        read = self._read(Volume(run_id, folder, is_paper))
        with self._lock:
            self._put(self._volumes.setdefault(run_id, Volume(run_id, folder, is_paper)), signature, *read)

    def _refresh(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if not force and now - self._looked < _LOOK_S and self._looked:
            return
        first = not self._looked
        if not self._lock.acquire(blocking=first or force):
            return  # another thread is reading; the current state is good enough
        try:
            self._looked = now
            self._measured = self._measurements.state() if self._measurements else ()
            found = dict(self._find())
            for gone in self._volumes.keys() - found.keys():
                self._forget(gone)
            for run_id, (folder, is_paper) in found.items():
                volume = self._volumes.setdefault(run_id, Volume(run_id, folder, is_paper))
                self._renew(volume)
        finally:
            self._lock.release()

    def _find(self) -> Iterator[tuple[str, tuple[Path, bool]]]:
        for parent, is_paper in ((self._root, False), (self._root / PAPERS, True)):
            for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
                if (folder / LEDGER_FILE).is_file():
                    yield folder.name, (folder, is_paper)

    def _renew(self, volume: Volume) -> None:
        """Reads a folder again if its ledger has changed, and not too often."""
        signature = (*file_state_of(volume.folder), *self._measured)
        now = time.monotonic()
        if signature == volume.signature or volume.id in self._slow:
            return
        if volume.read_at and now - volume.read_at < volume.took_s / _SHARE:
            return
        if volume.took_s > _SLOW_S:
            self._slow.add(volume.id)
            threading.Thread(target=self._read_slowly, args=(volume, signature), daemon=True).start()
        else:
            self._put(volume, signature, *self._read(volume))

    def _read_slowly(self, volume: Volume, signature: tuple[int, ...]) -> None:
        try:
            cards, error, took = self._read(volume)
            with self._lock:
                self._put(volume, signature, cards, error, took)
        finally:
            self._slow.discard(volume.id)

    def _read(self, volume: Volume) -> tuple[dict[str, Card], str, float]:
        started, cards = time.monotonic(), {}
        try:
            if not has_tables(volume.folder):
                return {}, "", time.monotonic() - started
            check_ledger(volume.folder)
            if self._measurements:
                self._measurements.take_up(volume.folder)
            hidden = hidden_keys(volume.folder)
            for row in read_rows(volume.folder):
                is_hidden = row.entry.key in hidden
                card = self._card(volume.id, veiled(row) if is_hidden else row)
                card.label = HIDDEN if is_hidden else card.label
                card.id = volume.id if volume.is_paper else card.id
                cards[card.id] = card
        except ClassifierError as error:
            return cards, without_path(error, volume.folder), time.monotonic() - started
        return cards, "", time.monotonic() - started

    def _put(
        self, volume: Volume, signature: tuple[int, ...], cards: dict[str, Card], error: str, took: float
    ) -> None:
        for gone in volume.cards.keys() - cards.keys():
            self._index.pop(gone, None)
        self._index.update(cards)
        if not error or error != volume.error:
            self.version += 1
        volume.cards, volume.error, volume.took_s = cards, error, took
        # Unreadable ledgers are read again: when a lock ends, the file is unchanged.
        volume.signature, volume.read_at = (() if error else signature), time.monotonic()

    def _forget(self, run_id: str) -> None:
        self.version += 1
        volume = self._volumes.pop(run_id, None)
        for card_id in volume.cards if volume else ():
            self._index.pop(card_id, None)

    def _card(self, run_id: str, row: Row) -> Card:
        filed = file_row(row, self._taxonomy)
        made = row.label.provenance
        quotes = (piece.quote for piece in filed.quotes)
        return Card(
            id=_card_id(run_id, row.entry.key),
            run=run_id,
            key=row.entry.key,
            title=filed.title,
            authors=filed.short_authors,
            year=filed.year,
            label=filed.label,
            confidence=filed.ruled.confidence,
            engine=shown(made.model or made.engine) if made else "",
            needs_review=filed.needs_review,
            review_reasons=tuple(row.label.review_reasons) if filed.needs_review else (),
            corrected=filed.is_corrected,
            words="\n".join((filed.title, *filed.authors, *map(shown, quotes))).lower(),
            packed=zlib.compress(row.model_dump_json().encode("utf-8", "replace"), 1),
        )


def _card_id(run_id: str, key: str) -> str:
    return hashlib.sha256(f"{run_id}\0{key}".encode("utf-8", "replace")).hexdigest()[:20]
