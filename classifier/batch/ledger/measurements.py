"""Labels of a run get the measurements that were made since, without asking an engine again.

What enters: a run's folder, a workspace and settings. What leaves: the ledger, whose labels show the accuracy
that is known today, and go to review for it or no longer. So everything that reads a ledger shows one state.
A measurement is never taken away from a label.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from classifier.batch.ledger.access import reading, writing
from classifier.batch.ledger.items import as_json
from classifier.batch.ledger.lock import FINGERPRINT
from classifier.errors import StoreError
from classifier.model.label import Label
from classifier.model.measurement import Measurement, ReadKind
from classifier.runs.facts import offline_sha256
from classifier.settings import Settings
from classifier.survey.workspace import Workspace
from classifier.verdict.measured import is_weak, load_measurement, measurement_files, renewed

Known = Callable[[str, str | None, ReadKind], Measurement | None]
"""Engine, model and what was read -> the measurement that holds for the run."""

_LABELS = """
    SELECT id, json_extract(label, '$.provenance.engine', '$.provenance.model', '$.provenance.pdf_engine'),
           json_extract(label, '$.provenance.accuracy'),
           instr(label, '"abstract-only"') > 0, instr(label, '"weak-engine"') > 0,
           instr(label, '"unmeasured') + instr(label, '"audit"') > 0
    FROM item WHERE state = 'done' AND json_valid(label)
"""


class _Change(NamedTuple):
    id: int
    old: str
    label: Label


class Measurements(NamedTuple):
    """The measurements of a workspace, as they are when a method is called."""

    workspace: Workspace
    settings: Settings

    def state(self) -> tuple[int, ...]:
        """Values of which at least one differs after an evaluation: for a cache of what was read."""
        found = (path.stat() for path in measurement_files(self.workspace, self.settings))
        return tuple(value for stat in found for value in (stat.st_mtime_ns, stat.st_size))

    def take_up(self, folder: Path) -> int:
        """Renews the labels of a ledger whose engine was measured since; returns how many have changed.

        Nothing is done if the run was labelled with another tree or other prompts, or if the ledger cannot be
        written: then its labels say what was known when they were made.

        Raises:
            ConfigError: There is no ledger, or a file of measurements is damaged.
            StoreError: The ledger cannot be read.
        """
        if not measurement_files(self.workspace, self.settings):
            return 0
        with reading(folder) as db:
            changes = list(_changes(db, self.workspace, self.settings))
        if not changes:
            return 0
        with suppress(StoreError), writing(folder) as db:
            return sum(
                db.execute(
                    "UPDATE item SET label = ?, review = ? WHERE id = ? AND label = ?",
                    (as_json(change.label), change.label.needs_review, change.id, change.old),
                ).rowcount
                for change in changes
            )
        return 0


def _changes(db: sqlite3.Connection, workspace: Workspace, settings: Settings) -> Iterator[_Change]:
    found = db.execute("SELECT value FROM run WHERE name = ?", (FINGERPRINT,)).fetchone()
    made_from = json.loads(found[0]) if found else {}
    if not isinstance(made_from, Mapping):
        raise ValueError("what the run was made from is no object")  # noqa: TRY004 (damage)
    if made_from.get("taxonomy_sha256") != workspace.taxonomy.sha256:
        return
    known = _known(made_from, workspace, settings)
    may_change = cache(_may_change(known, settings))
    candidates = [number for number, *facts in db.execute(_LABELS) if may_change(*facts)]
    for number in candidates:
        (old,) = db.execute("SELECT label FROM item WHERE id = ?", (number,)).fetchone()
        with suppress(ValidationError):  # a damaged label is reported by what reads it
            label = Label.model_validate_json(old)
            made = label.provenance
            measured = made and known(made.engine, made.model, label.read_kind)
            new = renewed(settings, label, measured) if measured else label
            if new != label:
                yield _Change(number, old, new)


def _known(made_from: Mapping[str, Any], workspace: Workspace, settings: Settings) -> Known:
    """What is measured for the prompts and the offline engine that the run was labelled with."""
    is_same_offline = made_from.get("offline_sha256") == offline_sha256(workspace)

    @cache
    def known(engine: str, model: str | None, read: ReadKind) -> Measurement | None:
        if engine == "offline" and not is_same_offline:
            return None
        prompt_sha256 = str(made_from.get("prompt_sha256", ""))
        return load_measurement(workspace, settings, engine, model, prompt_sha256, read)

    return known


def _may_change(known: Known, settings: Settings) -> Callable[..., bool]:
    """A quick test by parts of the stored text; true for a label that may change."""

    def may_change(made: str, accuracy: str | None, abstract: int, weak: int, doubted: int) -> bool:
        engine, model, pdf_engine = json.loads(made)
        if not isinstance(engine, str) or not isinstance(model, str | None):
            return False  # no engine, or a damaged label, which is reported by what reads it
        read: ReadKind = "pdf" if pdf_engine != "text" else "abstract" if abstract else "text"
        measured = known(engine, model, read)
        if measured is None:
            return False
        is_same = accuracy is not None and json.loads(accuracy) == measured.model_dump(mode="json")
        return not is_same or bool(doubted) or bool(weak) != is_weak(settings, measured)

    return may_change
