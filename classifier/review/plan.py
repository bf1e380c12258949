"""The plan of a review: seed, sample, reviewers, and what they may see; stored in the run's ledger.

What enters: a run's folder. What leaves: the plan, the same for everyone who opens this run.
"""

from __future__ import annotations

import math
import secrets
from pathlib import Path

from pydantic import Field, ValidationError, field_validator

from classifier.batch.ledger.decisions import keep_plan, read_plan
from classifier.errors import ConfigError, StoreError
from classifier.model.record import Record

PER_PAPER = 2
"""Reviewers who decide on each paper, if a plan names several."""
_NAME_CHARS = 100
_SHARE, _LEAST, _MOST = 0.1, 30, 200
"""Share, minimum and maximum of the audit sample if the plan gives no number (chosen: 30 papers give an
interval of about ±0.15 at an accuracy of 0.8, 200 one of ±0.06)."""


class ReviewPlan(Record):
    """How a run is reviewed.

    Attributes:
        seed: Decides the audit sample and every random order.
        audit: Papers in the sample; None for a tenth, at least 30 and at most 200.
        reviewers: Names of those who decide blind, or none: then each decision counts at once.
        hide_machine: Whether they see the engine's label only after both have decided.
    """

    seed: int = Field(default=0, ge=0)
    audit: int | None = Field(default=None, ge=0)
    reviewers: tuple[str, ...] = ()
    hide_machine: bool = False

    @field_validator("reviewers")
    @classmethod
    def _distinct(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(" ".join(name.split()) for name in names)
        if len(names) == 1 or len(set(names)) < len(names) or not all(names):
            raise ValueError("expected no names, or at least two different ones")
        if max(map(len, names), default=0) > _NAME_CHARS:
            raise ValueError(f"a name is longer than {_NAME_CHARS} characters")
        return names

    @property
    def is_double(self) -> bool:
        """Whether two people decide on each paper."""
        return bool(self.reviewers)

    def sample_size(self, papers: int) -> int:
        """The size of the audit sample of a run with this many papers."""
        wanted = self.audit if self.audit is not None else min(_MOST, max(_LEAST, math.ceil(_SHARE * papers)))
        return min(papers, wanted)


def open_plan(folder: Path, **given: object) -> ReviewPlan:
    """The plan of a run, created when it is first opened; given values replace stored ones.

    Args:
        folder: The run's.
        given: Fields of the plan; those that are None are not changed. Without a seed, a new plan draws one.

    Raises:
        ConfigError: There is no ledger, or a value is wrong.
        StoreError: The ledger cannot be read or written, or contains an invalid plan.
    """
    kept = read_plan(folder)
    before = as_plan(kept) if kept is not None else None
    base = before.model_dump() if before else {"seed": secrets.randbelow(10**6)}
    values = base | {name: value for name, value in given.items() if value is not None}
    try:
        plan = ReviewPlan.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            f"{first['loc'][0]} is {first['input']!r}: {first['msg'].removeprefix('Value error, ')}"
        ) from error
    if plan != before:
        keep_plan(folder, plan.model_dump(mode="json"))
    return plan


def as_plan(kept: object) -> ReviewPlan:
    """The plan from the ledger's JSON; the default plan if there is none.

    Raises:
        StoreError: It is not a valid plan.
    """
    try:
        return ReviewPlan.model_validate(kept if kept is not None else {})
    except ValidationError as error:
        raise StoreError(
            f"the review's plan in the ledger cannot be read: {error.errors()[0]['msg']}"
        ) from error
