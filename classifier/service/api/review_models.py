"""Bodies of the review's part of the JSON API; decisions, agreement and numbers are those of the review."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from classifier.model.decision import ReviewDecision
from classifier.model.record import Record
from classifier.review.flow import FlowCounts
from classifier.review.methods import MethodsText
from classifier.review.stopping import StoppingAdvice

MOST_PAPERS = 1000
"""Most papers in one request; decide on more in several requests."""
_Name = Annotated[str, Field(min_length=1, max_length=100)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, strict=True)


class PlanRequest(_Asked):
    """Starts a review or changes its plan; what is null stays as it is."""

    seed: Annotated[int | None, Field(ge=0, le=2**53, description="Decides sample and order")] = None
    audit: Annotated[
        int | None, Field(ge=0, le=1_000_000, description="Papers in the random sample; a tenth by default")
    ] = None
    reviewers: Annotated[
        list[_Name] | None,
        Field(
            max_length=50, description="Two names or more: each paper is decided by two, blind; [] for none"
        ),
    ] = None
    hide_machine: Annotated[
        bool | None, Field(description="Hide the engine's labels until both have decided")
    ] = None


class DecideRequest(_Asked):
    """A decision on one paper, or the same on several as one act."""

    papers: Annotated[list[_Name], Field(min_length=1, max_length=MOST_PAPERS, description="Papers' ids")]
    label: Annotated[
        str | None,
        Field(
            max_length=200,
            description="leaf id, out-of-scope, unplaced, or accept (the engine's); null to skip or note",
        ),
    ] = None
    scope_reason: Annotated[
        str | None, Field(max_length=200, description="A scope rule's id, with out-of-scope")
    ] = None
    note: Annotated[str, Field(max_length=4000)] = ""
    skip: Annotated[bool, Field(description="Ask again after all others")] = False
    resolve: Annotated[bool, Field(description="End a conflict of two reviewers")] = False


class UndoRequest(_Asked):
    """Which act is taken back."""

    act: Annotated[
        int | None, Field(ge=1, le=2**53, description="`act` of a decision of yours; null for your last one")
    ] = None


class AddGoldRequest(_Asked):
    """Decided papers become studies of the workspace."""

    summaries: Annotated[
        dict[str, Annotated[str, Field(max_length=2000)]],
        Field(max_length=MOST_PAPERS, description="Paper's id -> a summary in your own words"),
    ] = Field(default_factory=dict)
    dry_run: Annotated[bool, Field(description="Only say what would be added")] = False


class ReviewState(Record):
    """How far the review of a run is.

    Attributes:
        started: Whether there is a plan; before, `seed` and the sample are not drawn.
        sample: Papers in the random sample.
        decided: Papers with a label that people gave.
        by_reviewer: Label decisions of each reviewer of a blind review.
        you: Under which name you decide.
        waiting: Papers that wait for you.
    """

    run: str
    started: bool
    seed: int
    sample: int
    reviewers: tuple[str, ...]
    hide_machine: bool
    papers: int
    decided: int
    by_reviewer: dict[str, int]
    conflicts: int
    you: str
    waiting: int


class QueuedPaper(Record):
    """A paper in the queue; what is hidden is null.

    Attributes:
        place: From 1.
        why, sentence: Why it is asked.
        decisions: Those that you may see.
    """

    paper: str
    key: str
    title: str
    authors: str
    year: int | None
    place: int
    why: str
    sentence: str
    label: str | None
    runner_up: str | None
    confidence: float | None
    decisions: tuple[ReviewDecision, ...]


class ReviewAct(Record):
    """Decisions that were made, or taken back, together.

    Attributes:
        act: What `undo` wants.
        waiting: Papers that wait for you now.
    """

    act: int | None
    decisions: tuple[ReviewDecision, ...]
    waiting: int


class ReviewNumbers(Record):
    """When to stop, the flow of papers, and the paragraph with the source of each number."""

    stopping: StoppingAdvice
    flow: FlowCounts
    methods: MethodsText


class AddedGold(Record):
    """Studies that were added, or would be; `skipped` says why a paper makes none."""

    added: tuple[str, ...]
    renewed: tuple[str, ...]
    known: tuple[str, ...]
    skipped: dict[str, str]
    drafted: tuple[str, ...]
