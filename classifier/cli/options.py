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
        """The value for `load_settings`; with None, the environment and the settings file decide."""
        return None if self is EngineName.auto else self.value


EngineOption = Annotated[
    EngineName, typer.Option("--engine", help="auto: openai if a key or base URL is set, else offline.")
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="Model of the openai engine (or CLASSIFIER_MODEL).")
]
ExamplesOption = Annotated[
    str | None,
    typer.Option("--examples", metavar="all|nearest:K|none", help="Labelled studies to show the engine."),
]
BudgetOption = Annotated[
    int | None,
    typer.Option("--budget", metavar="TOKENS", help="Size of the excerpt in tokens. Default: 6000."),
]
EmbeddingsOption = Annotated[
    str | None,
    typer.Option(
        "--embeddings",
        metavar="minilm|DIR|server:MODEL",
        help="The offline engine compares meanings, too: by a local model, or a server's (texts are sent).",
    ),
]
CascadeOption = Annotated[
    str | None,
    typer.Option(
        "--cascade",
        metavar="offline|MODEL",
        help="Ask this engine or model first; escalate to --model when its confidence is low.",
    ),
]
CascadeBelowOption = Annotated[
    float | None,
    typer.Option(
        "--cascade-below",
        min=0,
        max=1,
        metavar="P",
        help="With --cascade: escalate below this confidence. Default: 0.8.",
    ),
]
AcceptUnmeasuredOption = Annotated[
    bool,
    typer.Option(
        "--accept-unmeasured",
        help="Do not review all labels of an engine that was not measured here; review a random 10 %.",
    ),
]
WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace", metavar="DIR", help="Folder of the survey's workspace. Default: the built-in one."
    ),
]
OfflineOption = Annotated[
    bool, typer.Option("--offline", help="Use no network: only files, the cache, and what the list says.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


def check_options(
    settings: Settings, *, model: str | None, cascade_below: float | None, offline: bool = False
) -> None:
    """Rejects options that would have no effect, before anything is read.

    Args:
        model: The value of --model.
        cascade_below: The value of --cascade-below.
        offline: Whether --offline is given.

    Raises:
        ConfigError: Options are contradictory, or an option requires another one.
    """
    from classifier.errors import ConfigError
    from classifier.settings import first_stage

    if first_stage(settings) is None and cascade_below is not None:
        raise ConfigError("--cascade-below requires --cascade")
    if model is not None and settings.chosen_engine == "offline":
        raise ConfigError(
            f"--model {model} has no effect: the engine is offline; add --engine openai, or remove --model"
        )
    asks = settings.chosen_engine == "openai" or (settings.embeddings or "").startswith("server:")
    if offline and asks:
        raise ConfigError(
            "--offline asks no server; remove it, or use --engine offline without --embeddings server:…"
        )
