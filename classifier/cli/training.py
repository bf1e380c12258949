"""`classifier train`: trains the offline engine's weights on labelled papers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import exits
from classifier.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from classifier.training import TrainingReport


def train(
    data: Annotated[
        list[Path],
        typer.Option(
            "--data", metavar="FILE", help="Suite of labelled papers; repeat the option for more files."
        ),
    ],
    exclude: Annotated[
        list[Path] | None,
        typer.Option("--exclude", metavar="FILE", help="Suite to leave out of training, such as a test set."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Output folder. Default: the workspace's offline/."),
    ] = None,
    prior: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Class prior: 0 keeps the data's frequencies, 1 makes all classes equal."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed of the cross-validation folds.")] = 0,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> int:
    """Train the offline engine's weights on labelled papers (never on the gold studies)."""
    from rich.console import Console

    from classifier.survey.workspace import Workspace
    from classifier.training import train as run_training

    more = {} if prior is None else {"prior": prior}
    # Scikit-learn reports no progress; a spinner shows that it is working.
    with Console(stderr=True).status("training; a few thousand abstracts take about a minute"):
        report = run_training(Workspace(workspace), data, out, seed, exclude=exclude or (), **more)
    print(report.model_dump_json() if json else _render(report))
    return exits.DONE


def _render(report: TrainingReport) -> str:
    rows = [f"{name}: accuracy {accuracy:.3f}, cross-validated" for name, accuracy in report.accuracy.items()]
    rows += [f"  F1 {f1:.2f}  {label}" for label, f1 in sorted(report.per_label_f1.items())]
    return "\n".join(
        [
            f"trained on {report.papers} papers; {len(report.excluded)} left out as gold or excluded",
            *rows,
            f"calibration error {report.calibration_error:.3f}, temperature {report.temperature:.2f}",
            f"class prior {report.prior:.2f} (0: as in the data, 1: all equal)",
            f"{report.terms} terms, {report.model_bytes / 1000:.0f} kB",
        ]
    )
