"""The folder of a run: its fingerprint (`run.json`), and its predictions as soon as they are made.

What enters: a folder and a fingerprint of everything that decides the predictions. What leaves: the
predictions of an earlier, interrupted run with the same fingerprint, and a file to which new ones are
appended; each is synced to disk before the next step. What it does not do: call an engine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout
from pydantic import ValidationError

from classifier.errors import ConfigError, StoreError, error_class
from classifier.evaluation.records import Prediction
from classifier.files import replace_text
from classifier.model.run_files import LEDGER_FILE, LOCK_FILE, RUN_FILE
from classifier.runs.fingerprint import differences

PREDICTIONS_FILE = "predictions.jsonl"


class Journal:
    """The open folder of one run; see `open_journal`.

    Attributes:
        done: Predictions of an earlier run by item id.
    """

    def __init__(self, folder: Path, file: BinaryIO, done: dict[str, Prediction]) -> None:
        self.done = done
        self._folder = folder
        self._file = file

    def append(self, prediction: Prediction) -> None:
        """Writes a prediction to disk.

        Raises:
            StoreError: The file cannot be written.
        """
        line = prediction.model_dump_json().encode() + b"\n"
        with _as_store_error(self._folder / PREDICTIONS_FILE):
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        self.done[prediction.id] = prediction

    def finish(self, item_ids: Sequence[str]) -> list[Prediction]:
        """Returns all predictions in the order of the ids, and rewrites the file in this order."""
        predictions = [self.done[item_id] for item_id in item_ids]
        replace_text(self._folder / PREDICTIONS_FILE, _lines(predictions))
        return predictions


@contextmanager
def open_journal(folder: Path, fingerprint: Mapping[str, Any], *, resume: bool = True) -> Iterator[Journal]:
    """Opens a run's folder for this process only; creates it if it does not exist.

    Args:
        fingerprint: Everything that decides the predictions, by name; JSON values.
        resume: Keep existing predictions; if False, start from scratch.

    Raises:
        ConfigError: The folder contains a run with another fingerprint, or another process uses it.
        StoreError: The folder cannot be read or written.
    """
    with _as_store_error(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / LOCK_FILE, timeout=0):
            _check_fingerprint(folder, fingerprint)
            path = folder / PREDICTIONS_FILE
            done = read_predictions(path, torn=True) if resume and path.is_file() else []
            kept = {p.id: p for p in done if not is_unreachable(p)}
            replace_text(path, _lines(kept.values()))
            with path.open("ab") as file:
                yield Journal(folder, file, kept)
    except Timeout as error:
        raise ConfigError(
            f"{folder}: another run is writing to this folder; wait, or choose another --out"
        ) from error


def is_unreachable(prediction: Prediction) -> bool:
    """Whether there was no reply, so that a resumed run asks again; an invalid reply stays a failure."""
    error = prediction.result.error
    return error is not None and error_class(error.code).is_unanswered()


def read_predictions(path: Path, *, torn: bool = False) -> list[Prediction]:
    """The predictions of a run's file, in its order; if an id occurs several times, its last prediction.

    Args:
        torn: Skip an incomplete last line, which a killed process may leave.

    Raises:
        StoreError: The file cannot be read, or a line is not a prediction.
    """
    with _as_store_error(path):
        lines = path.read_bytes().split(b"\n")
    found: dict[str, Prediction] = {}
    last = max((number for number, line in enumerate(lines, 1) if line.strip()), default=0)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            prediction = Prediction.model_validate_json(line)
        except ValidationError as error:
            if torn and number == last:
                break
            raise StoreError(
                f"{path}: line {number} is not a prediction; remove the line or the folder"
            ) from error
        found[prediction.id] = prediction
    return list(found.values())


def _lines(predictions: Iterable[Prediction]) -> str:
    return "".join(f"{prediction.model_dump_json()}\n" for prediction in predictions)


def _check_fingerprint(folder: Path, fingerprint: Mapping[str, Any]) -> None:
    path = folder / RUN_FILE
    if (folder / LEDGER_FILE).exists():
        raise ConfigError(f"{folder}: is a folder of `classifier label`; choose another --out")
    if not path.is_file():
        if (folder / PREDICTIONS_FILE).exists():
            raise ConfigError(f"{folder}: contains predictions of an unknown run; choose another --out")
        replace_text(path, json.dumps(fingerprint, indent=1, ensure_ascii=False))
        return
    changed = differences(read_fingerprint(folder), fingerprint)
    if changed:
        changes = ", ".join(changed)
        raise ConfigError(f"{folder}: contains a run with other settings ({changes}); choose another --out")


def read_fingerprint(folder: Path) -> dict[str, Any]:
    """The fingerprint of the run in a folder.

    Raises:
        StoreError, ConfigError: `run.json` cannot be read, or is not valid.
    """
    path = folder / RUN_FILE
    with _as_store_error(path):
        raw = path.read_bytes()
    try:
        return dict(json.loads(raw))
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{path}: not readable; choose another --out") from error


@contextmanager
def _as_store_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path}: {error.strerror or error}; choose another --out, or free some space"
        ) from error
