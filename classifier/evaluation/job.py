"""The options of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.evaluation.protocol import EvalProtocol
from classifier.evaluation.records import TextKind
from classifier.evaluation.suites import GOLD


@dataclass(frozen=True)
class EvalJob:
    """The options of an evaluation, as the caller gave them.

    Attributes:
        suite: A suite file, or "gold" for the workspace's studies.
        settings: Single settings by name; they override environment and file, and in a replay the recorded
            ones.
        protocol: None for the recorded one in a replay, else "loo" for the gold suite and "holdout" for
            others.
        out: The folder for predictions and reports; None creates one in `eval-runs`.
        replay: A folder of recordings to take the replies from.
        record: Whether to record each conversation with a server.
        concurrency: Number of items classified in parallel.
        text: The kind of text to classify; None for the fullest text that each item has.
        limit: Score only the first N items.
        repeat: Number of runs, to measure stability.
        offline: Fetch nothing: an item that has only an arXiv id is scored by its title.
        calibrate_for: Fit a calibration, and report the threshold for this accuracy; None for no calibration.
    """

    suite: str = GOLD
    settings: Mapping[str, Any] = field(default_factory=dict)
    protocol: EvalProtocol | None = None
    out: Path | None = None
    replay: Path | None = None
    record: bool = True
    concurrency: int = 8
    text: TextKind | None = None
    limit: int | None = None
    repeat: int = 1
    calibrate_for: float | None = None
    offline: bool = False
