"""A JSON text of any length -> the objects of its list, one by one.

What enters: lines, or pieces of one line. What leaves: the text of each element. The list is the outermost
array, or the first array of objects under a name that tools give to it ("items", "data", "results", …),
at any position in the file; an object without such an array is an element itself. Elements are cut by
counting brackets outside strings, so that a broken one affects only itself: a streaming parser stops at the
first error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifier.lists.lines import ListLine
from classifier.lists.raw import MAX_ENTRY_CHARS

_LISTS = frozenset((
    "items", "references", "data", "results", "papers", "documents", "docs", "hits", "works", "articles",
    "records", "entries", "publications", "bibliography", "recommendedpapers", "library", "hit", "notes",
))  # fmt: skip
"""Usual names of arrays with a list's entries."""
_OF_A_PAPER = frozenset(("title", "doi", "abstract", "author", "authors", "year", "externalids", "paperid"))
"""Names in a paper's record whose arrays list the papers that it cites."""
_LONGEST_NAME = 100
_DEEPEST = 4
"""Most nested objects around the array."""
_MARK = re.compile(r'["{}\[\]]')
_STRING_END = re.compile(r'(?:[^"\\]|\\.)*+"')
_COLON = re.compile(r"\s*:")


class Element:
    """A piece of the text that is being cut out; `text` is empty if it is too `long`.

    Attributes:
        start, end: Its span in the whole text, if the cutter knows the positions of its pieces; `end` is set
            if it is closed.
    """

    def __init__(self, start: int) -> None:
        self.start, self.end = start, 0
        self._parts: list[str] = []
        self._size = 0
        self.closed = self.assumed = self.long = False

    def add(self, text: str, line: ListLine) -> None:
        """Adds a part of a line."""
        self._size += len(text)
        self.assumed |= line.assumed
        self.long |= self._size > MAX_ENTRY_CHARS
        if self.long:
            self._parts.clear()
        else:
            self._parts.append(text)

    @property
    def text(self) -> str:
        """The collected text."""
        return "".join(self._parts)


def cut_elements(lines: Iterator[ListLine]) -> Iterator[Element]:
    """The elements, in order; the last one is not `closed` if the text ends inside it."""
    cutter = _Cutter()
    for line in lines:
        yield from cutter.feed(line)
    yield from cutter.finish()


def places_of_elements(text: str) -> Iterator[Element]:
    """The elements of a whole text, as in `cut_elements`, each with its span."""
    cutter = _Cutter()
    for number, line in enumerate(text.split("\n"), start=1):
        yield from cutter.feed(ListLine(number, line))
        cutter.offset += len(line) + 1
    for last in cutter.finish():
        last.end = len(text)
        yield last


def has_list(text: str) -> bool:
    """Whether an object at the beginning of the text contains the list's array."""
    cutter = _Cutter()
    for line in text.split("\n"):
        list(cutter.feed(ListLine(1, line)))
        if cutter.list_name:
            return True
    return False


class _Bracket:
    """An open bracket around elements.

    Attributes:
        name: The name of the member that it is the value of.
        names: Names from `_OF_A_PAPER` that the object has so far.
    """

    def __init__(self, sign: str, name: str) -> None:
        self.sign, self.name = sign, name
        self.names: set[str] = set()


class _Cutter:
    """Steps through the text, bracket by bracket; strings are skipped.

    Outside elements it looks for the list. The outermost object is kept, since it is the element if it
    contains no list.
    """

    def __init__(self) -> None:
        self.list_name = ""
        self.offset = 0  # of this piece in the whole text
        self._list_depth = 0  # brackets around its elements
        self._open: list[_Bracket] = []  # around elements
        self._string = ""  # the last one outside elements: the name of what opens next
        self._may_start = False  # an array has just opened that is the list if an object follows
        self._whole: Element | None = None
        self._element: Element | None = None
        self._depth = 0  # brackets inside the element
        self._begin = 0  # of the element, in this piece
        self._rest = ""  # the beginning of a string that continues in the next piece

    def feed(self, line: ListLine) -> Iterator[Element]:
        """The elements that end in this piece of text."""
        text, position, self._begin = self._rest + line.text, 0, 0
        self._rest = ""
        while (mark := _MARK.search(text, position)) is not None:
            position = mark.end()
            if mark[0] == '"':
                string = _STRING_END.match(text, position)
                if string is not None:
                    position = string.end()
                    if self._element is None:
                        yield from self._take_string(text, mark.end(), position, line)
                elif line.cut and len(text) < MAX_ENTRY_CHARS:
                    self._rest = text[mark.start() :]
                    break
                # A quote left open on its line makes the element broken; its brackets count.
            elif self._element is not None:
                self._depth += 1 if mark[0] in "{[" else -1
                if self._depth == 0:
                    yield self._finished(self._element, text, position, line)
                    self._element = None
            elif mark[0] in "{[":
                self._enter(mark[0], mark.start())
            else:
                yield from self._leave(text, position, line)
        held = self._element or self._whole
        if held is not None:
            held.add(text[self._begin : len(text) - len(self._rest)] + ("" if line.cut else "\n"), line)

    def finish(self) -> Iterator[Element]:
        """The unfinished element at the end of the text."""
        held = self._element or self._whole
        if held is not None:
            yield held

    def _take_string(self, text: str, start: int, end: int, line: ListLine) -> Iterator[Element]:
        self._may_start = False
        self._string = text[start : end - 1].lower() if end - start < _LONGEST_NAME else ""
        if len(self._open) == 1 and self._open[0].sign == "[":  # a list of ids or titles
            self._begin = start - 1
            yield self._finished(Element(self.offset + start - 1), text, end, line)
        elif self._open and self._string in _OF_A_PAPER and _COLON.match(text, end):
            self._open[-1].names.add(self._string)

    def _enter(self, bracket: str, start: int) -> None:
        """Opens an element, or a bracket around elements."""
        in_array = bool(self._open) and self._open[-1].sign == "["
        in_list = in_array and (len(self._open) == 1 or len(self._open) == self._list_depth)
        if bracket == "{" and in_array and (in_list or self._may_start):
            if self._may_start:
                self.list_name, self._list_depth = self._open[-1].name, len(self._open)
                self._whole = None
            self._element, self._depth, self._begin = Element(self.offset + start), 1, start
        else:
            if bracket == "{" and not self._open:
                self._whole, self._begin = Element(self.offset + start), start
            name = "" if in_array else self._string
            self._may_start = bracket == "[" and self._is_list_name(name)
            self._open.append(_Bracket(bracket, name))
            if len(self._open) == self._list_depth and not self._may_start:
                self._list_depth = 0  # another member instead of the list
        self._string = ""

    def _is_list_name(self, name: str) -> bool:
        if any(bracket.sign == "[" for bracket in self._open) or not 0 < len(self._open) <= _DEEPEST:
            return False
        if self.list_name:
            return name == self.list_name
        telling = 1 if name == "references" else 2
        return name in _LISTS and len(self._open[-1].names) < telling

    def _leave(self, text: str, position: int, line: ListLine) -> Iterator[Element]:
        """Closes a bracket around elements; the outermost object is an element if it contains no list."""
        self._may_start, self._string = False, ""
        if self._open:
            self._open.pop()
        if not self._open and self._whole is not None:
            yield self._finished(self._whole, text, position, line)
            self._whole = None

    def _finished(self, element: Element, text: str, end: int, line: ListLine) -> Element:
        element.add(text[self._begin : end], line)
        element.closed, element.end = True, self.offset + end
        return element
