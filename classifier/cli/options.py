"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", help="A survey's folder; the built-in one where absent."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="For machines: JSON on standard output.")]
