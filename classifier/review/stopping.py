"""The audit sample -> the engine's accuracy, and the confidence above which no review is needed.

What enters: papers under review. What leaves: counts, an exact interval, and a threshold. Only the sample
is used: other decided papers were chosen because they looked wrong, so they are not representative.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import takewhile
from typing import Any

from classifier.errors import ConfigError
from classifier.export.filed import FAILED
from classifier.model.record import Record
from classifier.review.papers import ReviewPaper

LEVEL = 0.95
THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Confidences that are tried, fixed before the data are seen; 0 means all papers that have a confidence."""


class SampleAccuracy(Record):
    """The engine's accuracy in the sample.

    Attributes:
        papers: Papers of the run, each once.
        sampled: Papers in the audit sample.
        decided: Of these, papers that people have decided, in the random order up to the first undecided one:
            those after it may have been asked because they looked wrong.
        right: Of these, papers on which the engine's label is that of the people; a failed one is wrong.
        accuracy: right / decided; None without any.
        low, high: Exact binomial interval (Clopper and Pearson 1934) at 95 %; None without any.
        blind: Decided papers of the sample on which all who decided had not seen the engine's label.
    """

    papers: int
    sampled: int
    decided: int
    right: int
    accuracy: float | None
    low: float | None
    high: float | None
    blind: int


class ThresholdCheck(Record):
    """The sample's result for papers with a confidence of `threshold` or more.

    Attributes:
        n, right: Decided papers of the sample with such a confidence, and how many of them the engine has
            right.
        low: One-sided exact lower bound of their accuracy at 1 - 0.05 / number of thresholds; None if n is 0.
        above: Papers of the whole run with such a confidence; `undecided` of them have no decision.
        is_enough: Whether `low` reaches the wanted accuracy.
    """

    threshold: float
    n: int
    right: int
    low: float | None
    above: int
    undecided: int
    is_enough: bool


class StoppingAdvice(Record):
    """Whether more papers must be reviewed.

    Attributes:
        wanted: The accuracy that unreviewed papers must reach.
        threshold: The lowest confidence at which the sample shows this accuracy; None if there is none.
        left: Papers that a person must still decide for that; all undecided ones if there is no threshold.
    """

    wanted: float
    accuracy: SampleAccuracy
    checks: tuple[ThresholdCheck, ...]
    threshold: float | None
    left: int


def advise(papers: Sequence[ReviewPaper], wanted: float) -> StoppingAdvice:
    """The advice from the current sample; without a completely decided sample there is no threshold.

    Args:
        wanted: In (0, 1).

    Raises:
        ConfigError: scipy is missing, or `wanted` is out of range.
    """
    if not 0 < wanted < 1:
        raise ConfigError(f"the wanted accuracy is {wanted}; expected a number between 0 and 1")
    checks = tuple(_check(papers, level, wanted) for level in THRESHOLDS)
    threshold = next((check.threshold for check in checks if check.is_enough), None)
    undecided = [paper for paper in papers if paper.decided is None]
    return StoppingAdvice(
        wanted=wanted,
        accuracy=sample_accuracy(papers),
        checks=checks,
        threshold=threshold,
        left=sum(threshold is None or not _is_above(paper, threshold) for paper in undecided),
    )


def sample_accuracy(papers: Sequence[ReviewPaper]) -> SampleAccuracy:
    """The accuracy on the decided papers of the sample.

    Raises:
        ConfigError: scipy is missing.
    """
    sample = sorted((paper for paper in papers if paper.is_audit), key=lambda paper: paper.draw)
    # Doubtful papers are shown earlier, so only papers before the first gap are a random sample.
    decided = list(takewhile(lambda paper: paper.decided is not None, sample))
    right = sum(map(is_right, decided))
    low, high = exact_interval(right, len(decided)) if decided else (None, None)
    return SampleAccuracy(
        papers=len(papers),
        sampled=len(sample),
        decided=len(decided),
        right=right,
        accuracy=right / len(decided) if decided else None,
        low=low,
        high=high,
        blind=sum(_is_blind(paper) for paper in decided),
    )


def is_right(paper: ReviewPaper) -> bool:
    """Whether the engine's label equals the people's; False if it has none."""
    return paper.machine != FAILED and paper.machine == paper.decided


def exact_interval(hits: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """The two-sided exact binomial interval of hits / n (Clopper and Pearson 1934), by scipy.

    Args:
        hits: In [0, n].
        n: At least 1.

    Raises:
        ConfigError: scipy is missing.
    """
    found = _test(hits, n, "two-sided").proportion_ci(level, method="exact")
    return float(found.low), float(found.high)


def lower_bound(hits: int, n: int, level: float) -> float:
    """The one-sided exact lower bound of hits / n; see `exact_interval`."""
    return float(_test(hits, n, "greater").proportion_ci(level, method="exact").low)


def _test(hits: int, n: int, side: str) -> Any:
    if find_spec("scipy") is None:
        raise ConfigError("exact intervals need scipy; run: pip install 'survey-classifier[review]'")
    from scipy.stats import binomtest

    return binomtest(hits, n, alternative=side)


def _check(papers: Sequence[ReviewPaper], threshold: float, wanted: float) -> ThresholdCheck:
    above = [paper for paper in papers if _is_above(paper, threshold)]
    sample = [paper for paper in above if paper.is_audit and paper.decided is not None]
    right = sum(map(is_right, sample))
    low = lower_bound(right, len(sample), 1 - (1 - LEVEL) / len(THRESHOLDS)) if sample else None
    return ThresholdCheck(
        threshold=threshold,
        n=len(sample),
        right=right,
        low=low,
        above=len(above),
        undecided=sum(paper.decided is None for paper in above),
        is_enough=low is not None and low >= wanted and not _open_sample(above),
    )


def _open_sample(papers: Sequence[ReviewPaper]) -> bool:
    """Whether papers of the sample are undecided: those left for later may be the hard ones."""
    return any(paper.is_audit and paper.decided is None for paper in papers)


def _is_above(paper: ReviewPaper, threshold: float) -> bool:
    return paper.confidence is not None and paper.confidence >= threshold


def _is_blind(paper: ReviewPaper) -> bool:
    made = list(paper.opinions.by_name.values())
    return bool(made) and all(one.seen == "nothing" for one in made)
