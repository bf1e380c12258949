"""`classifier init`: a workspace from a list, an outline, a library, or five answers."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from classifier.cli import exits
from classifier.cli.options import JsonOption

if TYPE_CHECKING:
    from classifier.scaffold.source import Source
    from classifier.scaffold.start import Started

_SHOWN_ROWS = 10


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new workspace: a new or empty folder.")],
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Markdown list, outline, taxonomy as YAML or JSON, or a library with keywords, groups or "
            "collections. Without it, five questions.",
        ),
    ] = None,
    abstracts: Annotated[
        str | None,
        typer.Option(
            "--abstracts", metavar="LIST", help="Take missing abstracts from this list (any format)."
        ),
    ] = None,
    facets: Annotated[
        Literal["keep", "drop"],
        typer.Option(
            help="Papers of sections that are no topics (surveys, benchmarks, tools, …): keep them in "
            "facets.jsonl, or leave them out."
        ),
    ] = "keep",
    several: Annotated[
        Literal["secondary", "first"],
        typer.Option(help="A paper in several leaves: the others are secondary, or only the first counts."),
    ] = "secondary",
    branch_papers: Annotated[
        Literal["pile", "leaf"],
        typer.Option(help="Papers directly under a branch: report them, or add a leaf 'Other' for them."),
    ] = "pile",
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers", metavar="FILE", help="Without --from: the five answers as YAML (see docs/survey.md)."
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace files changed by hand since; FILE.bak has what they were."),
    ] = False,
    json: JsonOption = False,
) -> int:
    """Make a workspace from your own list: sections become the tree, papers become labelled studies."""
    from classifier.errors import ConfigError
    from classifier.scaffold.filed import Choices
    from classifier.scaffold.folder import InitFolder
    from classifier.scaffold.reading import read_source
    from classifier.scaffold.start import start_workspace

    if source and answers:
        raise ConfigError("--from and --answers exclude one another; see --help")
    InitFolder(folder)  # refuses before anything is read or asked
    material = read_source(source) if source else _ask(answers)
    choices = Choices(facets=facets, several=several, branch_papers=branch_papers)
    started = start_workspace(folder, material, choices, abstracts=abstracts, force=force)
    if json:
        print(json_module.dumps(_facts(folder, started), ensure_ascii=False))
    else:
        print("\n".join(_report(folder, started)))
    _say_unread(started)
    return exits.DONE


def _ask(answers: Path | None) -> Source:
    from classifier.scaffold.questions import QUESTIONS, read_answers, source_from_answers

    if answers is not None:
        return source_from_answers(read_answers(answers), str(answers))
    given = {}
    for name, question in QUESTIONS.items():
        try:
            given[name] = typer.prompt(question, default="" if name != "topics" else None, show_default=False)
        except typer.Abort:
            if sys.stdin.isatty():
                raise
            from classifier.errors import ConfigError

            raise ConfigError(
                "standard input ended before five answers; expected --from FILE, --answers FILE, or one "
                "answer per line"
            ) from None
    return source_from_answers(given, "")


def _facts(folder: Path, started: Started) -> dict[str, object]:
    filing = started.filing
    leaves = [path for top in filing.tree for path, node in top.walk() if not node.children]
    return {
        "workspace": str(folder),
        "title": filing.source.title,
        "leaves": leaves,
        "studies": len(filing.papers),
        "entries": len(filing.outcomes),
        "outcomes": dict(sorted(filing.counts().items())),
        "broken": [entry.model_dump() for entry in filing.source.broken],
        "notices": [*filing.source.notices, *filing.notices],
        "unread": [item.model_dump() for item in filing.source.unread],
        "sections": [row.model_dump() for row in filing.plan.sections],
        "abstracts_added": started.abstracts,
        "written": started.written,
    }


def _report(folder: Path, started: Started) -> list[str]:
    """Prints what was made from the source, with counts that add up."""
    filing = started.filing
    nodes = [node for top in filing.tree for _, node in top.walk()]
    leaves = sum(not node.children for node in nodes)
    count = filing.counts()
    lines = [
        (
            f"{filing.source.title or 'Untitled survey'}: {leaves} leaves, {len(filing.papers)} labelled "
            f"papers, from {len(filing.outcomes)} entries of {filing.source.name or 'your answers'}"
        ),
    ]
    words = {
        "leaf": "first entry of a labelled paper",
        "secondary": "same paper in another leaf (a secondary leaf)",
        "repeated": "same paper again, counted once",
    }
    lines += [f"  {count.pop(name, 0):5}  {text}" for name, text in words.items() if count[name]]
    lines += [f"  {times:5}  {name}" for name, times in sorted(count.items()) if times]
    with_text = sum(bool(paper.entry.paper.abstract) for paper in filing.papers)
    if filing.papers:
        lines.append(f"  {with_text} of {len(filing.papers)} labelled papers have an abstract")
    taxonomy = folder / "taxonomy.yaml"
    if all(node.intro for node in nodes):
        lines.append(f"Definitions are the source's own; check them in {taxonomy}.")
    else:
        lines.append("Definitions that the source does not give are drafts from headings and frequent words.")
        lines.append(f"That is little: edit them in {taxonomy}.")
    if filing.plan.sections:
        lines.append(f"{folder / 'sections.yaml'} has what each section was taken for: edit it, then rerun.")
    if not started.written:
        lines.append("Nothing changed: everything was there already.")
    lines.append(f"Next: classifier lint --workspace {folder}")
    return lines


def _say_unread(started: Started) -> None:
    """Prints the first unusable entries and the first links that are not papers, on standard error."""
    filing = started.filing
    source = filing.source
    rows = [*source.notices, *filing.notices]
    rows += [f"line {entry.line}: {entry.reason}" for entry in source.broken]
    aside = {row.section for row in filing.plan.sections if row.role in ("front", "facet")}
    listed = [item for item in source.unread if not any(item.section[:n] in aside for n in range(1, 9))]
    rows += [f"line {item.line}: links to no paper: '{item.text[:70]}'" for item in listed]
    for row in rows[:_SHOWN_ROWS]:
        print(f"{source.name}: {row}", file=sys.stderr)
    if len(rows) > _SHOWN_ROWS:
        print(f"{source.name}: and {len(rows) - _SHOWN_ROWS} more; --json lists all", file=sys.stderr)
