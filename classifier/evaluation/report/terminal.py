"""Report -> a table for the terminal.

What enters: a Report. What leaves: text of at most 100 columns, with or without colours. Titles come from
hostile papers: control characters are removed.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from classifier.evaluation.records import Report
from classifier.evaluation.report.figures import (
    PROTOCOLS,
    column_name,
    cost,
    engine_name,
    metrics_of,
    number,
    seconds,
    share,
    shown,
    text_kinds,
    with_interval,
)
from classifier.evaluation.report.names import LabelNames
from classifier.evaluation.report.notes import notes_on
from classifier.evaluation.report.stages import stage_notes, stage_rows
from classifier.pages.screen import draw
from classifier.text.counting import count_of

_VALUE = len("0.74 [0.60, 0.84]")
_MANY = 10
"""Most failures that are listed; report.json has all of them."""


def render_terminal(report: Report, colour: bool) -> str:
    """The run, all metrics with 95 % intervals next to the baselines, the failures, and the warnings."""
    names = LabelNames(report)
    parts: list[RenderableType] = [
        _heading(report),
        _metrics(report),
        _labels(report, names),
        *_stages(report),
        *_failures(report),
        *(Padding(Text(f"! {note}", "yellow"), (0, 0, 0, 2)) for note in notes_on(report, names)),
        Padding(Text(_spent(report), "dim"), (0, 0, 0, 2)),
    ]
    return draw(parts, colour=colour)


def _heading(report: Report) -> Text:
    run = report.run
    heading = Text(f"{engine_name(report)} on {shown(run.suite)}", "bold")
    return heading.append(
        f"  {count_of(report.n, 'item')}, {text_kinds(report)}; {PROTOCOLS[run.protocol]}", "not bold dim"
    )


def _metrics(report: Report) -> Table:
    table = Table(box=None, padding=(0, 2), pad_edge=True, header_style="bold")
    table.add_column("metric [95 % interval]")
    for system in report.systems:
        style = "dim" if system.is_baseline else ""
        table.add_column(column_name(report, system), style=style, overflow="fold", min_width=_VALUE)
    for metric in metrics_of(report.systems):
        values = [with_interval(system.metrics.get(metric.id)) for system in report.systems]
        style = "bold" if metric.is_headline else ""
        table.add_row(metric.title, *values, style=style)
    return table


def _labels(report: Report, names: LabelNames) -> Table:
    table = Table(box=None, padding=(0, 2), pad_edge=True, header_style="bold")
    table.add_column("label")
    for title in ("precision", "recall", "F1", "support"):
        table.add_column(title, justify="right")
    for score in report.labels:
        values = (number(score.precision), number(score.recall), number(score.f1), str(score.support))
        table.add_row(names.long(score.label), *values)
    return table


def _stages(report: Report) -> Iterable[RenderableType]:
    """The stages of a cascade; their tokens are in the other reports."""
    if report.cascade is None:
        return
    table = Table(box=None, padding=(0, 2), pad_edge=True, header_style="bold")
    columns = ("engine", "decided", "accuracy", "requests", "cost")
    for title in ("stage", "decided", "accuracy of these", "requests", "cost"):
        table.add_column(title)
    for row in stage_rows(report):
        table.add_row(*(getattr(row, column) for column in columns))
    yield table
    yield from (Padding(Text(note), (0, 0, 0, 2)) for note in stage_notes(report))


def _failures(report: Report) -> Iterable[Padding]:
    errors = {row.id: row.error for row in report.items}
    for word, ids, style in (("failed", report.failed, "red"), ("unplaced", report.unplaced, "yellow")):
        if not ids:
            continue
        yield Padding(Text(f"{word}: {share(len(ids), report.n)}, counted as wrong", style), (0, 0, 0, 2))
        for item in ids[:_MANY]:
            why = f": {shown(errors[item])}" if errors.get(item) else ""
            yield Padding(Text(f"{shown(item)}{why}"), (0, 0, 0, 4))
        if len(ids) > _MANY:
            yield Padding(Text(f"and {len(ids) - _MANY} more in report.json"), (0, 0, 0, 4))


def _spent(report: Report) -> str:
    latency = report.times.latency_median_s
    parts = [count_of(report.spending.requests, "request"), f"cost {cost(report.spending)}"]
    parts.append(f"took {seconds(report.times.seconds)}")
    if latency is not None:
        parts.append(f"median {seconds(latency)} per item")
    return "; ".join(parts)
