"""Cross-validated predictions -> the scores of a training run.

What enters: true labels, predictions and confidences. What leaves: a `TrainingReport`. What it does not do:
train.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from classifier.model.record import Record


class TrainingReport(Record):
    """The size of the training data, and cross-validated scores.

    Attributes:
        papers: Number of training papers.
        excluded: Titles of papers that were left out: gold studies, and those that the caller excluded.
        accuracy: Cross-validated accuracy for each data file: a model labels only papers that it was not
            trained on.
        per_label_f1: Cross-validated, over all papers.
        calibration_error: Expected calibration error of the cross-validated confidence (10 bins).
        prior: How far the class frequencies were shifted, from those of training (0) to equal ones (1).
        terms: Size of the vocabulary.
        model_bytes: Size of the weights' file.
        with_embeddings: The same for the text model and the weights on vectors together, if trained.
    """

    papers: int
    excluded: tuple[str, ...]
    accuracy: Mapping[str, float]
    per_label_f1: Mapping[str, float]
    calibration_error: float
    prior: float
    temperature: float
    terms: int
    model_bytes: int
    with_embeddings: TrainingReport | None = None


def f1(truth: Sequence[str], predicted: Sequence[str], label: str) -> float:
    """F1 of one label; 0 if it neither occurs nor is predicted."""
    both = sum(a == b == label for a, b in zip(truth, predicted, strict=True))
    either = sum(a == label for a in truth) + sum(b == label for b in predicted)
    return 2 * both / either if either else 0.0


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error (Guo et al. 2017): mean gap to accuracy, by bin; 0 if empty."""
    groups: dict[int, list[tuple[float, bool]]] = {}
    for confidence, ok in zip(confidences, right, strict=True):
        groups.setdefault(min(bins - 1, int(confidence * bins)), []).append((confidence, ok))
    gaps = [abs(sum(c for c, _ in group) - sum(ok for _, ok in group)) for group in groups.values()]
    return sum(gaps) / len(confidences) if confidences else 0.0
