"""An outline in plain text -> a `Source` without papers.

One topic per line; what is below what is said by indents (tabs count as four spaces), the lines of a drawn
tree (├──), numbers (2.1, B.1.2), repeated marks (**, --), or ">" between names. A bullet or number before the
name is allowed, and a definition after ": ". Lines that begin with `#` and a space are comments.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from classifier.lists.lines import read_lines
from classifier.lists.opening import open_list
from classifier.lists.references import find_mentions
from classifier.scaffold.nodes import NamedNode, sections_of, split_definition
from classifier.scaffold.source import Source
from classifier.scaffold.titles import title_of_file

_MARK = re.compile(r"(?:[-*+•‣◦]+|\d{1,3}(?:\.\d{1,3})*[.)]?|[A-Z](?:\.\w{1,3})+[.)]?)\s+(?=\S)")
_NUMBER = re.compile(r"((?:\d{1,3}|[A-Z])(?:\.\w{1,3})*)(?:[.)]\s+|(?<=\.\w)\s+|(?<=\d)\s+)(?=\S)")
_REPEATED = re.compile(r"([*-])(\1*)\s+(?=\S)")
_DRAWN = re.compile(r"[\s│┃|]*[├└┗┣╰`+|][─━\-]{1,3}\s*(?=\S)")
_BETWEEN = re.compile(r"\s+(?:>|›|→)\s+")
_TAB = 4
_MOST_WORDS = 14
"""Most words of a name; a longer line is a paper's title or prose."""
_NUMBERED, _PATHS = 0.2, 0.4
"""Least share of lines with a number, or with a path, if these alone make a text an outline."""


def is_outline(path: Path, form: str) -> bool:
    """Whether a text file is an outline: short names, most of them without an id or address."""
    if form not in ("", "text"):
        return False
    rows = _rows(path)
    names = [split_definition(text)[0] for _, text in rows]
    short = sum(len(name.split()) <= _MOST_WORDS for name in names)
    nested = any(depth for depth, _ in rows) or path.suffix.lower() == ".outline"
    linked = sum(bool(find_mentions(text)) for _, text in rows)
    return bool(rows) and not linked and nested and short >= 0.9 * len(rows)


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
    """(depth, text) of the lines with a name; depths are comparable, not consecutive."""
    with open_list(str(path)) as opened:
        lines = [line.text.expandtabs(_TAB).rstrip() for line in read_lines(opened.stream, opened.head)]
    lines = [line for line in lines if line.strip() and not line.lstrip().startswith("# ")]
    if any(_DRAWN.match(line) for line in lines):
        lines = [_DRAWN.sub(lambda found: " " * len(found[0]), line, count=1) for line in lines]
    if any(line.startswith(" ") for line in lines):
        return [(len(line) - len(line.lstrip()), _named(line)) for line in lines]
    numbers = [_NUMBER.match(line) for line in lines]
    if sum(number is not None for number in numbers) >= _NUMBERED * len(lines) and _are_nested(numbers):
        return _numbered(lines, numbers)
    if all(marks := [_REPEATED.match(line) for line in lines]):
        return [(len(mark[2]) if mark else 0, _named(line)) for mark, line in zip(marks, lines, strict=True)]
    if sum(_BETWEEN.search(line) is not None for line in lines) >= _PATHS * len(lines):
        return _between(lines)
    return [(0, _named(line)) for line in lines]


def _named(line: str) -> str:
    return _MARK.sub("", line.lstrip(), count=1)


def _are_nested(numbers: Sequence[re.Match[str] | None]) -> bool:
    return len({number[1].count(".") for number in numbers if number}) > 1


def _numbered(lines: Sequence[str], numbers: Sequence[re.Match[str] | None]) -> list[tuple[int, str]]:
    """Depths by numbers; a line without one is below the last that has one."""
    rows, depth = [], -1
    for line, number in zip(lines, numbers, strict=True):
        if number:
            depth = number[1].count(".")
            rows.append((depth, line[number.end() :]))
        else:
            rows.append((depth + 1, _named(line)))
    return rows


def _between(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Each new name of each path, below the one before it."""
    rows = []
    above: list[str] = []
    for line in lines:
        path = _BETWEEN.split(_named(line))
        same = 0
        while same < min(len(path) - 1, len(above)) and path[same] == above[same]:
            same += 1
        rows += [(depth, name) for depth, name in enumerate(path) if depth >= same]
        above = path
    return rows
