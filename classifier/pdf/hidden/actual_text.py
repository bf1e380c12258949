"""Finds replacement text (`ActualText`) that differs from what is drawn.

What enters: a scene. What leaves: a corrected text page. PDFium returns a replacement instead of the drawn
glyphs. Legitimate ones give ligatures, hyphens and formulas their plain text. To compare, the mark is removed
from the objects (it cannot be put back, and later steps have no use for it) and the page's text is read
again.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from classifier.pdf.hidden.calls import fast
from classifier.pdf.hidden.cut import is_message
from classifier.pdf.hidden.geometry import Rect, around
from classifier.pdf.hidden.scene import Scene
from classifier.pdf.hidden.textpage import object_text
from classifier.text.invisible import MAX_TEXT

_COMMAND = re.compile(r"\\[A-Za-z]+")
_WORD = re.compile(r"[^\W_]+")
_LIGATURE = 3
"""A replacement may have this many more letters than glyphs: "ffi" is the longest common ligature."""
_ENOUGH_LETTERS = 12
"""From this many letters on, replacements can be a message, as in `cut.is_message`."""


@dataclass(slots=True)
class _Span:
    handles: list[Any]
    mark: Any
    said: str = ""
    drawn: str = ""


def undo(page: Any, text_page: Any, raw_text: str, scene: Scene) -> tuple[Any, str, list[dict[str, Any]]]:
    """Restores drawn text if a replacement differs from it.

    Returns:
        Text page, text and findings (`actual-text`); the input unchanged if all replacements are harmless.
    """
    spans = read_spans(scene)
    for span in spans:
        span.said = "".join(object_text(text_page, handle) for handle in span.handles)
    if sum(map(str.isalpha, "".join(span.said for span in spans))) < _ENOUGH_LETTERS:
        return text_page, raw_text, []
    for span in spans:
        for handle in span.handles:
            fast.FPDFPageObj_RemoveMark(handle, span.mark)
    drawn_page = page.get_textpage()
    for span in spans:
        span.drawn = "".join(object_text(drawn_page, handle) for handle in span.handles)
    strange = [span for span in spans if is_strange(span.said, span.drawn)]
    if not is_message(_COMMAND.sub(" ", " ".join(span.said for span in strange))):
        return text_page, raw_text, []
    boxes = {item.handle: item.box for item in scene.texts}
    return drawn_page, drawn_page.get_text_range(), merge(strange, boxes)


def read_spans(scene: Scene) -> list[_Span]:
    """One span for each mark, with all objects under it."""
    spans: dict[int, _Span] = {}
    for handle, mark in scene.marked:
        spans.setdefault(mark, _Span([], mark)).handles.append(handle)
    return list(spans.values())


def is_strange(said: str, drawn: str) -> bool:
    """Whether a replacement contains words that are not drawn.

    Glyphs without a Unicode value cannot be compared: then only the number of letters decides.
    """
    words, shown = plain_words(_COMMAND.sub(" ", said)), plain_words(drawn)
    if "".join(words) in "".join(shown):
        return False
    if not shown:
        glyphs = len("".join(drawn.split()))
        punctuation = any(32 < ord(char) < 127 for char in drawn)
        return punctuation or abs(glyphs - len("".join(words))) > max(_LIGATURE, glyphs / 2)
    missing = [word for word in words if word not in shown and word not in "".join(shown)]
    return bool(missing)


def plain_words(text: str) -> list[str]:
    """Words in one spelling: without ligatures, in lower case."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def merge(spans: list[_Span], boxes: dict[int, Rect]) -> list[dict[str, Any]]:
    """Combines spans into one finding."""
    places = [boxes[handle] for span in spans for handle in span.handles]
    text = " ".join(" ".join(span.said for span in spans).split())
    box = list(around(places))
    return [{"kind": "actual-text", "text": text[:MAX_TEXT], "box": box}]
