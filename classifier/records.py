"""The frozen records that one step hands to the next.

    Paper, PaperFile   sources -> pdf        what is known of a paper, and where its bytes lie
    Document           pdf -> excerpt        pages of visible text, structure, what was hidden or lost
    Study              gold -> prompt        a labelled study, used as a few-shot example
    Excerpt, Prompt    excerpt -> engine     what the model is shown
    Task, Reply        pipeline <-> engine   one question and its validated answer

The result that users keep, `Label`, is in `classifier.label`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

OUT_OF_SCOPE = "out-of-scope"
"""The class of papers that the taxonomy's scope rules exclude."""

UNPLACED = "unplaced"
"""In scope, but no leaf fits. It never means unsure."""

UNCLEAR = "unclear"
"""The answer that every decision question accepts: the paper does not say."""


class Record(BaseModel):
    """Base: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Notice(Record):
    """Something the user should know; `code` is stable, `message` is one line."""

    code: str
    message: str


class Paper(Record):
    """What is known about a paper apart from its text."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    arxiv_id: str | None = None
    doi: str | None = None
    abstract: str | None = None


class PaperFile(Record):
    """A paper's bytes on disk, and what its source says about it.

    Attributes:
        ref: The reference as the user gave it.
        path: The PDF, or None where only metadata (an abstract) is known.
        source: Where it came from: "file", "stdin", "arxiv", "url", "list".
        paper: Metadata from the source; empty for a bare file.
        notices: For example `title-mismatch`, where id and title disagree.
    """

    ref: str
    path: Path | None
    source: str
    paper: Paper = Paper()
    sha256: str | None = None
    notices: tuple[Notice, ...] = ()


class Page(Record):
    """One page's visible text; `number` counts from 1."""

    number: int
    text: str


class Section(Record):
    """A heading: its title, its page (from 1) and its offset in that page's text."""

    title: str
    page: int
    start: int


class HiddenText(Record):
    """Text that a reader of the page would not see.

    Attributes:
        kind: Why it is invisible, e.g. "render-mode-3", "near-white", "tiny", "off-page".
        page: Page number from 1.
        text: The content (at most 500 characters; hostile: never sent to a model).
        box: (left, bottom, right, top) in points on the page, where known.
    """

    kind: str
    page: int
    text: str
    box: tuple[float, float, float, float] | None = None


class Document(Record):
    """A paper as text, page by page, with what was found and what was lost.

    Attributes:
        pages: Visible text only; hidden text is kept apart in `hidden`.
        title, abstract: As printed; None where not found.
        sections: Headings in reading order.
        arxiv_id, doi: As printed on the paper, without version.
        hidden: Text that was cut because no reader would see it.
        hidden_checked: False where the check could not run (the label then goes to review).
        partial: One line for each sign that text is missing; empty when it looks whole.
        page_count: Pages in the file; more than `len(pages)` where limits cut it.
        engine: "pypdfium2", "pypdf" or "text" (built from an abstract, not from a PDF).
        abstract_only: True where no full text was available.
        sandbox: The limits that were in force, for provenance.
    """

    pages: tuple[Page, ...]
    title: str | None = None
    abstract: str | None = None
    sections: tuple[Section, ...] = ()
    arxiv_id: str | None = None
    doi: str | None = None
    hidden: tuple[HiddenText, ...] = ()
    hidden_checked: bool = True
    partial: tuple[str, ...] = ()
    page_count: int = 0
    engine: str = "text"
    abstract_only: bool = False
    sandbox: str = ""

    @property
    def text(self) -> str:
        """All visible text, pages joined by form feeds."""
        return "\f".join(page.text for page in self.pages)


class Study(Record):
    """A labelled paper of a workspace's gold files (one JSON line each).

    Attributes:
        label: A leaf id or `OUT_OF_SCOPE`.
        scope_reason: A scope rule's id where the label is `OUT_OF_SCOPE`.
        summary: What is trained, by what signal, for what; own words of the workspace.
        rationale: Which criterion decides.
        answers: Decision question id -> answer id.
        attributes: Survey field id -> value or None.
        contested: Annotators differed.
        provenance: Section, table, and which contradictions were settled how.
    """

    id: str
    title: str
    label: str
    ref: str | None = None
    system: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    arxiv: str | None = None
    doi: str | None = None
    other_titles: tuple[str, ...] = ()
    scope_reason: str | None = None
    secondary: tuple[str, ...] = ()
    summary: str = ""
    rationale: str = ""
    answers: Mapping[str, str] = Field(default_factory=dict)
    attributes: Mapping[str, str | None] = Field(default_factory=dict)
    difficulty: Literal["easy", "medium", "hard"] | None = None
    contested: bool = False
    provenance: Mapping[str, Any] = Field(default_factory=dict)


class Passage(Record):
    """A piece of a page that the model is shown; [start, end) in the page's text."""

    page: int
    start: int
    end: int
    text: str
    section: str | None = None


class Excerpt(Record):
    """The part of a document that fits the budget, in reading order."""

    title: str | None
    passages: tuple[Passage, ...]
    tokens: int
    omitted_chars: int = 0


class Prompt(Record):
    """What is sent: a system part, a user part, and the answer's JSON Schema.

    Attributes:
        system: Instructions and taxonomy (and the examples, unless they are chosen by
            nearness): byte-identical from paper to paper, so that provider caches hit.
        user: The paper, fenced, and any nearest examples.
        schema: Portable JSON Schema of the answer.
        sha256: Hash of the templates and the taxonomy that made it (not of the paper).
        example_ids: Studies shown as examples.
        tokens: Estimate, characters / 4.
    """

    system: str
    user: str
    answer_schema: Mapping[str, Any]
    sha256: str
    example_ids: tuple[str, ...] = ()
    tokens: int = 0


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


class Task(Record):
    """One paper put to an engine.

    Attributes:
        document: The whole visible text.
        examples: Studies that the engine may learn from here; the paper itself and its
            other files are already left out.
        prompt: Rendered only where the engine asks for one (`Engine.needs_prompt`).
    """

    paper: Paper
    document: Document
    examples: tuple[Study, ...] = ()
    prompt: Prompt | None = None


class Usage(Record):
    """Tokens and money of one or more calls; None where the server or price list is silent."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    cost_usd: float | None = None


class FirstOpinion(Usage):
    """What the first engine of a cascade said of a paper that it handed on, and what that cost.

    Attributes:
        label: None where it gave no usable answer; `error` then holds the reason's code.
        sureness: What was found to be below the threshold.
        attempts: As in `Reply`.
    """

    engine: str
    model: str | None = None
    label: str | None = None
    sureness: float | None = None
    error: str | None = None
    attempts: int = 0


class Reply(Record):
    """An engine's validated answer and how it came about.

    Attributes:
        probabilities: Label -> probability, where the engine has them (sums to 1).
        confidence_source: "probability", "logprobs", "stated", or "unknown" without a confidence; ends up in
            provenance.
        cautious: The label's probability under the assumption that is least kind to it, where the engine can
            tell; a cascade goes by it.
        raw: The reply as it came (empty for the offline engine).
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
