"""How much labels and quotes differ when the same suite is run again.

What enters: the predictions of several runs. What leaves: shares in [0, 1]. An item without a label agrees
with nothing, not even with another failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean

from classifier.evaluation.records import Prediction
from classifier.model.record import Record


class Stability(Record):
    """What several runs have in common.

    Attributes:
        same_label: Share of items with one and the same label in all runs.
        pairwise_agreement: Share of items with the same label, over all pairs of runs.
        quote_overlap: Quotes in common over quotes in either (Jaccard), over items and pairs of runs; None
            where nothing was quoted.
        moved: Ids of the items whose label was not always the same.
    """

    runs: int
    n: int
    same_label: float | None
    pairwise_agreement: float | None
    quote_overlap: float | None
    moved: tuple[str, ...]


def measure_stability(runs: Sequence[Sequence[Prediction]]) -> Stability:
    """Compares runs of one suite; of fewer than two runs, or none of the items, nothing is known.

    Raises:
        ValueError: The runs are not of the same items.
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
