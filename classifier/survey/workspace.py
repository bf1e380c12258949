"""A workspace: a folder with everything that belongs to one survey.

    taxonomy.yaml      the tree, its questions, its scope          (required)
    prompts/           Jinja templates, versioned by file name     (if absent, the built-in ones are used)
    gold/              labels.jsonl, out_of_scope.jsonl            (examples; optional)
    offline/           cues, weights and accuracy of the offline engine (optional)

What enters: a folder, or nothing for the built-in survey. What leaves: a `Workspace` that reads each part
when it is first needed.
"""

from __future__ import annotations

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
        """The tree. Raises ConfigError if taxonomy.yaml is invalid."""
        return load_taxonomy(self.root / TAXONOMY_FILE)

    @cached_property
    def studies(self) -> tuple[Study, ...]:
        """The gold studies, placed ones first; empty if the workspace has none."""
        files = [self.root / name for name in GOLD_FILES]
        return tuple(study for file in files if file.is_file() for _, study in read_studies(file))

    @property
    def offline_dir(self) -> Path:
        """The folder of the offline engine's data; it may not exist."""
        return self.root / "offline"

    @cached_property
    def offline_accuracy(self) -> str | None:
        """The measured accuracy of the offline engine in this workspace, in a phrase; None if unknown.

        `offline/accuracy.json` contains the accuracy for each set of papers, with the set to quote first, and
        `in_words`.
        """
        file = self.offline_dir / "accuracy.json"
        if not file.is_file():
            return None
        try:
            measured = json.loads(file.read_text(encoding="utf-8"))
            in_words = str(measured.pop("in_words"))
            first = next(((str(papers), float(share)) for papers, share in measured.items()), None)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"{file}: expected a JSON object with 'in_words'; retrain or remove it"
            ) from error
        return f"accuracy {first[1]:.2f} on {first[0]}" if first else in_words

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
            raise ConfigError(f"{path}: line {number}: {_first_problem(error)}") from error


def _first_problem(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return f"not valid JSON ({error})"
