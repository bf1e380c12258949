"""`classifier correct`: a person's label for one paper, or for many from a CSV file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import exits
from classifier.cli.export import FolderArgument
from classifier.text.counting import count_of, plural

if TYPE_CHECKING:
    from classifier.batch.decisions import Decided


def correct(
    folder: FolderArgument,
    key: Annotated[str | None, typer.Argument(help="The entry's key (`ref` in labels.jsonl).")] = None,
    label: Annotated[
        str | None,
        typer.Argument(help="A leaf id, out-of-scope or unplaced; `classifier tree` lists the ids."),
    ] = None,
    note: Annotated[
        str, typer.Option(help="The reason. Default: as before, if the label is as before.")
    ] = "",
    by: Annotated[str, typer.Option(help="Your name. Default: as before, if the label is as before.")] = "",
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
    """Replace labels by a person's: they stay with the paper, survive reruns and are used by exports."""
    from classifier.batch import decisions
    from classifier.errors import ConfigError
    from classifier.model.entries import Correction
    from classifier.text.characters import shown

    if table is not None:
        if key is not None or undo:
            raise ConfigError("--from has the keys and labels; remove KEY, LABEL and --undo")
        said, decided = _from_table(folder, table, note=note, by=by)
    elif key is None or (label is None) != undo:
        raise ConfigError("expected KEY and LABEL, KEY with --undo, or --from FILE.csv; see --help")
    elif label is None:
        said, decided = _undo(folder, key)
    else:
        decided = decisions.correct(folder, Correction(key=key, label=label, by=by, note=note))
        made = decided.corrections[0]
        said = f"'{key}' is now {made.label}{f', by {shown(made.by)}' if made.by else ''}"
    if decided.behind is None:
        print(
            f"classifier: {said}; labels.jsonl and run.json are updated; export again",
            file=sys.stderr,
        )
        return exits.DONE
    print(
        f"classifier: {said}: saved in the ledger, and exports use it; but labels.jsonl, failed.jsonl and "
        f"run.json are behind: {decided.behind}; fix this, then rerun `classifier label` or correct again",
        file=sys.stderr,
    )
    return exits.FAILURE


def _undo(folder: Path, key: str) -> tuple[str, Decided]:
    from classifier.batch.decisions import take_back
    from classifier.errors import ConfigError

    decided = take_back(folder, key)
    if decided is None:
        raise ConfigError(f"'{key}' has no correction: nothing to undo; the engine's label counts already")
    return f"the engine's label of '{key}' counts again", decided


def _from_table(folder: Path, table: Path, *, note: str, by: str) -> tuple[str, Decided]:
    from classifier.batch.correction_table import read_table
    from classifier.batch.decisions import correct_many

    wished = read_table(table, note=note, by=by)
    decided = correct_many(folder, wished, str(table))
    count, same = len(decided.corrections), len(wished.wishes) - len(decided.corrections)
    said = f"{count_of(count, 'correction')} of {table} {plural(count, 'is', 'are')} saved"
    if same:
        said += f"; {count_of(same, 'row')} with the label that was there already: no decision, left out"
    if wished.unlabelled:
        said += f"; {count_of(wished.unlabelled, 'row')} without a label: left as before"
    return said, decided
