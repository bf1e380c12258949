"""Vectors of the training papers -> a logistic regression on them, beside the text model (ADR 21).

What enters: a trainer, the text model's cross-validated scores, and a vector for each paper. What leaves: the
weights that ship, and the cross-validated scores of both together. What it does not do: make vectors.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from classifier.engines.offline.cues import log_softmax
from classifier.engines.offline.semantic import SemanticWeights
from classifier.training.trainer import FOLDS, STYLE_BACK, Trainer

SHARE = 0.3
"""Weight of the regression's log-probabilities. With .4 and more, accuracy on a day's papers still rises, and
rare leaves lose (cross-validation on the training papers, ADR 21)."""
_PENALTY = 1.0
_STYLE = 1.0
"""Value of the feature that marks restated papers in training; see `classifier.training.trainer`."""

Scores = Mapping[str, float]


def train_weights(
    trainer: Trainer,
    vectors: Sequence[Any],
    scores: Sequence[Scores],
    *,
    embedder: str,
    temperature: float,
    prior: float,
    seed: int,
) -> tuple[SemanticWeights, list[dict[str, float]]]:
    """The weights, and the log-odds of both parts together, cross-validated by the trainer's folds.

    Args:
        vectors: One for each of the trainer's papers.
        scores: The text model's cross-validated scores, with its prior.
        temperature: Of the text model.
        prior: As for the text model: 0 keeps the class frequencies, 1 makes all classes equal.

    Returns:
        The log-odds are divided by the text model's temperature, and not by that of the weights.
    """
    import numpy as np

    labels = [example.label for example in trainer.examples]
    shift = _shift(trainer, prior)
    restated = np.array([[_STYLE * example.restated] for example in trainer.examples])
    matrix = np.hstack([np.array(vectors, dtype=np.float64), restated])
    folds = np.array(trainer.folds(seed))
    together: list[dict[str, float]] = [{} for _ in labels]
    for fold in range(FOLDS):
        weights, bias = _fit(matrix, labels, [*np.flatnonzero(folds != fold)], shift)
        for number in np.flatnonzero(folds == fold).tolist():
            odds = {x: float(weights[x][:-1] @ matrix[number][:-1]) + bias[x] for x in weights}
            said = log_softmax(odds)
            lowest = min(said.values())
            together[number] = {
                label: score / temperature + SHARE * said.get(label, lowest)
                for label, score in scores[number].items()
            }
    weights, bias = _fit(matrix, labels, range(len(labels)), shift)
    made = SemanticWeights(
        embedder=embedder,
        weights={label: tuple(round(float(v), 4) for v in row[:-1]) for label, row in weights.items()},
        bias={label: round(value, 4) for label, value in bias.items()},
        share=SHARE,
        temperature=trainer.fit_temperature(together),
        shift={label: round(value, 4) for label, value in shift.items()},
    )
    return made, together


def _shift(trainer: Trainer, prior: float) -> dict[str, float]:
    """Label -> the log-odds that it gets from the weights of classes."""
    counts = Counter(example.label for example in trainer.examples)
    return {label: -prior * math.log(n / len(trainer.examples)) for label, n in sorted(counts.items())}


def _fit(
    matrix: Any, labels: Sequence[str], numbers: Sequence[int], shift: Scores
) -> tuple[dict[str, Any], dict[str, float]]:
    """Weights and biases by label; leaves with restated papers get back part of what their style costs."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    chosen = [labels[n] for n in numbers]
    counts = Counter(chosen)
    printed = Counter(labels[n] for n in numbers if not matrix[n, -1])
    model = LogisticRegression(
        C=_PENALTY, max_iter=1000, class_weight={x: math.exp(shift[x]) for x in counts}
    )
    model.fit(matrix[list(numbers)], chosen)
    rows = np.vstack([-model.coef_, model.coef_]) / 2 if len(counts) == 2 else model.coef_
    biases = [-model.intercept_[0] / 2, model.intercept_[0] / 2] if len(counts) == 2 else model.intercept_
    back = {x: STYLE_BACK * math.log(n / max(1, printed[x])) for x, n in counts.items()}
    weights = dict(zip(model.classes_, rows, strict=True))
    return weights, {x: float(b) + back[x] for x, b in zip(model.classes_, biases, strict=True)}
