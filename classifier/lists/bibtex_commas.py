"""A block of BibTeX with missing commas -> the parsed block, and the positions of missing commas.

What enters: text. What leaves: bibtexparser's block. For the parser, a value without a comma after it
includes the next field; here the comma is inserted if a field follows, and reported.
"""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from classifier.lists.bibtex_comments import blank_comments
from classifier.lists.bibtex_values import end_of_value
from classifier.model.record import Notice

if TYPE_CHECKING:
    from bibtexparser.model import Block, Field

_MOST_COMMAS = 20
"""Most commas that are inserted into one entry; each requires parsing it again."""


_KEY_WITHOUT_COMMA = re.compile(r"@\s*[\w-]+\s*\{\s*([^\s,{}=\"#%]++)(?=\s+[A-Za-z][\w-]*\s*=\s*[{\"\w])")


class MissingComma(NamedTuple):
    """A field whose value is not followed by a comma.

    Attributes:
        place: Offset of the value's end, in characters.
        is_field: Whether another field follows, so that a comma must be missing there.
    """

    value: str
    place: int
    is_field: bool
    message: str


def parse_with_commas(text: str, first_line: int) -> tuple[Block | None, list[Notice]]:
    """The block parsed with the missing commas between its fields inserted, and these commas.

    Args:
        text: A whole block.
        first_line: Its first line in the file, from 1.

    Returns:
        None instead of the block if the parser cannot read it at all.
    """
    from bibtexparser.model import DuplicateFieldKeyBlock, Entry

    notices: list[Notice] = []
    text = blank_comments(text)
    if without := _KEY_WITHOUT_COMMA.match(text):
        text = f"{text[: without.end()]},{text[without.end() :]}"
        told = f"line {first_line}: a comma is missing after the key '{without[1]}'"
        notices.append(Notice(code="missing-comma", message=told))
    block = _block(text)
    while len(notices) < _MOST_COMMAS:
        entry = block.ignore_error_block if isinstance(block, DuplicateFieldKeyBlock) else block
        fields = entry.fields if isinstance(entry, Entry) else ()
        missing = next((found for item in fields if (found := missing_comma(item, first_line))), None)
        if missing is None or not missing.is_field or missing.value not in text:
            break
        at = text.index(missing.value) + missing.place
        text = f"{text[:at]},{text[at:]}"
        notices.append(Notice(code="missing-comma", message=missing.message))
        block = _block(text)
    return block, notices


def missing_comma(item: Field, first_line: int) -> MissingComma | None:
    """The missing comma if there is text after the field's value."""
    value = str(item.value)
    place = end_of_value(value)
    if place is None:
        return None
    line = first_line + (item.start_line or 0) + value.count("\n", 0, place)
    following = re.match(r"\s*([A-Za-z][\w-]*)\s*=", value[place:])
    before = f", before '{following[1]}'" if following else ""
    message = f"line {line}: a comma is missing after the value of '{item.key}'{before}"
    return MissingComma(value, place, bool(following), message)


def _block(text: str) -> Block | None:
    from bibtexparser.splitter import Splitter

    _quiet_parser()
    try:
        return next(iter(Splitter(text).split().blocks), None)
    except Exception:  # noqa: BLE001  hostile text; the parser promises no particular exception
        return None


@cache
def _quiet_parser() -> None:
    # It logs each block that it cannot read; they are reported with line and reason anyway.
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    logging.getLogger("bibtexparser.splitter").setLevel(logging.CRITICAL)
