"""The result of an engine: a validated answer, its cost, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import AliasChoices, Field

from classifier.model.record import Notice, Record


class GivenAnswer(Record):
    """The answer to one decision question, with the quote that supports it."""

    question: str
    answer: str
    quote: str | None = None


class Quote(Record):
    """Words copied from the paper, and the question (or "label") that they support."""

    quote: str
    supports: str


class Answer(Record):
    """A reply that is valid under the leaf schema: one label of the closed set, and the reasons for it.

    Attributes:
        confidence: Probability in [0, 1] that the label is right; None if the engine gave no usable one.
    """

    answers: tuple[GivenAnswer, ...]
    evidence: tuple[Quote, ...]
    rationale: str
    label: str
    runner_up: str | None = None
    secondary: tuple[str, ...] = ()
    attributes: Mapping[str, str | None] = Field(default_factory=dict)
    confidence: float | None = Field(ge=0.0, le=1.0)


class Usage(Record):
    """Tokens and cost of one or more requests; None if the server or the price list has no value."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    cost_usd: float | None = None

    def plus(self, other: Usage) -> Usage:
        """The sum of both. A count that one of them lacks is that of the other; a cost is then unknown."""
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            tokens_in=_sum(self.tokens_in, other.tokens_in),
            tokens_out=_sum(self.tokens_out, other.tokens_out),
            tokens_cached=_sum(self.tokens_cached, other.tokens_cached),
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
        )


class FirstOpinion(Usage):
    """The answer of a cascade's first engine about a paper that was escalated, and its cost.

    Attributes:
        label: None if there was no usable answer; `error` then has the code of the reason.
        confidence: The value that was compared with the threshold. Labels of version 0.1 call it `sureness`.
        attempts: As in `Reply`.
    """

    engine: str
    model: str | None = None
    label: str | None = None
    confidence: float | None = Field(default=None, validation_alias=AliasChoices("confidence", "sureness"))
    error: str | None = None
    attempts: int = 0


class StageChoice(Record):
    """The answer to an earlier question about a large tree, which was asked in stages.

    Attributes:
        label, runner_up: Branches, or labels of the whole tree.
        confidence: Probability in [0, 1] that the label is right; None if it is unknown.
    """

    label: str
    runner_up: str | None = None
    confidence: float | None = None


class Reply(Record):
    """An engine's validated answer and how it was made.

    Attributes:
        probabilities: Label -> probability (sums to 1), if the engine has them.
        confidence_source: "probability", "logprobs", "stated", or "unknown" without a confidence; stored in
            `Provenance.confidence`.
        cautious: The lowest probability of the label under the engine's assumptions about label frequencies,
            if it has several; a cascade compares this with its threshold.
        raw: The reply as received (empty for the offline engine).
        attempts: Requests made, including retries and re-asks; 0 offline.
        first_opinion: In a cascade, the answer of the previous engine; `usage`, `attempts` and `latency_s`
            are the sums of both.
        stages: For a tree that was asked about in stages, the answers before this one, the first one first;
            `answer.confidence` is the product of all, and `usage`, `attempts` and `latency_s` are sums.
    """

    answer: Answer
    engine: str
    model: str | None = None
    probabilities: Mapping[str, float] = Field(default_factory=dict)
    confidence_source: str = "stated"
    cautious: float | None = None
    usage: Usage = Usage()
    latency_s: float = 0.0
    attempts: int = 0
    raw: str = ""
    notices: tuple[Notice, ...] = ()
    first_opinion: FirstOpinion | None = None
    stages: tuple[StageChoice, ...] = ()


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one + (other or 0)
