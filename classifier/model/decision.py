"""A reviewer's decision on a paper, as stored in the ledger (docs/adr/0019-review.md).

What enters: a person's action in the terminal or browser. What leaves: one immutable record. Rows are only
appended; another row undoes a decision.
"""

from __future__ import annotations

from typing import Literal, get_args

from classifier.model.record import Record

DecisionKind = Literal["accept", "change", "out-of-scope", "unplaced", "resolve", "skip", "note"]
Seen = Literal["all", "machine", "nothing"]
"""What a reviewer could see: everything, the engine's label but no other reviewer's, or neither."""

DECISION_KINDS: tuple[DecisionKind, ...] = get_args(DecisionKind)
RULING_KINDS: tuple[DecisionKind, ...] = ("accept", "change", "out-of-scope", "unplaced", "resolve")
"""The actions that give a paper a label."""


class ReviewDecision(Record):
    """One decision of one person on one paper.

    Attributes:
        id: Its number in the ledger, in the order of decisions; 0 before it is stored.
        key: The entry's key when the paper was last seen.
        label: A leaf id, "out-of-scope" or "unplaced"; None for a skip or a note.
        scope_reason: A scope rule's id if the label is "out-of-scope" and the person gave one.
        by: The person's name.
        note: The reason, as free text.
        at: ISO 8601, UTC, with microseconds.
        seen: What the person could see.
        machine: The engine's label at that time, or "failed".
        asked: Why the paper was in the queue (`classifier.review.queue.Why`); empty if it was not in the
            queue.
        act: Shared id of decisions that were made together and are undone together.
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
        """Whether the decision gives the paper a label."""
        return self.label is not None and self.kind in RULING_KINDS
