"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class EngineName(StrEnum):
    """The engines that a user can name."""

    auto = "auto"
    offline = "offline"
    openai = "openai"

    @property
    def setting(self) -> str | None:
        """For `load_settings`: None leaves the choice to environment and file."""
        return None if self is EngineName.auto else self.value


EngineOption = Annotated[
    EngineName, typer.Option("--engine", help="auto: openai where a key or base URL is set, else offline.")
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="Model of the openai engine (or CLASSIFIER_MODEL).")
]
ExamplesOption = Annotated[
    str | None,
    typer.Option("--examples", metavar="all|nearest:K|none", help="Labelled studies to show the engine."),
]
BudgetOption = Annotated[
    int | None, typer.Option("--budget", metavar="TOKENS", help="Size of the excerpt; 6000 where not set.")
]
WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", help="A survey's folder; the built-in one where absent."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="For machines: JSON on standard output.")]
