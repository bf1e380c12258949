"""A worker's reply about a displayed page (unchecked JSON) -> validated positions, or a PNG file."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from classifier.errors import UnreadablePdf
from classifier.model.record import Record
from classifier.pdf.reply import one_line

_PNG = b"\x89PNG\r\n\x1a\n"
_FARTHEST = 20_000.0
"""Largest coordinate in points: PDF pages are at most 14,400 wide (PDF Reference 1.7, appendix C)."""

_Number = Annotated[float, Field(ge=-_FARTHEST, le=_FARTHEST, allow_inf_nan=False)]
_Side = Annotated[float, Field(gt=0, le=_FARTHEST, allow_inf_nan=False)]
Place = tuple[_Number, _Number, _Number, _Number]
"""x, y, width, height in points from the upper left corner of the page as it is shown."""


class HiddenPlace(Record):
    """Hidden text on a page: its kind, its text, and its position."""

    kind: Annotated[str, AfterValidator(lambda text: one_line(text, 60))]
    page: int
    text: Annotated[str, AfterValidator(lambda text: one_line(text, 500))]
    box: Place | None = None


class PagePlaces(Record):
    """A page's size in points, with positions of quotes and hidden text.

    Attributes:
        pages: The number of pages of the file.
        marks: For each requested span, the boxes of its lines; empty if its position is uncertain.
        hidden: Hidden text of this page.
    """

    width: _Side
    height: _Side
    pages: int
    marks: tuple[tuple[Place, ...], ...]
    hidden: tuple[HiddenPlace, ...] = Field(max_length=1000)


def parse_places(reply: Any, spans: int) -> PagePlaces:
    """Checks a reply with places.

    Raises:
        UnreadablePdf: Its structure is wrong.
    """
    try:
        places = PagePlaces.model_validate(reply)
    except ValidationError as error:
        raise UnreadablePdf(f"the page cannot be shown: {error.error_count()} wrong values") from error
    if len(places.marks) != spans:
        raise UnreadablePdf(f"the page cannot be shown: {len(places.marks)} marks, expected {spans}")
    return places


def parse_png(reply: Any) -> bytes:
    """Checks a reply with a picture.

    Raises:
        UnreadablePdf: It contains no PNG file.
    """
    try:
        data = base64.b64decode(reply["png"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise UnreadablePdf("the page cannot be shown: the PDF worker sent no picture") from error
    if not data.startswith(_PNG):
        raise UnreadablePdf("the page cannot be shown: the PDF worker did not send a PNG file")
    return data
