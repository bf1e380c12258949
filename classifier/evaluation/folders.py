"""The default folder of a run."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from classifier.errors import StoreError
from classifier.evaluation.records import RunFacts

RUNS = Path("eval-runs")


def default_out(run: RunFacts, fingerprint: Mapping[str, Any]) -> Path:
    """A run's folder below the current one; its name depends on the suite, the engine and the fingerprint.

    `eval-runs/` gets a `.gitignore`, since predictions quote papers.

    Raises:
        StoreError: The folder cannot be written.
    """
    engine = run.model if run.engine != "offline" and run.model else run.engine
    ignore = RUNS / ".gitignore"
    try:
        RUNS.mkdir(exist_ok=True)
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{RUNS}: cannot be written ({error.strerror}); choose a folder with --out"
        ) from error
    return RUNS / "-".join(plain_name(part) for part in (run.suite, engine, digest(fingerprint)))


def plain_name(name: str) -> str:
    """The name with all characters replaced that a folder name may not have on some system."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", name).strip("-.") or "unnamed"


def digest(value: Mapping[str, Any]) -> str:
    """Eight characters that identify a set of JSON values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]
