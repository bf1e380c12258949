"""A paper's decisions -> the resulting label as a correction, or what is still open.

What enters: decisions that are not undone, oldest first. What leaves: a correction, the same for every
viewer. The ledger's transaction and all pages use the same function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from classifier.model.decision import ReviewDecision
from classifier.model.entries import Correction
from classifier.review.plan import PER_PAPER, ReviewPlan, as_plan


@dataclass(frozen=True)
class Opinions:
    """The decisions of a paper's reviewers.

    Attributes:
        by_name: The last label decision of each reviewer, in the order in which they first decided.
        resolution: The last decision that ended a conflict.
        needed: How many reviewers must decide.
    """

    by_name: dict[str, ReviewDecision]
    resolution: ReviewDecision | None
    needed: int

    @property
    def is_done(self) -> bool:
        """Whether all required reviewers have decided; then nothing is hidden any more."""
        return self.resolution is not None or len(self.by_name) >= self.needed

    @property
    def is_conflict(self) -> bool:
        """Whether all have decided and disagree, and nobody has resolved it."""
        return self.is_done and self.resolution is None and self._differ

    @property
    def was_conflict(self) -> bool:
        """Whether the reviewers disagree, resolved or not."""
        return len(self.by_name) >= self.needed and self._differ

    @property
    def _differ(self) -> bool:
        return self.needed > 1 and len({made.label for made in self.by_name.values()}) > 1


def opinions_of(plan: ReviewPlan, decisions: Sequence[ReviewDecision]) -> Opinions:
    """Collects the reviewers' decisions according to a plan.

    In a review by one person, only the last decision counts, by any person. In a blind review, only decisions
    of the plan's reviewers count.
    """
    by_name: dict[str, ReviewDecision] = {}
    resolution = None
    for made in decisions:
        if not made.rules:
            continue
        if made.kind == "resolve" and plan.is_double:
            resolution = _repeated(resolution, made)
        elif not plan.is_double:
            by_name = {made.by: _repeated(by_name.get(made.by), made)}
        elif made.by in plan.reviewers:
            by_name[made.by] = _repeated(by_name.get(made.by), made)
    return Opinions(by_name, resolution, PER_PAPER if plan.is_double else 1)


def _repeated(earlier: ReviewDecision | None, made: ReviewDecision) -> ReviewDecision:
    """The decision; if a person only repeats their label, what they said before stays unless replaced."""
    if earlier is None or (earlier.by, earlier.label) != (made.by, made.label):
        return made
    said = {"note": made.note or earlier.note, "scope_reason": made.scope_reason or earlier.scope_reason}
    return made.model_copy(update=said)


def ruling_of(plan: ReviewPlan, decisions: Sequence[ReviewDecision]) -> Correction | None:
    """The correction that results from decisions; None while decisions are missing or in conflict."""
    said = opinions_of(plan, decisions)
    if said.resolution is not None:
        return _as_correction([said.resolution])
    if not said.is_done or said.is_conflict:
        return None
    return _as_correction(list(said.by_name.values()))


def rule(kept: Any, decisions: Sequence[ReviewDecision]) -> Correction | None:
    """`ruling_of` for the ledger, which stores the plan as JSON."""
    return ruling_of(as_plan(kept), decisions)


def _as_correction(made: Sequence[ReviewDecision]) -> Correction:
    last = max(made, key=lambda one: one.id)
    notes = [(one.by, _note(one)) for one in made if _note(one)]
    shown = [note if len(made) == 1 else f"{name}: {note}" for name, note in notes]
    return Correction(
        key=last.key,
        label=last.label or "",
        by=", ".join(one.by for one in made),
        note="; ".join(shown),
        at=last.at,
    )


def _note(made: ReviewDecision) -> str:
    """The scope rule and the note as one text, since a correction has only one field for both."""
    return ": ".join(part for part in (made.scope_reason, made.note.strip()) if part)
