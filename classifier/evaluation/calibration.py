"""Predictions -> Calibration, and the review threshold for a wanted accuracy.

What enters: predictions on labelled papers, with the confidences that the engine gave. What leaves: the map
from confidence to the share of right answers that is best on answers it was not fitted to, with errors
measured out of sample. `classifier.verdict.calibration` stores and applies it.
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
from classifier.text.counting import count_of, plural
from classifier.verdict.calibration import CALIBRATED, Calibration, Curve, logit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDS = 5
"""Folds of the cross-validation; five is common for samples of tens to hundreds."""
FEWEST = 20
"""A fit needs at least this many answers."""


class Answered(NamedTuple):
    """The confidence of an answer, and whether it was right."""

    confidence: float
    correct: bool


def fit_calibration(
    predictions: Sequence[Prediction],
    suites: Mapping[str, str],
    *,
    taxonomy_sha256: str | None = None,
    seed: int = 0,
) -> Calibration:
    """Fits a temperature and Platt scaling, and keeps the better one.

    Platt scaling is better if its Brier score in 5-fold cross-validation is lower by more than the standard
    error; otherwise the temperature is used, which is simpler. The reported errors come from an outer 5-fold
    cross-validation that repeats this choice in each fold, so that no answer is scored with a map that it
    helped to choose or fit.

    Sources: temperature, Guo et al. 2017 (ICML), on the confidence's logit; Platt 1999, "Probabilistic
    outputs for support vector machines". A standard normal prior on log slope and
    intercept pulls both towards no change. Isotonic regression was not better (ADR 7).

    Args:
        predictions: Predictions of one engine and model, in any order. Failed ones have no confidence and are
            skipped; so are answers whose confidence has another source than most.
        suites: Name -> sha256 of the suites of the predictions.

    Raises:
        ConfigError: The predictions come from several engines, the confidences are already calibrated, there
            are fewer than 20 answers, or the extra "eval" is not installed.
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
            f"{count_of(len(answered), 'answer')} with a confidence "
            f"{plural(len(answered), 'is', 'are')} too few to calibrate; give at least {FEWEST}"
        )
    out_of_sample = _cross_validate(answered, lambda known: _choose(known, seed), seed)
    before = [Case("right", "right" if right else "wrong", confidence=value) for value, right in answered]
    after = [case._replace(confidence=value) for case, value in zip(before, out_of_sample, strict=True)]
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
    """The lowest threshold at which accepted answers are right often enough; None if there is none.

    Answers with this confidence or more are accepted; unplaced ones are included, and are wrong. Failed items
    are never accepted. The result is a value for the setting `review_below`.

    Args:
        wanted_accuracy: The least share of right answers, in (0, 1].
        calibration: Applied first to the confidences with its source.
        lower_bound: Whether the lower end of the 95 % Wilson interval must reach the wanted accuracy, so that
            a few lucky answers do not decide the threshold.

    Raises:
        ConfigError: `wanted_accuracy` is out of range, or the extra "eval" is not installed.
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
    """Engine, model, and the most frequent source of confidences; "unknown" if no answer has one."""
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
    """The answer's confidence if it has the given source (None: any source)."""
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
    return [(confidence - right) ** 2 for confidence, (_, right) in zip(confidences, answered, strict=True)]


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
    """The most probable slope (above 0) and intercept on the logit scale, including the prior."""
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import expit

    logits = np.array([logit(confidence) for confidence, _ in answered])
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
