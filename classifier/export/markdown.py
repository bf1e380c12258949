"""Grouped rows and tables -> Markdown: a list in the style of awesome-lists, and GitHub tables.

What enters: a tree of filed rows, or tables. What leaves: text. Titles are hostile: every character with a
meaning in Markdown, GitHub's extensions or HTML is escaped, and addresses are made from ids that were
checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifier.export.filed import FAILED, Filed
from classifier.export.grouping import LeafGroup, Tree
from classifier.export.links import link_to
from classifier.export.tables import Cell, Table
from classifier.text.characters import shown

_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$@]|:(?=//|[\w+-]+:)|(?<=mailto):|(?<=xmpp):)", re.IGNORECASE)
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escaped(text: str) -> str:
    """The text on one line, escaped: Markdown shows it without links, mentions, formatting or images."""
    plain = re.sub("[&<>]", lambda found: _HTML[found[0]], _SPECIAL.sub(r"\\\1", shown(text)))
    return re.sub(r"(?i)(?<=\bwww)\.", r"\\.", plain)


def render_list(tree: Tree) -> str:
    """The tree with its papers: a heading with a count for each node, a bullet for each paper."""
    lines = [f"## {escaped(tree.title)} ({tree.placed})", ""]
    for top in tree.classes:
        for depth, group in top.walk():
            lines += _heading(group, 3 + depth)
            lines += _bullets(group)
    for group in tree.outside:
        lines += [*_heading(group, 3), *_bullets(group)]
    return "\n".join(lines).rstrip("\n") + "\n"


def render_table(table: Table) -> str:
    """One table, with its title above it."""
    head = [escaped(column) for column in table.columns]
    lines = [f"**{escaped(table.title)}**", "", _row(head), _row(["---"] * len(head))]
    lines += [_row([_cell(cell) for cell in row]) for row in table.rows]
    return "\n".join(lines) + "\n"


def render_tables(tables: tuple[Table, ...]) -> str:
    """All tables, with an empty line between them; a short notice if there is none."""
    return "\n".join(map(render_table, tables)) or "No paper has a table yet.\n"


def _heading(group: LeafGroup, level: int) -> list[str]:
    return [f"{'#' * min(level, 6)} {escaped(group.title)} ({group.count})", ""]


def _bullets(group: LeafGroup) -> Iterator[str]:
    for filed in group.papers:
        facts = [escaped(fact) for fact in (filed.short_authors, str(filed.year or "")) if fact]
        facts += [f"*{mark}*" for mark in filed.marks]
        if filed.label == FAILED:
            facts.append(escaped(filed.rationale))
        yield f"- {', '.join([_linked(escaped(filed.title), filed), *facts])}"
    if group.papers:
        yield ""


def _linked(words: str, filed: Filed) -> str:
    link = link_to(filed)
    return f"[{words}](<{link}>)" if link else words


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return escaped(cell)
    return "; ".join(_linked(escaped(study_name(study.filed)), study.filed) for study in cell)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def study_name(filed: Filed) -> str:
    """How a table names a study: "Li et al. 2025", or its title if it has no authors; marks follow."""
    name = f"{filed.cited_authors} {filed.year or ''}".strip() if filed.authors else filed.title
    return f"{name}{''.join(f' ({mark})' for mark in filed.marks)}"
