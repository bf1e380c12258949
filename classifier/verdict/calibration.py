"""Applies a calibration to replies, so that a confidence is the measured share of right answers.

What enters: a `Calibration` that `classifier.evaluation.calibration` has fitted, and a reply. What leaves:
the same reply with a calibrated confidence. A calibration is valid for one engine, one model and one source
of confidence (stated, from token probabilities …) and is applied to no other. It changes neither the label
nor `Reply.probabilities`. Nothing is fitted here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from classifier.errors import ConfigError
from classifier.files import replace_text
from classifier.model.record import Record
from classifier.model.reply import Reply
from classifier.settings import Settings
from classifier.survey.workspace import Workspace
from classifier.verdict.engine_files import EngineFiles

CALIBRATED = "calibrated:"
"""Prefix of the source in the `Reply.confidence_source` that `apply` returns: "calibrated:stated"."""

Method = Literal["temperature", "platt"]

_FILES = EngineFiles(
    "calibration",
    content="a calibration",
    advice="fit it again (classifier eval --calibrate) or remove the file",
)
_EDGE = 1e-4
"""Least distance of a confidence from 0 and 1, since the logit is infinite there."""

Finite = Annotated[float, Field(allow_inf_nan=False)]


class Curve(Record):
    """A map from confidence to the share of right answers: sigmoid(slope * logit(confidence) + intercept).

    Attributes:
        method: "temperature" has no intercept, and 1 / slope is the temperature; "platt" has both.
    """

    method: Method
    slope: Annotated[Finite, Field(gt=0)]
    intercept: Finite = 0.0

    def __call__(self, confidence: float) -> float:
        """The calibrated confidence, rounded to four digits; the order of confidences does not change."""
        return round(_sigmoid(self.slope * logit(confidence) + self.intercept), 4)


class Calibration(Curve):
    """A fitted curve, what it was fitted to, and its measured errors.

    Attributes:
        source: The kind of confidence that it was fitted to, as in `Reply.confidence_source`.
        n: Number of answers that it was fitted to.
        suites: Name -> sha256 of the suites that these answers come from.
        ece_before, ece_after: Expected calibration error of 10 bins; the value after calibration is out of
            sample, by nested cross-validation. The same holds for the Brier scores.
        taxonomy_sha256: The taxonomy that it was measured with, for information; it is not checked.
    """

    schema_version: Literal[1] = 1
    engine: str
    model: str | None
    source: str
    n: int
    suites: Mapping[str, str]
    ece_before: float
    ece_after: float
    brier_before: float
    brier_after: float
    taxonomy_sha256: str | None = None


def apply(calibration: Calibration | None, reply: Reply) -> Reply:
    """Returns the reply with its confidence calibrated, or unchanged if the calibration is for others."""
    confidence = reply.answer.confidence
    if (
        calibration is None
        or confidence is None
        or (reply.engine, reply.model, reply.confidence_source)
        != (
            calibration.engine,
            calibration.model,
            calibration.source,
        )
    ):
        return reply
    answer = reply.answer.model_copy(update={"confidence": calibration(confidence)})
    return reply.model_copy(update={"answer": answer, "confidence_source": CALIBRATED + calibration.source})


def calibration_path(workspace: Workspace, settings: Settings, engine: str, model: str | None) -> Path:
    """Where an engine's calibration is written (`EngineFiles.own`)."""
    return _FILES.own(workspace, settings, engine, model)


def load_calibration(
    workspace: Workspace, settings: Settings, engine: str, model: str | None
) -> Calibration | None:
    """The calibration of an engine and model, or None; the user's own has priority over a shipped one.

    Raises:
        ConfigError: The file is not a calibration, or it is for another engine or model.
    """
    path = next(_FILES.existing(workspace, settings, engine, model), None)
    if path is None:
        return None
    found = _FILES.read(path, Calibration)
    if (found.engine, found.model) != (engine, model):
        raise ConfigError(
            f"{path}: belongs to {found.engine} {found.model or ''}; expected {engine} "
            f"{model or ''}; {_FILES.advice}"
        )
    return found


def save_calibration(calibration: Calibration, workspace: Workspace, settings: Settings) -> Path:
    """Writes the file that `load_calibration` reads, replacing an older one; returns the path.

    Raises:
        StoreError: The file cannot be written.
    """
    path = calibration_path(workspace, settings, calibration.engine, calibration.model)
    replace_text(path, calibration.model_dump_json(indent=2) + "\n", advice="make the folder writable")
    return path


def logit(probability: float) -> float:
    """log(p / (1 - p)), with p at least `_EDGE` away from 0 and 1."""
    clipped = min(max(probability, _EDGE), 1 - _EDGE)
    return math.log(clipped / (1 - clipped))


def _sigmoid(value: float) -> float:
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    return math.exp(value) / (1 + math.exp(value))
