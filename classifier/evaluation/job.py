"""What is to be scored, and how."""

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
    """An evaluation as it was asked for.

    Attributes:
        suite: A suite file, or "gold" for the workspace's studies.
        settings: Single settings by name, over environment and file; in a replay over the recorded ones.
        protocol: None for the recorded one, else "loo" on the gold suite and "holdout" on others.
        out: The folder for predictions and reports; None makes one below `eval-runs`.
        replay: A folder of recordings to answer from.
        record: Keep each conversation with a server.
        concurrency: Number of items classified in parallel.
        text: The kind of text that every item is judged by; None for the fullest that each has.
        limit: Score the first so many items only.
        repeat: Runs, to measure stability.
        calibrate_for: Fit the engine's confidences, and report the threshold for this accuracy; None fits
        nothing.
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
