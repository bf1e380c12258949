"""Writes keywords into a JSON list: the value of `keyword` changes; layout, order and escapes are kept.

What enters: the file's bytes and the results. What leaves: the new bytes. Items of Zotero get tags instead,
which it reads. The file is held in memory.
"""

from __future__ import annotations

from json import JSONDecodeError, dumps
from typing import Any, NamedTuple

from classifier.errors import InputError
from classifier.export.splice.decoded import decode
from classifier.export.splice.edits import Draft, NotEditable
from classifier.export.splice.json_text import (
    Walker,
    find_text,
    with_member,
    with_value,
    without,
)
from classifier.export.splice.keywords import is_own, replace_keywords
from classifier.export.splice.listed import ListedEntries
from classifier.export.splice.results import Results, Spliced
from classifier.export.splice.zotero_tags import with_tags, zotero_part
from classifier.lists.json_array import places_of_elements
from classifier.lists.json_records import records_within

_KEYWORD = "keyword"
_UNKNOWN_LIST = "its papers are under unknown names; put them into an array named items, or use --out"


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
            value, length = Walker(raw).value(0)
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
        new = _with_labels(item, results.prefix, wanted.keywords)
        if wanted.note is not None:
            words = f"{results.prefix} {wanted.note}" if wanted.note else ""
            for name in results.note_fields:
                new = _with_note(new, name, results.prefix, words)
    except NotEditable as error:
        draft.leave(key or title, item.line, str(error))
        return
    draft.edit(item.start, item.raw, new)


def _with_labels(item: _Item, prefix: str, wanted: tuple[str, ...]) -> str:
    part = zotero_part(item.raw, item.value)
    if part is None:
        return _with_keywords(item.raw, prefix, wanted)
    start, end = part
    new = f"{item.raw[:start]}{with_tags(item.raw[start:end], prefix, wanted)}{item.raw[end:]}"
    return _with_keywords(new, prefix, ())  # where earlier versions put them


def _with_keywords(raw: str, prefix: str, wanted: tuple[str, ...]) -> str:
    member = find_text(raw, _KEYWORD)
    if member is None:
        return with_member(raw, _KEYWORD, f'"{", ".join(wanted)}"') if wanted else raw
    # Our keywords need no escape, so the raw text between the quotes can be edited as it is.
    old = raw[member.value_start + 1 : member.value_end - 1]
    if not is_own(old, prefix):
        return with_value(raw, member, replace_keywords(old, prefix, wanted))
    return with_value(raw, member, ", ".join(wanted)) if wanted else without(raw, member)


def _with_note(raw: str, name: str, prefix: str, words: str) -> str:
    member = find_text(raw, name)
    escaped = dumps(words)[1:-1]
    if member is None:
        return with_member(raw, name, f'"{escaped}"') if words else raw
    if not member.value.startswith(f"{prefix} "):
        if not words:
            return raw
        raise NotEditable(f"it already has a {name}; choose another field for the rationale")
    return with_value(raw, member, escaped) if words else without(raw, member)
