"""Writes docs/cli.md from the commands' own help; `--check` fails where the file is stale.

python docs/make_cli.py [--check]
"""

import contextlib
import io
import os
import sys
from pathlib import Path

TARGET = Path(__file__).with_name("cli.md")
COMMANDS = ["classify", "tree", "lint", "schema", "train", "eval", "compare", "fetch-gold"]


def help_of(*arguments: str) -> str:
    """What `classifier ARGUMENTS --help` prints, at 100 columns."""
    os.environ |= {"COLUMNS": "100", "TERMINAL_WIDTH": "100"}
    from classifier.cli.app import run

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        run([*arguments, "--help"])
    return "\n".join(line.rstrip() for line in printed.getvalue().strip().splitlines())


def cli_page() -> str:
    """The whole page."""
    parts = [
        "# Command line\n\nWritten by `make docs` from the commands' own help.\n",
        f"## classifier\n\n```text\n{help_of()}\n```\n",
    ]
    parts += [f"## classifier {name}\n\n```text\n{help_of(name)}\n```\n" for name in COMMANDS]
    return "\n".join(parts)


if __name__ == "__main__":
    page = cli_page()
    if "--check" in sys.argv:
        sys.exit(0 if TARGET.read_text(encoding="utf-8") == page else "docs/cli.md is stale: run `make docs`")
    TARGET.write_text(page, encoding="utf-8")
