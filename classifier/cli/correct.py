"""`classifier correct`: a person's word on one label, or on many from a CSV file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from classifier.cli import exits
from classifier.cli.export import FolderArgument


def correct(
    folder: FolderArgument,
    key: Annotated[str | None, typer.Argument(help="The entry's key (`ref` in labels.jsonl).")] = None,
    label: Annotated[
        str | None,
        typer.Argument(help="A leaf id, out-of-scope or unplaced; `classifier tree` lists the ids."),
    ] = None,
    note: Annotated[str, typer.Option(help="The reason.")] = "",
    by: Annotated[str, typer.Option(help="Your name.")] = "",
    undo: Annotated[
        bool, typer.Option("--undo", help="Remove the correction: the engine's label counts again.")
    ] = False,
    table: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE.csv",
            help="Many corrections: columns key and label, and optionally note, by, at, title. All rows are "
            "checked before any is saved. `classifier export DIR -f corrections-csv` writes such a file.",
        ),
    ] = None,
) -> int:
    """Overrule labels: what a person decides follows the paper, outlives reruns and rules exports."""
    from classifier.batch.results import refresh
    from classifier.errors import ConfigError
    from classifier.model.entries import Correction

    if table is not None:
        if key is not None or undo:
            raise ConfigError("--from has the keys and labels; leave KEY, LABEL and --undo out")
        said = _from_table(folder, table, note=note, by=by)
    elif key is None or (label is None) != undo:
        raise ConfigError("expected KEY and LABEL, KEY with --undo, or --from FILE.csv; see --help")
    elif label is None:
        said = _undo(folder, key)
    else:
        from classifier.batch.ledger.corrections import set_correction

        set_correction(folder, Correction(key=key, label=label, by=by, note=note))
        said = f"'{key}' is {label} from now on"
    refresh(folder)
    print(f"classifier: {said}; labels.jsonl and run.json follow; export again", file=sys.stderr)
    return exits.DONE


def _undo(folder: Path, key: str) -> str:
    from classifier.batch.ledger.corrections import remove_correction
    from classifier.errors import ConfigError

    if not remove_correction(folder, key):
        raise ConfigError(f"'{key}' has no correction: nothing to undo; the engine's label counts already")
    return f"the engine's label of '{key}' counts again"


def _from_table(folder: Path, table: Path, *, note: str, by: str) -> str:
    from classifier.batch.correction_table import read_table
    from classifier.batch.ledger.corrections import set_corrections

    wished = read_table(table, note=note, by=by)
    set_corrections(folder, wished, str(table))
    return f"{len(wished.wishes)} corrections of {table} are saved"
