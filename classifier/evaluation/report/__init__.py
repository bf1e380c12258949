"""Report: the results of one evaluation as JSON, as an HTML page and as tables.

What enters: a `Report` (and its predictions). What leaves: report.json, report.html, a table for
the terminal, a table for a README. What it does not do: compute metrics.

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
