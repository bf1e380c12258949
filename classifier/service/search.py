"""Searches papers: by words, label, engine, confidence, review reason, year, run."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from classifier.service.hub import Hub
from classifier.service.shelf import Card

_Words = Annotated[
    str, Field(max_length=200, description="Words that must all be in title, authors or quotes")
]
_Label = Annotated[
    str,
    Field(max_length=200, description="Leaf id, branch id, `out-of-scope`, `unplaced` or `failed`"),
]
_Run = Annotated[str, Field(max_length=200, description="Id of a list")]
_Engine = Annotated[str, Field(max_length=200, description="Engine or model, as `engine` of a paper has it")]


class PaperFilter(BaseModel):
    """A filter; all given conditions must hold.

    Attributes:
        q: Words that must all be in title, authors or quotes.
        label: A leaf id, "out-of-scope", "unplaced" or "failed"; of a branch, everything below it.
    """

    model_config = ConfigDict(frozen=True)

    q: _Words = ""
    label: _Label = ""
    run: _Run = ""
    engine: _Engine = ""
    reason: Annotated[
        str, Field(max_length=200, description="A review reason; `any` for all that need review")
    ] = ""
    year: Annotated[int | None, Field(ge=1500, le=2200, description="Year of publication")] = None
    least: Annotated[float | None, Field(ge=0, le=1, description="Least confidence")] = None
    most: Annotated[float | None, Field(ge=0, le=1, description="Highest confidence")] = None
    corrected: Annotated[bool | None, Field(description="Whether a person has decided")] = None


def find_cards(hub: Hub, wanted: PaperFilter) -> list[Card]:
    """The matching papers: newest first, then by title."""
    words = wanted.q.lower().split()
    found = [
        card
        for card in hub.shelf.cards()
        if _is_wanted(card, wanted) and all(word in card.words for word in words)
    ]
    found.sort(key=lambda card: (-(card.year or 0), card.title.casefold(), card.id))
    return found


def _is_wanted(card: Card, wanted: PaperFilter) -> bool:
    if wanted.label and card.label != wanted.label and not card.label.startswith(f"{wanted.label}/"):
        return False
    if (wanted.run and card.run != wanted.run) or (wanted.engine and card.engine != wanted.engine):
        return False
    if wanted.reason and not (
        card.needs_review if wanted.reason == "any" else wanted.reason in card.review_reasons
    ):
        return False
    if wanted.year is not None and card.year != wanted.year:
        return False
    if wanted.corrected is not None and card.corrected != wanted.corrected:
        return False
    return _is_within(card.confidence, wanted.least, wanted.most)


def _is_within(confidence: float | None, least: float | None, most: float | None) -> bool:
    if least is None and most is None:
        return True
    return confidence is not None and (least or 0.0) <= confidence <= (1.0 if most is None else most)


def share_in(text: str) -> float | None:
    """A number in [0, 1] as typed into a filter; None if the text is not one."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None
