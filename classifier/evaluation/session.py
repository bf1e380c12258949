"""From settings to a classifier that asks, records or replays; and from predictions to the finished report.

What enters: settings, a workspace, a suite and folders. What leaves: classifiers, default places, and a
`Report`. What it does not do: read a command line, or print.
"""

from __future__ import annotations

import hashlib
import json
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.engines.base import Engine
from classifier.engines.build import build_openai
from classifier.errors import StoreError
from classifier.evaluation.protocol import Protocol
from classifier.evaluation.recorded_engines import (
    ABOUT_FILE,
    About,
    RecordingEngine,
    ReplayEngine,
    read_about,
    write_about,
)
from classifier.evaluation.records import Prediction, Report, RunFacts, Suite, TextKind, Times
from classifier.model.identity import title_words
from classifier.pipeline import Classifier
from classifier.prompting.prompt import PromptBuilder
from classifier.settings import Price, Settings, first_stage, load_settings
from classifier.survey.workspace import Workspace
from classifier.verdict.calibration import CALIBRATED, Calibration, load_calibration

if TYPE_CHECKING:
    from classifier.engines.openai.retry import OnWait

RECORDINGS = "eval/recordings"
RUNS = Path("eval-runs")

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
"""Of a recording of a cascade; others do not have them."""


def recording_of(settings: Settings, suite: Suite, protocol: Protocol, text: TextKind | None) -> About:
    """What a recording under these settings would be of; it holds no key."""
    from classifier.engines.openai.transport import public_url

    kept: dict[str, Any] = {name: getattr(settings, name) for name in _RECORDED_SETTINGS}
    kept["base_url"] = public_url(settings.base_url) if settings.base_url else None
    kept["prices"] = {name: price.model_dump() for name, price in settings.prices.items()}
    if settings.cascade is not None:
        kept |= {name: getattr(settings, name) for name in _CASCADE_SETTINGS}
    return About(
        model=settings.model or "",
        suite=suite.name,
        suite_sha256=suite.sha256,
        protocol=protocol,
        text=text,
        settings=kept,
    )


def recordings_dir(workspace: Workspace, about: About) -> Path:
    """Where a recording belongs: in the workspace, or below the current folder where that is installed.

    `eval/recordings/<suite>/<model>`, with a hash at its end where that folder was recorded otherwise.

    Raises:
        StoreError: The description of a recording that is there is damaged.
    """
    root = workspace.root if workspace.root.name != "_workspace" else Path()
    folder = root / RECORDINGS / plain_name(about.suite) / plain_name(about.model)
    if not (folder / ABOUT_FILE).is_file() or _way(read_about(folder)) == _way(about):
        return folder
    return folder.with_name(f"{folder.name}-{_digest(_way(about))}")


def recording_classifier(
    settings: Settings,
    workspace: Workspace,
    folder: Path,
    about: About,
    *,
    shareable: bool,
    on_wait: OnWait | None = None,
) -> Classifier:
    """A classifier that asks the server of the settings and keeps every conversation in a folder.

    In a cascade, of each engine that asks a server.

    Args:
        about: See `recording_of`.
        shareable: See `write_about`.
        on_wait: Told before each wait: seconds, and why.

    Raises:
        ConfigError: The openai engine cannot be used with these settings.
        StoreError: The folder cannot be written.
    """
    from classifier.engines.openai.retry import Pause
    from classifier.engines.openai.secrets import secrets_of
    from classifier.engines.openai.transport import OpenAITransport

    for stage in _asking(settings):
        _maker(stage, workspace)()  # a wrong setting is said before anything is written
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    write_about(folder, about, shareable=shareable)
    key = settings.api_key.get_secret_value().strip() if settings.api_key else ""
    inner = OpenAITransport(api_key=key, base_url=settings.base_url, timeout_s=settings.timeout_s)
    pause = Pause()

    def recording(stage: Settings) -> Engine:
        return RecordingEngine(
            _maker(stage, workspace, on_wait),
            inner,
            model=stage.model or "",
            folder=folder,
            secrets=secrets_of(key),
            pause=pause,
            made=made,
        )

    return _classifier(recording, settings, workspace, on_wait)


def replay_classifier(settings: Settings, workspace: Workspace, folder: Path) -> Classifier:
    """A classifier that answers from the recordings of a folder, without key or network.

    Args:
        settings: See `replay_settings`.

    Raises:
        ConfigError: The folder holds no recordings.
    """
    read_about(folder)  # there must be one

    def replaying(stage: Settings) -> Engine:
        return ReplayEngine(_maker(stage, workspace), model=stage.model or "", folder=folder)

    return _classifier(replaying, settings, workspace)


def replay_settings(folder: Path, given: Mapping[str, Any]) -> Settings:
    """The settings under which the recordings of a folder were made, but for those given, and without a key.

    Raises:
        ConfigError: The folder holds no recordings, or a given setting is wrong.
    """
    about = read_about(folder)
    recorded = {name: about.settings.get(name) for name in (*_RECORDED_SETTINGS, "base_url")}
    recorded |= {"cascade": None} | {n: about.settings[n] for n in _CASCADE_SETTINGS if n in about.settings}
    recorded["prices"] = {name: Price(**price) for name, price in about.settings.get("prices", {}).items()}
    kept = {name: value for name, value in recorded.items() if name not in given}
    settings = load_settings(**{**given, "engine": "openai", "model": about.model})
    return settings.model_copy(update={**kept, "api_key": None})


def calibrations_of(
    workspace: Workspace, settings: Settings, predictions: Sequence[Prediction]
) -> tuple[Calibration, ...]:
    """The calibrations that were put over the confidences of a run, one an engine and model."""
    origins = [p.result.provenance for p in predictions if p.result.provenance is not None]
    models = {(o.engine, o.model) for o in origins if o.confidence.startswith(CALIBRATED)}
    found = (load_calibration(workspace, settings, *of) for of in sorted(models, key=str))
    return tuple(calibration for calibration in found if calibration is not None)


def calibration_note(calibrations: Sequence[Calibration]) -> str | None:
    """What the report says of them; None where confidences are as they came."""
    notes = [
        f"{made.method}, fitted to {made.n} answers of {', '.join(made.suites)}" for made in calibrations
    ]
    return "; ".join(notes) or None


def trained_on(workspace: Workspace, predictions: Sequence[Prediction]) -> int:
    """How many of the items the engine's own weights were trained on, by the manifest of titles beside them.

    0 for engines that the workspace has no weights for.
    """
    manifest = workspace.offline_dir / "manifest.jsonl"
    if not manifest.is_file() or not any(_answered_by(p) == "offline" for p in predictions):
        return 0
    lines = manifest.read_text(encoding="utf-8").splitlines()
    seen = {tuple(title_words(json.loads(line)["title"])) for line in lines}
    return sum(tuple(title_words(p.title)) in seen for p in predictions)


def _answered_by(prediction: Prediction) -> str | None:
    made = prediction.result.provenance
    return made.engine if made else None


def with_caveats(
    report: Report,
    whole: Suite,
    predictions: Sequence[Prediction],
    calibrations: Sequence[Calibration] = (),
    trained: int = 0,
) -> Report:
    """The report with what a reader must know of how it came about.

    Args:
        whole: The suite with all its items, also where only the first ones were scored.
        calibrations: Those that the confidences went through.
        trained: Items that the engine's weights were trained on (`trained_on`).
    """
    found: list[str] = []
    if trained:
        found.append(
            f"{trained} of {len(predictions)} items were among the papers that this engine's weights were "
            "trained on: these numbers say nothing of new papers"
        )
    if any(whole.sha256 in made.suites.values() for made in calibrations):
        found.append(
            "confidences were calibrated on this very suite: Brier score and calibration error are too good; "
            "the calibration's own file has them out of sample"
        )
    if len(whole.items) > len(predictions):
        found.append(f"only the first {len(predictions)} of {len(whole.items)} items were scored")
    missing = sum(bool(p.result.error and p.result.error.code == "no-recording") for p in predictions)
    if missing:
        found.append(f"{missing} of {len(predictions)} items have no recording and count as wrong")
    return report.model_copy(update={"warnings": (*found, *report.warnings)})


def times_of(predictions: Sequence[Prediction], started_at: str, seconds: float) -> Times:
    """When a run was, how long it took, and how long its answers took."""
    latencies = sorted(p.result.provenance.latency_s for p in predictions if p.result.provenance)
    return Times(
        started_at=started_at,
        seconds=round(seconds, 3),
        latency_median_s=statistics.median(latencies) if latencies else None,
        latency_p95_s=latencies[int(0.95 * (len(latencies) - 1))] if latencies else None,
    )


def gate_misses(report: Report, wanted: Mapping[str, float | None]) -> list[str]:
    """One line for each metric of the engine that is below what was wanted, or undefined."""
    engine = next(system for system in report.systems if not system.is_baseline)
    missed = []
    for metric, least in wanted.items():
        value = engine.metrics[metric].value if metric in engine.metrics else None
        if least is not None and (value is None or value < least):
            shown = "undefined" if value is None else f"{value:.3f}"
            missed.append(f"{metric} is {shown}, wanted at least {least:g}")
    return missed


def default_out(run: RunFacts, fingerprint: Mapping[str, Any]) -> Path:
    """A run's folder below the current one: the same for the same run, another for another.

    Predictions quote papers, so `eval-runs/` gets a `.gitignore`.

    Raises:
        StoreError: The folder cannot be written.
    """
    engine = run.model if run.engine != "offline" and run.model else run.engine
    ignore = RUNS / ".gitignore"
    try:
        RUNS.mkdir(exist_ok=True)
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{RUNS}: cannot be written ({error.strerror}); choose a folder with --out"
        ) from error
    return RUNS / "-".join(plain_name(part) for part in (run.suite, engine, _digest(fingerprint)))


def plain_name(name: str) -> str:
    """A name that is one folder on every system."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", name).strip("-.") or "unnamed"


def _way(about: About) -> dict[str, Any]:
    """What two recordings must share to lie in one folder: a server may move, and a suite may grow."""
    settings = {name: about.settings.get(name) for name in _RECORDED_SETTINGS}
    settings |= {name: about.settings[name] for name in _CASCADE_SETTINGS if name in about.settings}
    return {"protocol": about.protocol, "text": about.text, **settings}


def _digest(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]


def _classifier(
    make: Callable[[Settings], Engine],
    settings: Settings,
    workspace: Workspace,
    on_wait: OnWait | None = None,
) -> Classifier:
    *first, last = map(make, _asking(settings))
    return Classifier.from_settings(
        settings, engine=last, first=first[0] if first else None, workspace=workspace, on_wait=on_wait
    )


def _asking(settings: Settings) -> tuple[Settings, ...]:
    """The settings of the engines that ask a server, in their order: what recordings are made of.

    Raises:
        ConfigError: The cascade makes no sense.
    """
    first = first_stage(settings)
    return (first, settings) if first and first.chosen_engine == "openai" else (settings,)


def _maker(settings: Settings, workspace: Workspace, on_wait: OnWait | None = None) -> Any:
    repair = PromptBuilder(workspace.taxonomy, workspace.prompt_dir()).repair

    def make(**more: Any) -> Any:
        return build_openai(settings, workspace, repair=repair, on_wait=on_wait, **more)

    return make
