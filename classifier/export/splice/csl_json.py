"""Keywords into a CSL-JSON file: the value of `keyword` changes; layout, order and escapes stay.

What enters: the file's bytes and the results. What leaves: the new bytes. The standard library's decoder
walks from member to member and says where each ends; nothing is written by it. The file is held in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder, dumps
from typing import Any, NamedTuple

from classifier.errors import InputError
from classifier.export.splice.decoded import decode
from classifier.export.splice.edits import Draft
from classifier.export.splice.keywords import is_own, replace_keywords
from classifier.export.splice.results import Results, Spliced

_SPACE = re.compile(r"[ \t\n\r]*")
_LISTS = ("items", "references")
_KEYWORD = "keyword"


class _Member(NamedTuple):
    """A member of an object: the comma (or brace) before it, its name, its value, what follows it."""

    before: int
    name: str
    name_start: int
    colon: int
    value_start: int
    value_end: int
    after: int
    value: Any


class _NotEditable(Exception):
    """The item cannot be edited safely; the message says why."""


class _Walker:
    """Steps through JSON text and keeps the places."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._decoder = JSONDecoder()

    def skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def value(self, at: int) -> tuple[Any, int]:
        try:
            return self._decoder.raw_decode(self.text, at)
        except RecursionError as error:
            raise JSONDecodeError("nested too deeply", self.text, at) from error

    def elements(self, opening: int) -> Iterator[tuple[int, Any, int]]:
        """(start, value, end) of each element of the array that opens there."""
        at = self.skip(opening + 1)
        while self.text[at : at + 1] != "]":
            value, end = self.value(at)
            yield at, value, end
            at = self._next(end, "]")

    def members(self, opening: int) -> Iterator[_Member]:
        """The members of the object that opens there."""
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
            yield _Member(before, name, at, colon, start, end, after, value)
            before, at = after, self._next(end, "}")

    def _next(self, end: int, closing: str) -> int:
        """Where the next element starts, or the closing bracket stands."""
        at = self.skip(end)
        if self.text[at : at + 1] == closing:
            return at
        if self.text[at : at + 1] != ",":
            raise JSONDecodeError(f"expected a comma or {closing}", self.text, at)
        at = self.skip(at + 1)
        if self.text[at : at + 1] == closing:
            raise JSONDecodeError("a comma before the end", self.text, at)
        return at


def splice_csl_json(data: bytes, results: Results) -> Spliced:
    """The file with each item's label among its keywords.

    Raises:
        InputError: It is no JSON array of items, nor an object that has one as `items` or `references`.
    """
    original = decode(data)
    draft = Draft(original)
    walker = _Walker(original.text)
    line, done = 1, 0
    try:
        for start, item, end in walker.elements(_list_start(walker)):
            line += original.text.count("\n", done, start)
            done = start
            _splice_item(_Item(start, original.text[start:end], item, line), results, draft)
    except JSONDecodeError as error:
        raise InputError(
            f"no CSL-JSON: {error.msg} on line {error.lineno}, column {error.colno}; "
            "mend the file or export it anew"
        ) from error
    return draft.finish()


def _list_start(walker: _Walker) -> int:
    start = walker.skip(0)
    if walker.text[start : start + 1] == "[":
        return start
    if walker.text[start : start + 1] == "{":
        for member in walker.members(start):
            if member.name in _LISTS and isinstance(member.value, list):
                return member.value_start
    raise JSONDecodeError("expected an array of items", walker.text, start)


class _Item(NamedTuple):
    """An element of the list: where it starts, its text, its value, its line from 1."""

    start: int
    raw: str
    value: Any
    line: int


def _splice_item(item: _Item, results: Results, draft: Draft) -> None:
    if not isinstance(item.value, dict):
        draft.leave("", item.line, "no object")
        return
    title, own_id = str(item.value.get("title", "")), item.value.get("id")
    key = str(own_id) if isinstance(own_id, str | int) else ""
    if key and not draft.is_first(key, item.line):
        return
    wanted = results.find(key) if key else results.find_by_traits(str(item.value.get("DOI", "")), title)
    if wanted is None:
        draft.unknown += 1
        return
    try:
        new = _with_keywords(item.raw, results.prefix, wanted.keywords)
        if results.note_field and wanted.note is not None:
            words = f"{results.prefix} {wanted.note}" if wanted.note else ""
            new = _with_note(new, results.note_field, results.prefix, words)
    except _NotEditable as error:
        draft.leave(key or title, item.line, str(error))
        return
    draft.edit(item.start, item.raw, new)


def _with_keywords(raw: str, prefix: str, wanted: tuple[str, ...]) -> str:
    member = _find(raw, _KEYWORD)
    if member is None:
        return _added(raw, _KEYWORD, ", ".join(wanted)) if wanted else raw
    # Our keywords need no escape, so the raw text between the quotes can be edited as it is.
    old = raw[member.value_start + 1 : member.value_end - 1]
    if not is_own(old, prefix):
        return _changed(raw, member, replace_keywords(old, prefix, wanted))
    return _changed(raw, member, ", ".join(wanted)) if wanted else _without(raw, member)


def _with_note(raw: str, name: str, prefix: str, words: str) -> str:
    member = _find(raw, name)
    escaped = dumps(words)[1:-1]
    if member is None:
        return _added(raw, name, escaped) if words else raw
    if not member.value.startswith(f"{prefix} "):
        raise _NotEditable(f"it has a {name} of its own; choose another field for the rationale")
    return _changed(raw, member, escaped) if words else _without(raw, member)


def _find(raw: str, name: str) -> _Member | None:
    """The member of this name; a value that is no text, or two of them, cannot be edited."""
    found = [member for member in _Walker(raw).members(0) if member.name == name]
    if len(found) > 1 or (found and not isinstance(found[0].value, str)):
        raise _NotEditable(f"its {name} is no single text")
    return found[0] if found else None


def _changed(raw: str, member: _Member, inner: str) -> str:
    return f"{raw[: member.value_start + 1]}{inner}{raw[member.value_end - 1 :]}"


def _without(raw: str, member: _Member) -> str:
    if raw[member.after] == ",":
        return raw[: member.before + 1] + raw[member.after + 1 :]
    return raw[: member.before] + raw[member.value_end :]


def _added(raw: str, name: str, inner: str) -> str:
    *_, last = _Walker(raw).members(0)  # an item that was found has a member
    indent = raw[last.before + 1 : last.name_start]
    space = raw[last.colon + 1 : last.value_start]
    return f'{raw[: last.value_end]},{indent}"{name}":{space}"{inner}"{raw[last.value_end :]}'
