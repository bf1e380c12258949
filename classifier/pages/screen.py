"""Renderables -> text for a terminal or a pipe: fixed width, and colour only on request.

What enters: renderables of `rich`. What leaves: a string without trailing spaces. Nothing is printed here.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDTH = 100
"""Width of all output, in columns."""


def draw(parts: Iterable[RenderableType], *, colour: bool) -> str:
    """The parts one below another, at most `WIDTH` columns wide, with a newline at the end.

    Neither markup nor emoji codes are interpreted: titles and quotes are hostile text.
    """
    from rich.console import Console

    drawn = io.StringIO()
    console = Console(
        file=drawn,
        force_terminal=colour,
        no_color=not colour,
        width=WIDTH,
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
    )
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in drawn.getvalue().splitlines()) + "\n"
