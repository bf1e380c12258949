"""A run reviewed blind -> the entries whose label nobody who reviews it may see now.

What enters: a run's folder. What leaves: keys, for pages and answers that show labels without knowing of
reviews: lists of papers, exports, a paper's own page.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from classifier.batch.ledger.decisions import read_plan
from classifier.batch.papers import read_papers
from classifier.review.papers import read_review
from classifier.review.plan import as_plan


class Veil(NamedTuple):
    """From whom the labels of which entries are hidden.

    Attributes:
        reviewers: Names of those who review blind; a person whose name is not proved may be one of them.
    """

    reviewers: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()


def veil_of(folder: Path) -> Veil:
    """What a run hides until both reviewers have decided; nothing, unless its plan hides the engine's labels.

    Raises:
        ConfigError: There is no ledger.
        StoreError: It cannot be read.
    """
    plan = as_plan(read_plan(folder))
    if not (plan.is_double and plan.hide_machine):
        return Veil()
    shown = {paper.key for paper in read_review(folder, plan) if paper.shows_machine(plan)}
    rows = read_papers(folder)
    keys = frozenset(row.entry.key for row in rows if (row.duplicate_of or row.entry.key) not in shown)
    return Veil(plan.reviewers, keys)
