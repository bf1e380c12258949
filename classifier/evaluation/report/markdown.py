"""Reports -> a Markdown table, and its place in a README.

What enters: one report or several. What leaves: a GitHub table with one row per system, and a line per report
about how its numbers were made. In the README, the table is between two comments, so that a command can renew
it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from classifier.errors import InputError
from classifier.evaluation.records import Report, System
from classifier.evaluation.report.figures import (
    NONE,
    PROTOCOLS,
    cost,
    engine_name,
    metric_title,
    number,
    shown,
    text_kinds,
    with_interval,
)
from classifier.evaluation.report.stages import stage_notes, stage_rows
from classifier.export.splice.markdown import splice_markdown
from classifier.files import replace_bytes

_COLUMNS = ("kappa", "macro_f1", "class_accuracy", "out_of_scope_f1")
_RULES = "Intervals are at 95 % (Wilson for shares). Failed and unplaced items count as wrong."
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")


def render_markdown(reports: Report | Sequence[Report]) -> str:
    """A table with a row for each engine and baseline; a column names the suites if they differ.

    A baseline that several reports share (same suite, same numbers) appears once. No report gives "".
    """
    several = (reports,) if isinstance(reports, Report) else tuple(reports)
    if not several:
        return ""
    with_suite = len({_suite_key(report) for report in several}) > 1
    titles = ["System", *(["Suite"] if with_suite else []), "n", "Accuracy [95 % CI]"]
    titles += [*(metric_title(metric) for metric in _COLUMNS), "Cost"]
    lines = [_row(titles), _row(["---" if i < 1 + with_suite else "---:" for i in range(len(titles))])]
    shared: set[tuple[object, ...]] = set()
    for report in several:
        for system in report.systems:
            row = _row(_cells(report, system, with_suite))
            key = (*_suite_key(report), row)
            if not (system.is_baseline and key in shared):
                lines.append(row)
            shared.add(key)
    return "\n".join([*lines, "", _RULES, "", *(_basis(report) for report in several)]) + "\n"


def renew_table(page: Path, name: str, table: str) -> None:
    """Writes a table between `<!-- eval:NAME -->` and `<!-- /eval:NAME -->`; all other bytes stay the same.

    Raises:
        InputError: The page cannot be read, or does not contain each marker once, in order, on a line of its
            own and outside code.
        StoreError: The page cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"marker name {name!r}: expected letters, digits, '.', '_' and '-'; choose another")
    try:
        old = page.read_bytes()
    except OSError as error:
        raise InputError(f"{page}: cannot be read ({error.strerror}); expected a Markdown page") from error
    try:
        new = splice_markdown(old, f"eval:{name}", table, append=False)
    except InputError as error:
        raise InputError(f"{page}: {error.message}") from error
    replace_bytes(page, (new,))


def _cells(report: Report, system: System, with_suite: bool) -> list[str]:
    bold = "" if system.is_baseline else "**"
    name = _cell(system.name if system.is_baseline else engine_name(report))
    spent = "$0" if system.is_baseline else cost(report.spending)
    return [
        f"{bold}{name}{bold}",
        *([_suite(report)] if with_suite else []),
        str(report.n),
        f"{bold}{with_interval(system.metrics.get('accuracy'))}{bold}",
        *(_value(system, metric) for metric in _COLUMNS),
        spent,
    ]


def _value(system: System, metric: str) -> str:
    estimate = system.metrics.get(metric)
    return number(estimate.value) if estimate else NONE


def _basis(report: Report) -> str:
    run = report.run
    without_label = f"{len(report.failed)} failed, {len(report.unplaced)} unplaced"
    how = f"examples: {_cell(run.examples)}; version {_cell(run.classifier_version)}"
    stages = [f"{row.decided} decided by {row.engine}, accuracy {row.accuracy}" for row in stage_rows(report)]
    more = "; ".join([*map(_cell, stages), *map(_cell, stage_notes(report)[-1:])])
    return f"- {_cell(engine_name(report))} on {_suite(report)}: {without_label}; {how}" + (
        more and f"; {more}"
    )


def _suite(report: Report) -> str:
    run = report.run
    return f"{_cell(run.suite)} ({_cell(text_kinds(report))}; {PROTOCOLS[run.protocol]})"


def _suite_key(report: Report) -> tuple[object, ...]:
    return (report.run.suite_sha256, report.run.protocol, tuple(sorted(report.text_kinds.items())))


def _cell(text: str) -> str:
    """Text from files with all characters escaped that have a meaning in Markdown or HTML."""
    return _SPECIAL.sub(r"\\\1", shown(text))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
