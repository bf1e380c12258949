"""An invented paper and an invented list, to try the service without own files."""

from __future__ import annotations

import json
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "static"

EXAMPLE_FILE = "example.bib"


def example_paper() -> dict[str, str]:
    """Title and abstract."""
    found: dict[str, str] = json.loads((_FOLDER / "example.json").read_text(encoding="utf-8"))
    return found


def example_list() -> bytes:
    """A BibTeX file."""
    return (_FOLDER / EXAMPLE_FILE).read_bytes()
