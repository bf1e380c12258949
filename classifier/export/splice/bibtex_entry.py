"""One entry's text, and edits of one field that do not change the others.

What enters: an entry as in the file, "@article{key, …}". What leaves: the same with one field added, changed
or removed, in the entry's own style. Adding a field and removing it again gives the same text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from classifier.export.splice.edits import NotEditable
from classifier.lists.bibtex_comments import blank_comments
from classifier.lists.bibtex_values import end_of_value

_HEAD = re.compile(r"@\w*[ \t]*[{(]")
_SPACE = re.compile(r"\s*")
_BRACE = re.compile(r"(?<!\\)[{}]")
_QUOTE_OR_BRACE = re.compile(r'(?<!\\)[{}"]')


class Field(NamedTuple):
    """A field's positions: the comma before it, its name, its value, the comma after it if there is one."""

    comma: int
    name_start: int
    name_end: int
    value_start: int
    value_end: int
    next_comma: int | None


class BibtexEntry:
    """An entry that the parser accepts.

    Raises:
        NotEditable: The parser's fields are not found in the text in their order.
    """

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self._fields = _locate_fields(blank_comments(raw))  # every character keeps its place

    def find(self, name: str) -> Field | None:
        """The first field of this name, whatever its case."""
        return next(
            (f for f in self._fields if self.raw[f.name_start : f.name_end].casefold() == name.casefold()),
            None,
        )

    def hides(self, name: str) -> bool:
        """Whether a field of this name follows another field's value without a comma between them."""
        for field in self._fields:
            value = self.raw[field.value_start : field.value_end]
            end = end_of_value(value)
            if end is not None and re.match(rf"\s*{re.escape(name)}\s*=", value[end:], re.IGNORECASE):
                return True
        return False

    def inner(self, field: Field) -> str:
        """The field's value without its delimiters.

        Raises:
            NotEditable: It is a macro, a number or a concatenation.
        """
        value = self.raw[field.value_start : field.value_end]
        if not (_is_braced(value) or _is_quoted(value)):
            name = self.raw[field.name_start : field.name_end]
            raise NotEditable(f"its {name} are not a single text in braces or quotes")
        return value[1:-1]

    def with_value(self, field: Field, inner: str) -> str:
        """The entry with another text between the field's delimiters."""
        return self.raw[: field.value_start + 1] + inner + self.raw[field.value_end - 1 :]

    def without(self, field: Field) -> str:
        """The entry without the field, and without what `with_field` added around it."""
        after_comma = field.comma + 1
        if "%" in self.raw[after_comma : field.name_start]:  # a comment that a user put before it
            after_comma = self.raw.rfind("\n", 0, field.name_start)
        elif field.next_comma is None:
            return self.raw[: field.comma] + self.raw[field.value_end :]
        return self.raw[:after_comma] + self.raw[(field.next_comma or field.value_end - 1) + 1 :]

    def with_field(self, name: str, inner: str) -> str:
        """The entry with one more field at its end, formatted like the last one."""
        if not self._fields:
            return self._with_first_field(name, inner)
        last = self._fields[-1]
        indent = self.raw[last.comma + 1 : last.name_start]
        if "%" in indent:  # a comment, with the line on which the field begins
            indent = "\n" + indent.rpartition("\n")[2]
        text = f"{indent}{name}{self._equals(last, name)}{self._delimited(last, inner)}"
        if last.next_comma is not None:
            at = last.next_comma + 1
            return f"{self.raw[:at]}{text},{self.raw[at:]}"
        return f"{self.raw[: last.value_end]},{text}{self.raw[last.value_end :]}"

    def _with_first_field(self, name: str, inner: str) -> str:
        end = len(self.raw) - 1
        comma = self.raw.find(",")
        if comma >= 0:
            return f"{self.raw[: comma + 1]} {name} = {{{inner}}},{self.raw[comma + 1 :]}"
        end = len(self.raw[:end].rstrip())
        return f"{self.raw[:end]}, {name} = {{{inner}}}{self.raw[end:]}"

    def _equals(self, last: Field, name: str) -> str:
        """The equals sign with the spaces that the entry's style has around it."""
        before, _, after = self.raw[last.name_end : last.value_start].partition("=")
        if any(self.raw[field.name_end : field.name_end + 2].isspace() for field in self._fields):
            # Names are padded to one column; ours gets the same padding.
            before = " " * max(1, last.name_end - last.name_start + len(before) - len(name))
        return f"{before}={after if after.strip(' ') == '' else ' '}"

    def _delimited(self, last: Field, inner: str) -> str:
        quoted = self.raw[last.value_start] == '"' and '"' not in inner
        return f'"{inner}"' if quoted else f"{{{inner}}}"


def _locate_fields(raw: str) -> tuple[Field, ...]:
    head = _HEAD.match(raw)
    comma = raw.find(",")
    if head is None:
        raise NotEditable("the parser found no entry in its text")
    if comma < 0:
        return ()
    fields = []
    at: int | None = comma
    for name, value in _parsed_fields(raw):
        if at is None:
            raise NotEditable("a comma between two fields is missing")
        name_start = _skip(raw, at + 1)
        name_end = name_start + len(name)
        equals = _skip(raw, name_end)
        value_start = _skip(raw, equals + 1)
        value_end = value_start + len(value)
        parts = (raw[name_start:name_end], raw[equals : equals + 1], raw[value_start:value_end])
        if parts != (name, "=", value) or not value:
            raise NotEditable(f"its field '{name}' is ambiguous")
        following = _skip(raw, value_end)
        after = following if raw[following : following + 1] == "," else None
        fields.append(Field(at, name_start, name_end, value_start, value_end, after))
        at = after
    return tuple(fields)


def _parsed_fields(raw: str) -> list[tuple[str, str]]:
    from bibtexparser.model import DuplicateFieldKeyBlock, Entry
    from bibtexparser.splitter import Splitter

    block = next(iter(Splitter(raw).split().blocks), None)
    if isinstance(block, DuplicateFieldKeyBlock):
        block = block.ignore_error_block
    if not isinstance(block, Entry) or block.raw != raw:
        raise NotEditable("it cannot be parsed alone")
    return [(field.key, field.value) for field in block.fields]


def _skip(raw: str, at: int) -> int:
    found = _SPACE.match(raw, at)
    return found.end() if found else at


def _is_braced(value: str) -> bool:
    """Whether one pair of braces encloses the whole value."""
    if len(value) < 2 or value[0] != "{" or value[-1] != "}":
        return False
    depth = 0
    for brace in _BRACE.finditer(value):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.end() == len(value)
    return False


def _is_quoted(value: str) -> bool:
    """Whether one pair of quotes encloses the whole value."""
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return False
    depth = 0
    for mark in _QUOTE_OR_BRACE.finditer(value, 1):
        if mark[0] == '"' and depth == 0:
            return mark.end() == len(value)
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
    return False
