"""An invented paper and an invented list, to try the service's built-in survey without own files."""

from __future__ import annotations

import json
from pathlib import Path

from classifier.survey.workspace import Workspace

_FOLDER = Path(__file__).parent.parent / "static"

EXAMPLE_FILE = "example.bib"


def has_example(workspace: Workspace) -> bool:
    """Whether the example is of the workspace's subject, which is that of the built-in survey."""
    return workspace.named is None


def example_paper() -> dict[str, str]:
    """Title and abstract."""
    found: dict[str, str] = json.loads((_FOLDER / "example.json").read_text(encoding="utf-8"))
    return found


def example_list() -> bytes:
    """A BibTeX file."""
    return (_FOLDER / EXAMPLE_FILE).read_bytes()
