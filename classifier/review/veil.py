"""A run reviewed blind -> the entries whose label nobody who reviews it may see now.

What enters: a run's folder. What leaves: keys, for pages and answers that show labels without knowing of
reviews: lists of papers, exports, a paper's own page.
"""

from __future__ import annotations

from pathlib import Path

from classifier.batch.ledger.decisions import read_plan
from classifier.batch.papers import read_papers
from classifier.model.entries import Row
from classifier.model.label import Label
from classifier.model.record import Notice
from classifier.review.papers import read_review
from classifier.review.plan import as_plan

HIDDEN = "hidden"
"""In a label's place, and the code of the error in a label that is hidden."""
HIDDEN_WORDS = "the engine's label is hidden until both reviewers have decided"


def hidden_keys(folder: Path) -> frozenset[str]:
    """The entries whose labels a run hides until both have decided; none, unless its plan hides labels.

    Raises:
        ConfigError: There is no ledger.
        StoreError: It cannot be read.
    """
    plan = as_plan(read_plan(folder))
    if not (plan.is_double and plan.hide_machine):
        return frozenset()
    shown = {paper.key for paper in read_review(folder, plan) if paper.shows_machine(plan)}
    rows = read_papers(folder)
    return frozenset(row.entry.key for row in rows if (row.duplicate_of or row.entry.key) not in shown)


def veiled(row: Row) -> Row:
    """The row with nothing that an engine or a person said about it; what the list and the PDF say stays."""
    error = Notice(code=HIDDEN, message=HIDDEN_WORDS)
    label = Label(ref=row.label.ref, paper=row.label.paper, status="failed", error=error)
    return row.model_copy(update={"label": label, "correction": None})
