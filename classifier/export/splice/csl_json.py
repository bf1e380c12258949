"""Writes keywords into a CSL-JSON file: the value of `keyword` changes; layout, order and escapes are kept.

What enters: the file's bytes and the results. What leaves: the new bytes. The standard library's decoder is
used only to find where each member ends; it writes nothing. The file is held in memory.
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
from classifier.export.splice.listed import ListedEntries
from classifier.export.splice.results import Results, Spliced
from classifier.lists.json_array import places_of_elements
from classifier.lists.json_records import records_within

_SPACE = re.compile(r"[ \t\n\r]*")
_KEYWORD = "keyword"
_UNKNOWN_LIST = "its papers are under unknown names; put them into an array named items, or use --out"


class _Member(NamedTuple):
    """Positions of an object's member: the comma (or brace) before it, its name, its value, the end."""

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
    """Steps through JSON text and records positions."""

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

    def members(self, opening: int) -> Iterator[_Member]:
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
            yield _Member(before, name, at, colon, start, end, after, value)
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


def splice_csl_json(data: bytes, results: Results) -> Spliced:
    """The file with each item's label among its keywords.

    An item that is not valid JSON is listed as untouched.

    The items are those that the reader of lists finds (`classifier.lists.json_array`).

    Raises:
        InputError: There is neither an array nor an object.
    """
    original = decode(data)
    if original.text.lstrip()[:1] not in ("[", "{"):
        raise InputError("not CSL-JSON: expected an array of items; export the list again")
    draft = Draft(original)
    line, done = 1, 0
    for element in places_of_elements(original.text):
        start, end = element.start, element.end
        if original.text[start] != "{":  # an id or a title alone has no place for keywords
            continue
        line += original.text.count("\n", done, start)
        done = start
        raw = original.text[start:end]
        try:
            value, length = _Walker(raw).value(0)
            if length != len(raw):
                raise JSONDecodeError("not closed", raw, length)
        except JSONDecodeError as error:
            draft.leave("", line, f"not valid JSON: {error.msg}, line {line + error.lineno - 1}")
            continue
        if next(records_within(value)) == value:
            _splice_item(_Item(start, raw, value, line), results, draft)
        else:
            draft.leave("", line, _UNKNOWN_LIST)
    return draft.finish()


class _Item(NamedTuple):
    """An element of the list: its start, its text, its value, its line (from 1)."""

    start: int
    raw: str
    value: Any
    line: int


def _splice_item(item: _Item, results: Results, draft: Draft) -> None:
    title, own_id = str(item.value.get("title", "")), item.value.get("id")
    key = str(own_id) if isinstance(own_id, str | int) else ""
    listed = ListedEntries("csl-json").entry(f"[{item.raw}]", item.line, key)
    wanted = draft.wanted(results, listed, item.line)
    if wanted is None:
        return
    try:
        new = _with_keywords(item.raw, results.prefix, wanted.keywords)
        if wanted.note is not None:
            words = f"{results.prefix} {wanted.note}" if wanted.note else ""
            for name in results.note_fields:
                new = _with_note(new, name, results.prefix, words)
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
        if not words:
            return raw
        raise _NotEditable(f"it already has a {name}; choose another field for the rationale")
    return _changed(raw, member, escaped) if words else _without(raw, member)


def _find(raw: str, name: str) -> _Member | None:
    """The member of this name; it cannot be edited if it is not text or occurs twice."""
    found = [member for member in _Walker(raw).members(0) if member.name == name]
    if len(found) > 1 or (found and not isinstance(found[0].value, str)):
        raise _NotEditable(f"its {name} is not a single text")
    return found[0] if found else None


def _changed(raw: str, member: _Member, inner: str) -> str:
    return f"{raw[: member.value_start + 1]}{inner}{raw[member.value_end - 1 :]}"


def _without(raw: str, member: _Member) -> str:
    if raw[member.after] == ",":
        return raw[: member.before + 1] + raw[member.after + 1 :]
    return raw[: member.before] + raw[member.value_end :]


def _added(raw: str, name: str, inner: str) -> str:
    *_, last = _Walker(raw).members(0)  # an item with an identity has at least one member
    indent = raw[last.before + 1 : last.name_start]
    space = raw[last.colon + 1 : last.value_start]
    return f'{raw[: last.value_end]},{indent}"{name}":{space}"{inner}"{raw[last.value_end :]}'
