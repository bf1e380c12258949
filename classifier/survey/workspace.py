"""A workspace: everything that belongs to one survey, in one folder.

    taxonomy.yaml      the tree, its questions, its scope          (required)
    prompts/           Jinja templates, versioned by file name     (the built-in ones serve where absent)
    gold/              labels.jsonl, out_of_scope.jsonl            (examples; may be absent)
    offline/           cues, weights and measurements of the offline engine (may be absent)

What enters: a folder, or nothing for the built-in survey. What leaves: a
`Workspace` that reads each part when it is first asked for.
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

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The tree. Raises ConfigError where taxonomy.yaml is wrong."""
        return load_taxonomy(self.root / TAXONOMY_FILE)

    @cached_property
    def studies(self) -> tuple[Study, ...]:
        """The gold studies, placed ones first; empty where the workspace has none."""
        files = [self.root / name for name in GOLD_FILES]
        return tuple(study for file in files if file.is_file() for _, study in read_studies(file))

    @property
    def offline_dir(self) -> Path:
        """Where the offline engine's data is; it may not exist."""
        return self.root / "offline"

    @cached_property
    def offline_sha256(self) -> str:
        """Hash of the cues and weights of the offline engine; equal in all workspaces that have none."""
        digest = hashlib.sha256()
        for path in sorted(self.offline_dir.glob("*")):
            if path.is_file() and path.suffix not in (".md", ".jsonl") and path.name != "accuracy.json":
                digest.update(hashlib.sha256(path.name.encode()).digest())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def prompt_dir(self) -> Path:
        """The folder of templates: the workspace's own, else the built-in one."""
        own = self.root / "prompts"
        return own if own.is_dir() else builtin_root() / "prompts"


def read_studies(path: Path) -> Iterator[tuple[int, Study]]:
    """Yields (line number from 1, study) of a JSON-lines file; blank lines are skipped.

    Raises:
        ConfigError: Unreadable, not UTF-8, or a line that is not a study; the line is named.
    """
    try:
        # Not splitlines(): a summary may hold U+2028 and other separators, which JSON leaves as they are.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, Study.model_validate(json.loads(line))
        except ValueError as error:
            raise ConfigError(f"{path}: line {number}: {_first_problem(error)}") from error


def _first_problem(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return f"not valid JSON ({error})"
