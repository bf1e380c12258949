"""Brier score and expected calibration error: whether a confidence is the share of right answers."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.evaluation.metrics.cases import Case
from classifier.evaluation.metrics.resampling import rounded
from classifier.evaluation.records import Bin

BINS = 10
"""Guo et al. 2017 and Naeini et al. 2015 use 10 to 15 bins; 10 is better for small suites."""


def squared_errors(cases: Sequence[Case]) -> tuple[float, ...]:
    """(confidence - right)^2 of each case; their mean is the Brier score.

    A case that failed, or has no confidence, counts as 1, the worst value.

    Source: Brier 1950, "Verification of forecasts expressed in terms of probability" (Monthly Weather Review
    78), for the event "the label is right"; scikit-learn's `brier_score_loss`.
    """
    return tuple(1.0 if case.confidence is None else (case.confidence - case.correct) ** 2 for case in cases)


def expected_calibration_error(cases: Sequence[Case]) -> float | None:
    """Mean over cases of |accuracy - mean confidence| of their bin; None without cases.

    Source: Naeini, Cooper and Hauskrecht 2015 (AAAI); Guo et al. 2017, "On calibration of modern neural
    networks" (ICML), equation 3, with 10 bins of equal width. Cases that failed or have no confidence are
    a separate bin whose gap is 1. There is no interval: resampling inflates this error, so that a
    bootstrap interval would be above the value.
    """
    if not cases:
        return None
    unknown = sum(case.confidence is None for case in cases)
    gaps = sum(
        part.n * abs(part.accuracy - part.confidence)
        for part in _bins(cases)
        if part.accuracy is not None and part.confidence is not None
    )
    return rounded((gaps + unknown) / len(cases))


def reliability(cases: Sequence[Case]) -> tuple[Bin, ...]:
    """The 10 bins, lowest first, with rounded values; empty if no case has a confidence.

    A bin is [low, high); the last one includes 1. Source: reliability diagram, Murphy and Winkler 1977.
    """
    if all(case.confidence is None for case in cases):
        return ()
    return tuple(
        part
        if part.accuracy is None or part.confidence is None
        else part.model_copy(
            update={"accuracy": rounded(part.accuracy), "confidence": rounded(part.confidence)}
        )
        for part in _bins(cases)
    )


def _bins(cases: Sequence[Case]) -> list[Bin]:
    members: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for case in cases:
        if case.confidence is not None:
            members[min(int(case.confidence * BINS), BINS - 1)].append((case.confidence, case.correct))
    return [
        Bin(
            low=index / BINS,
            high=(index + 1) / BINS,
            n=len(pairs),
            confidence=sum(confidence for confidence, _ in pairs) / len(pairs) if pairs else None,
            accuracy=sum(right for _, right in pairs) / len(pairs) if pairs else None,
        )
        for index, pairs in enumerate(members)
    ]
