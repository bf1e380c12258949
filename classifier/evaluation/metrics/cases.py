"""Prediction -> Case: the input of the metrics, one record per item so that rows cannot get out of step."""

from __future__ import annotations

from typing import NamedTuple

from classifier.evaluation.records import Prediction


class Case(NamedTuple):
    """A gold label and the prediction.

    Attributes:
        gold: A leaf id or "out-of-scope".
        predicted: The same, or None (unplaced or failed), which is wrong.
        runner_up: The second-best label.
        confidence: In [0, 1]; None if the system gives none, or if the item failed.
        review: Whether the label needs review; always true without a label.
    """

    gold: str
    predicted: str | None
    runner_up: str | None = None
    confidence: float | None = None
    review: bool = False

    @property
    def correct(self) -> bool:
        """Whether the prediction is the gold label."""
        return self.predicted == self.gold


def case_of(prediction: Prediction) -> Case:
    """The case of one line of predictions.jsonl."""
    result = prediction.result
    return Case(
        gold=prediction.label,
        predicted=prediction.leaf,
        runner_up=result.runner_up,
        confidence=None if result.status == "failed" else result.confidence,
        review=result.needs_review,
    )
