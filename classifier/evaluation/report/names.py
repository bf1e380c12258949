"""Label ids -> readable titles.

What enters: a Report and its predictions. What leaves: titles for each label: long ("A › B › C"), short ("C",
unless two labels have the same last title) and that of its class ("A"). The titles come from the report
(`label_titles`), else from the predictions' paths, else from the id itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from classifier.evaluation.records import Prediction, Report
from classifier.evaluation.report.figures import shown
from classifier.model.record import OUT_OF_SCOPE, UNPLACED

FAILED = "failed"
_OWN = {OUT_OF_SCOPE: "Out of scope", UNPLACED: "Unplaced", FAILED: "Failed"}
STEP = " › "


class LabelNames:
    """Titles of the labels of one report."""

    def __init__(self, report: Report, predictions: Iterable[Prediction] = ()) -> None:
        known = dict(report.label_titles)
        for prediction in predictions:
            if prediction.result.leaf and prediction.result.path:
                known.setdefault(prediction.result.leaf, prediction.result.path)
        self._known: Mapping[str, Sequence[str]] = known
        labels = dict.fromkeys((*report.confusion.rows, *report.confusion.columns, *known))
        self._last = Counter(self.parts(label)[-1] for label in labels)

    def parts(self, label: str | None) -> tuple[str, ...]:
        """Titles from the root's child to the leaf; one title for other labels and for None."""
        if label is None:
            return ("None",)
        if self._known.get(label):
            return tuple(shown(part) for part in self._known[label])
        if label in _OWN:
            return (_OWN[label],)
        return tuple(shown(part.replace("-", " ")) or "?" for part in label.split("/"))

    def long(self, label: str | None) -> str:
        """The whole path."""
        return STEP.join(self.parts(label))

    def short(self, label: str | None) -> str:
        """The last title; with the one above it if two labels have the same last title."""
        parts = self.parts(label)
        return parts[-1] if self._last[parts[-1]] < 2 else STEP.join(parts[-2:])

    def group(self, label: str | None) -> str:
        """The class of a leaf; empty for labels without a parent."""
        parts = self.parts(label)
        return parts[0] if len(parts) > 1 else ""
