"""A reviewed run -> a paragraph for the methods section of a survey, with the source of each number.

What enters: counts computed elsewhere. What leaves: text that claims no more than the counts show.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import Formatter

from classifier.__about__ import __version__
from classifier.model.record import Record
from classifier.review.agreement import ReviewAgreement
from classifier.review.flow import FlowCounts
from classifier.review.papers import ReviewPaper
from classifier.review.plan import ReviewPlan
from classifier.review.stopping import StoppingAdvice
from classifier.text.characters import shown


class TracedNumber(Record):
    """A number as printed in the paragraph, and how to reproduce it.

    Attributes:
        start: Offset of its first character in the text.
    """

    value: str
    source: str
    start: int = 0


class MethodsText(Record):
    """The paragraph, and its numbers in the order in which they occur."""

    text: str
    numbers: tuple[TracedNumber, ...]


class _Writer:
    """Joins sentences and records the source of each number in them."""

    def __init__(self) -> None:
        self._sentences: list[str] = []
        self._numbers: list[TracedNumber] = []

    def say(self, sentence: str, **numbers: tuple[object, str]) -> None:
        """Adds a sentence; each `{name}` in it is a number, or words, with the source.

        `{name:paper|papers}` adds the word that agrees with the number.
        """
        at = sum(len(said) + 1 for said in self._sentences)
        text = ""
        for words, name, forms, _ in Formatter().parse(" ".join(sentence.split())):
            text += words
            if name is not None:
                value, source = numbers[name]
                self._numbers.append(TracedNumber(value=str(value), source=source, start=at + len(text)))
                text += str(value)
                if forms:
                    one, _, many = forms.partition("|")
                    text += f" {one if str(value) == '1' else many}"
        self._sentences.append(text)

    def done(self) -> MethodsText:
        """The finished text and its numbers."""
        return MethodsText(text=" ".join(self._sentences), numbers=tuple(self._numbers))


def write_methods(
    plan: ReviewPlan,
    papers: Sequence[ReviewPaper],
    flow: FlowCounts,
    advice: StoppingAdvice,
    agreement: ReviewAgreement | None,
) -> MethodsText:
    """The paragraph for a run as it is now.

    Args:
        agreement: None if one person reviewed, or the packages for it are missing.
    """
    write = _Writer()
    _flow(write, papers, flow)
    _people(write, plan, papers, flow)
    _accuracy(write, plan, advice)
    if agreement is not None and agreement.papers:
        _agreement(write, agreement, papers)
    return write.done()


_FLOW = """
    Papers were labelled by classifier {version} (engine: {engine}) and reviewed by people. The reading
    lists had {identified:entry|entries}; {duplicates:was a duplicate|were duplicates}, {unusable} could not
    be used, and {waiting} had no label yet, which left {screened:paper|papers}. Of these,
    {excluded:was|were} out of scope, {unplaced} fitted no leaf, {failed} could not be assessed, and
    {included:was|were} included.
"""
_PEOPLE = """
    {people} decided on {decided:paper|papers} ({how}) and changed the engine's label of {changed}.
"""
_SAMPLE = """
    The engine's accuracy was measured on a simple random sample of {sampled} of the {papers:paper|papers}
    (seed {seed}). The first {decided} of it, all decided, count; {blind:of these was|of these were} decided
    without seeing the engine's label.
"""
_ACCURACY = """
    It was right on {right} of these {n} (accuracy {accuracy}, 95 % exact binomial interval {low} to {high};
    papers without a label count as wrong).
"""
_THRESHOLD = """
    For papers with a confidence of at least {threshold} ({right} of {n:sampled one|sampled ones} right),
    the exact lower bound of the accuracy is {low} (one-sided, 0.05 shared by {tests} fixed thresholds), so
    {undecided:such paper was|such papers were} left as the engine labelled them.
"""
_AGREEMENT = """
    On {papers:paper|papers} that two people decided independently, they gave {equal} the same label;
    {conflicts:of the conflicts was|of the conflicts were} resolved by a further decision.
"""


def _flow(write: _Writer, papers: Sequence[ReviewPaper], flow: FlowCounts) -> None:
    engines = sorted({_engine(paper) for paper in papers} - {""})
    write.say(
        _FLOW,
        version=(__version__, "classifier --version"),
        engine=(", ".join(engines) or "none", "labels: provenance.engine, provenance.model"),
        identified=(flow.identified, "flow: records identified"),
        duplicates=(flow.duplicates, "flow: records removed before screening, duplicate"),
        unusable=(flow.unusable, "flow: records removed before screening, unusable entry"),
        waiting=(flow.waiting, "flow: records removed before screening, not labelled yet"),
        screened=(flow.screened, "flow: papers screened"),
        excluded=(sum(flow.excluded.values()), "flow: papers excluded, sum of all reasons"),
        unplaced=(flow.unplaced, "flow: papers in scope without a leaf"),
        failed=(flow.not_assessed, "flow: papers not assessed"),
        included=(flow.included, "flow: papers included"),
    )


def _people(write: _Writer, plan: ReviewPlan, papers: Sequence[ReviewPaper], flow: FlowCounts) -> None:
    names = {made.by for paper in papers for made in paper.decisions if made.rules}
    changed = sum(paper.decided is not None and paper.decided != paper.machine for paper in papers)
    how = "each paper by one person"
    if plan.is_double:
        hidden = "without seeing the engine's label" if plan.hide_machine else "seeing the engine's label"
        how = f"each paper by two people who did not see each other's decisions, {hidden}"
    write.say(
        _PEOPLE,
        people=(
            f"{len(names)} {'person' if len(names) == 1 else 'people'}",
            "ledger: names in decisions that were not undone",
        ),
        decided=(flow.by_people, "ledger: papers with a label that people gave"),
        how=(how, "plan: reviewers, hide_machine"),
        changed=(changed, "ledger: of these, papers whose label differs from the engine's"),
    )


def _accuracy(write: _Writer, plan: ReviewPlan, advice: StoppingAdvice) -> None:
    found = advice.accuracy
    write.say(
        _SAMPLE,
        sampled=(found.sampled, "audit sample: papers"),
        papers=(found.papers, "audit sample: population"),
        seed=(plan.seed, "plan: seed"),
        decided=(found.decided, "audit sample: decided papers"),
        blind=(found.blind, "audit sample: decided without seeing the engine's label"),
    )
    if found.accuracy is None:
        return
    write.say(
        _ACCURACY,
        right=(found.right, "audit sample: papers with the engine's label confirmed"),
        n=(found.decided, "audit sample: decided papers"),
        accuracy=(f"{found.accuracy:.2f}", "right / decided"),
        low=(f"{found.low:.2f}", "Clopper-Pearson, lower end, scipy.stats.binomtest"),
        high=(f"{found.high:.2f}", "Clopper-Pearson, upper end, scipy.stats.binomtest"),
    )
    check = next((one for one in advice.checks if one.threshold == advice.threshold), None)
    if check is not None:
        write.say(
            _THRESHOLD,
            threshold=(check.threshold, "stopping: lowest threshold that reaches the wanted accuracy"),
            right=(check.right, "audit sample above the threshold: right"),
            n=(check.n, "audit sample above the threshold: decided"),
            low=(f"{check.low:.2f}", "Clopper-Pearson, one-sided"),
            tests=(len(advice.checks), "stopping: number of thresholds"),
            undecided=(check.undecided, "papers above the threshold that nobody decided"),
        )


def _agreement(write: _Writer, found: ReviewAgreement, papers: Sequence[ReviewPaper]) -> None:
    resolved = sum(paper.opinions.resolution is not None for paper in papers)
    write.say(
        _AGREEMENT,
        papers=(found.papers, "agreement: papers with two blind decisions"),
        equal=(found.equal, "agreement: papers with equal labels"),
        conflicts=(resolved, "ledger: decisions that resolve a conflict"),
    )
    numbers = [
        ("Krippendorff's alpha (nominal)", found.alpha, "agreement: alpha"),
        ("Alpha with the distance in the taxonomy tree", found.tree_alpha, "agreement: tree_alpha"),
    ]
    numbers += [
        (f"Cohen's kappa of {' and '.join(one.raters)}", one.kappa, "agreement: kappas")
        for one in found.kappas
    ]
    for what, value, source in numbers:
        if value is not None:
            write.say("{what} was {value}.", what=(what, source), value=(f"{value:.2f}", source))


def _engine(paper: ReviewPaper) -> str:
    made = paper.filed.row.label.provenance
    if made is None:
        return ""
    return shown(f"{made.engine} {made.model}" if made.model else made.engine)
