"""A run's folder -> its papers, each once, with the decisions on it and who may see them.

What enters: the ledger, and the plan. What leaves: papers in list order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from classifier.batch.ledger.decisions import KeptDecision, read_decisions
from classifier.batch.ledger.items import as_json
from classifier.batch.ledger.material import material_of
from classifier.batch.papers import read_filed
from classifier.export.filed import Filed, label_of
from classifier.export.grouping import one_a_paper
from classifier.model.decision import ReviewDecision
from classifier.review.plan import ReviewPlan
from classifier.review.ruling import Opinions, opinions_of
from classifier.text.characters import shown


@dataclass(frozen=True)
class ReviewPaper:
    """A paper under review.

    Attributes:
        filed: Its row, with the current label.
        decisions: Decisions that are not undone, oldest first.
        opinions: The reviewers' opinions, according to the plan.
        draw: Its place in the random order of the seed; the lowest are the audit sample.
        is_audit: Whether it is in the sample.
        was_done: Whether all who must decide had decided at some time: who takes a decision back after that
            may have seen the others'.
        keys: Of all entries of this paper, duplicates among them.
    """

    filed: Filed
    decisions: tuple[ReviewDecision, ...]
    opinions: Opinions
    draw: str
    is_audit: bool = False
    was_done: bool = False
    keys: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The entry's key."""
        return self.filed.row.entry.key

    @property
    def machine(self) -> str:
        """The engine's label: a leaf id, "out-of-scope", "unplaced" or "failed"."""
        return label_of(self.filed.row)

    @property
    def confidence(self) -> float | None:
        """The engine's confidence, in [0, 1]; None if unknown."""
        label = self.filed.row.label
        return None if label.status == "failed" else label.confidence

    @property
    def engine(self) -> str:
        """The model, else the engine, that labelled it; empty if unknown."""
        made = self.filed.row.label.provenance
        return shown(made.model or made.engine) if made else ""

    @property
    def decided(self) -> str | None:
        """The label that people gave, by review or `classifier correct`; None if it is still the engine's."""
        correction = self.filed.row.correction
        return correction.label if correction is not None else None

    @property
    def scope_reason(self) -> str | None:
        """The scope rule of a paper that is out of scope: a person's, else the engine's if it agrees."""
        final = self.opinions.resolution or next(reversed(self.opinions.by_name.values()), None)
        if final is not None and final.label == self.filed.label and final.scope_reason:
            return final.scope_reason
        return self.filed.ruled.scope_reason

    def waits_for(self, name: str, plan: ReviewPlan) -> bool:
        """Whether a person still has to decide; False if the paper is finished or assigned to others."""
        if not plan.is_double:
            return self.decided is None
        is_theirs = name in plan.reviewers and name not in self.opinions.by_name
        return is_theirs and not self.opinions.is_done

    def seen_by(self, name: str, plan: ReviewPlan) -> tuple[ReviewDecision, ...]:
        """The decisions that a person may see: all, or only their own until a blind review is finished."""
        if not plan.is_double or self.opinions.is_done:
            return self.decisions
        own = (made for made in self.decisions if made.by == name)
        return tuple(own if self.shows_machine(plan) else map(without_machine, own))

    def shows_machine(self, plan: ReviewPlan) -> bool:
        """Whether the engine's label, quotes and reasons may be shown."""
        return not (plan.is_double and plan.hide_machine) or self.opinions.is_done

    def was_skipped_by(self, name: str) -> bool:
        """Whether the last of a person's decisions was to skip it."""
        own = [made for made in self.decisions if made.by == name and made.kind != "note"]
        return bool(own) and own[-1].kind == "skip"


def without_machine(made: ReviewDecision) -> ReviewDecision:
    """A decision without what it tells of the engine: its label, and why the paper was asked."""
    return made.model_copy(update={"machine": "", "asked": ""})


def read_review(folder: Path, plan: ReviewPlan) -> list[ReviewPaper]:
    """The papers of a run in list order, without duplicates, including failed ones.

    Raises:
        ConfigError: There is no ledger.
        StoreError: It cannot be read.
    """
    rows = [filed for filed, _ in read_filed(folder)]
    firsts: dict[str, str] = {row.row.entry.key: row.row.duplicate_of or row.row.entry.key for row in rows}
    by_paper: dict[str, list[KeptDecision]] = {}
    for kept in read_decisions(folder):
        if kept.entry is not None:
            by_paper.setdefault(firsts.get(kept.entry, kept.entry), []).append(kept)
    live = {key: [one.decision for one in made if not one.undone] for key, made in by_paper.items()}
    was_done = {key for key, made in by_paper.items() if plan.is_double and _was_done(plan, made)}
    return with_decisions(rows, live, plan, was_done)


def _was_done(plan: ReviewPlan, made: Sequence[KeptDecision]) -> bool:
    """Whether all who must decide had decided after one of these decisions, undone ones among them."""
    for last in made:
        now = last.decision.id
        live = [
            one.decision
            for one in made
            if one.decision.id <= now and (one.undone_at is None or one.undone_at > now)
        ]
        if opinions_of(plan, live).is_done:
            return True
    return False


def with_decisions(
    rows: Iterable[Filed],
    decisions: dict[str, list[ReviewDecision]],
    plan: ReviewPlan,
    was_done: Collection[str] = (),
) -> list[ReviewPaper]:
    """Rows and the decisions on them -> papers with the audit sample drawn.

    Args:
        rows: Rows of a run; duplicates are left out.
        decisions: The key of a paper's first entry -> its decisions.
        was_done: Keys of papers whose blind review was done at some time.
    """
    found, rows = [], list(rows)
    keys: dict[str, set[str]] = {}
    for filed in rows:
        keys.setdefault(filed.row.duplicate_of or filed.row.entry.key, set()).add(filed.row.entry.key)
    for filed in one_a_paper(rows):
        key = filed.row.duplicate_of or filed.row.entry.key
        made = tuple(sorted(decisions.get(key, ()), key=lambda one: one.id))
        said = opinions_of(plan, made)
        paper = ReviewPaper(filed, made, said, _draw(plan.seed, filed), was_done=key in was_done)
        found.append(replace(paper, keys=frozenset(keys[key])))
    return _with_sample(found, plan)


def _with_sample(papers: list[ReviewPaper], plan: ReviewPlan) -> list[ReviewPaper]:
    size = plan.sample_size(len(papers))
    chosen = {id(paper) for paper in sorted(papers, key=lambda paper: paper.draw)[:size]}
    return [replace(paper, is_audit=id(paper) in chosen) for paper in papers]


def _draw(seed: int, filed: Filed) -> str:
    """A pseudo-random number of the paper that does not depend on its key or position in the list."""
    row = filed.row
    known = row.entry.paper
    name = [material_of(as_json(row.entry)), row.label.paper.sha256 or ""]
    if not (known.title or known.arxiv_id or known.doi):  # a folder of PDFs has no other data
        name.append(row.entry.key)
    return hashlib.sha256(f"{seed}:{':'.join(name)}".encode()).hexdigest()
