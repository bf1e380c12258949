"""Reports -> a Markdown table, and the place in a README where it goes.

What enters: one report or several. What leaves: a GitHub table, one row a system, with a line below that says
on what the numbers rest. The README keeps the table between two comments, so that a command can renew it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
from classifier.evaluation.report.store import replace_text

_COLUMNS = ("kappa", "macro_f1", "class_accuracy", "out_of_scope_f1")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")


def render_markdown(reports: Report | Sequence[Report]) -> str:
    """A table with a row for each engine and baseline; a column tells the suites apart where they differ.

    Baselines that several reports share (same suite and protocol) stand once. No report gives "".
    """
    several = (reports,) if isinstance(reports, Report) else tuple(reports)
    if not several:
        return ""
    with_suite = len({_suite_key(report) for report in several}) > 1
    titles = ["System", *(["Suite"] if with_suite else []), "n", "Accuracy [95 % CI]"]
    titles += [*(metric_title(metric) for metric in _COLUMNS), "Cost"]
    lines = [_row(titles), _row(["---" if i < 1 + with_suite else "---:" for i in range(len(titles))])]
    seen: set[tuple[object, ...]] = set()
    for report in several:
        for key, cells in _rows(report, with_suite):
            if key not in seen:
                lines.append(_row(cells))
            seen.add(key)
    return "\n".join([*lines, "", *dict.fromkeys(_basis(report) for report in several)]) + "\n"


def splice_markdown(page: Path, name: str, table: str) -> None:
    """Puts a table between `<!-- eval:NAME -->` and `<!-- /eval:NAME -->`; all else stays byte for byte.

    Raises:
        InputError: The page cannot be read, or does not hold the two markers once each and in order.
        StoreError: The page cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"marker name {name!r}: expected letters, digits, '.', '_' and '-'; choose another")
    opening, closing = f"<!-- eval:{name} -->", f"<!-- /eval:{name} -->"
    try:
        text = page.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"{page}: cannot be read ({error.strerror}); expected a Markdown page") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{page}: not UTF-8 text ({error.reason}); save it as UTF-8") from error
    start, end = text.find(opening), text.find(closing)
    if text.count(opening) != 1 or text.count(closing) != 1 or end < start:
        raise InputError(
            f"{page}: expected '{opening}' and below it '{closing}', once each; add the two lines where the "
            "table should stand"
        )
    newline = "\r\n" if "\r\n" in text else "\n"
    block = newline.join(["", "", *table.strip().splitlines(), "", ""])
    replace_text(page, text[: start + len(opening)] + block + text[end:])


def _rows(report: Report, with_suite: bool) -> Iterator[tuple[tuple[object, ...], list[str]]]:
    for system in report.systems:
        name = _cell(system.name) if system.is_baseline else f"**{_cell(engine_name(report))}**"
        spent = "$0" if system.is_baseline else cost(report.spending)
        cells = [name, *([_suite(report)] if with_suite else []), str(report.n)]
        cells.append(_bold(with_interval(system.metrics.get("accuracy")), not system.is_baseline))
        cells += [*(_value(system, metric) for metric in _COLUMNS), spent]
        # An engine's row is its own; the same baseline on the same items is one row.
        yield (*_suite_key(report), system.name) if system.is_baseline else (id(report),), cells


def _value(system: System, metric: str) -> str:
    estimate = system.metrics.get(metric)
    return number(estimate.value) if estimate else NONE


def _basis(report: Report) -> str:
    run = report.run
    counted = f" ({len(report.failed)} failed, {len(report.unplaced)} unplaced here)"
    return (
        f"{_suite(report)}, examples: {_cell(run.examples)}, version {_cell(run.classifier_version)}. "
        f"Intervals are at 95 % (Wilson for shares). Failed and unplaced items count as wrong{counted}."
    )


def _suite(report: Report) -> str:
    run = report.run
    return f"{_cell(run.suite)} ({_cell(text_kinds(report))}; {PROTOCOLS[run.protocol]})"


def _suite_key(report: Report) -> tuple[object, ...]:
    return (report.run.suite_sha256, report.run.protocol, tuple(sorted(report.text_kinds.items())))


def _cell(text: str) -> str:
    """Names from files, with all that Markdown or HTML would read as more than text escaped."""
    return _SPECIAL.sub(r"\\\1", shown(text))


def _bold(text: str, wanted: bool) -> str:
    return f"**{text}**" if wanted and text != NONE else text


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
