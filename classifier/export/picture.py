"""Grouped rows -> a layout of the tree with its counts: root at the left, leaves at the right.

What enters: a tree of filed rows; only counts and titles are used. What leaves: boxes, lines and words with
positions in pixels, y downwards. `svg` and `png` draw it. No font is measured: widths are estimates for a
common sans serif, rounded up, so that the font of every program fits.
"""

from __future__ import annotations

import textwrap
import unicodedata
from dataclasses import dataclass

from classifier.export.grouping import LeafGroup, Tree
from classifier.text.counting import count_of

TEXT_SIZE = 14
LINE_HEIGHT = 18
PADDING = 12
TONES = 6
"""Number of colours; classes use them in turn."""

_MARGIN, _ROW_GAP, _COLUMN_GAP = 24, 14, 44
_LINE_CHARS, _MAX_LINES = 26, 3
_CHAR_WIDTH = 8.3
"""Average width of a character, in units of the picture; wide enough for the fonts that browsers choose."""
_BOLD = 1.15
"""Factor by which bold text is wider."""


@dataclass(frozen=True)
class TreeBox:
    """A node: its position, the lines of its title, its count.

    `tone` is the class's colour, -1 for the root.
    """

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    count: str
    tone: int

    @property
    def middle(self) -> float:
        """The y of its middle."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Picture:
    """Everything to draw; `links` are pairs of indices into `boxes`, parent first."""

    width: float
    height: float
    boxes: tuple[TreeBox, ...]
    links: tuple[tuple[int, int], ...]
    caption: str

    @property
    def title(self) -> str:
        """The root's words, on one line."""
        return " ".join(self.boxes[0].lines)


def lay_out(tree: Tree) -> Picture:
    """The tree's picture; papers outside it are counted in the caption."""
    root = LeafGroup("", tree.title, "", children=tree.classes)
    widths = _column_widths(root)
    layout = _Layout(widths)
    layout.place(root, 0, -1)
    outside = "; ".join(f"{group.title.lower()}: {group.count}" for group in tree.outside)
    caption = f"{tree.placed} of {count_of(tree.count, 'paper')} placed{'; ' + outside if outside else ''}"
    width = max(sum(widths) + _COLUMN_GAP * (len(widths) - 1), _text_width(caption))
    return Picture(
        width=width + 2 * _MARGIN,
        height=layout.bottom + LINE_HEIGHT + _MARGIN,
        boxes=tuple(layout.boxes),
        links=tuple(layout.links),
        caption=caption,
    )


class _Layout:
    """Places leaves one below the other, and a branch at the middle of its children."""

    def __init__(self, widths: list[float]) -> None:
        self.boxes: list[TreeBox] = []
        self.links: list[tuple[int, int]] = []
        self.bottom = float(_MARGIN)
        self._widths = widths
        self._lefts = [_MARGIN + sum(widths[:i]) + _COLUMN_GAP * i for i in range(len(widths))]

    def place(self, group: LeafGroup, depth: int, tone: int) -> int:
        """Places a group and all below it; returns the index of its box."""
        lines = _lines(group.title)
        height = len(lines) * LINE_HEIGHT + 2 * PADDING
        index = len(self.boxes)
        top = self.bottom
        self.boxes.append(
            TreeBox(self._lefts[depth], top, self._widths[depth], height, lines, str(group.count), tone)
        )
        children = [
            self.place(child, depth + 1, number % TONES if tone < 0 else tone)
            for number, child in enumerate(group.children)
        ]
        self.links += [(index, child) for child in children]
        if children:
            middle = (self.boxes[children[0]].middle + self.boxes[children[-1]].middle) / 2
            top = max(middle - height / 2, top)
            self.boxes[index] = _moved(self.boxes[index], top)
        self.bottom = max(self.bottom, top + height + _ROW_GAP)
        return index


def _moved(box: TreeBox, y: float) -> TreeBox:
    return TreeBox(box.x, y, box.width, box.height, box.lines, box.count, box.tone)


def _column_widths(root: LeafGroup) -> list[float]:
    widths: dict[int, float] = {}
    for depth, group in root.walk():
        text = max(map(_text_width, _lines(group.title))) * (1 if depth else _BOLD)
        width = text + _text_width(str(group.count)) * _BOLD + 3 * PADDING
        widths[depth] = max(widths.get(depth, 0.0), width)
    return [widths[depth] for depth in sorted(widths)]


def _lines(title: str) -> tuple[str, ...]:
    lines = textwrap.wrap(title, _LINE_CHARS, max_lines=_MAX_LINES, placeholder="…")
    return tuple(lines) or ("?",)


def _text_width(text: str) -> float:
    """An upper estimate; East Asian characters are twice as wide."""
    return sum(_CHAR_WIDTH * (2 if unicodedata.east_asian_width(char) in "WF" else 1) for char in text)
