"""Shared by the tests of the documents: pages, their tables, and the program's commands."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import typer.main

from classifier.cli.app import app

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
"""The pages for users; decision records are in docs/adr."""


def from_docs(name: str) -> ModuleType:
    """A module of docs/, which is no package."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(page: str, heading: str) -> dict[str, list[str]]:
    """The rows of all tables under a heading, by the code in their first cell (one row a code)."""
    text = (DOCS / page).read_text(encoding="utf-8")
    level = heading.split()[0]
    assert f"\n{heading}\n" in f"\n{text}", f"{page} has no '{heading}'"
    part = f"\n{text}".partition(f"\n{heading}\n")[2]
    ends = [part.find(f"\n{'#' * n} ") for n in range(1, len(level) + 1)]
    part = part[: min((end for end in ends if end >= 0), default=len(part))]
    found = {}
    for line in part.splitlines():
        if line.startswith("| ") and not line.startswith("|---"):
            cells = re.split(r" *\| *", line.strip().removeprefix("| ").removesuffix("|").rstrip())
            found |= {name.strip("` "): cells[1:] for name in cells[0].split(", ") if name.strip("` ")}
    return found


def commands() -> list[tuple[str, Any]]:
    """Every command with its words, such as ("classifier label", …); the program itself first."""

    def walk(command: Any, words: str) -> Iterator[tuple[str, Any]]:
        yield words, command
        for name, inner in getattr(command, "commands", {}).items():
            if not inner.hidden:
                yield from walk(inner, f"{words} {name}")

    return list(walk(typer.main.get_command(app), "classifier"))
