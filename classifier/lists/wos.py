"""Web of Science's tagged export -> raw entries.

What enters: lines. What leaves: one finding per record. The text is cut at `PT` and `ER`, and rispy's parser
reads each record separately. Wrapped lines are indented, so no text looks like a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from classifier.lists.lines import ListLine
from classifier.lists.names import given_first, parse_names
from classifier.lists.open_entry import OpenEntry
from classifier.lists.raw import Damaged, Found, Raw, too_long

_TAG = re.compile(r"([A-Z][A-Z0-9])(?: |$)")
_START, _END = "PT", "ER"
_AROUND = ("FN", "VR", "EF")
"""Tags of the file, not of a record."""


def read_wos(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per record; no content of the file raises an error."""
    record: _Open | None = None
    stray = False
    for line in lines:
        found = _TAG.match(line.text)
        tag = found[1] if found and found[1] in _known_tags() else ""
        if record is not None and tag in (_START, *_AROUND):
            yield record.finish()
            record = None
        if record is None:
            if tag == _START:
                record, stray = _Open(line), False
            elif line.text.strip() and tag not in (*_AROUND, _END) and not stray:
                stray = True  # one report for the whole piece
                yield Damaged(line.number, "text outside a record; expected 'PT ' first")
        if record is not None:
            record.take(tag, line)
            if tag == _END:
                yield record.finish()
                record = None
    if record is not None:
        yield record.finish()


class _Open(OpenEntry):
    """A record that is being read."""

    def __init__(self, line: ListLine) -> None:
        super().__init__(line)
        self._parts: list[str] = []

    def take(self, tag: str, line: ListLine) -> None:
        if self.fits(line) and tag != _END and line.text.strip():
            # A line without a tag continues the line before, even without an indent.
            self._parts.append(line.text if tag else f"   {line.text.strip()}")

    def finish(self) -> Found:
        if self.long:
            return too_long(self.line)
        fields = _parsed("\n".join([*self._parts, _END, ""]))
        if fields is None:
            return Damaged(self.line, "not a record of Web of Science; expected lines such as 'TI Title'")
        authors = _texts(fields, "author_full_name") or _texts(fields, "authors")
        return Raw(
            self.line,
            key=_first(fields, "accession_number"),
            title=_first(fields, "document_title"),
            authors=[given_first(name) for name in authors],
            names=parse_names(authors),
            year=_first(fields, "publication_year") or _first(fields, "early_access_date"),
            doi=_first(fields, "doi") or _first(fields, "book_doi"),
            abstract=_first(fields, "abstract"),
            hints=[*_texts(fields, "publication_name"), *_texts(fields, "volume")],
            journal=_first(fields, "publication_name"),
            type=_first(fields, "document_type"),
            notices=self.notices,
            fields=fields,
        )


def _parsed(text: str) -> Mapping[str, Any] | None:
    import rispy

    try:
        found = rispy.loads(text, implementation=rispy.WokParser)
    except Exception:  # noqa: BLE001  hostile text; the parser promises no particular exception
        return None
    return found[0] if found else None


def _texts(fields: Mapping[str, Any], name: str) -> list[str]:
    value = fields.get(name)
    values = value if isinstance(value, list) else [value] if value else []
    return [text for item in values if (text := str(item).strip())]


def _first(fields: Mapping[str, Any], name: str) -> str:
    return next(iter(_texts(fields, name)), "")


@cache
def _known_tags() -> frozenset[str]:
    from rispy.config import WOK_TAG_KEY_MAPPING

    return frozenset((*WOK_TAG_KEY_MAPPING, *_AROUND))
