"""Finds instructions to a language model in a paper's visible text.

What enters: a Document. What leaves: the sentences that address the classifier, with their pages. They are
not removed, since a reader sees them too (a paper about prompt injection is full of them): the prompt marks
the paper as data, and the user gets a warning. Hidden text is handled by the PDF stage.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from classifier.model.document import Document
from classifier.text.characters import normalise

_SHOWN_CHARS = 160
_THIS = r"(?:this|the)\s+(?:paper|article|document|work|manuscript|study|submission)"
_AI = r"(?:ais?|a\.i\.|llms?|language\s+models?)"
_EARLIER = r"(?:previous|prior|above|earlier|preceding)"
_ORDERS = re.compile(
    rf"""
    \b(?:ignore|disregard|forget|override)\s+(?:\w+\s+){{0,3}}?(?:{_EARLIER}|system)\s+
        (?:\w+\s+)?(?:instructions?|prompts?|orders?)\b
  | \b(?:note|attention|instructions?|message|order)\s+(?:to|for)\s+(?:\w+\s+){{0,2}}?
        (?:{_AI}|assistants?|chatbots?|classifiers?|models?|reviewers?)\s*:
  | \b(?:to|for|dear)\s+(?:the\s+|all\s+|any\s+)?{_AI}\s+
        (?:reviewers?|readers?|assistants?|classifiers?|graders?)\s*[:,]
  | \bthe\s+(?:correct|right|true|proper|only)\s+(?:label|class|category)\s+(?:of|for)\s+{_THIS}\s+is\b
  | \bas\s+an?\s+(?:large\s+)?{_AI}(?:\s+\w+){{0,2}}?,?\s+you\s+(?:must|should|shall|will|need)\b
  | \bif\s+you\s+are\s+an?\s+(?:large\s+)?(?:{_AI}|assistant|automated)\b
    # "Classify this paper as" is an order, "two experts classify this paper as" is not. So these patterns
    # must start with a capital letter (of a sentence, heading or separate line: the text is one line here) or
    # follow a mark or word that introduces an order.
  | (?: \b(?-i:(?=[A-Z]))
      | (?:^|[.!?:;"'(]|\b(?:please|now|always|instead|you\s+(?:must|should|shall|will))\s)\s*
    )
    (?: (?:ignore|disregard|forget)\s+(?:\w+\s+){{0,3}}?
            (?:{_EARLIER}\s+(?:rules|text|messages?)|(?:everything|anything|all)\s+above)\b
      | (?:classify|label|categori[sz]e|file)\s+{_THIS}\s+(?:as|under|into)\b
      | (?:give|assign)\s+{_THIS}\s+(?:\w+\s+){{0,3}}?(?:label|class|category|confidence|score|rating)\b
      | (?:give|write)\s+(?:only\s+)?(?:an?\s+)?(?:\w+\s+)?positive\s+reviews?\s+
            (?:only\b|(?:of|for|to)\s+{_THIS})
      | set\s+(?:the|your)\s+confidence\s+to\b
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)


class VisibleOrder(NamedTuple):
    """An instruction to a model on a page (from 1), with some of the surrounding text."""

    page: int
    text: str


def find_visible_orders(document: Document, at_most: int = 5) -> tuple[VisibleOrder, ...]:
    """The first `at_most` instructions, in reading order; empty for nearly every paper."""
    found: list[VisibleOrder] = []
    for page in document.pages:
        text = normalise(page.text)  # words that were hyphenated at a line end are joined
        for match in _ORDERS.finditer(text):
            start = max(0, match.start() - 20)
            found.append(VisibleOrder(page.number, text[start : start + _SHOWN_CHARS]))
            if len(found) == at_most:
                return tuple(found)
    return tuple(found)
