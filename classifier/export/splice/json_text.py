"""JSON text -> the places of its parts, and edits of one part that do not change the others.

What enters: the text of an object. What leaves: the same with a member added, changed or removed. The
standard library's decoder is used only to find where each part ends; it writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from typing import Any, NamedTuple

from classifier.export.splice.edits import NotEditable

_SPACE = re.compile(r"[ \t\n\r]*")


class Member(NamedTuple):
    """Positions of an object's member: the comma (or brace) before it, its name, its value, the end."""

    before: int
    name: str
    name_start: int
    colon: int
    value_start: int
    value_end: int
    after: int
    value: Any


class Walker:
    """Steps through JSON text and records positions."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._decoder = JSONDecoder()

    def skip(self, at: int) -> int:
        """The place of the next character that is not white space."""
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def value(self, at: int) -> tuple[Any, int]:
        """The value that begins there, and its end."""
        try:
            return self._decoder.raw_decode(self.text, at)
        except RecursionError as error:
            raise JSONDecodeError("nested too deeply", self.text, at) from error

    def members(self, opening: int) -> Iterator[Member]:
        """The members of the object that begins there."""
        before, at = opening, self.skip(opening + 1)
        while self.text[at : at + 1] != "}":
            name, name_end = self.value(at)
            if not isinstance(name, str):
                raise JSONDecodeError("expected a name", self.text, at)
            colon = self.skip(name_end)
            if self.text[colon : colon + 1] != ":":
                raise JSONDecodeError("expected a colon", self.text, colon)
            start = self.skip(colon + 1)
            value, end = self.value(start)
            after = self.skip(end)
            yield Member(before, name, at, colon, start, end, after, value)
            before, at = after, self._next(end, "}")

    def _next(self, end: int, closing: str) -> int:
        """The position of the next element or of the closing bracket."""
        at = self.skip(end)
        if self.text[at : at + 1] == closing:
            return at
        if self.text[at : at + 1] != ",":
            raise JSONDecodeError(f"expected a comma or {closing}", self.text, at)
        at = self.skip(at + 1)
        if self.text[at : at + 1] == closing:
            raise JSONDecodeError("a comma before the end", self.text, at)
        return at


def members_named(raw: str, name: str) -> list[Member]:
    """All members of this name, of the object that is `raw`."""
    return [member for member in Walker(raw).members(0) if member.name == name]


def find_text(raw: str, name: str) -> Member | None:
    """The member of this name.

    Raises:
        NotEditable: It is not text, or occurs twice.
    """
    found = members_named(raw, name)
    if len(found) > 1 or (found and not isinstance(found[0].value, str)):
        raise NotEditable(f"its {name} is not a single text")
    return found[0] if found else None


def with_value(raw: str, member: Member, inner: str) -> str:
    """The object with another text between the quotes or brackets of a member's value."""
    return f"{raw[: member.value_start + 1]}{inner}{raw[member.value_end - 1 :]}"


def without(raw: str, member: Member) -> str:
    """The object without the member, and without what `with_member` added around it."""
    if raw[member.after] == ",":
        return raw[: member.before + 1] + raw[member.after + 1 :]
    return raw[: member.before] + raw[member.value_end :]


def with_member(raw: str, name: str, value: str) -> str:
    """The object with one more member at its end, in the layout of the last one; `value` is JSON."""
    *_, last = Walker(raw).members(0)  # an item that was found has a member
    indent = raw[last.before + 1 : last.name_start]
    space = raw[last.colon + 1 : last.value_start]
    return f'{raw[: last.value_end]},{indent}"{name}":{space}{value}{raw[last.value_end :]}'
