"""Writes what the documents quote: docs/cli.md, the screen in the README, and the tables in docs/scale.md.

    python docs/make_pages.py [--check]

With `--check` nothing is written; the exit code is 1 where a page is stale.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import scale

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = [
    "classify",
    "label",
    "export",
    "correct",
    "eval",
    "compare",
    "report",
    "fetch-gold",
    "train",
    "tree",
    "lint",
    "schema",
    "serve",
]
DEMO = ["classify", "examples/paper.pdf", "--engine", "offline"]
DEMO_BLOCK = re.compile(r"(?<=<!-- demo -->\n).*?(?=<!-- /demo -->)", re.DOTALL)


def run(*arguments: str) -> str:
    """What `classifier ARGUMENTS` prints in a pipe, 100 columns wide, under no settings of the user's."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "CLASSIFIER_"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "classifier", *arguments],
        cwd=ROOT,
        env=clean | {"COLUMNS": "100", "TERMINAL_WIDTH": "100"},
        capture_output=True,
        text=True,
        check=True,
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def cli_page() -> str:
    """docs/cli.md, whole."""
    parts = ["# Command line\n\nWritten by `make docs` from the commands' own help.\n"]
    parts += [
        f"## {' '.join(['classifier', *name])}\n\n```text\n{run(*name, '--help')}\n```\n"
        for name in [[], *([command] for command in COMMANDS)]
    ]
    return "\n".join(parts)


def readme() -> str:
    """README.md with the demo's screen as it is today."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    return DEMO_BLOCK.sub(lambda _: f"```text\n{run(*DEMO)}\n```\n", page)


def main() -> int:
    """Writes or checks the pages; returns the exit code."""
    pages = {"docs/cli.md": cli_page(), "README.md": readme(), "docs/scale.md": scale.page()}
    stale = []
    for name, text in pages.items():
        path = ROOT / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"{' and '.join(stale)} stale: run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
