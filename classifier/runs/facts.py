"""Everything except the paper that decides a label, by name: the part of a fingerprint that all runs share.

What enters: settings and a workspace. What leaves: JSON values. The names are stored in ledgers and reports,
so they never change. What it does not do: know lists or suites, which add their own values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from classifier.engines.build import build_embedder
from classifier.engines.offline.semantic import WEIGHTS_FOLDER
from classifier.files import PACKAGE
from classifier.prompting.staged import StagedPrompts
from classifier.runs.fingerprint import join_digests, sha256_of
from classifier.settings import Settings
from classifier.survey.workspace import Workspace, builtin_root
from classifier.verdict.calibration import calibration_path

REQUEST_SETTINGS = ("budget_tokens", "temperature", "max_output_tokens", "logprobs")
"""Settings that decide the request to a model and how its reply is read."""
LATER_SETTINGS = ("question_tokens", "question_labels")
"""Settings that version 0.1 did not have: only other values than the defaults are part of a fingerprint."""


_FIRST_README = bytes.fromhex("3d9f21ac84455fd7199fb9f6484bf22a810ac4e76ef19a281b3ffb69d001109c")
"""SHA-256 of `offline/README.md` in version 0.1.0."""


def labelling_facts(
    settings: Settings, workspace: Workspace, engine: str, model: str | None
) -> dict[str, Any]:
    """The values that decide a label with any engine.

    Args:
        engine, model: The engine and model whose calibrations may be applied.
    """
    return {
        "examples": settings.examples,
        "review_below": settings.review_below,
        "taxonomy_sha256": workspace.taxonomy.sha256,
        "studies_sha256": sha256_of(study.model_dump_json().encode() for study in workspace.studies),
        "calibration_sha256": _calibrations_sha256(settings, workspace, engine, model),
    }


def request_facts(settings: Settings) -> dict[str, Any]:
    """The settings that decide the requests to a model; the prompt's templates have their own hash."""
    return {name: getattr(settings, name) for name in REQUEST_SETTINGS} | changed_settings(settings)


def changed_settings(settings: Settings) -> dict[str, Any]:
    """The settings that version 0.1 did not have, if they are not the default ones."""
    fields = Settings.model_fields
    values = {name: getattr(settings, name) for name in LATER_SETTINGS}
    return {name: value for name, value in values.items() if value != fields[name].default}


def prompt_sha256(settings: Settings, workspace: Workspace) -> str:
    """Hash of the templates and the taxonomy that prompts are made from, and of how a large tree is cut."""
    return StagedPrompts.of(settings, workspace).sha256


def offline_sha256(workspace: Workspace) -> str:
    """Hash of the files in the workspace's `offline` folder.

    The README that ships with the package counts as its first version: its text decides no label, but it is
    part of the hash in the ledgers of version 0.1.0, which must resume after an edit of it.
    """
    return join_digests(
        _FIRST_README if _is_shipped_readme(path) else hashlib.sha256(path.read_bytes()).digest()
        for path in _files(workspace.offline_dir.glob("*"))
    )


def offline_code_sha256(workspace: Workspace) -> str:
    """Hash of the offline engine's data and of this package's source.

    Any change of the code starts a new evaluation: asking the offline engine again costs nothing, and a
    report never mixes results of two versions of the code.
    """
    return sha256_of((*_contents(PACKAGE.rglob("*.py")), *_contents(workspace.offline_dir.glob("*"))))


def embeddings_facts(settings: Settings, workspace: Workspace) -> dict[str, Any]:
    """The embedder and the hash of its weights; empty without one, as in the ledgers of version 0.1."""
    embedder = build_embedder(settings)
    if embedder is None:
        return {}
    path = workspace.offline_dir / WEIGHTS_FOLDER / f"{embedder.name}.json"
    weights = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    return {"embeddings": embedder.name, "embedding_weights_sha256": weights}


def server_of(settings: Settings) -> str:
    """The server's address, without secrets."""
    from classifier.engines.openai.endpoint import OPENAI_URL, public_url

    return public_url(settings.base_url or OPENAI_URL)


def _calibrations_sha256(
    settings: Settings, workspace: Workspace, engine: str, model: str | None
) -> str | None:
    """Hash of all calibrations that may be applied: a server may report its model under another name."""
    if not settings.calibration:
        return None
    own = calibration_path(workspace, settings, engine, model).parent
    folders = dict.fromkeys((own, workspace.root / "calibration"))
    found = [file for folder in folders if folder.is_dir() for file in _contents(folder.glob("*.json"))]
    return sha256_of(found) if found else None


def _is_shipped_readme(path: Path) -> bool:
    shipped = builtin_root() / "offline" / "README.md"
    return path.name == shipped.name and shipped.is_file() and path.read_bytes() == shipped.read_bytes()


def _contents(paths: Iterable[Path]) -> Iterable[bytes]:
    return (path.read_bytes() for path in _files(paths))


def _files(paths: Iterable[Path]) -> list[Path]:
    """The files among the paths, in the order of their paths."""
    return sorted(path for path in paths if path.is_file())
