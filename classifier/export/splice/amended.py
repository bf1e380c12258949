"""A person's amendments -> the fields of one entry in a user's own file; nothing else of it changes.

What enters: an entry's text, the new values, and how its format writes and reads a field. What leaves: the
text, and why a field could not be changed. Each change is read back by the list's reader: a field that still
says something else (an id that is in several fields) stays as it was, and is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from classifier.model.amendment import FIELD_WORDS
from classifier.model.identity import bare_arxiv_id
from classifier.model.paper import Paper
from classifier.text.characters import shown

Value = str | int | None
Changes = Mapping[str, Value]
"""Field of a paper -> its new value; None clears it."""
Write = Callable[[str, str, Value], str]
Read = Callable[[str], Paper | None]

_SHOWN = 80
"""Most characters of a value in a message."""
ARXIV_ADDRESS = "https://arxiv.org/abs/"


class NotAmendable(Exception):
    """A field cannot be changed; the message says why."""


class AmendedText(NamedTuple):
    """An entry's text, and what could not be changed in it, in words."""

    text: str
    left: tuple[str, ...]


def amended_text(text: str, changes: Changes, write: Write, read: Read) -> AmendedText:
    """The entry with the changes that it does not have yet.

    Args:
        write: (text, field, value) -> the text with the field changed; raises NotAmendable.
        read: The text -> what the list's reader finds in it; None if it finds nothing.
    """
    left = []
    for name, value in changes.items():
        before = read(text)
        if before is not None and getattr(before, name) == value:
            continue
        try:
            new = write(text, name, value)
            after = read(new)
            if after is None or getattr(after, name) != value:
                found = shown(str(getattr(after, name))) if after is not None else "nothing"
                raise NotAmendable(
                    f"the entry would be read back with {found[:_SHOWN]}; another field may have it"
                )
        except NotAmendable as error:
            left.append(f"its {FIELD_WORDS[name]} could not be changed here ({error}); change it by hand")
            continue
        text = new
    return AmendedText(text, tuple(left))


def with_other_id(text: str, old: str | None, new: Value) -> str | None:
    """The text with another arXiv id in all places of the old one; None if the old one is not in it."""
    bare = bare_arxiv_id(old or "")
    if not bare or new is None:
        return None
    found = re.compile(rf"(?<![\w.]){re.escape(bare)}(?:v\d+)?(?![\w])", re.IGNORECASE)
    return found.sub(lambda _: str(new), text) if found.search(text) else None
