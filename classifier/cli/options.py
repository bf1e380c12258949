"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from classifier.settings import Settings


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
CascadeOption = Annotated[
    str | None,
    typer.Option(
        "--cascade",
        metavar="offline|MODEL",
        help="Ask this first; only papers that it is not sure of go on to --model.",
    ),
]
CascadeBelowOption = Annotated[
    float | None,
    typer.Option(
        "--cascade-below",
        min=0,
        max=1,
        metavar="P",
        help="With --cascade: papers go on below this confidence; 0.8 where not set.",
    ),
]
WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", help="A survey's folder; the built-in one where absent."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="For machines: JSON on standard output.")]


def check_cascade(settings: Settings, below: float | None) -> None:
    """Refuses what would have no effect, before anything is read.

    Args:
        below: What --cascade-below gave.

    Raises:
        ConfigError: The cascade makes no sense, or there is none.
    """
    from classifier.errors import ConfigError
    from classifier.settings import first_stage

    if first_stage(settings) is None and below is not None:
        raise ConfigError(
            "--cascade-below says when papers go on, but nothing is asked first; give --cascade"
        )
