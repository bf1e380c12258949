"""Failures in a row in which nothing was judged: after so many it is not the papers, and the run stops."""

from __future__ import annotations

from classifier.errors import error_class
from classifier.model.record import Notice

LIMIT = 10
"""Failures in a row that stop a run (chosen: more than a server's short spell, less than a minute's work)."""


class FailureStreak:
    """Counts failures in a row, and remembers whose they were.

    Attributes:
        ids: The items of the present streak, in order; empty after any item that was judged.
    """

    def __init__(self) -> None:
        self.ids: list[int | str] = []

    def add(self, item_id: int | str, error: Notice | None) -> bool:
        """Takes note of an item that has ended.

        Args:
            error: `Label.error`; None where the item was labelled.

        Returns:
            Whether the streak is so long that the run must stop.
        """
        if error is None or not error_class(error.code).is_unanswered():
            self.ids.clear()
            return False
        self.ids.append(item_id)
        return len(self.ids) >= LIMIT


def stop_message(last: str, saved: str = "") -> str:
    """Why a run stopped, in one line.

    Args:
        last: The last failure's message.
        saved: What is kept, e.g. "4 of 9 items are saved in DIR".
    """
    kept = f"; {saved}" if saved else ""
    return f"stopped after {LIMIT} failures in a row, the last one: {last}{kept}; mend that and repeat the command to go on"
