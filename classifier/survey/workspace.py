"""A workspace: a folder with everything that belongs to one survey.

    taxonomy.yaml      the tree, its questions, its scope          (required)
    prompts/           Jinja templates, versioned by file name     (if absent, the built-in ones are used)
    gold/              labels.jsonl, out_of_scope.jsonl            (examples; optional)
    offline/           cues and weights of the offline engine (optional)

What enters: a folder, or nothing for the built-in survey. What leaves: a `Workspace` that reads each part
when it is first needed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from classifier.errors import ConfigError
from classifier.files import PACKAGE
from classifier.model.study import Study
from classifier.survey.shape import problems
from classifier.survey.taxonomy import Taxonomy, load_taxonomy

TAXONOMY_FILE = "taxonomy.yaml"
GOLD_FILES = ("gold/labels.jsonl", "gold/out_of_scope.jsonl")


def builtin_root() -> Path:
    """The built-in workspace: next to the package in a checkout, inside it in an installed wheel."""
    installed = PACKAGE / "_workspace"
    return installed if (installed / TAXONOMY_FILE).is_file() else PACKAGE.parent


class Workspace:
    """One survey's folder. Files are read once, on first use.

    Raises:
        ConfigError: The folder or its taxonomy.yaml is missing.
    """

    def __init__(self, root: Path | str | None = None) -> None:
        self.root = builtin_root() if root is None else Path(root)
        if not (self.root / TAXONOMY_FILE).is_file():
            raise ConfigError(
                f"{self.root}: no workspace found; expected a folder with {TAXONOMY_FILE} (see --workspace)"
            )

    @property
    def named(self) -> Path | None:
        """What `--workspace` takes to mean this folder; None for the built-in survey."""
        return None if self.root == builtin_root() else self.root

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The tree. Raises ConfigError if taxonomy.yaml is invalid."""
        return load_taxonomy(self.root / TAXONOMY_FILE)

    @cached_property
    def gold_lines(self) -> tuple[tuple[str, int, Study | ValueError], ...]:
        """(file's name, line from 1, study or what is wrong with the line) of the gold files, read once.

        Raises ConfigError if a file is unreadable or not UTF-8.
        """
        files = ((name, self.root / name) for name in GOLD_FILES)
        return tuple(
            (name, number, found)
            for name, file in files
            if file.is_file()
            for number, found in read_lines(file)
        )

    @cached_property
    def studies(self) -> tuple[Study, ...]:
        """The gold studies, placed ones first; empty if the workspace has none."""
        return tuple(_study(self.root / name, number, found) for name, number, found in self.gold_lines)

    @property
    def offline_dir(self) -> Path:
        """The folder of the offline engine's data; it may not exist."""
        return self.root / "offline"

    @cached_property
    def offline_engine_sha256(self) -> str:
        """Hash of the cues and weights of the offline engine; equal in all workspaces that have none."""
        digest = hashlib.sha256()
        for path in sorted(self.offline_dir.glob("*")):
            if path.is_file() and path.suffix not in (".md", ".jsonl") and path.name != "accuracy.json":
                digest.update(hashlib.sha256(path.name.encode()).digest())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def prompt_dir(self) -> Path:
        """The folder with the templates: the workspace's own if it exists, else the built-in one."""
        own = self.root / "prompts"
        return own if own.is_dir() else builtin_root() / "prompts"


def read_studies(path: Path) -> Iterator[tuple[int, Study]]:
    """Yields (line number from 1, study) of a JSON-lines file; blank lines are skipped.

    Raises:
        ConfigError: The file cannot be read, is not UTF-8, or has a line that is not a study (the message
            names the line).
    """
    return ((number, _study(path, number, found)) for number, found in read_lines(path))


def _study(path: Path, number: int, found: Study | ValueError) -> Study:
    if isinstance(found, Study):
        return found
    raise ConfigError(f"{path}: line {number}: {study_problems(found)[0]}") from found


def read_lines(path: Path) -> Iterator[tuple[int, Study | ValueError]]:
    """Yields (line number from 1, study or what is wrong with the line); blank lines are skipped.

    Raises:
        ConfigError: The file is unreadable or not UTF-8.
    """
    try:
        # Not splitlines(): a summary may contain U+2028 and other separators, which JSON does not escape.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, Study.model_validate(json.loads(line))
        except ValueError as error:
            yield number, error


def study_problems(error: ValueError) -> list[str]:
    """Everything that is wrong with a line of a gold file, in words."""
    if isinstance(error, ValidationError):
        return [f"{place}: {message}" for place, message in problems(error, Study)]
    return [f"not valid JSON ({error}); expected one JSON object on each line"]
