"""Warnings for the reader of a report.

What enters: a Report. What leaves: sentences: first the report's own warnings (failures and rare labels are
among them), then those that follow from its numbers (a wide interval, a baseline that is not worse, easy
texts, labels without items).
"""

from __future__ import annotations

from collections.abc import Iterator

from classifier.evaluation.records import Estimate, Report
from classifier.evaluation.report.figures import engine_name, interval, number, share, shown
from classifier.evaluation.report.names import LabelNames
from classifier.text.counting import plural

_WIDE = 0.2
"""An interval wider than this cannot rank two prompts (24 items at .83 span .29)."""


def notes_on(report: Report, names: LabelNames) -> tuple[str, ...]:
    """One or two sentences per warning; empty if there are none."""
    own = (shown(warning) for warning in report.warnings)
    return tuple(dict.fromkeys((*own, *_derived(report, names))))


def _derived(report: Report, names: LabelNames) -> Iterator[str]:
    n = report.n
    accuracy = _accuracy(report)
    if accuracy is not None:
        yield from _on_accuracy(report, accuracy)
    if summaries := report.text_kinds.get("summary", 0):
        which = (
            f"All {n} items" if summaries == n > 1 else f"{share(summaries, n)} {plural(n, 'item', 'items')}"
        )
        yield (
            f"{which} {plural(summaries, 'was', 'were')} scored on summaries, whose writers knew the label. "
            "They are easier than abstracts or papers, so do not quote this as the main result."
        )
    unseen = [names.short(score.label) for score in report.labels if score.support == 0]
    if unseen:
        yield f"No item of the suite has the label {_listed(unseen)}: nothing is known about it."


def _on_accuracy(report: Report, accuracy: Estimate) -> Iterator[str]:
    if accuracy.low is not None and accuracy.high is not None and accuracy.high - accuracy.low > _WIDE:
        yield (
            f"The 95 % interval of the accuracy, {interval(accuracy)}, is wide: this suite cannot rank two "
            "prompts or models that are close."
        )
    best = max(
        (
            (value.value, system.name)
            for system in report.systems
            if system.is_baseline and (value := system.metrics.get("accuracy")) and value.value is not None
        ),
        default=None,
    )
    if best and accuracy.low is not None and accuracy.low <= best[0]:
        yield (
            f"The baseline {shown(best[1])} (accuracy {number(best[0])}) is not below the interval of "
            f"{engine_name(report)}: this suite does not show that the engine is better."
        )


def _accuracy(report: Report) -> Estimate | None:
    engine = next((system for system in report.systems if not system.is_baseline), None)
    return engine.metrics.get("accuracy") if engine else None


def _listed(names: list[str]) -> str:
    quoted = [f"“{name}”" for name in names]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
