"""How much labels and quotes differ if the same suite is run again.

What enters: the predictions of several runs. What leaves: shares in [0, 1]. A failed item agrees with
nothing, not even with another failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean

from classifier.evaluation.records import Prediction
from classifier.model.record import Record


class Stability(Record):
    """The agreement of several runs.

    Attributes:
        same_label: Share of items with the same label in all runs.
        pairwise_agreement: Share of items with the same label, over all pairs of runs.
        quote_overlap: Jaccard overlap of the quotes, averaged over items and pairs of runs; None if there are
            no quotes.
        moved: Ids of the items whose label differs between runs.
    """

    runs: int
    n: int
    same_label: float | None
    pairwise_agreement: float | None
    quote_overlap: float | None
    moved: tuple[str, ...]


def measure_stability(runs: Sequence[Sequence[Prediction]]) -> Stability:
    """Compares runs of one suite; with fewer than two runs, or without items, the values are None.

    Raises:
        ValueError: The runs have different items.
    """
    by_id = [{prediction.id: prediction for prediction in run} for run in runs]
    ids = list(by_id[0]) if by_id else []
    if any(run.keys() != by_id[0].keys() for run in by_id):
        raise ValueError("runs of different items have no stability")
    if len(runs) < 2 or not ids:
        return Stability(
            runs=len(runs), n=len(ids), same_label=None, pairwise_agreement=None, quote_overlap=None, moved=()
        )
    moved = tuple(i for i in ids if not all(_agree(by_id[0][i], run[i]) for run in by_id))
    pairs = [(one[i], other[i]) for one, other in combinations(by_id, 2) for i in ids]
    overlaps = [overlap for one, other in pairs if (overlap := _quote_overlap(one, other)) is not None]
    return Stability(
        runs=len(runs),
        n=len(ids),
        same_label=round(1 - len(moved) / len(ids), 6),
        pairwise_agreement=round(fmean(_agree(one, other) for one, other in pairs), 6),
        quote_overlap=round(fmean(overlaps), 6) if overlaps else None,
        moved=moved,
    )


def _agree(one: Prediction, other: Prediction) -> bool:
    placed = one.leaf is not None or one.result.status == "unplaced"
    return placed and (one.leaf, one.result.status) == (other.leaf, other.result.status)


def _quote_overlap(one: Prediction, other: Prediction) -> float | None:
    left = {" ".join(evidence.quote.split()) for evidence in one.result.evidence}
    right = {" ".join(evidence.quote.split()) for evidence in other.result.evidence}
    return len(left & right) / len(left | right) if left | right else None
