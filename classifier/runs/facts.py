"""What decides a label besides the paper itself, by name: the part of a fingerprint that all runs share.

What enters: settings and a workspace. What leaves: JSON values. The names are stored in ledgers and reports,
so they never change. What it does not do: know lists or suites, which add what is theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from classifier.files import PACKAGE
from classifier.prompting.prompt import PromptBuilder
from classifier.runs.fingerprint import sha256_of
from classifier.settings import Settings
from classifier.survey.workspace import Workspace
from classifier.verdict.calibration import calibration_path

REQUEST_SETTINGS = ("budget_tokens", "temperature", "max_output_tokens", "logprobs")
"""Settings that decide what a model is asked and how its reply is read."""


def labelling_facts(
    settings: Settings, workspace: Workspace, engine: str, model: str | None
) -> dict[str, Any]:
    """What decides a label whichever engine answers.

    Args:
        engine, model: Those whose calibrations may be applied.
    """
    return {
        "examples": settings.examples,
        "review_below": settings.review_below,
        "taxonomy_sha256": workspace.taxonomy.sha256,
        "studies_sha256": sha256_of(study.model_dump_json().encode() for study in workspace.studies),
        "calibration_sha256": _calibrations_sha256(settings, workspace, engine, model),
    }


def request_facts(settings: Settings) -> dict[str, Any]:
    """What decides the requests to a model, but for the prompt's templates."""
    return {name: getattr(settings, name) for name in REQUEST_SETTINGS}


def prompt_sha256(workspace: Workspace) -> str:
    """Hash of the templates and the taxonomy that prompts are made from."""
    return PromptBuilder(workspace.taxonomy, workspace.prompt_dir()).sha256


def offline_sha256(workspace: Workspace) -> str:
    """Hash of the offline engine's data in the workspace."""
    return sha256_of(_contents(workspace.offline_dir.glob("*")))


def offline_code_sha256(workspace: Workspace) -> str:
    """Hash of the offline engine's data and of this package's source.

    It costs nothing to ask the engine again, so that numbers are never those of code that is gone.
    """
    return sha256_of((*_contents(PACKAGE.rglob("*.py")), *_contents(workspace.offline_dir.glob("*"))))


def server_of(settings: Settings) -> str:
    """The server's address without secrets."""
    from classifier.engines.openai.endpoint import OPENAI_URL, public_url

    return public_url(settings.base_url or OPENAI_URL)


def _calibrations_sha256(
    settings: Settings, workspace: Workspace, engine: str, model: str | None
) -> str | None:
    """Of all that may be applied: a server may report its model under another name than it was asked by."""
    if not settings.calibration:
        return None
    own = calibration_path(workspace, settings, engine, model).parent
    folders = dict.fromkeys((own, workspace.root / "calibration"))
    found = [file for folder in folders if folder.is_dir() for file in _contents(folder.glob("*.json"))]
    return sha256_of(found) if found else None


def _contents(paths: Iterable[Path]) -> Iterable[bytes]:
    """The files among the paths, in the order of their paths."""
    return (path.read_bytes() for path in sorted(paths) if path.is_file())
