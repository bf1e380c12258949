"""What an engine gives back: a validated answer, what it cost, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import AliasChoices, Field

from classifier.model.record import Notice, Record


class GivenAnswer(Record):
    """The answer to one decision question, with the quote it rests on."""

    question: str
    answer: str
    quote: str | None = None


class Quote(Record):
    """Words of the paper, and the question (or "label") that they support."""

    quote: str
    supports: str


class Answer(Record):
    """A reply that is valid by the leaf schema: one closed label and its grounds.

    Attributes:
        confidence: Probability in [0, 1] that the label is right; None where the engine gave none that is
        usable.
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
    """Tokens and money of one or more calls; None where the server or price list is silent."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    cost_usd: float | None = None


class FirstOpinion(Usage):
    """What the first engine of a cascade answered about a paper that was escalated, and what that cost.

    Attributes:
        label: None where it gave no usable answer; `error` then holds the reason's code.
        confidence: What was compared with the threshold. Labels of version 0.1 call it `sureness`.
        attempts: As in `Reply`.
    """

    engine: str
    model: str | None = None
    label: str | None = None
    confidence: float | None = Field(default=None, validation_alias=AliasChoices("confidence", "sureness"))
    error: str | None = None
    attempts: int = 0


class Reply(Record):
    """An engine's validated answer and how it was made.

    Attributes:
        probabilities: Label -> probability, where the engine has them (sums to 1).
        confidence_source: "probability", "logprobs", "stated", or "unknown" without a confidence; ends up in
            provenance.
        cautious: The label's probability under the assumption that is least kind to it, where the engine can
            tell; a cascade decides by it.
        raw: The reply as received (empty for the offline engine).
        attempts: Requests made, including retries and re-asks; 0 offline.
        first_opinion: In a cascade, what the engine before had said; `usage`, `attempts` and `latency_s` are
            those of both together.
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
