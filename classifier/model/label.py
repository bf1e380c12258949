"""The Label: the stable JSON output (`schema_version` 1).

What enters: values from the pipeline. What leaves: one immutable record, written as one JSON line.
`classifier schema` prints its JSON Schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from classifier.model.measurement import KIND_WORDS, Measurement, ReadKind
from classifier.model.record import Notice, Record
from classifier.model.reply import FirstOpinion, GivenAnswer, StageChoice

Status = Literal["placed", "out_of_scope", "unplaced", "failed"]
Verdict = Literal["verbatim", "near", "absent"]
ReviewReason = Literal[
    "low-confidence",
    "quote-absent",
    "answers-contradict-leaf",
    "hidden-text",
    "hidden-text-unchecked",
    "partial-text",
    "title-mismatch",
    "unmeasured",
    "weak-engine",
    "audit",
]


class LabelledPaper(Record):
    """The paper that the label is about."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    arxiv_id: str | None = None
    doi: str | None = None
    sha256: str | None = None
    pages: int | None = None
    source: str = "file"


class Evidence(Record):
    """A quote and its place in the paper.

    Attributes:
        supports: A decision question's id, or "label".
        page: Page number from 1; None if the quote was not found.
        start, end: Half-open character offsets in that page's visible text.
        verdict: "verbatim" (equal after normalisation), "near" (a few characters differ),
            or "absent" (not in the paper).
    """

    quote: str
    supports: str
    page: int | None = None
    start: int | None = None
    end: int | None = None
    verdict: Verdict


class Provenance(Record):
    """How the label was made, with everything needed to reproduce it.

    Attributes:
        accuracy: The engine's measured accuracy on this taxonomy with this prompt; None if it was not
            measured, and in labels of version 0.1.
        first_opinion: The answer of a cascade's first engine if the paper was escalated; its tokens, cost and
            attempts are included in those above. None without a cascade, or if the first engine decided.
        stages: The branches that were chosen before, if the tree is too large for one question.
    """

    engine: str
    model: str | None = None
    taxonomy_sha256: str
    prompt_sha256: str | None = None
    example_ids: tuple[str, ...] = ()
    confidence: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    cost_usd: float | None = None
    latency_s: float = 0.0
    attempts: int = 0
    reply_sha256: str | None = None
    # Labels of version 0.1 lack this key, and their ledgers must be rewritten byte for byte.
    accuracy: Measurement | None = Field(default=None, exclude_if=lambda value: value is None)
    first_opinion: FirstOpinion | None = None
    stages: tuple[StageChoice, ...] = Field(default=(), exclude_if=lambda value: not value)
    pdf_engine: str | None = None
    sandbox: str | None = None
    classifier_version: str
    created_at: str


class Label(Record):
    """The result for one paper: its place in the tree, why, its confidence, and whether it needs review.

    Attributes:
        ref: The reference as given; in a list, the entry's key or id.
        leaf: A leaf id if `status` is "placed", else None.
        path: Titles from the root's child to the leaf.
        runner_up: The second-best label (leaf id or "out-of-scope").
        scope_reason: A scope rule's id if `status` is "out_of_scope" and the answers lead to one.
        confidence: Probability in [0, 1] that leaf or status is right; None if it is unknown, and then the
            label needs review as `low-confidence`.
        branch_confidence: Probability in [0, 1] that the leaf's outermost branch is right (`path[0]`): the
            sum over its leaves. None, and then no key, if the engine does not weigh all leaves, or the leaf
            has no branch.
        review_reasons: Why a person must review the label; `warnings` has a message for each, under the same
            code.
        attributes: The survey's table fields for the label's class; None if the paper does not give a value.
    """

    schema_version: Literal[1] = 1
    ref: str
    paper: LabelledPaper
    status: Status
    error: Notice | None = None
    leaf: str | None = None
    path: tuple[str, ...] = ()
    runner_up: str | None = None
    secondary: tuple[str, ...] = ()
    scope_reason: str | None = None
    confidence: float | None = Field(default=None, ge=0.0, le=1.0)
    branch_confidence: float | None = Field(
        default=None, ge=0.0, le=1.0, exclude_if=lambda value: value is None
    )
    needs_review: bool = False
    review_reasons: tuple[ReviewReason, ...] = ()
    answers: tuple[GivenAnswer, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    rationale: str = ""
    attributes: Mapping[str, str | None] = Field(default_factory=dict)
    warnings: tuple[Notice, ...] = ()
    provenance: Provenance | None = None

    @property
    def read_kind(self) -> ReadKind:
        """What the label was decided from, as `Document.read_kind`; "pdf" if that is not known."""
        if self.provenance is None or self.provenance.pdf_engine != "text":
            return "pdf"
        return "abstract" if any(w.code == "abstract-only" for w in self.warnings) else "text"

    @property
    def accuracy_in_words(self) -> str:
        """The engine's measured accuracy, and if other texts were measured than this; "" if unmeasured."""
        measured = self.provenance.accuracy if self.provenance else None
        if measured is None or measured.is_about(self.read_kind):
            return str(measured or "")
        return f"{measured}, not measured on {KIND_WORDS[self.read_kind]}"

    def place_of(self, found: Evidence) -> str | None:
        """The place of a quote in words: "page 3", "abstract" or "text"; None if it was not found.

        If only an abstract or plain text was read, there are no pages.
        """
        if found.page is None:
            return None
        return f"page {found.page}" if self.read_kind == "pdf" else self.read_kind
