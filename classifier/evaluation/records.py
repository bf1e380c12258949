"""The frozen records of an evaluation.

    SuiteItem, Suite     suites -> runner        what is scored, and the gold label next to it
    Prediction           runner -> scoring       one line of predictions.jsonl
    Report               scoring -> report       report.json; its JSON Schema is this module's

Labels are leaf ids or "out-of-scope". A prediction without a leaf (failed, unplaced) is wrong wherever a
share is taken, and stays in every denominator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import ConfigDict, Field

from classifier.model.label import Label
from classifier.model.record import Record
from classifier.model.reply import Usage

TextKind = Literal["abstract", "summary", "text", "pdf", "arxiv"]


class SuiteItem(Record):
    """One labelled paper of a suite file; keys not listed here are kept.

    Attributes:
        label: A leaf id or "out-of-scope". It never enters the text that is scored.
        labels: One label an annotator, where several worked.
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
        leaf: What was predicted: a leaf id, "out-of-scope", or None (unplaced or failed).
        text_kind: What the engine was shown.
        result: The whole Label.
        attempts, usage: What a failed item took; a label has its own in its provenance.
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
    """A number with its 95 % interval; None where the sample does not define it.

    Attributes:
        method: How the interval was made: "wilson", "bootstrap", or "" where there is none.
        n: Items that the number rests on.
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
    """Counts with gold labels as rows; the last columns hold "unplaced" and "failed"."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Bin(Record):
    """Predictions with confidence in [low, high): how confident they were and how often right."""

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


class CoveragePoint(Record):
    """Accuracy among the most confident share of items, and the confidence at which it is cut."""

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
    """Two labels that were taken for one another, with what the taxonomy says of each."""

    gold: str
    predicted: str
    n: int
    gold_definition: str
    predicted_definition: str
    item_ids: tuple[str, ...]


class Agreement(Record):
    """Several annotators among themselves, and with the engine.

    Attributes:
        confused: Labels that annotators gave to one item; `n` counts items, and of the two labels the one
            that comes first in the tree is called `gold`.
    """

    annotators: int
    cohen_human_human: Estimate
    krippendorff_human: Estimate
    cohen_human_engine: Estimate
    confused: tuple[ConfusedPair, ...] = ()


class ItemRow(Record):
    """One item of the report's table; the whole Label is in predictions.jsonl.

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
    """Tokens and money of all items; None where unknown. Cached tokens are part of `tokens_in`."""

    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    cost_usd: float | None
    requests: int


class Times(Record):
    """All that differs from run to run though nothing else does; left out of comparisons."""

    started_at: str
    seconds: float
    latency_median_s: float | None
    latency_p95_s: float | None


class RunFacts(Record):
    """What was run on what: two runs are comparable where the suite's sha256 is equal.

    Attributes:
        engine, model: In a cascade, those that are asked last.
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
        share: Of all items, those that this engine decided; items that failed count as the second's.
        accuracy: Among those.
        spending: What it took for all items that it was asked about.
    """

    engine: str
    share: Estimate
    accuracy: Estimate
    spending: Spending


class Cascade(Record):
    """Who decided what in a cascade, how right, and what it saved.

    Attributes:
        first_on_rest: Accuracy of the first engine on the escalated items.
        without: What the second engine alone would have spent: its mean over the items that it answered,
            times all items. An estimate: those are the harder ones, which need not be the longer ones.
        saved_usd, saved_tokens: `without` less what both spent; negative where the cascade cost more. None
            where unknown. Tokens are those in and out.
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
