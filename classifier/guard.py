"""Orders to a model that stand in a paper's visible text.

What enters: a Document. What leaves: the sentences that speak to whoever classifies, with their
pages. They are not cut, since a reader sees them too (a paper about prompt injection is full of
them); the prompt fences them, and the user is warned. Hidden text is the PDF stage's business.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from classifier.records import Document

_SHOWN_CHARS = 160
_THIS = r"(?:this|the)\s+(?:paper|article|document|work|manuscript|study|submission)"
_ORDERS = re.compile(
    rf"""
    \b(?:ignore|disregard|forget|override)\s+(?:\w+\s+){{0,3}}?(?:previous|prior|above|earlier|preceding|system)\s+
        (?:\w+\s+)?(?:instructions?|prompts?|orders?|rules|text|messages?)
  | \b(?:note|attention|instructions?|message|order)\s+(?:to|for)\s+(?:\w+\s+){{0,2}}?
        (?:ais?|a\.i\.|llms?|assistants?|chatbots?|classifiers?|models?|reviewers?)\s*:
  | \b(?:classify|label|categori[sz]e|file)\s+{_THIS}\s+(?:as|under|into)\b
  | \b(?:give|assign)\s+{_THIS}\s+(?:\w+\s+){{0,3}}?(?:label|class|category|confidence)\b
  | \bif\s+you\s+are\s+(?:an?\s+)?(?:ai|llm|language\s+model|assistant|automated)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


class VisibleOrder(NamedTuple):
    """Words on a page (from 1) that order a model about, with a little of what surrounds them."""

    page: int
    text: str


def find_visible_orders(document: Document, at_most: int = 5) -> tuple[VisibleOrder, ...]:
    """The first `at_most` such places in reading order; empty for nearly every paper."""
    found: list[VisibleOrder] = []
    for page in document.pages:
        for match in _ORDERS.finditer(page.text):
            start = max(0, match.start() - 20)
            shown = " ".join(page.text[start : start + _SHOWN_CHARS].split())
            found.append(VisibleOrder(page.number, shown))
            if len(found) == at_most:
                return tuple(found)
    return tuple(found)
