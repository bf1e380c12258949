"""Report: the numbers of one evaluation as a file for machines and pages for people.

What enters: a `Report` (and the predictions behind it). What leaves: report.json, report.html, a table for
the terminal, a table for a README. What it does not do: compute a metric.

Reading order: `store`, `figures`, `names`, `notes`, `terminal`, `markdown`, then the page: `charts`,
`items`, `page`, `templates/`.
"""

from classifier.evaluation.report.markdown import render_markdown, renew_table
from classifier.evaluation.report.page import write_html
from classifier.evaluation.report.store import read_json, without_quotes, write_json
from classifier.evaluation.report.terminal import render_terminal

__all__ = [
    "read_json",
    "render_markdown",
    "render_terminal",
    "renew_table",
    "without_quotes",
    "write_html",
    "write_json",
]
