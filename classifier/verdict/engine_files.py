"""Where results about one engine and model are kept: the workspace, or the user's data directory."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from classifier.settings import Settings
from classifier.survey.workspace import Workspace, builtin_root


def own_path(
    workspace: Workspace,
    settings: Settings,
    kind: str,
    engine: str,
    model: str | None,
    *,
    protect_builtin: bool = False,
) -> Path:
    """The file to write for an engine and model.

    A workspace inside an installed package is never written to, nor one that is read-only. Its files are kept
    in `data_dir` under the taxonomy's hash, so that an update with another tree starts afresh.

    Args:
        kind: The folder, such as "calibration".
        protect_builtin: Do not write to the built-in workspace of a checkout either.
    """
    root = workspace.root.resolve()
    builtin = root == builtin_root().resolve()
    if (builtin and (protect_builtin or root.name == "_workspace")) or not os.access(root, os.W_OK):
        folder = settings.data_dir / kind / workspace.taxonomy.sha256[:16]
    else:
        folder = root / kind
    return folder / _file_name(engine, model)


def existing_paths(
    workspace: Workspace,
    settings: Settings,
    kind: str,
    engine: str,
    model: str | None,
    *,
    protect_builtin: bool = False,
) -> Iterator[Path]:
    """The files about an engine and model: the user's own first, then the one that the workspace ships."""
    own = own_path(workspace, settings, kind, engine, model, protect_builtin=protect_builtin)
    for path in dict.fromkeys((own, workspace.root / kind / own.name)):
        if path.is_file():
            yield path


def _file_name(engine: str, model: str | None) -> str:
    """Readable, and different for models whose names differ in what a file name cannot hold."""
    if model is None:
        return f"{engine}.json"
    readable = re.sub(r"[^a-z0-9._-]+", "-", model.lower()).strip("-.")[:60]
    return f"{engine}-{readable}-{hashlib.sha256(model.encode()).hexdigest()[:8]}.json"
