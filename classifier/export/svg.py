"""Picture -> SVG: one scalable file without scripts or links, for light and dark mode.

What enters: a layout. What leaves: text. Titles come from a survey, which may be hostile: a template escapes
them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.export.picture import LINE_HEIGHT, PADDING, TEXT_SIZE, Picture, TreeBox
from classifier.pages import environment

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"


def render_svg(picture: Picture, *, standalone: bool = True) -> str:
    """The picture.

    Args:
        picture: What to draw.
        standalone: True for a complete file with its style; False for an element of a page that contains the
        style.
    """
    from markupsafe import Markup

    return (
        _environment()
        .get_template("picture.svg.j2")
        .render(
            picture=picture,
            size=TEXT_SIZE,
            line=LINE_HEIGHT,
            padding=PADDING,
            links=[_curve(picture.boxes[a], picture.boxes[b]) for a, b in picture.links],
            # The template belongs to this package; it is not data.
            style=Markup(style()) if standalone else None,  # noqa: S704
        )
    )


def style() -> str:
    """The picture's style sheet, for pages that contain it."""
    return (_TEMPLATES / "picture.css").read_text(encoding="utf-8")


def _curve(above: TreeBox, below: TreeBox) -> str:
    x, end = above.x + above.width, below.x
    middle = (x + end) / 2
    return (
        f"M{x:.1f} {above.middle:.1f}C{middle:.1f} {above.middle:.1f} "
        f"{middle:.1f} {below.middle:.1f} {end:.1f} {below.middle:.1f}"
    )


@cache
def _environment() -> Environment:
    return environment(_TEMPLATES, {"place": lambda value: f"{value:.1f}"})
