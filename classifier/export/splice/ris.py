"""Writes keywords into a RIS file: lines `KW - …` are added, replaced or removed; no other byte changes.

What enters: the file's bytes and the results. What leaves: the new bytes. An entry is identified by its `ID`
or `LB`, else by its DOI or title. Lines are recognised as in the list's reader, with more or fewer spaces
than the two of the format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from classifier.export.splice.decoded import decode, line_end, split_lines
from classifier.export.splice.edits import Draft
from classifier.export.splice.listed import ListedEntries
from classifier.export.splice.results import Results, Spliced
from classifier.lists.lines import ListLine
from classifier.lists.ris_lines import END, START, read_tags
from classifier.text.characters import shown

_KEYWORD = "KW"
_IDS, _TITLES = ("ID", "LB"), ("TI", "T1", "ST")


class _Line(NamedTuple):
    """A line with its end; `tag` is None if it continues the line before."""

    text: str
    tag: str | None
    value: str


@dataclass
class _Record:
    """From TY to ER, or to the last non-blank line if ER is missing."""

    start: int
    number: int
    lines: list[_Line] = field(default_factory=list)

    def first(self, *tags: str) -> str:
        return next((line.value for tag in tags for line in self.lines if line.tag == tag and line.value), "")

    @property
    def text(self) -> str:
        return "".join(line.text for line in self.lines)


def splice_ris(data: bytes, results: Results) -> Spliced:
    """The file with each entry's label among its keywords.

    Raises:
        InputError: The bytes are not valid in the encoding of their byte order mark.
    """
    original = decode(data)
    draft = Draft(original)
    entries = ListedEntries("ris")
    for record in _records(original.text):
        own_id, title = record.first(*_IDS), record.first(*_TITLES)
        listed = entries.entry(record.text, record.number, own_id)
        wanted = draft.wanted(results, listed, record.number)
        if wanted is None:
            continue
        if not record.lines[-1].text.endswith(("\r", "\n")) and record.lines[-1].tag != END:
            draft.leave(own_id or shown(title), record.number, "it is cut off by the end of the file")
            continue
        lines = _with_values(record.lines, _KEYWORD, results.prefix, wanted.keywords)
        if wanted.note is not None:
            mark = f"{results.prefix} "
            for tag in results.note_fields:
                lines = _with_values(lines, tag, mark, (mark + wanted.note,) if wanted.note else ())
        draft.edit(record.start, record.text, "".join(line.text for line in lines))
    return draft.finish()


def _with_values(lines: list[_Line], tag: str, mark: str, values: tuple[str, ...]) -> list[_Line]:
    """The lines, with the values (one line each) instead of those that begin with the mark."""
    own = [i for i, line in enumerate(lines) if line.tag == tag and line.value.startswith(mark)]
    if tuple(lines[i].value for i in own) == values:
        return lines
    eol = line_end(lines[0].text)
    new = [_Line(f"{tag}  - {value}{eol}", tag, value) for value in values]
    place = own[0] if own else _place(lines, tag)
    before = [line for i, line in enumerate(lines[:place]) if i not in own]
    after = [line for i, line in enumerate(lines[place:], start=place) if i not in own]
    return [*before, *new, *after]


def _place(lines: list[_Line], tag: str) -> int:
    """The position after the last line of this tag (with its continuation lines), else the record's end."""
    end = len(lines) - 1 if lines[-1].tag == END else len(lines)
    last = max((i for i, line in enumerate(lines) if line.tag == tag), default=end - 1)
    while last + 1 < end and lines[last + 1].tag is None:
        last += 1
    return last + 1


def _records(text: str) -> Iterator[_Record]:
    """The records; text between them is skipped."""
    record: _Record | None = None
    at = 0
    lines = list(split_lines(text))
    tags = read_tags(ListLine(number, raw.rstrip("\r\n")) for number, raw in enumerate(lines, start=1))
    for raw, (tag, value, source) in zip(lines, tags, strict=True):
        line, number = _Line(raw, tag or None, value.strip()), source.number
        if line.tag == START:
            if record is not None:
                yield _trimmed(record)
            record = _Record(at, number)
        if record is not None:
            record.lines.append(line)
            if line.tag == END:
                yield record
                record = None
        at += len(raw)
    if record is not None:
        yield _trimmed(record)


def _trimmed(record: _Record) -> _Record:
    while not record.lines[-1].text.strip():
        record.lines.pop()
    return record
