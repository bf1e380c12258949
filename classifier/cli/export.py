"""`classifier export`: a labelled list out again, into the user's own file or a new one."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from classifier.cli import exits
from classifier.cli.export_into import (
    AMENDMENTS,
    CORRECTIONS,
    SHOWN_KEYS,
    add_to,
    put_into,
    read_aside,
    say_aside,
    say_links,
)
from classifier.cli.options import WorkspaceOption
from classifier.text.counting import count_of, plural

if TYPE_CHECKING:
    from classifier.export.render import Options
    from classifier.survey.workspace import Workspace

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
    "corrections-csv",
    "amendments-csv",
]
_IN_MEMORY = 16 << 20
"""Bytes for standard output that are held in memory; more wait in a temporary file."""
FolderArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="The --out folder of `classifier label`.")
]


def export(
    folder: FolderArgument,
    format: Annotated[  # noqa: A002
        Format | None, typer.Option("--format", "-f", help="Output format. Default: by the suffix of FILE.")
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into",
            metavar="FILE",
            help="Put the labels into this list; the rest of it stays unchanged. FILE.bak is the original.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="A new file, or an earlier export of this run. Default: standard output.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="With --out: replace any file; FILE.bak is a backup.")
    ] = False,
    prefix: Annotated[
        str, typer.Option(help="Prefix of our keywords: a rerun replaces these and keeps yours.")
    ] = "classifier:",
    rationale: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD",
            help="Also write the rationale into this field (BibTeX: annote, RIS: N1, CSL-JSON: annote).",
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
    add: Annotated[
        bool,
        typer.Option(
            "--add",
            help="With --into: add papers that the list lacks. Markdown: in the sections of their leaves, in "
            "its own style. BibTeX, RIS, CSV: as entries with the keyword or group of their leaves.",
        ),
    ] = False,
    reviewed_only: Annotated[
        bool, typer.Option("--reviewed-only", help="Leave out papers that need review.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> int:
    """Write a labelled list: back into its own file, or as tables, a page or a picture of the tree."""
    from classifier.batch.papers import need_rows, read_papers
    from classifier.errors import ConfigError
    from classifier.export.render import BINARY, Options, format_of, render
    from classifier.export.splice.keywords import checked_prefix
    from classifier.survey.workspace import Workspace

    _check_targets(into, out, add=add, remove=remove, force=force)
    if format in (CORRECTIONS, AMENDMENTS):
        return _export_a_persons(folder, format, into, out, force=force)
    if not remove:
        need_rows(folder)
    name = format or format_of(into or out)
    if name in BINARY and not (into or out) and sys.stdout.isatty():
        raise ConfigError(f"{name} is binary; write it to a file with --out FILE, or pipe it")
    changed: list[str] = []
    options = Options(
        checked_prefix(prefix),
        checked_field(name, rationale),
        bom,
        cite,
        on_new_key=lambda old, new: changed.append(f"'{old}' is '{new}'"),
        reviewed_only=reviewed_only,
        count=Counter(),
    )
    chosen = Workspace(workspace)
    taxonomy = chosen.taxonomy
    if not remove:
        take_up_measurements(folder, chosen)
    if into is not None and add:
        return add_to(folder, into, name, chosen, options)
    if into is not None:
        return put_into(folder, into, name, taxonomy, options, remove=remove)
    aside = read_aside(folder)
    if not _deliver(folder, render(name, read_papers(folder), taxonomy, options), name, out, force, options):
        return exits.DONE
    say_aside(folder, aside)
    if changed:
        shown = "; ".join(changed[:SHOWN_KEYS]) + "; …" * (len(changed) > SHOWN_KEYS)
        print(f"classifier: keys that BibTeX would not take: {len(changed)}: {shown}", file=sys.stderr)
    return exits.DONE


def _check_targets(into: Path | None, out: Path | None, *, add: bool, remove: bool, force: bool) -> None:
    from classifier.errors import ConfigError

    if (into and out) or (remove and not into):
        raise ConfigError("--into and --out exclude one another, and --remove needs --into; see --help")
    if add and (remove or not into):
        raise ConfigError("--add needs --into, and excludes --remove; see --help")
    if force and not out:
        raise ConfigError("--force needs --out; --into keeps a backup anyway")


def _export_a_persons(folder: Path, name: str, into: Path | None, out: Path | None, *, force: bool) -> int:
    """Writes corrections or amendments as a table; of a damaged ledger, those that can be read."""
    from classifier.batch.amendment_table import amendments_to_keep, write_amendments_table
    from classifier.batch.correction_table import readable, write_table
    from classifier.errors import ConfigError
    from classifier.export.render import Options

    if into is not None:
        raise ConfigError(f"{name} is a new file: use --out FILE, or standard output")
    if name == CORRECTIONS:
        stored, damage = readable(folder)
        count, lines = len(stored), write_table(stored)
    else:
        kept, damage = amendments_to_keep(folder)
        count, lines = len(kept), write_amendments_table(kept)
    _deliver(folder, lines, name, out, force, Options(count=Counter(entries=count)))
    if damage is None:
        return exits.DONE
    what = name.removesuffix("-csv")
    print(f"classifier: only {what} that can be read were written: {damage}", file=sys.stderr)
    return exits.PARTIAL


def _deliver(
    folder: Path, parts: Iterable[bytes], name: str, out: Path | None, force: bool, options: Options
) -> bool:
    """Writes an export and reports its content; False if the reader of standard output has gone away."""
    from classifier.export.own_files import Written, write_own
    from classifier.export.target import other_names

    written = Written()
    if out is not None:
        links = other_names(out)
        written = write_own(folder, out, parts, name, force=force)
        say_links(out, links)
    elif not _print(parts):
        return False
    count = options.count
    one = name.removesuffix("s-csv") if name in (CORRECTIONS, AMENDMENTS) else ""
    what = count_of(count["entries"], one) if one else count_of(count["entries"], "entry", "entries")
    said = f"{what} as {name} to {out or 'standard output'}"
    if twins := count["duplicates"]:
        are = plural(twins, "is a duplicate", "are duplicates")
        said += f"; {twins} of them {are}, and each paper counts once"
    if left := count["left out"]:
        said += f"; {left} that {plural(left, 'needs', 'need')} review {plural(left, 'is', 'are')} left out"
    if written.backup:
        said += f"; the old content is in {written.backup}"
    if not written.is_known:
        said += f"; {folder} cannot be written, so the next export to this file needs --force"
    print(f"classifier: wrote {said}", file=sys.stderr)
    return True


def _print(parts: Iterable[bytes]) -> bool:
    """Writes to standard output after everything is read; False if its reader ends early, as `head` does."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as whole:
        whole.writelines(parts)
        whole.seek(0)
        try:
            shutil.copyfileobj(whole, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # Buffered output must be written somewhere, or Python prints an error at exit.
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), sys.stdout.fileno())
            return False
    return True


def take_up_measurements(folder: Path, workspace: Workspace) -> None:
    """Lets the labels of a run show what `classifier eval` has measured since; says how many have changed."""
    from classifier.batch.decisions import follow
    from classifier.batch.ledger.measurements import Measurements
    from classifier.settings import load_settings

    if changed := Measurements(workspace, load_settings()).take_up(folder):
        follow(folder)
        labels = f"{changed} label{'s have' if changed > 1 else ' has'}"
        print(f"classifier: {folder}: {labels} the accuracy that was measured since", file=sys.stderr)


def checked_field(format_name: str, field: str | None) -> str | None:
    """The name of the field for the rationale, if it is one that the format can have.

    Raises:
        ConfigError: The format cannot have this field, or the keywords are in it.
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
