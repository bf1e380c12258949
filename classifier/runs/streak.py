"""Counts failures in a row without a reply: after `LIMIT` of them the papers are not the cause."""

from __future__ import annotations

from typing import Generic, TypeVar

from classifier.errors import error_class
from classifier.model.record import Notice

T = TypeVar("T")

LIMIT = 10
"""Failures in a row that stop a run (our choice: more than a server's short outage causes, and less than a
minute's work)."""


class FailureStreak(Generic[T]):
    """Counts failures in a row, and remembers their items."""

    def __init__(self) -> None:
        self._ids: list[T] = []

    def add(self, item_id: T, error: Notice | None) -> bool:
        """Records the result of an item.

        Args:
            error: `Label.error`; None if the item was labelled.

        Returns:
            True if the streak has reached `LIMIT` and the run must stop.
        """
        if error is None or not error_class(error.code).is_unanswered():
            self._ids.clear()
            return False
        self._ids.append(item_id)
        return len(self._ids) >= LIMIT

    def take(self) -> list[T]:
        """Returns the items of the streak, in order, and starts an empty one."""
        ids, self._ids = self._ids, []
        return ids


def stop_message(last: str, saved: str = "") -> str:
    """The reason why a run stopped, in one line.

    Args:
        last: The message of the last failure.
        saved: What was saved, e.g. "4 of 9 items are saved in DIR".
    """
    kept = f"; {saved}" if saved else ""
    advice = "fix this, then rerun the same command to resume"
    return f"stopped after {LIMIT} failures in a row, the last one: {last}{kept}; {advice}"
