"""An indented outline in plain text -> a `Source` without papers.

One topic per line; lines that are indented further are below it. A bullet or number before the name is
allowed, and a definition after ": ". Tabs count as four spaces. Lines that begin with `#` and a space are
comments.
"""

from __future__ import annotations

import re
from pathlib import Path

from classifier.lists.lines import read_lines
from classifier.lists.opening import open_list
from classifier.lists.references import find_mentions
from classifier.scaffold.nodes import NamedNode, sections_of, split_definition
from classifier.scaffold.source import Source
from classifier.scaffold.titles import title_of_file

_MARK = re.compile(r"(?:[-*+•‣◦]|\d{1,3}(?:\.\d{1,3})*[.)]?)\s+(?=\S)")
_NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,3})+)[.)]?\s+(?=\S)")
_TAB = 4
_MOST_WORDS = 14
"""Most words of a name; a longer line is a paper's title or prose."""


def is_outline(path: Path, form: str) -> bool:
    """Whether a text file is an outline: short names, most of them without an id or address."""
    if form not in ("", "text"):
        return False
    rows = _rows(path)
    names = [split_definition(text)[0] for _, text in rows]
    short = sum(len(name.split()) <= _MOST_WORDS for name in names)
    indented = any(depth for depth, _ in rows) or path.suffix.lower() == ".outline"
    linked = sum(bool(find_mentions(text)) for _, text in rows)
    return bool(rows) and not linked and indented and short >= 0.9 * len(rows)


def read_outline(path: Path) -> Source:
    """The outline's tree.

    Raises:
        InputError: It cannot be read, or has no names.
    """
    top: list[NamedNode] = []
    open_: list[tuple[int, list[NamedNode]]] = [(-1, top)]
    for depth, text in _rows(path):
        while open_[-1][0] >= depth:
            open_.pop()
        node = NamedNode(*split_definition(text))
        open_[-1][1].append(node)
        open_.append((depth, node.children))
    title = ""
    if len(top) == 1 and top[0].children:  # a single line above all others is the survey's name
        title, definition, top = top[0].title, top[0].definition, top[0].children
    else:
        definition = ""
    return Source(
        name=str(path),
        form="outline",
        title=title or title_of_file(str(path)),
        definition=definition,
        sections=sections_of(top, str(path)),
        keep_empty=True,
    )


def _rows(path: Path) -> list[tuple[int, str]]:
    """(indent, text) of the lines with a name; without indents, numbers such as 2.1 give the depth."""
    with open_list(str(path)) as opened:
        lines = [line.text.expandtabs(_TAB).rstrip() for line in read_lines(opened.stream, opened.head)]
    lines = [line for line in lines if line.strip() and not line.lstrip().startswith("# ")]
    rows = []
    indented = any(line.startswith(" ") for line in lines)
    for line in lines:
        text = line.lstrip()
        number = _NUMBER.match(text)
        depth = len(line) - len(text) if indented else (number[1].count(".") if number else 0)
        rows.append((depth, _MARK.sub("", text, count=1)))
    return rows
