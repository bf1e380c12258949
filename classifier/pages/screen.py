"""Renderables -> text for a terminal or a pipe: one width, no colour if none is asked for.

What enters: what `rich` can draw. What leaves: a string without trailing spaces. Nothing is printed here.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDTH = 100
"""Columns of everything that is drawn."""


def draw(parts: Iterable[RenderableType], *, colour: bool) -> str:
    """The parts one below the other, `WIDTH` columns wide at most, with a newline at the end.

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
