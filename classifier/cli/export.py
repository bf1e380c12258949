"""`classifier export` and `classifier correct`: a labelled list out again, and a person's word on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from classifier.cli import exits
from classifier.cli.options import WorkspaceOption

if TYPE_CHECKING:
    from classifier.export.splice.results import Spliced

Format = Literal[
    "jsonl",
    "csv",
    "parquet",
    "bibtex",
    "ris",
    "csl-json",
    "markdown",
    "table1",
    "tables",
    "latex",
    "html",
    "svg",
    "png",
]
_SHOWN_KEYS = 5
FolderArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="The --out folder of `classifier label`.")
]


def export(
    folder: FolderArgument,
    format: Annotated[  # noqa: A002
        Format | None, typer.Option("--format", "-f", help="What to write; else what FILE's ending says.")
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into",
            metavar="FILE",
            help="Put the labels into this list of yours; all else in it stays; FILE.bak has what it was.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="A new file; standard output where absent.")
    ] = None,
    prefix: Annotated[
        str, typer.Option(help="Marks our keywords: a rerun replaces these and leaves yours.")
    ] = "classifier:",
    rationale: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD",
            help="Also write why, into this field (BibTeX: annote, RIS: N1, CSL-JSON: annote).",
        ),
    ] = None,
    remove: Annotated[
        bool,
        typer.Option(
            "--remove",
            help="With --into: take out of FILE what earlier exports put there; name a field again that "
            "--rationale named, unless it is annote, note or N1.",
        ),
    ] = False,
    bom: Annotated[bool, typer.Option("--bom", help="CSV: begin with a byte order mark, for Excel.")] = False,
    cite: Annotated[
        bool, typer.Option("--cite", help="LaTeX: cite studies by the keys of their entries.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> int:
    """Write a labelled list: back into its own file, or as tables, a page or a picture of the tree."""
    from classifier.batch.ledger.rows import read_rows
    from classifier.errors import ConfigError
    from classifier.export.render import BINARY, Options, format_of, remove_from, render, render_into
    from classifier.export.splice.keywords import checked_prefix
    from classifier.export.target import read_own, replace_with_backup
    from classifier.files import replace_bytes
    from classifier.survey.workspace import Workspace

    if (into and out) or (remove and not into):
        raise ConfigError("--into and --out exclude one another, and --remove needs --into; see --help")
    if not remove and not (folder / "ledger.sqlite").is_file():
        raise ConfigError(f"{folder}: no ledger found; expected the --out folder of `classifier label`")
    name = format or format_of(into or out)
    if name in BINARY and not (into or out) and sys.stdout.isatty():
        raise ConfigError(f"{name} is nothing for a terminal; use --out FILE, or a pipe")
    changed: list[str] = []
    options = Options(
        checked_prefix(prefix),
        checked_field(name, rationale),
        bom,
        cite,
        on_new_key=lambda old, new: changed.append(f"'{old}' is '{new}'"),
    )
    taxonomy = Workspace(workspace).taxonomy
    if into is not None:
        old = read_own(into)
        spliced = (
            remove_from(name, old, into, options)
            if remove
            else render_into(name, old, into, read_rows(folder), taxonomy, options)
        )
        if not (remove or spliced.labelled or spliced.unknown or spliced.untouched):
            raise ConfigError(f"{into}: no {name} entry found; check that --format is the file's")
        backup = replace_with_backup(into, old, spliced.data)
        return _report(into, spliced, backup, remove)
    parts = render(name, read_rows(folder), taxonomy, options)
    if out is not None:
        replace_bytes(out, parts)
    elif not _print(parts):
        return exits.DONE
    if changed:
        shown = "; ".join(changed[:_SHOWN_KEYS]) + "; …" * (len(changed) > _SHOWN_KEYS)
        print(f"classifier: keys that BibTeX would not take: {len(changed)}: {shown}", file=sys.stderr)
    return exits.DONE


def _print(parts: Iterable[bytes]) -> bool:
    """Writes to standard output; False where its reader went away early, as `head` does."""
    try:
        for part in parts:
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # What is still buffered must go somewhere, or Python complains at its end.
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        return False
    return True


def correct(
    folder: FolderArgument,
    key: Annotated[str, typer.Argument(help="The entry's key (`ref` in labels.jsonl).")],
    label: Annotated[
        str | None, typer.Argument(help="A leaf id, out-of-scope or unplaced; `classifier tree` has them.")
    ] = None,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    by: Annotated[str, typer.Option(help="Who decides.")] = "",
    undo: Annotated[
        bool, typer.Option("--undo", help="Take the correction back: the engine's label counts again.")
    ] = False,
) -> int:
    """Overrule a label: what a person decides outlives reruns and rules exports."""
    from classifier.batch.ledger.rows import remove_correction, set_correction
    from classifier.errors import ConfigError
    from classifier.model.entries import Correction

    if (label is None) != undo:
        raise ConfigError("expected a LABEL, or --undo without one; see --help")
    if label is None:
        if not remove_correction(folder, key):
            raise ConfigError(
                f"'{key}' has no correction: nothing to undo; the engine's label counts already"
            )
        print(f"classifier: the engine's label of '{key}' counts again", file=sys.stderr)
    else:
        set_correction(folder, Correction(key=key, label=label, by=by, note=note))
        print(f"classifier: '{key}' is {label} from now on; export again", file=sys.stderr)
    return exits.DONE


def checked_field(format_name: str, field: str | None) -> str | None:
    """The name of the field for the rationale, if it is one that the format can have.

    Raises:
        ConfigError: It is none, or the field that the keywords stand in.
    """
    from classifier.errors import ConfigError

    if field is None or format_name not in ("bibtex", "ris", "csl-json"):
        return None
    is_tag = len(field) == 2 and field.isascii() and field.isupper() and field[0].isalpha()
    fits = is_tag if format_name == "ris" else field.isascii() and field.isidentifier()
    taken = field.lower() in ("keywords", "keyword", "kw", "id", "ty", "er", "title", "author", "year", "doi")
    if taken or not fits:
        raise ConfigError(
            f"--rationale '{field}' cannot take the reason; use {'N1' if format_name == 'ris' else 'annote'}"
        )
    return field


def _report(file: Path, spliced: Spliced, backup: Path | None, removed: bool) -> int:
    """Says on standard error what was done and what was not; returns the exit code."""
    for left in spliced.untouched:
        name = f" '{left.key}'" if left.key else ""
        print(f"{file}: line {left.line}:{name} left as it is: {left.reason}", file=sys.stderr)
    kept = f"; what it was is in {backup}" if backup else "; nothing changed"
    done = f"{spliced.changed} cleared of what is ours" if removed else f"{spliced.labelled} labelled"
    unknown = f", {spliced.unknown} without a label" if spliced.unknown else ""
    print(f"classifier: {file}: {done}{unknown}{kept}", file=sys.stderr)
    return exits.PARTIAL if spliced.untouched else exits.DONE
