"""The command `classifier`: arguments in, exit codes out. `main` is its entry point."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line and exits with a code of `classifier.cli.exits`.

    Errors that are raised on purpose become one line on standard error; `--debug`, anywhere on the
    line, adds the trace.
    """
    from classifier.cli.app import run

    sys.exit(run(sys.argv[1:]))
