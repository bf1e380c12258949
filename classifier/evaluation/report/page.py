"""Report -> report.html: one file that a browser shows without any network request.

What enters: a Report and its predictions. What leaves: a page with inline style, one small inline script
(filter, sort, open), and charts as inline SVG that adapt to light, dark and print. It works without the
script. Titles, quotes and rationales come from hostile papers and models: the template engine escapes
everything, addresses are generated here, and the page's content security policy forbids all loads and all
other scripts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from classifier.evaluation.records import CoveragePoint, Group, Prediction, Report
from classifier.evaluation.report import figures
from classifier.evaluation.report.items import view_items
from classifier.evaluation.report.matrix import lay_out
from classifier.evaluation.report.names import LabelNames
from classifier.evaluation.report.notes import notes_on
from classifier.evaluation.report.stages import TITLES as STAGE_TITLES
from classifier.evaluation.report.stages import stage_notes, stage_rows
from classifier.files import replace_text
from classifier.model.label import Verdict
from classifier.pages import assets, environment

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"
_DIFFICULTIES = ("easy", "medium", "hard")
_MANY_POINTS = 20
"""With more points, a curve has no dots, and its table only some of the points."""
_FILTERS = ("number", "interval", "amount", "seconds", "shown")


def write_html(report: Report, predictions: Sequence[Prediction], path: Path) -> None:
    """Writes report.html; without predictions, rows have no links and no warnings.

    Raises:
        StoreError: The file cannot be written; an existing one is unchanged.
    """
    replace_text(path, render_html(report, predictions))


def render_html(report: Report, predictions: Sequence[Prediction]) -> str:
    """The page as text; see `write_html`."""
    return _environment().get_template("report.html.j2").render(_context(report, predictions))


def _context(report: Report, predictions: Sequence[Prediction]) -> Mapping[str, Any]:
    own = assets((_TEMPLATES / "report.css",), _TEMPLATES / "report.js")
    names = LabelNames(report, predictions)
    items = view_items(report, predictions)
    return {
        "report": report,
        "run": report.run,
        "names": names,
        "title": f"{figures.engine_name(report)} on {figures.shown(report.run.suite)}",
        "notes": notes_on(report, names),
        "metrics": figures.metrics_of(report.systems),
        "engine": next((system for system in report.systems if not system.is_baseline), None),
        "matrix": lay_out(report.confusion, names),
        "items": items,
        "anchors": {view.row.id: view for view in items},
        "outcomes": Counter(view.outcome for view in items),
        "reasons": Counter(reason for row in report.items for reason in row.review_reasons),
        "reviewed": sum(bool(row.review_reasons) for row in report.items),
        "ordered_groups": sorted(report.groups, key=_by_difficulty),
        "few_points": _thinned(report.coverage),
        "quotes": [(verdict, report.quotes[verdict]) for verdict in _by_verdict(report.quotes)],
        "quotes_total": sum(report.quotes.values()),
        "facts": figures,
        "stages": stage_rows(report),
        "stage_titles": STAGE_TITLES,
        "stage_notes": stage_notes(report),
        "style": own.style,
        "script": own.script,
        "policy": own.policy,
    }


def _by_difficulty(group: Group) -> int:
    """Easy before hard; other groups keep their order."""
    return _DIFFICULTIES.index(group.value) if group.value in _DIFFICULTIES else 0


def _thinned(points: Sequence[CoveragePoint]) -> Sequence[CoveragePoint]:
    """The points nearest to each tenth of coverage, if there are too many for a table."""
    if len(points) <= _MANY_POINTS:
        return points
    tenths = [min(points, key=lambda point: abs(point.coverage - tenth / 10)) for tenth in range(1, 11)]
    return list(dict.fromkeys(tenths))


def _by_verdict(quotes: Mapping[str, int]) -> list[str]:
    """The verdicts that occur, best first."""
    return [verdict for verdict in dict.fromkeys((*get_args(Verdict), *sorted(quotes))) if verdict in quotes]


@cache
def _environment() -> Environment:
    return environment(_TEMPLATES, {name: getattr(figures, name) for name in _FILTERS})
