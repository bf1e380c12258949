"""The objects that a page paints, as plain records: text, graphics, and properties of the page.

Filled by `classifier.pdf.hidden.objects`, and read by every check after it. Boxes and sizes are in points of
page space, composed through nested forms.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from classifier.pdf.hidden.geometry import Rect
from classifier.pdf.hidden.state import Rgb


class HiddenCheckIncomplete(Exception):
    """The page has too many objects or nested forms for the limits; its text is unchecked."""


@dataclass(slots=True)
class TextItem:
    """A text object: `size` and `width` are one em's height and width on the page, in points.

    `depth` counts the forms around it: figures come as forms. `plain` text is evidently drawn, by its state:
    filled with an opaque colour that is not near white, on the page, clipped only by rectangles around it, in
    no form or layer, and in a font of outlines. `drawings` are the glyphs of a Type 3 font.
    """

    handle: int
    box: Rect
    size: float
    width: float
    order: int
    depth: int
    plain: bool
    drawings: bool


@dataclass(slots=True)
class Graphic:
    """A filled path, image, shading or annotation; `rgb` is set if it has one opaque colour."""

    box: Rect
    rgb: Rgb | None
    image: bool
    order: int


@dataclass(slots=True)
class Scene:
    """What a page paints.

    Attributes:
        page_box: The visible part of the page.
        texts: Text objects, in painting order.
        graphics: Objects that may be above or below a text; limited, see `classifier.pdf.hidden.objects`.
        others: Every object that is not text, thin lines included.
        fields: Boxes of form fields that paint an area: other viewers draw them, PDFium's plain rendering
            does not.
        plain: Whether the state of each text object can be trusted: none adds letters to the clip path.
        blended: Whether a form is transparent or blended with the objects below it.
        marked: Text objects with the marks on them that hold a replacement text (`ActualText`).
    """

    page_box: Rect
    texts: list[TextItem] = field(default_factory=list)
    graphics: list[Graphic] = field(default_factory=list)
    others: list[Any] = field(default_factory=list)
    fields: list[Rect] = field(default_factory=list)
    marked: list[tuple[Any, Any]] = field(default_factory=list)
    plain: bool = True
    blended: bool = False
