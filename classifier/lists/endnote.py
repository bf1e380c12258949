"""EndNote's tagged export (.enw, also of Google Scholar and publishers; "refer") -> raw entries.

What enters: lines. What leaves: one finding per record. A record begins at `%0`, or after a blank line; lines
without a tag continue the field. No maintained library reads this format (docs/adr/0008-reading-lists.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifier.lists.attachments import split_file_field
from classifier.lists.lines import ListLine
from classifier.lists.names import given_first, parse_names
from classifier.lists.raw import Damaged, Found, Raw, too_long
from classifier.lists.tagged import TaggedRecord

_TAG = re.compile(r"\s{0,3}%([0-9A-Za-z@!#$&()*+\-./:;<=>?\[\\\]^_~|])(?:\s(.*)|$)", re.DOTALL)
_START = "0"


def read_endnote(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per record; no content of the file raises an error."""
    record: TaggedRecord | None = None
    blank = stray = False
    for line in lines:
        found = _TAG.match(line.text)
        if found is not None:
            if record is not None and (
                found[1] == _START or (blank and found[1] in "AT" and _is_full(record))
            ):
                yield _finding(record)
                record = None
            record = record or TaggedRecord(line)
            record.begin(found[1], found[2] or "", line)
            stray = False
        elif record is not None:
            record.extend(line.text, line)  # a blank line too: an abstract may have several paragraphs
        elif line.text.strip() and not stray:
            stray = True  # one report for the whole piece
            yield Damaged(line.number, "text outside a record; expected '%0 ' first")
        blank = not line.text.strip()
    if record is not None:
        yield _finding(record)


def _is_full(record: TaggedRecord) -> bool:
    """Whether the record has a title, so that text after a blank line belongs to another one."""
    return bool(record.first("T"))


def _finding(record: TaggedRecord) -> Found:
    key = record.first("F")
    if record.long:
        return too_long(record.line, key)
    authors = record.some("A", "E", "Y")
    links = record.all(">")
    return Raw(
        record.line,
        key=key,
        title=record.first("T", "!"),
        authors=[given_first(name) for name in authors],
        names=parse_names(authors),
        year=" ".join(record.all("D", "8")),
        doi=record.first("R"),
        abstract=record.first("X"),
        urls=[*record.all("U"), *(link for link in links if "://" in link)],
        files=[path for link in links if "://" not in link for path in split_file_field(link)],
        hints=record.all("J", "B", "V", "N", "Z", "M", "L", "1", "2", "3", "4"),
        journal=record.first("J", "B"),
        type=record.first("0"),
        notices=record.notices,
        fields={"keywords": record.all("K")},
    )
