"""`classifier tree`, `lint` and `schema`: print and check a workspace."""

from __future__ import annotations

import json as json_module
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from classifier.cli import exits
from classifier.cli.options import JsonOption, WorkspaceOption
from classifier.text.counting import count_of

if TYPE_CHECKING:
    from rich.tree import Tree

    from classifier.model.study import Study
    from classifier.survey.taxonomy import Node


def tree(
    workspace: WorkspaceOption = None,
    studies: Annotated[
        bool, typer.Option("--studies/--no-studies", help="List the labelled studies.")
    ] = True,
    json: JsonOption = False,
) -> int:
    """Print the taxonomy with its counts and labelled studies."""
    from classifier.model.record import OUT_OF_SCOPE
    from classifier.survey.workspace import Workspace

    chosen = Workspace(workspace)
    by_label: dict[str, list[Study]] = {}
    for study in chosen.studies:
        by_label.setdefault(study.label, []).append(study)
    if json:
        rows = [
            {
                "leaf": label,
                "titles": chosen.taxonomy.titles(label),
                "studies": _facts(by_label.get(label, [])),
            }
            for label in (*chosen.taxonomy.leaves, OUT_OF_SCOPE)
        ]
        print(json_module.dumps({"taxonomy": chosen.taxonomy.title, "labels": rows}, ensure_ascii=False))
        return exits.DONE
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    placed = sum(len(found) for label, found in by_label.items() if label != OUT_OF_SCOPE)
    root = Tree(Text(f"{chosen.taxonomy.title} ({placed})", "bold"))
    for node in chosen.taxonomy.tree:
        _add_node(root, node, node.id, by_label, studies)
    outside = by_label.get(OUT_OF_SCOPE, [])
    branch = root.add(Text(f"{OUT_OF_SCOPE} ({len(outside)})", "dim"))
    for study in outside if studies else []:
        branch.add(Text(_line(study), "dim"))
    # In a pipe, lines must not be cut at a terminal's width.
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200).print(root)
    return exits.DONE


def lint(workspace: WorkspaceOption = None, json: JsonOption = False) -> int:
    """Check a workspace: ids, paths of answers, definitions, labelled studies, and weak points."""
    from classifier.survey.lint import lint_workspace, measures_nothing
    from classifier.survey.workspace import Workspace

    chosen = Workspace(workspace)
    findings = lint_workspace(chosen)
    if json:
        print(json_module.dumps([finding.model_dump() for finding in findings], ensure_ascii=False))
    for finding in findings if not json else ():
        mark = "advice: " if finding.level == "advice" else ""
        print(f"{finding.where}: {mark}{finding.code}: {finding.message}")
    if any(finding.code.startswith("invalid-") for finding in findings):
        print(f"{_errors(len(findings))}; fix this, then rerun for the other checks", file=sys.stderr)
        return exits.BAD_INPUT
    leaves, gold = len(chosen.taxonomy.leaves), len(chosen.studies)
    errors = sum(finding.level == "error" for finding in findings)
    advice = len(findings) - errors
    also = f", {count_of(advice, 'piece')} of advice" if advice else ""
    print(
        f"{_errors(errors)}{also}; checked {count_of(leaves, 'leaf', 'leaves')} and "
        f"{count_of(gold, 'study', 'studies')}",
        file=sys.stderr,
    )
    note = measures_nothing(chosen)
    if note:
        print(f"classifier: {note}", file=sys.stderr)
    return exits.BAD_INPUT if errors else exits.DONE


def _errors(number: int) -> str:
    return count_of(number, "error") if number else "no errors"


def schema(
    workspace: WorkspaceOption = None,
    answer: Annotated[
        bool,
        typer.Option(
            "--answer", help="Print the JSON Schema of a model's reply instead, for this workspace."
        ),
    ] = False,
) -> int:
    """Print the Label's JSON Schema."""
    value: dict[str, Any]
    if answer:
        from classifier.survey.answer_schema import answer_schema
        from classifier.survey.workspace import Workspace

        value = answer_schema(Workspace(workspace).taxonomy)
    else:
        from classifier.model.label import Label

        value = Label.model_json_schema(mode="serialization")
    print(json_module.dumps(value, indent=2, ensure_ascii=False))
    return exits.DONE


def _add_node(above: Tree, node: Node, path: str, by_label: dict[str, list[Study]], studies: bool) -> int:
    from rich.text import Text

    found = by_label.get(path, []) if not node.children else []
    branch = above.add("")
    total = len(found) + sum(
        _add_node(branch, child, f"{path}/{child.id}", by_label, studies) for child in node.children
    )
    branch.label = Text(f"{node.title} ({total})", "bold" if node.children else "green")
    if not node.children:
        branch.label.append(f"  {path}", "dim")
    for study in found if studies else []:
        branch.add(Text(_line(study)))
    return total


def _line(study: Study) -> str:
    year = f", {study.year}" if study.year else ""
    arxiv = f", arXiv {study.arxiv}" if study.arxiv else ""
    return f"{study.title}{year}{arxiv}"


def _facts(studies: list[Study]) -> list[dict[str, Any]]:
    return [
        {"id": study.id, "title": study.title, "year": study.year, "arxiv": study.arxiv} for study in studies
    ]
