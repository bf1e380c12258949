"""The immutable records of an evaluation.

    SuiteItem, Suite     suites -> runner        the items to score, with their gold labels
    Prediction           runner -> scoring       one line of predictions.jsonl
    Report               scoring -> report       report.json

Labels are leaf ids or "out-of-scope". A prediction without a label (failed, unplaced) counts as wrong and
stays in every denominator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import ConfigDict, Field

from classifier.model.label import Label
from classifier.model.record import Record
from classifier.model.reply import Usage

TextKind = Literal["abstract", "summary", "text", "pdf", "arxiv", "title"]


class SuiteItem(Record):
    """One labelled paper of a suite file; other keys are kept too.

    Attributes:
        label: A leaf id or "out-of-scope". It is never part of the text that is scored.
        labels: One label per annotator, if there were several.
        line: Line number in the file, from 1.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str
    title: str
    label: str
    abstract: str | None = None
    summary: str | None = None
    text: str | None = None
    pdf: str | None = None
    arxiv: str | None = None
    doi: str | None = None
    year: int | None = None
    authors: tuple[str, ...] = ()
    secondary: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    contested: bool = False
    difficulty: str | None = None
    line: int = 0


class Suite(Record):
    """A file of labelled papers, or the workspace's gold."""

    name: str
    sha256: str
    items: tuple[SuiteItem, ...]


class Prediction(Record):
    """One line of predictions.jsonl.

    Attributes:
        label: The gold label.
        leaf: The predicted label: a leaf id, "out-of-scope", or None (unplaced or failed).
        text_kind: The kind of text that the engine saw.
        result: The complete Label.
        attempts, usage: Those of a failed item; a label has them in its provenance.
    """

    id: str
    title: str
    label: str
    leaf: str | None
    correct: bool
    text_kind: TextKind
    difficulty: str | None = None
    contested: bool = False
    labels: tuple[str, ...] = ()
    result: Label
    attempts: int = 0
    usage: Usage | None = None


class Estimate(Record):
    """A number with its 95 % interval; None if the sample does not define it.

    Attributes:
        method: How the interval was computed: "wilson", "bootstrap", or "" without an interval.
        n: Number of items that it was computed from.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int
    method: Literal["wilson", "bootstrap", ""] = ""


class System(Record):
    """The engine or a baseline, and its metrics by id (`classifier.evaluation.metrics.TITLES`)."""

    name: str
    is_baseline: bool
    metrics: Mapping[str, Estimate]


class LabelScore(Record):
    """Precision, recall and F1 of one label."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int


class Confusion(Record):
    """Counts with gold labels as rows; the last columns are "unplaced" and "failed"."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Bin(Record):
    """Predictions with confidence in [low, high): their mean confidence and their accuracy."""

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


class CoveragePoint(Record):
    """Accuracy of the most confident share of items, and the lowest confidence among them."""

    coverage: float
    n: int
    accuracy: float
    threshold: float


class Group(Record):
    """Accuracy of a part of the suite, e.g. difficulty = hard."""

    by: Literal["difficulty", "contested", "text_kind"]
    value: str
    accuracy: Estimate


class ConfusedPair(Record):
    """Two labels that were confused, with their definitions in the taxonomy."""

    gold: str
    predicted: str
    n: int
    gold_definition: str
    predicted_definition: str
    item_ids: tuple[str, ...]


class Agreement(Record):
    """Agreement of several annotators with each other, and with the engine.

    Attributes:
        confused: Pairs of labels that annotators gave to the same item; `n` counts items, and `gold` is the
            label that comes first in the tree.
    """

    annotators: int
    cohen_human_human: Estimate
    krippendorff_human: Estimate
    cohen_human_engine: Estimate
    confused: tuple[ConfusedPair, ...] = ()


class ItemRow(Record):
    """One item of the report's table; the complete Label is in predictions.jsonl.

    Attributes:
        quotes: (page from 1 or None, verdict, the quote).
        answers: (question id, answer id).
    """

    id: str
    title: str
    label: str
    leaf: str | None
    correct: bool
    runner_up: str | None
    confidence: float | None
    status: str
    error: str | None
    text_kind: TextKind
    difficulty: str | None
    contested: bool
    review_reasons: tuple[str, ...]
    rationale: str
    quotes: tuple[tuple[int | None, str, str], ...]
    answers: tuple[tuple[str, str], ...]


class Spending(Record):
    """Tokens and cost of all items; None if unknown. Cached tokens are part of `tokens_in`."""

    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    cost_usd: float | None
    requests: int


class Times(Record):
    """Values that differ from run to run even if the predictions are equal; not part of comparisons."""

    started_at: str
    seconds: float
    latency_median_s: float | None
    latency_p95_s: float | None


class RunFacts(Record):
    """The suite, engine and settings of a run; runs are comparable if the suite's sha256 is equal.

    Attributes:
        engine, model: In a cascade, the engine and model that are asked last.
        cascade: The engine and model that are asked first; None without a cascade.
        cascade_below: An item is escalated if the first engine's confidence is below this.
    """

    suite: str
    suite_sha256: str
    protocol: Literal["loo", "holdout"]
    engine: str
    model: str | None
    examples: str
    taxonomy_sha256: str
    prompt_sha256: str | None
    classifier_version: str
    calibration: str | None = None
    repeat: int = 1
    cascade: str | None = None
    cascade_below: float | None = None


class Stage(Record):
    """One of a cascade's two engines.

    Attributes:
        share: Share of all items that this engine decided; failed items belong to the second engine.
        accuracy: Accuracy on these items.
        spending: Spending for all items that this engine was asked about.
    """

    engine: str
    share: Estimate
    accuracy: Estimate
    spending: Spending


class Cascade(Record):
    """What each engine of a cascade decided, its accuracy, and what the cascade saved.

    Attributes:
        first_on_rest: Accuracy of the first engine on the escalated items.
        without: Estimated spending of the second engine alone: its mean over the items that it answered,
            times the number of all items. These items are the harder ones, but not necessarily the longer
            ones.
        saved_usd, saved_tokens: `without` minus the spending of both; negative if the cascade cost more, None
            if unknown. Tokens are input plus output tokens.
    """

    first: Stage
    second: Stage
    first_on_rest: Estimate
    without: Spending
    saved_usd: float | None
    saved_tokens: int | None


class Report(Record):
    """report.json, `schema_version` 1.

    Attributes:
        label_titles: Label -> titles from the root's child to the leaf, so that a report can be read
            without the taxonomy that it was made with.
    """

    schema_version: Literal[1] = 1
    run: RunFacts
    n: int
    text_kinds: Mapping[str, int]
    label_titles: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    systems: tuple[System, ...]
    labels: tuple[LabelScore, ...]
    confusion: Confusion
    reliability: tuple[Bin, ...]
    coverage: tuple[CoveragePoint, ...]
    groups: tuple[Group, ...]
    quotes: Mapping[str, int]
    confused: tuple[ConfusedPair, ...]
    agreement: Agreement | None = None
    cascade: Cascade | None = None
    spending: Spending
    failed: tuple[str, ...] = ()
    unplaced: tuple[str, ...] = ()
    items: tuple[ItemRow, ...]
    warnings: tuple[str, ...] = Field(default=())
    times: Times
