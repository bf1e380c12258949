"""`classifier export --into`: changes a user's own list in place, and reports the changes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.cli import exits
from classifier.text.commands import command_line
from classifier.text.counting import count_of, plural

if TYPE_CHECKING:
    from classifier.batch.ledger.corrections import StoredCorrection
    from classifier.export.render import Options
    from classifier.export.splice.results import Spliced
    from classifier.survey.taxonomy import Taxonomy
    from classifier.survey.workspace import Workspace

SHOWN_KEYS = 5
CORRECTIONS = "corrections-csv"
"""The format that `classifier correct --from` reads."""
AMENDMENTS = "amendments-csv"
"""The format that `classifier amend --from` reads."""


def put_into(
    folder: Path, into: Path, name: str, taxonomy: Taxonomy, options: Options, *, remove: bool
) -> int:
    """Writes labels into the list, or removes them; returns the exit code."""
    from classifier.batch.papers import read_papers
    from classifier.errors import ConfigError
    from classifier.export.render import remove_from, render_into
    from classifier.export.target import other_names, read_own, replace_with_backup

    old, links = read_own(into), other_names(into)
    if remove:
        spliced = remove_from(name, old, into, options)
    else:
        spliced = render_into(name, old, into, read_papers(folder), taxonomy, options)
        if not (spliced.labelled or spliced.unknown or spliced.untouched):
            raise ConfigError(f"{into}: no {name} entry found; check that --format is the file's")
    aside = [] if remove else read_aside(folder)
    backup = replace_with_backup(into, old, spliced.data)
    say_links(into, links if backup else 0)
    say_aside(folder, aside)
    return _report(into, spliced, backup, remove)


def add_to(folder: Path, into: Path, name: str, workspace: Workspace, options: Options) -> int:
    """Adds new papers to a list's own sections."""
    from classifier.batch.papers import read_papers
    from classifier.export.render import add_into
    from classifier.export.target import other_names, read_own, replace_with_backup
    from classifier.survey.section_plan import load_section_plan

    old, links = read_own(into), other_names(into)
    plan = load_section_plan(workspace.root)
    spliced = add_into(name, old, into, read_papers(folder), workspace.taxonomy, options, plan)
    backup = replace_with_backup(into, old, spliced.data)
    say_links(into, links if backup else 0)
    for left in spliced.untouched:
        print(f"{into}: '{left.key}' was not added: {left.reason}", file=sys.stderr)
    for note in spliced.notes:
        print(f"{into}: {note}", file=sys.stderr)
    kept = f"; what it was is in {backup}" if backup else "; nothing changed"
    there = f", {spliced.unknown} there already" if spliced.unknown else ""
    print(f"classifier: {into}: {count_of(spliced.labelled, 'paper')} added{there}{kept}", file=sys.stderr)
    return exits.PARTIAL if spliced.untouched else exits.DONE


def _report(file: Path, spliced: Spliced, backup: Path | None, removed: bool) -> int:
    """Prints on standard error what was changed and what was not; returns the exit code."""
    for left in spliced.untouched:
        name = f" '{left.key}'" if left.key else ""
        print(f"{file}: line {left.line}:{name} not changed: {left.reason}", file=sys.stderr)
    kept = f"; what it was is in {backup}" if backup else "; nothing changed"
    done = (
        f"{spliced.changed} cleared of our keywords and notes" if removed else f"{spliced.labelled} labelled"
    )
    unknown = f", {spliced.unknown} without a label" if spliced.unknown else ""
    print(f"classifier: {file}: {done}{unknown}{kept}", file=sys.stderr)
    return exits.PARTIAL if spliced.untouched else exits.DONE


def say_links(file: Path, others: int) -> None:
    """Reports that a replaced file had other names (hard links), which still have the old content."""
    if others:
        print(
            f"classifier: {file}: had {count_of(others, 'other name')} "
            f"(hard {plural(others, 'link', 'links')}), "
            f"still with {plural(others, 'its', 'their')} old content",
            file=sys.stderr,
        )


def read_aside(folder: Path) -> list[StoredCorrection]:
    """Corrections that apply to no entry; read before anything is written: the ledger may be damaged."""
    from classifier.batch.ledger.corrections import read_corrections

    return [stored for stored in read_corrections(folder) if stored.aside]


def say_aside(folder: Path, aside: list[StoredCorrection]) -> None:
    """Lists them, so that no correction is ignored silently."""
    for stored in aside[:SHOWN_KEYS]:
        made = stored.correction
        print(
            f"classifier: the correction of '{made.key}' to {made.label} is kept aside: {stored.aside}",
            file=sys.stderr,
        )
    if len(aside) > SHOWN_KEYS:
        print(
            f"classifier: and {len(aside) - SHOWN_KEYS} more; "
            f"`{command_line('export', folder, format=CORRECTIONS)}` lists all",
            file=sys.stderr,
        )
