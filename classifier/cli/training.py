"""`classifier train`: weights for the offline engine, from labelled papers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli import exits
from classifier.cli.options import WorkspaceOption


def train(
    data: Annotated[
        list[Path], typer.Option("--data", metavar="FILE", help="Labelled papers, one JSON object a line.")
    ],
    workspace: WorkspaceOption = None,
) -> int:
    """Learn the offline engine's weights from labelled papers."""
    return exits.DONE
