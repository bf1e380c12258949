"""CSL-JSON (an array, one object, or an object with "items" or "references") -> raw entries, in flat memory.

What enters: lines. What leaves: one finding an element, whose `line` is its number in the array, from 1. The
array is cut into elements by counting brackets outside strings, so that one broken element costs only itself;
a streaming JSON parser stops at the first error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifier.lists.json_values import broken_key, parse_object
from classifier.lists.lines import ListLine
from classifier.lists.named_fields import raw_from_fields
from classifier.lists.raw import ASSUMED, MAX_ENTRY_CHARS, Damaged, Found, too_long

_MARK = re.compile(r'["{}\[\]]')
_STRING_END = re.compile(r'(?:[^"\\]|\\.)*+"')
_ITEMS = re.compile(r'"(?:items|references)"\s*:\s*\[')


def read_csl_json(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding an element; never raises for what the file holds."""
    number = 0
    for element in _elements(lines):
        number += 1
        if element.long:
            yield too_long(number)
            continue
        value = parse_object(element.text) if element.closed else "the file ends inside this element"
        if isinstance(value, str):
            yield Damaged(number, value, broken_key(element.text))
        else:
            raw = raw_from_fields(value.items(), number)
            raw.notices += [ASSUMED] * element.assumed
            yield raw


class _Element:
    """An object that is being cut out."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self.depth = 0
        self.closed = self.assumed = self.long = False

    def add(self, text: str, line: ListLine) -> None:
        self._size += len(text)
        self.assumed |= line.assumed
        self.long |= self._size > MAX_ENTRY_CHARS
        if not self.long:
            self._parts.append(text)

    @property
    def text(self) -> str:
        return "".join(self._parts)


def _elements(lines: Iterator[ListLine]) -> Iterator[_Element]:
    """The objects of the outermost array, or the outermost objects."""
    element: _Element | None = None
    open_string = ""  # the last piece ended inside it
    for line in _past_wrapper(lines):
        text, position = open_string + line.text, 0
        open_string = ""
        while position < len(text):
            if element is None:
                position = text.find("{", position)
                if position < 0:
                    break
                element = _Element()
            end = _end(text, position, element, goes_on=line.cut and len(text) < MAX_ENTRY_CHARS)
            if not element.closed:
                open_string = text[end:]
            element.add(text[position:end] + ("" if element.closed or line.cut else "\n"), line)
            if element.closed:
                yield element
                element = None
            position = end + len(open_string)
    if element is not None:
        yield element


def _end(text: str, position: int, element: _Element, goes_on: bool) -> int:
    """Where the element ends (then `closed` is set), a string starts that does not end, or the text's end.

    A JSON string cannot go on past its line: a quote left open there makes the element broken, and its
    brackets are counted on.
    """
    while (mark := _MARK.search(text, position)) is not None:
        position = mark.end()
        if mark[0] == '"':
            string = _STRING_END.match(text, position)
            if string is not None:
                position = string.end()
            elif goes_on:
                return mark.start()
        else:
            element.depth += 1 if mark[0] in "{[" else -1
            if element.depth == 0:
                element.closed = True
                return position
    return len(text)


def _past_wrapper(lines: Iterator[ListLine]) -> Iterator[ListLine]:
    """The lines behind the opening of an "items" array where the file is an object that has one."""
    held: list[ListLine] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line.text)
        start = "\n".join(part.text for part in held).lstrip()
        if start.startswith("{") and (found := _ITEMS.search(start)):
            yield line._replace(text=start[found.end() :])
            break
        if (start and not start.startswith("{")) or size > 1 << 12 or len(held) > 50:
            yield from held
            break
    else:
        yield from held
        return
    yield from lines
