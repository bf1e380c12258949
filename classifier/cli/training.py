"""`classifier train`: trains the offline engine's weights on labelled papers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from classifier.cli import exits
from classifier.cli.options import EmbeddingsOption, JsonOption, WorkspaceOption
from classifier.text.counting import count_of

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
    embeddings: EmbeddingsOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> int:
    """Train the offline engine's weights on labelled papers (never on the gold studies)."""
    from rich.console import Console

    from classifier.engines.build import build_embedder
    from classifier.settings import load_settings
    from classifier.survey.workspace import Workspace
    from classifier.training import train as run_training

    more: dict[str, Any] = {} if prior is None else {"prior": prior}
    more["embedder"] = build_embedder(load_settings(embeddings=embeddings))
    # Scikit-learn reports no progress; a spinner shows that it is working.
    with Console(stderr=True).status("training; a few thousand abstracts take about a minute"):
        report = run_training(Workspace(workspace), data, out, seed, exclude=exclude or (), **more)
    print(report.model_dump_json() if json else _render(report))
    return exits.DONE


def _render(report: TrainingReport) -> str:
    if report.with_embeddings is not None:
        return f"{_lines(report)}\n\nwith embeddings:\n{_lines(report.with_embeddings)}"
    return _lines(report)


def _lines(report: TrainingReport) -> str:
    rows = [f"{name}: accuracy {accuracy:.3f}, cross-validated" for name, accuracy in report.accuracy.items()]
    rows += [f"  F1 {f1:.2f}  {label}" for label, f1 in sorted(report.per_label_f1.items())]
    return "\n".join(
        [
            (
                f"trained on {count_of(report.papers, 'paper')}; {len(report.excluded)} left out "
                "as gold or excluded"
            ),
            *rows,
            f"calibration error {report.calibration_error:.3f}, temperature {report.temperature:.2f}",
            f"class prior {report.prior:.2f} (0: as in the data, 1: all equal)",
            f"{report.terms} terms, {report.model_bytes / 1000:.0f} kB",
        ]
    )
