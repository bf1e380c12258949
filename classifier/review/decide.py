"""A person's input -> decisions in the ledger, checked against the taxonomy and the plan.

What enters: a run's folder, a name, and decisions on papers. What leaves: saved decisions, and the resulting
corrections. `classifier.batch.results.refresh` updates the run's files, once for many acts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.batch.ledger import decisions as ledger
from classifier.batch.ledger.items import plain
from classifier.errors import ConfigError, InputError
from classifier.export.filed import FAILED
from classifier.model.decision import DecisionKind, ReviewDecision, Seen
from classifier.model.record import OUT_OF_SCOPE, UNPLACED
from classifier.review.papers import ReviewPaper
from classifier.review.plan import ReviewPlan
from classifier.review.ruling import rule
from classifier.survey.taxonomy import Taxonomy
from classifier.text.characters import shown

MOST_NOTE_CHARS = 4000
_MOST_NAME_CHARS = 100
ACCEPT = "accept"
"""Used instead of a label: the engine's label of each paper."""


@dataclass(frozen=True)
class DecisionWish:
    """A person's decision.

    Attributes:
        label: A leaf id, "out-of-scope", "unplaced", `ACCEPT`, or None for a skip or a note.
        scope_reason: A scope rule's id, with "out-of-scope" only.
        note: The reason; without a label and `skip`, the decision is only a note.
        skip: Show the paper again after all others.
        resolve: End the conflict of two reviewers.
    """

    label: str | None = None
    scope_reason: str | None = None
    note: str = ""
    skip: bool = False
    resolve: bool = False


def decide(
    folder: Path,
    plan: ReviewPlan,
    taxonomy: Taxonomy,
    name: str,
    papers: Sequence[tuple[ReviewPaper, str]],
    wanted: DecisionWish,
    token: str = "",
) -> list[ReviewDecision]:
    """Saves one decision on one paper, or the same on many as one act; all or none.

    Args:
        papers: Key of each paper -> why it was in the queue (`Why`, or "").
        token: See `append_decisions`.

    Raises:
        ConfigError: The name is missing, or is not one of the plan's reviewers.
        InputError: A label, scope rule or key that does not exist, or a decision that the plan does not
            allow.
        StoreError: The ledger cannot be written; nothing was saved.
    """
    name = checked_name(name)
    _check(plan, taxonomy, name, wanted)
    made = [_decision(plan, name, paper, asked, wanted) for paper, asked in papers]
    return ledger.append_decisions(folder, made, rule, token)


def undo(folder: Path, name: str, act: int | None = None, key: str | None = None) -> list[ReviewDecision]:
    """Undoes a person's last act, or the given one; returns its decisions, empty if there is none.

    Args:
        key: Of a bulk decision, undo only the one on this entry.

    Raises:
        ConfigError: The name is missing, or there is no ledger.
        StoreError: The ledger cannot be written; nothing was changed.
    """
    return ledger.undo_last(folder, checked_name(name), rule, act, key)


def undone_before(folder: Path, name: str, act: int) -> list[ReviewDecision]:
    """The decisions of a person's act that is taken back already: a repeated request gets the same answer."""
    kept = ledger.read_decisions(folder)
    return [one.decision for one in kept if one.undone and (one.decision.act, one.decision.by) == (act, name)]


def checked_name(name: str) -> str:
    """A reviewer's name on one line.

    Raises:
        ConfigError: It is empty, or too long.
    """
    name = plain(shown(name)).strip()
    if not name or len(name) > _MOST_NAME_CHARS:
        raise ConfigError(
            f"the reviewer's name has {len(name)} characters; expected 1 to {_MOST_NAME_CHARS}: give a name"
        )
    return name


def _check(plan: ReviewPlan, taxonomy: Taxonomy, name: str, wanted: DecisionWish) -> None:
    label = wanted.label
    if label is None and not (wanted.skip or wanted.note.strip()):
        raise InputError("nothing is decided; expected a label, a skip or a note")
    if label not in (None, ACCEPT, *taxonomy.labels):
        raise InputError(
            f"label '{shown(label)[:100]}' is not known; expected one of {', '.join(taxonomy.labels)}"
        )
    if wanted.scope_reason is not None and (
        label != OUT_OF_SCOPE or wanted.scope_reason not in taxonomy.rules
    ):
        rules = ", ".join(taxonomy.rules)
        raise InputError(
            f"'{shown(wanted.scope_reason)[:100]}' is no reason for {label}; expected out-of-scope with one "
            f"of {rules}"
        )
    if len(wanted.note) > MOST_NOTE_CHARS:
        raise InputError(f"the note has {len(wanted.note)} characters; expected at most {MOST_NOTE_CHARS}")
    is_note = label is None and not wanted.skip
    if plan.is_double and name not in plan.reviewers and not (wanted.resolve or is_note):
        raise ConfigError(f"'{name}' does not review this run; its reviewers are {', '.join(plan.reviewers)}")


def _decision(
    plan: ReviewPlan, name: str, paper: ReviewPaper, asked: str, wanted: DecisionWish
) -> ReviewDecision:
    label = wanted.label
    if wanted.resolve:
        _check_conflict(paper, label)
    if label == ACCEPT:
        if not paper.shows_machine(plan):
            raise InputError(
                f"'{paper.key}': the engine's label is hidden, so it cannot be accepted; give a label"
            )
        if paper.machine == FAILED:
            raise InputError(f"'{paper.key}' has no label that could be accepted; give one")
        label = paper.machine
    return ReviewDecision(
        kind=_kind(wanted, label, paper),
        key=paper.key,
        label=label,
        scope_reason=wanted.scope_reason,
        by=name,
        note=plain(" ".join(wanted.note.split())),
        seen=seen_by(plan, paper),
        machine=paper.machine,
        asked=asked,
    )


def seen_by(plan: ReviewPlan, paper: ReviewPaper) -> Seen:
    """What a reviewer of a paper can see at this time, or may have seen before."""
    if not plan.is_double or paper.opinions.is_done or paper.was_done:
        return "all"
    return "machine" if paper.shows_machine(plan) else "nothing"


def _check_conflict(paper: ReviewPaper, label: str | None) -> None:
    if not paper.opinions.was_conflict:
        raise InputError(f"'{paper.key}' is in no conflict: there is nothing to resolve")
    if label in (None, ACCEPT):
        raise InputError(f"'{paper.key}': a conflict is resolved by a label; give one")


def _kind(wanted: DecisionWish, label: str | None, paper: ReviewPaper) -> DecisionKind:
    if label is None:
        return "skip" if wanted.skip else "note"
    if wanted.resolve:
        return "resolve"
    if label == paper.machine:
        return "accept"
    return {OUT_OF_SCOPE: "out-of-scope", UNPLACED: "unplaced"}.get(label, "change")  # type: ignore[return-value]
