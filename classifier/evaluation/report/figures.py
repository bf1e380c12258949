"""Numbers and names of metrics in words, the same on every page.

What enters: values and estimates. What leaves: short text; "–" where there is no value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from classifier.evaluation.metrics import LOWER_IS_BETTER, TITLES
from classifier.evaluation.records import Estimate, Report, Spending, System
from classifier.text.characters import shown as shown  # a filter of the pages, next to the others

NONE = "–"

HEADLINE = ("accuracy", "kappa", "macro_f1", "class_accuracy", "out_of_scope_f1")
"""What a reader should see first: chance-corrected and macro-averaged numbers next to bare accuracy."""

PROTOCOLS = {"loo": "leave-one-out", "holdout": "hold-out"}
TEXT_KINDS = {
    "abstract": "abstract",
    "summary": "summary",
    "text": "text",
    "pdf": "whole paper (PDF)",
    "arxiv": "whole paper (arXiv)",
}


class Metric(NamedTuple):
    """A metric that at least one system of a report has."""

    id: str
    title: str
    is_headline: bool
    lower_is_better: bool


def metric_title(metric: str) -> str:
    """The metric's title; its id in words where it has none (a report of another version)."""
    return TITLES.get(metric) or metric.replace("_", " ").replace("-", " ").capitalize()


def metrics_of(systems: Iterable[System]) -> tuple[Metric, ...]:
    """The metrics that any of the systems has: headline first, then in the order of TITLES, then by id."""
    present = {metric for system in systems for metric in system.metrics}
    order = [*HEADLINE, *TITLES, *sorted(present)]
    return tuple(
        Metric(
            id=metric,
            title=metric_title(metric),
            is_headline=metric in HEADLINE,
            lower_is_better=metric in LOWER_IS_BETTER,
        )
        for metric in dict.fromkeys(order)
        if metric in present
    )


def number(value: float | None) -> str:
    """A score with two digits: "0.83", "1.00", "−0.05"; never an exponent."""
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:.2f}".replace("-", "−")
    if text.strip("−0.") == "":
        text = text.lstrip("−")  # no negative zero
    return text


def interval(estimate: Estimate | None) -> str:
    """The 95 % interval as "[0.64, 0.93]"; empty where there is none."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    return f"[{number(estimate.low)}, {number(estimate.high)}]"


def with_interval(estimate: Estimate | None) -> str:
    """A value and its interval: "0.83 [0.64, 0.93]"."""
    value = number(estimate.value if estimate else None)
    return f"{value} {interval(estimate)}".strip()


def money(cost_usd: float | None) -> str:
    """Dollars with the digits that matter; a price that nobody knows is said, not zero."""
    if cost_usd is None or not math.isfinite(cost_usd):
        return "unknown"
    if cost_usd == 0:
        return "$0"
    return f"${cost_usd:.2f}" if cost_usd >= 1 else f"${cost_usd:.4f}"


def cost(spending: Spending) -> str:
    """What a run cost; a run that asked no server cost nothing, whatever the price list says."""
    return "$0" if spending.requests == 0 and not spending.cost_usd else money(spending.cost_usd)


def amount(value: int | None) -> str:
    """A whole number with thin spaces between thousands."""
    return NONE if value is None else f"{value:,}".replace(",", "\u202f")


def seconds(value: float | None) -> str:
    """A time: "0.04 s", "12 s", "3 min 20 s"."""
    if value is None or not math.isfinite(value):
        return NONE
    if round(value) >= 60:
        return f"{round(value) // 60} min {round(value) % 60} s"
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def share(part: int, whole: int) -> str:
    """A part in words: "3 of 24 (12 %)"; "0 of 0" has no share."""
    return f"{part} of {whole} ({100 * part / whole:.0f}\u00a0%)" if whole else f"{part} of {whole}"


def engine_name(report: Report) -> str:
    """Engine and model, e.g. "openai (gpt-x)"; in a cascade "offline (…), then openai (gpt-x)"."""
    run = report.run
    name = f"{run.engine} ({run.model})" if run.model else run.engine
    return shown(f"{run.cascade}, then {name}" if run.cascade else name)


def column_name(report: Report, system: System) -> str:
    """A system at the head of its column: the engine without its model, which the page's title has."""
    return shown(system.name if system.is_baseline else "cascade" if report.cascade else report.run.engine)


def text_kinds(report: Report) -> str:
    """What the engine was shown: "24 × summary, 14 × abstract"."""
    return ", ".join(
        f"{n} × {TEXT_KINDS.get(kind, kind)}" for kind, n in sorted(report.text_kinds.items()) if n
    )
