"""Stores lists in the ledger: a known paper keeps its label, even if its key has changed.

What enters: entries in list order. What leaves: rows in `item`. What it does not do: find duplicates
(`classifier.batch.duplicates`).
"""

from __future__ import annotations

from pathlib import Path

from classifier.batch.ledger.binding import bind_corrections
from classifier.batch.ledger.corrections import PARKED
from classifier.batch.ledger.database import Database
from classifier.batch.ledger.decision_binding import bind_decisions
from classifier.batch.ledger.items import State, as_json, plain
from classifier.batch.ledger.material import (
    FileState,
    material_of,
    paper_of,
    sha256_of,
    state_of_file,
    traits_of_entry,
    traits_of_stored,
)
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.model.traits import same_work

_LISTING, _COMPLETE = "listing", "listing_complete"

_SAME = """material = excluded.material AND (
    file_sha256 IS NULL OR excluded.file_sha256 IS NULL OR file_sha256 = excluded.file_sha256
)"""
_TAKE_UP = f"""
    INSERT INTO item (key, place, listing, entry, state, twin, material, file_sha256, file_state)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET
        place = excluded.place,
        listing = excluded.listing,
        entry = excluded.entry,
        (state, twin, label, error, review) = (
            SELECT state, twin, label, error, review WHERE state IN ('done', 'failed') AND {_SAME}
            UNION ALL SELECT excluded.state, excluded.twin, NULL, NULL, 0
            LIMIT 1
        ),
        material = excluded.material,
        file_sha256 = coalesce(excluded.file_sha256, file_sha256),
        file_state = excluded.file_state
"""  # noqa: S608 - no value of a user's is part of it


class Listing(Database):
    """A ledger while lists are read into it."""

    def begin_listing(self) -> int:
        """Starts a new reading of the lists.

        Entries that are no longer listed keep their labels, but are hidden.

        Until `end_listing`, readers see each entry as it was before, or as it is now.
        """
        with self.transaction():
            before = int(self.value(_LISTING) or 0)
            if before and self.value(_COMPLETE) is None:
                self.keep(_COMPLETE, before)
            self.keep(_LISTING, before + 1)
        return before + 1

    def end_listing(self, listing: int) -> None:
        """Ends the reading: hides entries that are not in the lists, and binds corrections to papers."""
        with self.transaction():
            self.keep(_COMPLETE, listing)
            self._db.execute("DELETE FROM broken WHERE listing < ?", (listing,))
            bind_corrections(self._db)
            bind_decisions(self._db)

    def bind_corrections(self) -> None:
        """Binds corrections and decisions to papers again, since labels may have added data about papers."""
        with self.transaction():
            bind_corrections(self._db)
            bind_decisions(self._db)

    def state_of(self, file: Path) -> FileState | None:
        """A PDF's sha256, read again only if its size, times or inode have changed; None if unreadable."""
        state = state_of_file(file)
        if state is None:
            return None
        known = self._db.execute(
            "SELECT file_sha256 FROM item WHERE file_state = ? AND file_sha256 IS NOT NULL LIMIT 1", (state,)
        ).fetchone()
        sha256 = known[0] if known else sha256_of(file)
        return FileState(sha256, state) if sha256 else None

    def add(
        self,
        listing: int,
        place: int,
        entry: ListEntry,
        twin: str | None = None,
        file: FileState | None = None,
    ) -> bool:
        """Adds an entry; its paper keeps label and replies unless the entry has changed.

        Args:
            twin: The key of an earlier entry of the same paper.
            file: State of the entry's PDF; None if it has none, or if its bytes are irrelevant.

        Returns:
            False if this listing already contains the key: nothing was changed.
        """
        key, text = plain(entry.key), as_json(entry)
        material = material_of(text)
        known = self._db.execute(
            "SELECT id, listing, entry, label, material, file_sha256 FROM item WHERE key = ?", (key,)
        ).fetchone()
        if known is not None and known[1] == listing:
            return False
        sha256 = file.sha256 if file else None
        if known is None or not _is_same(known[4:], (material, sha256)):
            self._make_way(listing, entry, known, (material, sha256))
        state = State.twin if twin else State.waiting
        file_state = file.state if file else None
        self._db.execute(_TAKE_UP, (key, place, listing, text, state, twin, material, sha256, file_state))
        return True

    def add_broken(self, listing: int, entry: BrokenEntry) -> None:
        """Records an entry that cannot be used."""
        self._db.execute(
            "INSERT INTO broken VALUES (?, ?, ?, ?, ?)",
            (listing, plain(entry.source), entry.line, plain(entry.reason), entry.key and plain(entry.key)),
        )

    def _make_way(
        self,
        listing: int,
        entry: ListEntry,
        known: tuple[int, int, str, str | None, str, str | None] | None,
        brings: tuple[str, str | None],
    ) -> None:
        """Assigns the key to the row that the paper had under another key.

        The row that had the key before keeps its label and replies for its own paper, unless both are the
        same paper.
        """
        material, sha256 = brings
        traits = traits_of_entry(entry, None, sha256)
        moved = None
        if not traits.is_empty and (entry.file is None or sha256):
            moved = self._db.execute(
                "SELECT id FROM item WHERE material = ? AND listing <> ? AND file_sha256 IS ?"
                " ORDER BY state = 'done' DESC, listing DESC, id LIMIT 1",
                (material, listing, sha256),
            ).fetchone()
        if known is not None:
            number, _, old, label, _, old_sha256 = known
            before = traits_of_stored(old, paper_of(label), old_sha256)
            if moved is None and same_work(before, traits, same_key=True):
                return
            self._db.execute("UPDATE item SET key = ? WHERE id = ?", (f"{PARKED}{number}", number))
        if moved is not None:
            self._db.execute("UPDATE item SET key = ? WHERE id = ?", (plain(entry.key), moved[0]))

    def _listing(self) -> int:
        return int(self.value(_LISTING) or 0)


def _is_same(before: tuple[str, str | None], now: tuple[str, str | None]) -> bool:
    """Whether an entry has the same content as before; an unknown file is not a change."""
    return before[0] == now[0] and (before[1] is None or now[1] is None or before[1] == now[1])
