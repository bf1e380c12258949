"""`classifier amend`: a person's changes to what a list says of a paper, one at a time or from a CSV file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import exits
from classifier.cli.export import FolderArgument

if TYPE_CHECKING:
    from classifier.batch.amendments import Amended
    from classifier.model.amendment import Amendment


def amend(
    folder: FolderArgument,
    key: Annotated[str | None, typer.Argument(help="The entry's key (`ref` in labels.jsonl).")] = None,
    title: Annotated[str | None, typer.Option(help="The right title.")] = None,
    year: Annotated[
        str | None, typer.Option(help="The right year; '' clears it, as for all of these.")
    ] = None,
    doi: Annotated[str | None, typer.Option(help="The right DOI.")] = None,
    arxiv: Annotated[str | None, typer.Option(help="The right arXiv id.")] = None,
    abstract_file: Annotated[
        Path | None, typer.Option(metavar="FILE.txt", help="The right abstract, as UTF-8 text.")
    ] = None,
    note: Annotated[str, typer.Option(help="The reason.")] = "",
    by: Annotated[str, typer.Option(help="Your name.")] = "",
    undo: Annotated[
        bool,
        typer.Option(
            "--undo",
            help="Take back the last amendment of KEY; without KEY, all that were made last together.",
        ),
    ] = False,
    history: Annotated[
        bool, typer.Option("--history", help="Only print who amended what, and when.")
    ] = False,
    table: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE.csv",
            help="Many amendments: column key and any of title, year, doi, arxiv_id, abstract, note, by. An "
            "empty cell changes nothing, a single hyphen clears. All rows are checked before any is saved. "
            "`classifier export DIR -f amendments-csv` writes such a file.",
        ),
    ] = None,
) -> int:
    """Fix what the list says of a paper; it outlives reruns, and the next `classifier label` asks again."""
    from classifier.batch import amendments
    from classifier.errors import ConfigError
    from classifier.model.amendment import Amendment

    options = {"title": title, "year": year, "doi": doi, "arxiv_id": arxiv}
    typed = {name: value for name, value in options.items() if value is not None}
    if abstract_file is not None:
        typed["abstract"] = _read(abstract_file)
    if sum((bool(typed), undo, history, table is not None)) != 1 or (table is not None and key is not None):
        raise ConfigError(
            "expected KEY with --title, --year, --doi, --arxiv or --abstract-file; or --from FILE.csv; "
            "or --undo; or --history; see --help"
        )
    if history:
        return _history(folder, key)
    if undo:
        return _undo(folder, key, by)
    if table is not None:
        from classifier.batch.amendment_table import read_amendments_table

        return _say(amendments.amend(folder, read_amendments_table(table, note=note, by=by)), "amended")
    if key is None:
        raise ConfigError("expected KEY, the entry whose data is to be changed; see --help")
    wished = Amendment(key=key, changes=amendments.checked_changes(typed), by=by, note=note)
    return _say(amendments.amend(folder, [wished]), "amended")


def _undo(folder: Path, key: str | None, by: str) -> int:
    from classifier.batch.amendments import take_back_amendments
    from classifier.errors import ConfigError

    undone = take_back_amendments(folder, key, by)
    if undone is None:
        of = f"of '{key}' " if key is not None else ""
        raise ConfigError(f"no amendment {of}counts: nothing to undo; --history lists all")
    return _say(undone, "as before")


def _say(done: Amended, what: str) -> int:
    from classifier.text.characters import shown

    made = done.amendments
    which = f"'{shown(made[0].key)}' is" if len(made) == 1 else f"{len(made)} entries are"
    told = f"{which} {what}"
    if done.behind is not None:
        print(
            f"classifier: {told}: saved in the ledger, and exports use it; but labels.jsonl, failed.jsonl "
            f"and run.json are behind: {done.behind}; fix this, then rerun `classifier label` or amend again",
            file=sys.stderr,
        )
        return exits.FAILURE
    print(
        f"classifier: {told}; export again, and rerun `classifier label` to ask the engine again if a "
        "label was made from other data (--dry-run says the cost)",
        file=sys.stderr,
    )
    return exits.DONE


def _history(folder: Path, key: str | None) -> int:
    from classifier.batch.ledger.amendments import read_amendments
    from classifier.text.characters import shown

    for stored in read_amendments(folder, key):
        made = stored.amendment
        undone = f"; taken back {stored.undone_at} by {shown(stored.undone_by) or 'a person'}"
        ends = (
            f" ({shown(made.note)})" if made.note else "",
            undone if stored.undone_at else "",
            "" if stored.is_listed else "; its paper is not in the lists",
        )
        print(
            f"{made.at}  {shown(made.key)}  {shown(made.by) or 'a person'}: {_changes(made)}{''.join(ends)}"
        )
    return exits.DONE


def _changes(made: Amendment) -> str:
    from classifier.model.amendment import FIELD_WORDS
    from classifier.text.characters import shown

    def value(found: str | int | None) -> str:
        text = shown(str(found)) if found is not None else ""
        return f"“{text[:80]}{'…' if len(text) > 80 else ''}”" if text else "none"

    return ", ".join(f"{FIELD_WORDS[name]} {value(found)}" for name, found in made.changes.as_dict().items())


def _read(path: Path) -> str:
    from classifier.errors import InputError

    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InputError(f"{path}: cannot be read ({reason}); expected the abstract as UTF-8 text") from error
