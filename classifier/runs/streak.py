"""Failures in a row in which nothing was judged: after so many it is not the papers, and the run stops."""

from __future__ import annotations

from typing import Generic, TypeVar

from classifier.errors import error_class
from classifier.model.record import Notice

T = TypeVar("T")

LIMIT = 10
"""Failures in a row that stop a run (chosen: more than a server's short spell, less than a minute's work)."""


class FailureStreak(Generic[T]):
    """Counts failures in a row, and remembers whose they were."""

    def __init__(self) -> None:
        self._ids: list[T] = []

    def add(self, item_id: T, error: Notice | None) -> bool:
        """Takes note of an item that has ended.

        Args:
            error: `Label.error`; None where the item was labelled.

        Returns:
            Whether the streak is so long that the run must stop.
        """
        if error is None or not error_class(error.code).is_unanswered():
            self._ids.clear()
            return False
        self._ids.append(item_id)
        return len(self._ids) >= LIMIT

    def take(self) -> list[T]:
        """The items of the streak, in order; the next one starts empty."""
        ids, self._ids = self._ids, []
        return ids


def stop_message(last: str, saved: str = "") -> str:
    """Why a run stopped, in one line.

    Args:
        last: The last failure's message.
        saved: What is kept, e.g. "4 of 9 items are saved in DIR".
    """
    kept = f"; {saved}" if saved else ""
    advice = "fix this, then rerun the same command to resume"
    return f"stopped after {LIMIT} failures in a row, the last one: {last}{kept}; {advice}"
