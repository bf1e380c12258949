"""The list of commands, and the handling of their errors.

Command modules are imported here; they import slow packages only when a command runs, so that `--help` is
quick.
"""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer

from classifier.__about__ import __version__
from classifier.cli import exits
from classifier.cli.backup import backup, restore
from classifier.cli.classify import classify
from classifier.cli.compare import compare
from classifier.cli.correct import correct
from classifier.cli.draft import draft
from classifier.cli.evaluate import evaluate
from classifier.cli.export import export
from classifier.cli.fetch_gold import fetch_gold
from classifier.cli.init import init
from classifier.cli.label import label
from classifier.cli.mcp import mcp
from classifier.cli.report import report
from classifier.cli.review import gold, review
from classifier.cli.serve import serve
from classifier.cli.training import train
from classifier.cli.workspace import lint, schema, tree

app = typer.Typer(
    name="classifier",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    init,
    draft,
    classify,
    label,
    tree,
    lint,
    schema,
    train,
    report,
    export,
    correct,
    review,
    gold,
    serve,
    mcp,
    backup,
    restore,
):
    app.command()(command)
for name, named in (("eval", evaluate), ("compare", compare), ("fetch-gold", fetch_gold)):
    app.command(name)(named)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"classifier {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """File papers into a survey's taxonomy: one label, verified quotes, and a confidence."""


def run(arguments: list[str]) -> int:
    """Runs one command line; returns its exit code instead of exiting."""
    from classifier.errors import ClassifierError

    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        result = app(args=arguments or ["--help"], prog_name="classifier", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        message = " ".join(error.format_message().split()).replace(": Value error, ", ": ").rstrip(".")
        print(f"classifier: {message}; see --help", file=sys.stderr)
        return exits.USAGE
    except (KeyboardInterrupt, typer.Abort):
        print("classifier: interrupted", file=sys.stderr)
        return exits.INTERRUPTED
    except ClassifierError as error:
        if debug:
            traceback.print_exc()
        print(f"classifier: {error.message}", file=sys.stderr)
        return exits.exit_code(error)
    except Exception as error:
        if debug:
            raise
        # A bug: still one line, which says how to get the traceback.
        print(
            f"classifier: internal error: {type(error).__name__}: {error}; rerun with --debug for "
            f"the traceback",
            file=sys.stderr,
        )
        return exits.FAILURE
    return result if isinstance(result, int) else exits.DONE
