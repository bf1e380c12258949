"""Scopus's plain-text export -> raw entries.

What enters: lines. What leaves: one finding per record. A record ends at its "SOURCE: Scopus" line. It begins
with authors, title and "(year) journal …", without labels; the other fields have labels. No maintained
library reads this format (docs/adr/0008-reading-lists.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from classifier.lists.lines import ListLine
from classifier.lists.names import given_first, parse_names, split_names
from classifier.lists.raw import Damaged, Found, Raw, too_long
from classifier.lists.tagged import TaggedRecord

_LABEL = re.compile(r"([A-Z][A-Z /&()-]{2,40}?):\s*(.*)", re.DOTALL)
_FILE = re.compile(r"\s*(?:Scopus|EXPORT DATE:.*)\s*")
_JOURNAL = re.compile(r"\s*\((\d{4})\)\s+([^,]*)")
_IDS = re.compile(r"[\d;\s]+")
_ADDRESS = re.compile(r"https?://\S*scopus\.com/\S*", re.IGNORECASE)
_NUMBER = re.compile(r"\s*\(\d{6,}\)\s*$")
_HEAD = "head"
_END = "SOURCE"


def read_scopus(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per record; no content of the file raises an error."""
    record: TaggedRecord | None = None
    for line in lines:
        text = line.text.strip()
        if not text or (record is None and _FILE.fullmatch(text)):
            continue
        record = record or TaggedRecord(line)
        label = _LABEL.fullmatch(text)
        if label:
            record.begin(label[1], label[2], line)
        elif _ADDRESS.match(text):
            record.begin("LINK", text, line)
        elif record.tag in ("", _HEAD, "LINK", "AUTHOR FULL NAMES"):
            record.begin(_HEAD, text, line)
        else:
            record.extend(text, line)  # of an abstract or of the references
        if label and label[1] == _END:
            yield _finding(record)
            record = None
    if record is not None:
        yield _finding(record)


def _finding(record: TaggedRecord) -> Found:
    if record.long:
        return too_long(record.line)
    head = [text for text in record.all(_HEAD) if not _IDS.fullmatch(text)]
    place = next((number for number, text in enumerate(head) if _JOURNAL.match(text)), None)
    if not place:
        return Damaged(record.line, "not a record of Scopus; expected authors, a title and '(year) journal'")
    journal = _JOURNAL.match(head[place])
    named = record.first("AUTHOR FULL NAMES")
    authors = [name for name in (named or head[0] if place > 1 else named).split(";") if name.strip()]
    if len(authors) == 1:  # before 2023: "Muster, A., Exempel, K."
        authors = split_names(authors[0])
    authors = [_NUMBER.sub("", name).strip() for name in authors]
    link = record.first("LINK")
    query = parse_qs(urlsplit(link).query) if link else {}
    return Raw(
        record.line,
        title=head[place - 1],
        authors=[given_first(name) for name in authors if not name.startswith("[No author")],
        names=parse_names(authors),
        year=journal[1] if journal else "",
        doi=record.first("DOI") or next(iter(query.get("doi", ())), ""),
        abstract=record.first("ABSTRACT"),
        journal=journal[2] if journal else "",
        type=record.first("DOCUMENT TYPE"),
        notices=record.notices,
        fields={"keywords": record.first("AUTHOR KEYWORDS")},
    )
