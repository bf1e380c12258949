"""Where results about one engine and model are kept: the workspace, or the user's data directory."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from classifier.errors import ConfigError
from classifier.model.record import Record
from classifier.settings import Settings
from classifier.survey.workspace import Workspace, builtin_root

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class EngineFiles:
    """A kind of results; one file for each engine and model.

    Attributes:
        folder: Name of the folder, such as "calibration".
        content: What a file is, for messages, such as "a calibration".
        advice: What to do about a damaged file.
        protect_builtin: Also never write to the built-in workspace of a checkout.
    """

    folder: str
    content: str
    advice: str
    protect_builtin: bool = False

    def own(self, workspace: Workspace, settings: Settings, engine: str, model: str | None) -> Path:
        """The file to write for an engine and model.

        A workspace inside an installed package is never written to, nor one that is read-only. Its files are
        kept in `data_dir` under the taxonomy's hash, so that an update with another tree starts with no
        files.
        """
        root = workspace.root.resolve()
        builtin = root == builtin_root().resolve()
        protected = builtin and (self.protect_builtin or root.name == "_workspace")
        if protected or not os.access(root, os.W_OK):
            folder = settings.data_dir / self.folder / workspace.taxonomy.sha256[:16]
        else:
            folder = root / self.folder
        return folder / _file_name(engine, model)

    def existing(
        self, workspace: Workspace, settings: Settings, engine: str, model: str | None
    ) -> Iterator[Path]:
        """The files about an engine and model: the user's own first, then the shipped one."""
        own = self.own(workspace, settings, engine, model)
        for path in dict.fromkeys((own, workspace.root / self.folder / own.name)):
            if path.is_file():
                yield path

    def all(self, workspace: Workspace, settings: Settings) -> Iterator[Path]:
        """The files about all engines: the user's own first, then the shipped ones."""
        own = self.own(workspace, settings, "offline", None).parent
        for folder in dict.fromkeys((own, workspace.root / self.folder)):
            yield from sorted(folder.glob("*.json"))

    def read(self, path: Path, record: type[R]) -> R:
        """The record in a file.

        Raises:
            ConfigError: It cannot be read, or holds something else.
        """
        try:
            return record.model_validate_json(path.read_bytes())
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read ({error.strerror}); {self.advice}") from error
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            place = ".".join(map(str, first["loc"])) or "file"
            wrong = f"not {self.content}: {place}: {first['msg']}"
            raise ConfigError(f"{path}: {wrong}; {self.advice}") from error


def _file_name(engine: str, model: str | None) -> str:
    """A readable name; unique even if model names differ only in characters that are not allowed."""
    if model is None:
        return f"{engine}.json"
    readable = re.sub(r"[^a-z0-9._-]+", "-", model.lower()).strip("-.")[:60]
    return f"{engine}-{readable}-{hashlib.sha256(model.encode()).hexdigest()[:8]}.json"
