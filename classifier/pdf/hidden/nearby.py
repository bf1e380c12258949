"""Graphics around a text, combined into a few boxes, since a drawing has thousands of strokes.

What enters: graphics of a scene. What leaves: whether they may cover a text, or have its colour behind it.
Only boxes and colours are compared, nothing is rendered, so the result is only a suspicion.

For "test pages" in the comments see `classifier.pdf.hidden.shape`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pypdfium2.raw as pdfium_c

from classifier.pdf.hidden.calls import fast
from classifier.pdf.hidden.geometry import Rect, around
from classifier.pdf.hidden.ink import FAINT
from classifier.pdf.hidden.scene import Graphic, Scene, TextItem
from classifier.pdf.hidden.state import Rgb, plain_colour

_CLUSTERS = 64
"""Approximate number of boxes that graphics are combined into; each text is compared with each box.

Fewer boxes would be larger and touch more texts, which costs proofs but misses nothing.
Test pages: the same at 16 and 256.
"""

_WHITE = 250
"""Paint below text is ignored if its weakest channel has at least this value (of 255): it counts as paper.

Text that is invisible on it is also invisible on paper, and is found in the picture of the text alone.
Test pages: the same at 230 and 255.
"""

_TOUCH = 0.5
"""Points by which a box must overlap a text's box: neighbours may share an edge, which rounding moves.

Test pages: the same at 0 and 1.
"""

ALIKE = 2 * FAINT
"""Two colours may be indistinguishable if they differ by less than this in every channel (of 255).

Twice the value that counts as invisible: a sign must accept more than the proof after it, which measures.
Test pages: the same at 26 and 80.
"""


@dataclass(slots=True)
class Cluster:
    """Graphics painted in a row: their common box, the last one's order, and their colours, if plain."""

    box: Rect
    last: int
    colours: frozenset[Rgb] | None


def cluster(scene: Scene) -> list[Cluster]:
    """Combines graphics into about `_CLUSTERS` boxes at most; white paint below all text is ignored."""
    graphics = scene.graphics
    first = scene.texts[0].order if scene.texts else 0
    step = max(len(graphics) // _CLUSTERS, 1)
    parts = (graphics[start : start + step] for start in range(0, len(graphics), step))
    found = (_gather(part) for part in parts)
    return [one for one in found if one.last >= first or one.colours is None or one.colours]


def _gather(part: list[Graphic]) -> Cluster:
    """Combines graphics into one cluster."""
    return Cluster(
        around(graphic.box for graphic in part),
        max(graphic.order for graphic in part),
        _stained(graphic.rgb for graphic in part),
    )


def _stained(colours: Iterable[Rgb | None]) -> frozenset[Rgb] | None:
    """The colours that are not white; None if one is not plain."""
    found = set(colours)
    return None if None in found else frozenset(c for c in found if c is not None and min(c) < _WHITE)


def touched(item: TextItem, clusters: list[Cluster]) -> bool:
    """Whether graphics are painted over a text, or below it in a similar or unknown colour."""
    box, order = item.box, item.order
    left, bottom, right, top = box[0] + _TOUCH, box[1] + _TOUCH, box[2] - _TOUCH, box[3] - _TOUCH
    colour: Rgb | None = None
    for found in clusters:
        low_x, low_y, high_x, high_y = found.box
        if left >= high_x or right <= low_x or bottom >= high_y or top <= low_y:
            continue
        if found.last >= order or found.colours is None:
            return True
        if found.colours:
            colour = colour or text_colour(item)
            if colour is None or any(alike(colour, other) for other in found.colours):
                return True
    return False


def text_colour(item: TextItem) -> Rgb | None:
    """The fill colour of a text; None if it has no plain one."""
    if fast.FPDFTextObj_GetTextRenderMode(item.handle) != pdfium_c.FPDF_TEXTRENDERMODE_FILL:
        return None
    return plain_colour(item.handle)


def alike(one: Rgb, other: Rgb) -> bool:
    """Whether two colours may be indistinguishable."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < ALIKE
