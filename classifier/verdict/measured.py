"""Measured accuracies of engines on this taxonomy, and notices about unmeasured and weak engines.

What enters: the results of `classifier eval`, one file for each engine and model. What leaves: the
`Measurement` to show next to a confidence, or notices that send labels to review. Measured means: an
evaluation of at least `FEWEST` items with the same engine, model, taxonomy and prompt (for the offline
engine: the same cues and weights). Nothing is scored here.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

from classifier.files import replace_text
from classifier.model.label import Label, Provenance, ReviewReason
from classifier.model.measurement import Measurement, ReadKind
from classifier.model.paper import PaperFile
from classifier.model.record import Notice, Record
from classifier.model.reply import Reply
from classifier.settings import Settings
from classifier.survey.workspace import Workspace
from classifier.verdict.engine_files import EngineFiles

FEWEST = 10
"""Least number of items: at 10, a 95 % interval is already up to 0.5 wide."""

UNMEASURED = "unmeasured"
"""Review reason of labels whose engine was not measured on this taxonomy."""
ACCEPTED = "unmeasured-accepted"
"""Warning instead of the review reason if the user accepted this (`accept_unmeasured`)."""
WEAK = "weak-engine"
"""Review reason of labels whose engine has a low measured accuracy on this taxonomy (`is_weak`)."""
AUDIT = "audit"
"""Review reason of the random share of accepted labels that a person still checks."""

_WORKSPACE = "--workspace DIR"
"""In messages of labels: a label travels, so it names no folder of this machine."""

_FILES = EngineFiles(
    "measured",
    content="a file of measurements",
    advice="remove the file and run `classifier eval` again",
    protect_builtin=True,
)


class Measured(Measurement):
    """A measurement, and the engine, model, taxonomy and prompt for which it is valid.

    Attributes:
        prompt_sha256: Of the templates and taxonomy, or of the offline engine's files.
    """

    taxonomy_sha256: str
    prompt_sha256: str


class _File(Record):
    schema_version: Literal[1] = 1
    engine: str
    model: str | None
    measurements: tuple[Measured, ...] = ()


def maker_sha256(workspace: Workspace, engine: str, prompt_sha256: str) -> str:
    """Hash of the data that decides an engine's labels: its cues and weights, or a model's prompt."""
    return workspace.offline_engine_sha256 if engine == "offline" else prompt_sha256


def load_measurement(
    workspace: Workspace,
    settings: Settings,
    engine: str,
    model: str | None,
    prompt_sha256: str,
    read: ReadKind | None = None,
) -> Measurement | None:
    """The measurement that is valid for an engine, model and prompt in this workspace, or None.

    Measurements on what was read have priority; then those on papers, abstracts or titles over those on
    summaries, whose writers knew the label; then the one with most items.

    Args:
        read: What the label is decided from.

    Raises:
        ConfigError: A file is damaged.
    """
    made_from = maker_sha256(workspace, engine, prompt_sha256)
    holds = [
        found
        for path in _FILES.existing(workspace, settings, engine, model)
        for found in _FILES.read(path, _File).measurements
        if (found.taxonomy_sha256, found.prompt_sha256) == (workspace.taxonomy.sha256, made_from)
    ]

    def rank(found: Measured) -> tuple[bool, bool, int]:
        return read is not None and found.is_about(read), found.text != "summary", found.n

    best = max(holds, key=rank, default=None)
    return best and Measurement(**best.model_dump(include=set(Measurement.model_fields)))


def measurement_files(workspace: Workspace, settings: Settings) -> list[Path]:
    """The files of all engines that were measured in this workspace, for whatever taxonomy and prompt."""
    return list(_FILES.all(workspace, settings))


def save_measurement(
    measured: Measured, workspace: Workspace, settings: Settings, engine: str, model: str | None
) -> Path:
    """Adds a measurement to the engine's file; an older one of the same suite is replaced.

    Raises:
        ConfigError: The file is damaged.
        StoreError: The file cannot be written.
    """
    path = _FILES.own(workspace, settings, engine, model)
    before = _FILES.read(path, _File) if path.is_file() else _File(engine=engine, model=model)
    others = [old for old in before.measurements if _identity(old) != _identity(measured)]
    made = before.model_copy(update={"measurements": (*others, measured)})
    replace_text(path, made.model_dump_json(indent=1) + "\n", advice="make the folder writable")
    return path


def doubts(
    settings: Settings, workspace: Workspace, file: PaperFile, reply: Reply, measured: Measurement | None
) -> Iterator[Notice]:
    """Notices about a label whose engine was not measured on this taxonomy, or is weak; else empty.

    With `accept_unmeasured` a share of the labels (`audit_share`) still goes to review. Which ones depends on
    the paper alone, so that a rerun selects the same. With a share of 0 there are no notices.
    """
    name = _name(reply)
    if measured is not None:
        yield from _weakness(settings, name, measured)
        return
    if settings.accept_unmeasured and settings.audit_share == 0:
        return
    message = f"the accuracy of {name} on this taxonomy was not measured; {_how_to_measure(workspace, reply)}"
    yield Notice(code=ACCEPTED if settings.accept_unmeasured else UNMEASURED, message=message)
    if settings.accept_unmeasured and _is_drawn(file, settings.audit_share):
        share = f"{100 * settings.audit_share:g} %"
        yield Notice(code=AUDIT, message=f"drawn at random for a check ({share} of unmeasured labels)")


def renewed(settings: Settings, label: Label, measured: Measurement) -> Label:
    """The label as if its engine had been measured when it was made; its answer does not change."""
    made = label.provenance
    if made is None:
        return label
    doubted = (UNMEASURED, ACCEPTED, AUDIT, WEAK)
    weakness = tuple(_weakness(settings, _name(made), measured))
    given = {*label.review_reasons}.difference(doubted).union(notice.code for notice in weakness)
    reasons = tuple(reason for reason in get_args(ReviewReason) if reason in given)
    return label.model_copy(
        update={
            "needs_review": bool(reasons),
            "review_reasons": reasons,
            "warnings": (*(w for w in label.warnings if w.code not in doubted), *weakness),
            "provenance": made.model_copy(update={"accuracy": measured}),
        }
    )


def _name(made: Reply | Provenance) -> str:
    return f"{made.engine} {made.model}" if made.model else made.engine


def is_weak(settings: Settings, measured: Measurement) -> bool:
    """Whether all labels of an engine with this measurement go to review; never if `accuracy_below` is 0.

    The share itself is compared, not its upper bound: a small suite must not make an engine look good.
    """
    return measured.accuracy < settings.accuracy_below or (
        settings.accuracy_below > 0 and _is_no_better(measured)
    )


def _is_no_better(measured: Measurement) -> bool:
    return measured.majority is not None and measured.accuracy <= measured.majority


def _weakness(settings: Settings, name: str, measured: Measurement) -> Iterator[Notice]:
    if not is_weak(settings, measured):
        return
    message = f"{name} is weak on this taxonomy: {measured}"
    if measured.accuracy < settings.accuracy_below:
        message += f", below {settings.accuracy_below:.2f} (accuracy_below)"
    if _is_no_better(measured):
        message += f"; this is not better than the most frequent label ({measured.majority:.2f})"
    yield Notice(code=WEAK, message=message)


def _how_to_measure(workspace: Workspace, reply: Reply) -> str:
    """The command that would measure the engine, and what it would cost."""
    studies = len(workspace.studies)
    suite = "gold" if studies >= FEWEST else "FILE.jsonl"
    parts = ["classifier", "eval", "--suite", suite, "--engine", reply.engine]
    if reply.engine != "offline" and reply.model:
        parts += ["--model", shlex.quote(reply.model)]
    if workspace.named is not None:
        parts.append(_WORKSPACE)
    if reply.engine == "offline":
        cost = "free"
    elif suite != "gold":
        cost = "one request per item"
    else:
        each = reply.usage.cost_usd
        cost = f"{studies} requests" + ("" if each is None else f", at most about ${studies * each:.2f}")
    few = "" if suite == "gold" else f" with at least {FEWEST} labelled papers"
    return f"run `{' '.join(parts)}`{few} ({cost})"


def with_folder(message: str, folder: Path) -> str:
    """A notice of `doubts` for a person at this machine: its command names the workspace's folder."""
    return message.replace(_WORKSPACE, f"--workspace {shlex.quote(str(folder))}")


def _is_drawn(file: PaperFile, share: float) -> bool:
    paper = file.paper
    identity = paper.arxiv_id or paper.doi or paper.title or file.sha256 or file.ref
    number = int.from_bytes(hashlib.sha256(identity.casefold().encode()).digest()[:8])
    return number < share * 2**64


def _identity(measured: Measured) -> tuple[str, ...]:
    return measured.suite, measured.text, measured.taxonomy_sha256, measured.prompt_sha256
