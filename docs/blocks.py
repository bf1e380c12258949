"""The fenced blocks of a page, and a folder in which they run.

    ```csv title="papers.csv"     a file that the page shows; it lies in the folder before anything runs
    ```sh                         runs as a whole, by bash, in the order of the page
    ```python                     runs as a script of its own
    <!-- not run: needs a key -->
                                  before a block that cannot run offline; the reason is one of `REASONS`

`paper.pdf` and `examples/` are in every folder. docs/make_pages.py makes screens with it, tests/test_docs.py
runs the examples.
"""

import os
import re
import shutil
import stat
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
REASONS = (
    "needs a key",
    "needs a recording",
    "needs a server",
    "needs Ray",
    "needs the network",
    "needs your own survey",
    "installs packages",
)
_FENCE = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^\n]*?) -->\n)?"
    r"^(?P<ticks>`{3,})(?P<language>[a-z-]*)(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<text>.*?)^(?P=ticks)$",
    re.DOTALL | re.MULTILINE,
)


class Block(NamedTuple):
    """A fenced block: where it begins (line from 1), and why it is not run (None: it is)."""

    line: int
    language: str
    title: str | None
    text: str
    reason: str | None


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page's text, in order."""
    return [
        Block(
            page.count("\n", 0, found.start("ticks")) + 1,
            found["language"],
            found["title"],
            found["text"],
            found["reason"],
        )
        for found in _FENCE.finditer(page)
    ]


def prepare(page: str, folder: Path) -> dict[str, str]:
    """Lays out what the page's blocks need; returns the environment to run them in.

    The environment has no key and no setting of the user's, an empty home, and a command `classifier` that
    is this checkout's.
    """
    shutil.copy(ROOT / "examples" / "paper.pdf", folder / "paper.pdf")
    shutil.copytree(ROOT / "examples", folder / "examples")  # no link: `eval` writes into a workspace
    for block in blocks(page):
        if block.title:
            path = folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    home = folder / ".home"
    home.mkdir()
    command = home / "classifier"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m classifier "$@"\n', encoding="utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENAI_", "CLASSIFIER_", "XDG_"))
    }
    return kept | {
        "HOME": str(home),
        "PATH": f"{home}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "84",  # what a code block of the site shows without scrolling
        "TERMINAL_WIDTH": "84",
    }
