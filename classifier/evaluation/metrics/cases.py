"""Prediction -> Case: what the metrics look at, one record an item so that rows cannot shift."""

from __future__ import annotations

from typing import NamedTuple

from classifier.evaluation.records import Prediction


class Case(NamedTuple):
    """A gold label and what was answered.

    Attributes:
        gold: A leaf id or "out-of-scope".
        predicted: The same, or None: unplaced or failed, and therefore wrong.
        runner_up: The second-best label.
        confidence: In [0, 1]; None where the system gives none, or failed.
        review: A person must look; always so where there is no label.
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
