"""Numbers and names of metrics as text, the same on every page.

What enters: values and estimates. What leaves: short text; "–" if there is no value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from classifier.evaluation.metrics import LOWER_IS_BETTER, TITLES
from classifier.evaluation.records import Estimate, Report, Spending, System
from classifier.text.characters import shown as shown  # a filter of the pages, like the others

NONE = "–"

HEADLINE = ("accuracy", "kappa", "macro_f1", "class_accuracy", "out_of_scope_f1")
"""The metrics that a reader sees first: accuracy, and chance-corrected and macro-averaged scores."""

PROTOCOLS = {"loo": "leave-one-out", "holdout": "hold-out"}
TEXT_KINDS = {
    "abstract": "abstract",
    "summary": "summary",
    "text": "text",
    "pdf": "whole paper (PDF)",
    "arxiv": "whole paper (arXiv)",
}


class Metric(NamedTuple):
    """A metric of at least one system in a report."""

    id: str
    title: str
    is_headline: bool
    lower_is_better: bool


def metric_title(metric: str) -> str:
    """The metric's title; its id in words if it has none (in a report of another version)."""
    return TITLES.get(metric) or metric.replace("_", " ").replace("-", " ").capitalize()


def metrics_of(systems: Iterable[System]) -> tuple[Metric, ...]:
    """The metrics of all systems: headline first, then in the order of TITLES, then by id."""
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
    """The 95 % interval as "[0.64, 0.93]"; empty if there is none."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    return f"[{number(estimate.low)}, {number(estimate.high)}]"


def with_interval(estimate: Estimate | None) -> str:
    """A value and its interval: "0.83 [0.64, 0.93]"."""
    value = number(estimate.value if estimate else None)
    return f"{value} {interval(estimate)}".strip()


def money(cost_usd: float | None) -> str:
    """A cost in dollars with a suitable number of digits; "unknown" if it is not known."""
    if cost_usd is None or not math.isfinite(cost_usd):
        return "unknown"
    if cost_usd == 0:
        return "$0"
    return f"${cost_usd:.2f}" if cost_usd >= 1 else f"${cost_usd:.4f}"


def cost(spending: Spending) -> str:
    """The cost of a run; "$0" if it sent no requests, also if prices are unknown."""
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
    """A share as text: "3 of 24 (12 %)"; "0 of 0" without a percentage."""
    return f"{part} of {whole} ({100 * part / whole:.0f}\u00a0%)" if whole else f"{part} of {whole}"


def engine_name(report: Report) -> str:
    """Engine and model, e.g. "openai (gpt-x)"; in a cascade "offline (…), then openai (gpt-x)"."""
    run = report.run
    name = f"{run.engine} ({run.model})" if run.model else run.engine
    return shown(f"{run.cascade}, then {name}" if run.cascade else name)


def column_name(report: Report, system: System) -> str:
    """A system's column title: the engine without its model, which is in the page's title."""
    return shown(system.name if system.is_baseline else "cascade" if report.cascade else report.run.engine)


def text_kinds(report: Report) -> str:
    """The kinds of text that the engine saw: "24 × summary, 14 × abstract"."""
    return ", ".join(
        f"{n} × {TEXT_KINDS.get(kind, kind)}" for kind, n in sorted(report.text_kinds.items()) if n
    )
