"""Settings -> a classifier that records its conversations or replays them, and the folder of recordings.

What enters: settings, a workspace, a suite and folders. What leaves: classifiers. In a cascade, each engine
that asks a server is recorded. What it does not do: score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.engines.base import Engine
from classifier.engines.build import build_openai, server_from
from classifier.evaluation.folders import digest, plain_name
from classifier.evaluation.protocol import EvalProtocol
from classifier.evaluation.recorded_engines import (
    ABOUT_FILE,
    About,
    RecordingEngine,
    ReplayEngine,
    read_about,
    write_about,
)
from classifier.evaluation.records import Suite, TextKind
from classifier.pipeline import Classifier
from classifier.prompting.prompt import PromptBuilder
from classifier.runs.facts import LATER_SETTINGS, changed_settings
from classifier.settings import Price, Settings, first_stage, load_settings
from classifier.survey.workspace import Workspace

if TYPE_CHECKING:
    from classifier.waiting import OnWait

RECORDINGS = "eval/recordings"

UNREVIEWED: Mapping[str, Any] = {"accept_unmeasured": True, "audit_share": 0.0, "accuracy_below": 0.0}
"""An evaluation measures the engine: that it was not measured before, or badly, is no reason for review."""

_RECORDED_SETTINGS = (
    "examples",
    "budget_tokens",
    "temperature",
    "max_output_tokens",
    "max_attempts",
    "logprobs",
    "review_below",
    "calibration",
)
_CASCADE_SETTINGS = ("cascade", "cascade_below")
"""Additional settings in the recording of a cascade."""
_OTHER_SETTINGS = (*_CASCADE_SETTINGS, *LATER_SETTINGS)
"""All settings that a recording has only if they were not the default ones."""


def recording_of(settings: Settings, suite: Suite, protocol: EvalProtocol, text: TextKind | None) -> About:
    """The description of a recording with these settings, without the key."""
    from classifier.engines.openai.endpoint import public_url

    kept: dict[str, Any] = {name: getattr(settings, name) for name in _RECORDED_SETTINGS}
    kept["base_url"] = public_url(settings.base_url) if settings.base_url else None
    kept["prices"] = {name: price.model_dump() for name, price in settings.prices.items()}
    if settings.cascade is not None:
        kept |= {name: getattr(settings, name) for name in _CASCADE_SETTINGS}
    kept |= changed_settings(settings)
    return About(
        model=settings.model or "",
        suite=suite.name,
        suite_sha256=suite.sha256,
        protocol=protocol,
        text=text,
        settings=kept,
    )


def recordings_dir(workspace: Workspace, about: About) -> Path:
    """The folder of a recording: in the workspace, or in the current folder if the workspace is installed.

    It is `eval/recordings/<suite>/<model>`, with a hash at the end if that folder was recorded with other
    settings.

    Raises:
        StoreError: The description of an existing recording is damaged.
    """
    root = workspace.root if workspace.root.name != "_workspace" else Path()
    folder = root / RECORDINGS / plain_name(about.suite) / plain_name(about.model)
    if not (folder / ABOUT_FILE).is_file() or _recorded_with(read_about(folder)) == _recorded_with(about):
        return folder
    return folder.with_name(f"{folder.name}-{digest(_recorded_with(about))}")


def recording_classifier(
    settings: Settings,
    workspace: Workspace,
    folder: Path,
    about: About,
    *,
    shareable: bool,
    on_wait: OnWait | None = None,
) -> Classifier:
    """A classifier that asks the server in the settings and records every conversation in a folder.

    In a cascade, each engine that asks a server is recorded.

    Args:
        about: See `recording_of`.
        shareable: See `write_about`.
        on_wait: Called before each wait with the seconds and the reason.

    Raises:
        ConfigError: The openai engine cannot be used with these settings.
        StoreError: The folder cannot be written.
    """
    from classifier.engines.openai.retry import Pause
    from classifier.engines.openai.secrets import secrets_of
    from classifier.engines.openai.transport import OpenAITransport

    for stage in _server_stages(settings):
        _maker(stage, workspace)()  # reports a wrong setting before anything is written
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    write_about(folder, about, shareable=shareable)
    server = server_from(settings)
    inner = OpenAITransport.of(server)
    pause = Pause()

    def recording(stage: Settings) -> Engine:
        return RecordingEngine(
            _maker(stage, workspace, on_wait),
            inner,
            model=stage.model or "",
            folder=folder,
            secrets=secrets_of(server.api_key, server.base_url),
            pause=pause,
            made=made,
        )

    return _classifier(recording, settings, workspace, on_wait)


def replay_classifier(settings: Settings, workspace: Workspace, folder: Path) -> Classifier:
    """A classifier that answers from the recordings of a folder, without key or network.

    Args:
        settings: See `replay_settings`.

    Raises:
        ConfigError: The folder contains no recordings.
    """
    read_about(folder)  # raises an error if there is none

    def replaying(stage: Settings) -> Engine:
        return ReplayEngine(_maker(stage, workspace), model=stage.model or "", folder=folder)

    return _classifier(replaying, settings, workspace)


def replay_settings(folder: Path, given: Mapping[str, Any]) -> Settings:
    """The settings of the recordings in a folder, overridden by the given ones, and without a key.

    Raises:
        ConfigError: The folder contains no recordings, or a given setting is wrong.
    """
    about = read_about(folder)
    recorded = {name: about.settings.get(name) for name in (*_RECORDED_SETTINGS, "base_url")}
    recorded |= {name: Settings.model_fields[name].default for name in _OTHER_SETTINGS}
    recorded |= {name: about.settings[name] for name in _OTHER_SETTINGS if name in about.settings}
    recorded["prices"] = {name: Price(**price) for name, price in about.settings.get("prices", {}).items()}
    kept = {name: value for name, value in recorded.items() if name not in given}
    settings = load_settings(**{**given, "engine": "openai", "model": about.model})
    return settings.model_copy(update={**kept, **UNREVIEWED, "api_key": None})


def _recorded_with(about: About) -> dict[str, Any]:
    """The values that must be equal for recordings in one folder; the server and the suite may change."""
    settings = {name: about.settings.get(name) for name in _RECORDED_SETTINGS}
    settings |= {name: about.settings[name] for name in _OTHER_SETTINGS if name in about.settings}
    return {"protocol": about.protocol, "text": about.text, **settings}


def _classifier(
    make: Callable[[Settings], Engine],
    settings: Settings,
    workspace: Workspace,
    on_wait: OnWait | None = None,
) -> Classifier:
    *first, last = map(make, _server_stages(settings))
    return Classifier.from_settings(
        settings, engine=last, first=first[0] if first else None, workspace=workspace, on_wait=on_wait
    )


def _server_stages(settings: Settings) -> tuple[Settings, ...]:
    """The settings of the engines that ask a server, in order; their conversations are recorded.

    Raises:
        ConfigError: The settings of the cascade are contradictory.
    """
    first = first_stage(settings)
    return (first, settings) if first and first.chosen_engine == "openai" else (settings,)


def _maker(settings: Settings, workspace: Workspace, on_wait: OnWait | None = None) -> Any:
    repair = PromptBuilder(workspace.taxonomy, workspace.prompt_dir()).repair

    def make(**more: Any) -> Any:
        return build_openai(settings, repair=repair, on_wait=on_wait, **more)

    return make
