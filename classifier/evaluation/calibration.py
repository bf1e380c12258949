"""Predictions -> Calibration, and the threshold for review that a wanted accuracy asks for.

What enters: predictions on labelled papers, with the confidences that the engine gave. What leaves: the map
from confidence to share of right answers that does best on answers it was not fitted to, with errors measured
out of sample. How it is stored and applied is `classifier.verdict.calibration`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from classifier.errors import ConfigError
from classifier.evaluation.metrics import need_packages
from classifier.evaluation.records import Prediction
from classifier.verdict.calibration import CALIBRATED, Calibration, Curve, logit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDS = 5
"""Of the outer cross-validation; five is customary for samples of tens to hundreds."""
FEWEST = 20
"""Answers without which nothing is fitted."""


class Answered(NamedTuple):
    """How sure an answer was, and whether it was right."""

    confidence: float
    correct: bool


def fit_calibration(
    predictions: Sequence[Prediction],
    suites: Mapping[str, str],
    *,
    taxonomy_sha256: str | None = None,
    seed: int = 0,
) -> Calibration:
    """Fits a temperature and Platt scaling, and keeps the better.

    Better is the lower Brier score in 5-fold cross-validation, by more than its standard error; else it is
    the temperature, which is simpler. The errors reported come from an outer 5-fold cross-validation that
    repeats this choice in each fold, so that no answer is judged by a map that it helped to choose or fit.

    Sources: temperature, Guo et al. 2017 (ICML), on the confidence's logit; Platt 1999, "Probabilistic
    outputs for support vector machines". Both are drawn towards leaving confidences as they are, by a
    standard normal prior on log slope and intercept. Isotonic regression was no better (ADR 7).

    Args:
        predictions: Of one engine and model, in any order. Failed ones carry no confidence and do not
            count; neither do answers whose confidence has another source than most.
        suites: Name -> sha256 of the suites that the predictions are of.

    Raises:
        ConfigError: Predictions of several engines, confidences that are calibrated already, fewer than
            20 answers, or the extra "eval" is missing.
    """
    need_packages()
    from classifier.evaluation.metrics.calibration_error import expected_calibration_error, squared_errors
    from classifier.evaluation.metrics.cases import Case

    engine, model, source = _origin(predictions)
    answered = [
        answer
        for prediction in sorted(predictions, key=lambda prediction: prediction.id)
        if (answer := _answered(prediction, source)) is not None
    ]
    if len(answered) < FEWEST:
        raise ConfigError(
            f"{len(answered)} answers with a confidence are too few to calibrate; give at least {FEWEST}"
        )
    out_of_sample = _cross_validate(answered, lambda known: _choose(known, seed), seed)
    before = [Case("right", "right" if right else "wrong", confidence=sure) for sure, right in answered]
    after = [case._replace(confidence=sure) for case, sure in zip(before, out_of_sample, strict=True)]
    curve = _choose(answered, seed)
    return Calibration(
        engine=engine,
        model=model,
        source=source,
        **curve.model_dump(),
        n=len(answered),
        suites=dict(sorted(suites.items())),
        ece_before=expected_calibration_error(before) or 0.0,
        ece_after=expected_calibration_error(after) or 0.0,
        brier_before=_mean(squared_errors(before)),
        brier_after=_mean(squared_errors(after)),
        taxonomy_sha256=taxonomy_sha256,
    )


def threshold_for(
    predictions: Sequence[Prediction],
    wanted_accuracy: float,
    *,
    calibration: Calibration | None = None,
    lower_bound: bool = False,
) -> float | None:
    """The least confidence from which on answers are right as often as wanted; None where there is none.

    Accepted are answers with that confidence or more, unplaced ones among them, which are wrong. Failed ones
    are never accepted. Suits the setting `review_below`.

    Args:
        wanted_accuracy: In (0, 1].
        calibration: Put over the confidences first, where they are of its source.
        lower_bound: Ask the lower end of the 95 % Wilson interval to reach what is wanted, so that a
            few lucky answers do not set the threshold.

    Raises:
        ConfigError: `wanted_accuracy` is out of range, or the extra "eval" is missing.
    """
    if not 0 < wanted_accuracy <= 1:
        raise ConfigError(f"wanted accuracy {wanted_accuracy}: expected a number above 0 and at most 1")
    need_packages()
    from classifier.evaluation.metrics.resampling import wilson

    answered = sorted(_confident(predictions, calibration), reverse=True)
    reached: float | None = None
    taken = right = 0
    for confidence, group in groupby(answered, key=lambda answer: answer.confidence):
        outcomes = [answer.correct for answer in group]
        taken += len(outcomes)
        right += sum(outcomes)
        accuracy = (wilson(right, taken).low if lower_bound else right / taken) or 0.0
        if accuracy >= wanted_accuracy:
            reached = confidence
    return reached


def _origin(predictions: Sequence[Prediction]) -> tuple[str, str | None, str]:
    """Engine, model, and the source of most confidences; "unknown" where no answer has one."""
    known = [p.result.provenance for p in predictions if p.result.provenance is not None]
    of = sorted({(item.engine, item.model or "") for item in known})
    if len(of) != 1:
        found = ", ".join(f"{engine} {model}".strip() for engine, model in of) or "none"
        raise ConfigError(
            f"a calibration is for one engine and model, found {found}; calibrate each separately"
        )
    sources = Counter(
        p.result.provenance.confidence
        for p in predictions
        if p.result.provenance is not None and p.result.confidence is not None
    )
    if any(name.startswith(CALIBRATED) for name in sources):
        raise ConfigError(
            "these confidences are already calibrated; rerun with CLASSIFIER_CALIBRATION=false, then fit"
        )
    source = min(sources, key=lambda name: (-sources[name], name), default="unknown")
    return known[0].engine, known[0].model, source


def _answered(prediction: Prediction, source: str | None) -> Answered | None:
    """The answer's confidence as received, where it came from the given source (None: from any)."""
    result = prediction.result
    if result.status == "failed" or result.confidence is None:
        return None
    if source is not None and (result.provenance is None or result.provenance.confidence != source):
        return None
    return Answered(result.confidence, prediction.leaf == prediction.label)


def _confident(predictions: Sequence[Prediction], calibration: Calibration | None) -> list[Answered]:
    found = []
    for prediction in predictions:
        answer = _answered(prediction, None)
        if answer is None:
            continue
        if calibration is not None and _answered(prediction, calibration.source) is not None:
            answer = answer._replace(confidence=calibration(answer.confidence))
        found.append(answer)
    return found


def _choose(answered: Sequence[Answered], seed: int) -> Curve:
    """The curve of the better method, fitted to all answers."""
    temperature, platt = (
        _losses(_cross_validate(answered, fit, seed), answered) for fit in (_fit_temperature, _fit_platt)
    )
    gains = [one - other for one, other in zip(temperature, platt, strict=True)]
    fit = _fit_platt if _mean(gains) > _standard_error(gains) else _fit_temperature
    return fit(answered)


def _losses(confidences: Sequence[float], answered: Sequence[Answered]) -> list[float]:
    return [(sure - right) ** 2 for sure, (_, right) in zip(confidences, answered, strict=True)]


def _cross_validate(
    answered: Sequence[Answered], fit: Callable[[Sequence[Answered]], Curve], seed: int
) -> list[float]:
    """Each answer's confidence by a curve that was fitted to the other folds."""
    fold_of = _folds([right for _, right in answered], seed)
    found = [0.0] * len(answered)
    for fold in range(FOLDS):
        curve = fit([answer for answer, own in zip(answered, fold_of, strict=True) if own != fold])
        for index, answer in enumerate(answered):
            if fold_of[index] == fold:
                found[index] = curve(answer.confidence)
    return found


def _folds(outcomes: Sequence[bool], seed: int) -> list[int]:
    """A fold for each answer, so that right and wrong ones are spread evenly."""
    order = list(range(len(outcomes)))
    random.Random(seed).shuffle(order)  # noqa: S311 - folds, not secrets
    order.sort(key=lambda index: outcomes[index])
    folds = [0] * len(order)
    for position, index in enumerate(order):
        folds[index] = position % FOLDS
    return folds


def _fit_temperature(answered: Sequence[Answered]) -> Curve:
    return Curve(method="temperature", slope=_fit_logistic(answered, with_intercept=False)[0])


def _fit_platt(answered: Sequence[Answered]) -> Curve:
    slope, intercept = _fit_logistic(answered, with_intercept=True)
    return Curve(method="platt", slope=slope, intercept=intercept)


def _fit_logistic(answered: Sequence[Answered], *, with_intercept: bool) -> tuple[float, float]:
    """The slope (above 0) and intercept on the logit that make the answers most probable, with the prior."""
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import expit

    logits = np.array([logit(sure) for sure, _ in answered])
    signs = np.array([1.0 if right else -1.0 for _, right in answered])
    size = 2 if with_intercept else 1

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Negative log posterior of (log slope, intercept), and its gradient."""
        log_slope, intercept = (*parameters, 0.0)[:2]
        scaled = np.exp(log_slope) * logits
        margins = signs * (scaled + intercept)
        pull = -signs * expit(-margins)
        gradient = np.array([pull @ scaled, pull.sum()])[:size] + parameters
        return float(np.logaddexp(0, -margins).sum() + (parameters**2).sum() / 2), gradient

    found = minimize(loss, np.zeros(size), jac=True, method="BFGS")
    log_slope, intercept = (*found.x.tolist(), 0.0)[:2]
    return round(float(np.exp(log_slope)), 6), round(intercept, 6)


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 6)


def _standard_error(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return float((sum((value - mean) ** 2 for value in values) / len(values) ** 2) ** 0.5)
