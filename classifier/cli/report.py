"""`classifier report RUN...`: prints runs of `eval` as a Markdown table, or writes it into a page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import exits

if TYPE_CHECKING:
    from classifier.evaluation.records import RunFacts


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Folders of runs, or report.json files.", show_default=False),
    ],
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="FILE", help="Markdown file with markers around the table."),
    ] = None,
    name: Annotated[
        str,
        typer.Option(metavar="NAME", help="Name in the markers: <!-- eval:NAME --> … <!-- /eval:NAME -->."),
    ] = "results",
    publish: Annotated[
        Path | None,
        typer.Option(
            "--publish", metavar="DIR", help="Also write each report.json there, without text of papers."
        ),
    ] = None,
) -> int:
    """Print runs of `eval` as a Markdown table, or write it into a README."""
    from classifier.evaluation.report import (
        read_json,
        render_markdown,
        renew_table,
        without_quotes,
        write_json,
    )

    reports = [read_json(path / "report.json" if path.is_dir() else path) for path in runs]
    if publish is not None:
        for one in reports:
            write_json(without_quotes(one), publish / f"{one.run.suite}-{_engine_part(one.run)}.json")
    table = render_markdown(reports)
    if into is None:
        print(table)
    else:
        renew_table(into, name, table)
    return exits.DONE


def _engine_part(run: RunFacts) -> str:
    """The model as part of a file name, or "offline", whose model changes with each training."""
    return run.engine if run.engine == "offline" else re.sub(r"[^\w.-]+", "-", run.model or run.engine)
