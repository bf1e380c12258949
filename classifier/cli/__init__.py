"""The command `classifier`: arguments in, exit codes out. `main` is its entry point."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line and exits with a code of `classifier.cli.exits`.

    Expected errors are printed as one line on standard error; `--debug`, anywhere on the command line, adds
    the traceback.
    """
    from classifier.cli.app import run

    sys.exit(run(sys.argv[1:]))
