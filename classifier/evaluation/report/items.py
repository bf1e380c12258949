"""ItemRow -> a row of the page's table of items.

What enters: a report's rows, and their predictions for links and warnings. What leaves: views with generated
anchors, since an item's id comes from a file and may contain any text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from classifier.evaluation.records import ItemRow, Prediction, Report
from classifier.evaluation.report.figures import TEXT_KINDS
from classifier.model.record import Notice

_ARXIV = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d{1,3})?", re.ASCII)


class ItemView(NamedTuple):
    """One row of the table.

    Attributes:
        anchor: Fragment of the row's address, e.g. "item-7"; rows count from 1.
        outcome: "right", "wrong", "unplaced" or "failed".
        arxiv: An arXiv id that is safe in an address, or None.
        predicted: The predicted label; "unplaced" or "failed" if there is none.
        traits: Text kind, difficulty, contested.
        quotes: As in the row; one that supports several answers appears once.
    """

    anchor: str
    row: ItemRow
    outcome: str
    arxiv: str | None
    predicted: str
    traits: tuple[str, ...]
    quotes: tuple[tuple[int | None, str, str], ...]
    secondary: tuple[str, ...]
    warnings: tuple[Notice, ...]


def view_items(report: Report, predictions: Sequence[Prediction]) -> tuple[ItemView, ...]:
    """One view per row, in the report's order; rows without a prediction have no link and no warnings."""
    known = {prediction.id: prediction for prediction in predictions}
    return tuple(_view(number, row, known.get(row.id)) for number, row in enumerate(report.items, start=1))


def _view(number: int, row: ItemRow, prediction: Prediction | None) -> ItemView:
    arxiv = prediction.result.paper.arxiv_id if prediction else None
    no_label = "failed" if row.status == "failed" else "unplaced"
    traits = [TEXT_KINDS.get(row.text_kind, row.text_kind)]
    traits += [row.difficulty] if row.difficulty else []
    traits += ["contested"] if row.contested else []
    return ItemView(
        anchor=f"item-{number}",
        row=row,
        outcome="right" if row.correct else no_label if row.leaf is None else "wrong",
        arxiv=arxiv if arxiv and _ARXIV.fullmatch(arxiv) else None,
        predicted=row.leaf or no_label,
        traits=tuple(traits),
        quotes=tuple(dict.fromkeys(row.quotes)),
        secondary=prediction.result.secondary if prediction else (),
        warnings=prediction.result.warnings if prediction else (),
    )
