"""A reviewer's decision on a paper, as it is kept in the ledger (docs/adr/0019-review.md).

What enters: what a person did, by key or page. What leaves: one immutable record; rows are appended, and
undone by another row.
"""

from __future__ import annotations

from typing import Literal, get_args

from classifier.model.record import Record

DecisionKind = Literal["accept", "change", "out-of-scope", "unplaced", "resolve", "skip", "note"]
Seen = Literal["all", "machine", "nothing"]
"""What a reviewer could see: everything; the engine's label but no other reviewer's; neither."""

DECISION_KINDS: tuple[DecisionKind, ...] = get_args(DecisionKind)
RULING_KINDS: tuple[DecisionKind, ...] = ("accept", "change", "out-of-scope", "unplaced", "resolve")
"""Those that give a paper a label."""


class ReviewDecision(Record):
    """One decision of one person on one paper.

    Attributes:
        id: Its number in the ledger, in the order of decisions; 0 before it is stored.
        key: The entry's key when the paper was last seen.
        label: A leaf id, "out-of-scope" or "unplaced"; None for a skip or a note.
        scope_reason: A scope rule's id if the label is "out-of-scope" and the person gave one.
        by: The person's name.
        note: Why, in free words.
        at: ISO 8601, UTC, with microseconds.
        seen: What the person could see.
        machine: The engine's label at that time, or "failed".
        asked: Why the paper was in the queue (`classifier.review.queue.Why`); empty if it was not asked for.
        act: Equal for decisions that were made together and are undone together.
    """

    id: int = 0
    kind: DecisionKind
    key: str
    label: str | None = None
    scope_reason: str | None = None
    by: str
    note: str = ""
    at: str = ""
    seen: Seen = "all"
    machine: str = ""
    asked: str = ""
    act: int = 0

    @property
    def rules(self) -> bool:
        """Whether it gives the paper a label."""
        return self.label is not None and self.kind in RULING_KINDS
