"""Papers under review -> the order in which a person sees them, with reasons.

What enters: papers, the plan, a person and a filter. What leaves: places in the queue, in order.
The same seed gives the same order. How the order was chosen: benchmarks/review_order.py.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from classifier.export.filed import FAILED
from classifier.review.papers import ReviewPaper
from classifier.review.plan import ReviewPlan
from classifier.text.characters import shown


class Why(StrEnum):
    """Why a paper is in the queue: the random sample, then doubts in the order of the queue."""

    audit = "audit"
    failed = "failed"
    evidence = "evidence"
    margin = "margin"
    thin_leaf = "thin-leaf"
    unmeasured = "unmeasured"
    weak_engine = "weak-engine"
    other = "other"
    rest = "rest"


REASONS = {
    Why.audit: "a random sample; it measures how often the labels are right",
    Why.failed: "no label",
    Why.evidence: "a quote is not in the paper, or the answers contradict the label",
    Why.margin: "low or unknown confidence, the lowest first",
    Why.thin_leaf: "the only papers of a leaf: at most three",
    Why.unmeasured: "no accuracy is known for the engine",
    Why.weak_engine: "the engine's measured accuracy is low",
    Why.other: "hidden text, a text that is not whole, another title",
    Why.rest: "nothing speaks against the label; the lowest confidence first",
}
"""What each reason means, in the order of the queue."""
_EVIDENCE = ("quote-absent", "answers-contradict-leaf")
_OTHER = ("hidden-text", "hidden-text-unchecked", "partial-text", "title-mismatch")
_THIN = 3
"""A leaf with at most this many papers in the run is thin: one wrong paper matters."""
_LOW = "low-confidence"
_EVERY = 4
"""Chosen by benchmarks/review_order.py: asking the whole sample first would delay all other papers."""
_SAMPLE = "It is in the random sample that measures how often the labels are right."
_HIDDEN = "The reason is shown when both reviewers have decided."


@dataclass(frozen=True)
class QueuePlace:
    """A paper in the queue.

    Attributes:
        why: The first reason that applies.
        sentence: The reason in one sentence.
    """

    paper: ReviewPaper
    why: Why
    sentence: str


@dataclass(frozen=True)
class QueueFilter:
    """A filter for the queue; None and "" do not filter.

    Attributes:
        why: In the queue for this reason.
        label: With this current label; for a branch's id, with a leaf below it.
        text: Words in title, key or authors, ignoring case.
        below: With a confidence below this, or none.
        engine: Labelled by this model or engine.
        year: Of this year.
        decided: Include papers that need no decision any more.
    """

    why: Why | None = None
    label: str | None = None
    text: str = ""
    below: float | None = None
    engine: str = ""
    year: int | None = None
    decided: bool = False

    def wants(self, place: QueuePlace, plan: ReviewPlan) -> bool:
        """Whether a place passes the filter; hidden labels and confidences never match."""
        paper = place.paper
        if not paper.shows_machine(plan) and (self.label is not None or self.below is not None):
            return False
        row = paper.filed
        words = " ".join((row.title, row.key, *row.authors)).casefold()
        return (
            (self.why in (None, place.why) or (self.why is Why.audit and paper.is_audit))
            and (self.label is None or row.label == self.label or row.label.startswith(f"{self.label}/"))
            and self.text.casefold() in words
            and self.engine in ("", paper.engine)
            and self.year in (None, row.year)
            and (self.below is None or paper.confidence is None or paper.confidence < self.below)
        )


def make_queue(
    papers: Sequence[ReviewPaper], plan: ReviewPlan, name: str, wanted: QueueFilter | None = None
) -> list[QueuePlace]:
    """The papers that wait for a person, in order; skipped ones come last.

    Every fourth place is the next paper of the sample, in random order; the others start with the most
    doubtful papers. A paper of the sample gets the earlier of its two places.

    Args:
        name: The person's.
        wanted: The filter; with `decided`, also papers that wait for nobody.
    """
    wanted = wanted or QueueFilter()
    sizes = Counter(paper.filed.label for paper in papers)
    waiting = [paper for paper in papers if paper.waits_for(name, plan)]
    places = [_place(paper, sizes, plan) for paper in (papers if wanted.decided else waiting)]
    rank = {why: number for number, why in enumerate(Why)}
    hidden = plan.is_double and plan.hide_machine

    def order(place: QueuePlace) -> tuple[object, ...]:
        doubt = _doubt(place.paper, sizes)
        within = () if hidden else _WITHIN.get(doubt, _by_confidence)(place.paper, sizes)
        return (rank[doubt], *within, place.paper.draw)

    chosen = sorted((place for place in places if wanted.wants(place, plan)), key=order)
    fresh = [place for place in chosen if not place.paper.was_skipped_by(name)]
    skipped = [place for place in chosen if place.paper.was_skipped_by(name)]
    sample = sorted((place for place in fresh if place.paper.is_audit), key=lambda place: place.paper.draw)
    return [*_merged(sample, fresh, len(papers) - len(waiting)), *skipped]


def _merged(sample: Sequence[QueuePlace], others: Sequence[QueuePlace], decided: int) -> Iterator[QueuePlace]:
    """The sample at every `_EVERY`th place, counted from the first decision; each paper once."""
    sources = deque(sample), deque(others)
    seen: set[int] = set()
    number = decided
    while any(sources):
        first = 0 if number % _EVERY == 0 else 1
        source = sources[first] or sources[1 - first]
        place = source.popleft()
        if id(place) not in seen:
            seen.add(id(place))
            number += 1
            yield place


def conflicts(papers: Iterable[ReviewPaper]) -> list[ReviewPaper]:
    """The papers on which the reviewers disagree and nobody has resolved it, in list order."""
    return [paper for paper in papers if paper.opinions.is_conflict]


def _place(paper: ReviewPaper, sizes: Counter[str], plan: ReviewPlan) -> QueuePlace:
    doubt = _doubt(paper, sizes)
    visible = paper.shows_machine(plan)
    if visible and doubt is not Why.rest:
        also = " It is also in the random sample." if paper.is_audit else ""
        return QueuePlace(paper, doubt, _SENTENCES[doubt](paper, sizes) + also)
    if paper.is_audit:
        return QueuePlace(paper, Why.audit, _SAMPLE)
    return QueuePlace(paper, Why.rest, _SENTENCES[doubt](paper, sizes) if visible else _HIDDEN)


def _doubt(paper: ReviewPaper, sizes: Counter[str]) -> Why:
    """The first reason to review a label, whether or not it is in the sample."""
    label = paper.filed.row.label
    reasons = set(label.review_reasons)
    if paper.machine == FAILED:
        return Why.failed
    if reasons.intersection(_EVIDENCE):
        return Why.evidence
    if _LOW in reasons or paper.confidence is None:
        return Why.margin
    if sizes[paper.filed.label] <= _THIN:
        return Why.thin_leaf
    if Why.unmeasured in reasons:
        return Why.unmeasured
    if Why.weak_engine in reasons:
        return Why.weak_engine
    return Why.other if reasons else Why.rest


def _by_confidence(paper: ReviewPaper, _: Counter[str]) -> tuple[object, ...]:
    return (-1.0 if paper.confidence is None else paper.confidence,)


def _by_size(paper: ReviewPaper, sizes: Counter[str]) -> tuple[object, ...]:
    return (sizes[paper.filed.label], *_by_confidence(paper, sizes))


_WITHIN: dict[Why, Callable[[ReviewPaper, Counter[str]], tuple[object, ...]]] = {
    Why.thin_leaf: _by_size,
}


def _warned(paper: ReviewPaper, codes: Sequence[str]) -> str:
    """The first warning with one of these codes, on one line."""
    found = (notice.message for notice in paper.filed.row.label.warnings if notice.code in codes)
    return shown(next(found, ""))


def _why_failed(paper: ReviewPaper, _: Counter[str]) -> str:
    error = paper.filed.row.label.error
    return f"It has no label: {shown(error.message) if error else 'the reason is not known'}."


def _why_evidence(paper: ReviewPaper, _: Counter[str]) -> str:
    message = _warned(paper, _EVIDENCE)
    return f"The evidence is doubtful: {message or 'a quote or an answer does not fit the label'}."


def _why_margin(paper: ReviewPaper, _: Counter[str]) -> str:
    runner_up = paper.filed.row.label.runner_up
    second = f", and the runner-up is {shown(runner_up)}" if runner_up else ""
    if paper.confidence is None:
        return f"The confidence is unknown{second}."
    label = paper.filed.row.label
    known = label.branch_confidence
    branch = "" if known is None else f" ({known:.2f} for its branch, {shown(label.path[0])})"
    return f"The confidence is only {paper.confidence:.2f}{branch}{second}."


def _why_thin(paper: ReviewPaper, sizes: Counter[str]) -> str:
    count = sizes[paper.filed.label]
    papers = "this is the only paper" if count == 1 else f"only {count} papers are"
    return f"Its label is rare: {papers} in {shown(paper.filed.label)}."


def _why_other(paper: ReviewPaper, _: Counter[str]) -> str:
    message = _warned(paper, _OTHER)
    return f"Something was noticed about its text: {message or 'see the warnings'}."


_SENTENCES: dict[Why, Callable[[ReviewPaper, Counter[str]], str]] = {
    Why.failed: _why_failed,
    Why.evidence: _why_evidence,
    Why.margin: _why_margin,
    Why.thin_leaf: _why_thin,
    Why.unmeasured: lambda *_: "No accuracy is known for this engine on this taxonomy.",
    Why.weak_engine: lambda paper, _: f"The engine is often wrong: {_warned(paper, (Why.weak_engine,))}.",
    Why.other: _why_other,
    Why.rest: lambda paper, _: f"Nothing speaks against its label (confidence {paper.confidence or 0:.2f}).",
}
