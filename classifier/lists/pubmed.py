"""PubMed's export (MEDLINE, .nbib) -> raw entries.

What enters: lines. What leaves: one finding per record. A record ends at the next PMID, or at a blank line
that no indented line follows. Lines that do not begin with a tag continue the field. No maintained library
reads this format record by record (docs/adr/0008-reading-lists.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifier.lists.lines import ListLine
from classifier.lists.names import given_first, parse_names
from classifier.lists.raw import Damaged, Found, Raw, too_long
from classifier.lists.tagged import TaggedRecord

_TAG = re.compile(
    r"(?=.{4}-)([A-Z][A-Z0-9]{1,3}) {0,2}-(?: (.*)|$)", re.DOTALL
)  # four characters, then a dash
_START = "PMID"
_DOI = re.compile(r"(\S+)\s*\[doi\]", re.IGNORECASE)


def read_pubmed(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per record; no content of the file raises an error."""
    record: TaggedRecord | None = None
    stray = blank = False
    for line in lines:
        found = _TAG.match(line.text)
        is_blank = not line.text.strip()
        ended = (
            blank and not is_blank and not line.text.startswith("   ")
        )  # else another paragraph of the field
        blank = is_blank
        if record is not None and (ended or (found and found[1] == _START)):
            yield _finding(record)
            record = None
        if found:
            record = record or TaggedRecord(line)
            record.begin(found[1], found[2] or "", line)
            stray = False
        elif record is not None:
            record.extend(line.text, line)
        elif line.text.strip() and not stray:
            stray = True  # one report for the whole piece
            yield Damaged(line.number, "text outside a record; expected 'PMID- ' first")
    if record is not None:
        yield _finding(record)


def _finding(record: TaggedRecord) -> Found:
    key = record.first(_START)
    if record.long:
        return too_long(record.line, key)
    dois = [found[1] for value in record.all("LID", "AID") if (found := _DOI.search(value))]
    authors = record.some("FAU", "AU", "CN", "FED", "ED")
    return Raw(
        record.line,
        key=key,
        title=record.first("TI", "BTI", "TT"),
        authors=[given_first(name) for name in authors],
        names=parse_names(authors),
        year=" ".join(record.all("DP", "DEP", "DA")),
        doi=next(iter(dois), ""),
        abstract=record.first("AB", "OAB"),
        hints=record.all("LID", "AID", "SO", "GN"),
        journal=record.first("JT", "TA"),
        type=record.first("PT"),
        notices=record.notices,
        fields={"keywords": record.all("OT") or record.all("MH")},
    )
