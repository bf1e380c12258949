"""EndNote's XML (also as Zotero and others write it) -> raw entries, in flat memory.

What enters: lines, or pieces of them. What leaves: one finding per record, whose `line` is that of the file.
The text is cut at `<record>` and `</record>`, and each piece is parsed separately by defusedxml, so that a
broken record affects only itself and no entity of the file is ever defined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from classifier.lists.lines import ListLine
from classifier.lists.names import given_first, parse_names
from classifier.lists.raw import ASSUMED, MAX_ENTRY_CHARS, Damaged, Found, Raw, too_long

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_START = re.compile(r"<record(?=[\s>])", re.IGNORECASE)
_END = re.compile(r"</record\s*>", re.IGNORECASE)
_LONGEST_TAG = 12
"""Most characters at the end of a piece that can be the beginning of a tag."""
_DOI_PREFIX = re.compile(r"^\s*doi:?\s*", re.IGNORECASE)
_HINTS = (
    "notes", "custom1", "custom2", "custom7", "volume", "number", "periodical/full-title",
    "titles/secondary-title", "accession-num", "electronic-resource-num",
)  # fmt: skip


def read_endnote_xml(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per record; no content of the file raises an error."""
    piece = _Piece()
    for line in lines:
        yield from piece.feed(line)
    yield from piece.finish()


class _Piece:
    """The record that is being cut out."""

    def __init__(self) -> None:
        self._rest = ""  # the part of the text that was not processed yet
        self._parts: list[str] | None = None
        self._size = self._line = 0
        self._assumed = self._long = False

    def feed(self, line: ListLine) -> Iterator[Found]:
        text = self._rest + line.text + ("" if line.cut else "\n")
        while True:
            if self._parts is None:
                start = _START.search(text)
                if start is None:
                    self._rest = text[-_LONGEST_TAG:] if line.cut else ""
                    return
                self._parts, self._line, self._size = [], line.number, 0
                self._assumed = self._long = False
                text = text[start.start() :]
            end = _END.search(text)
            again = _START.search(text, 1) if not self._parts else _START.search(text)
            if again is not None and (end is None or again.start() < end.start()):
                yield Damaged(self._line, f"it is still open when line {line.number} starts another record")
                self._parts, text = None, text[again.start() :]
                continue
            if end is None:
                kept = max(0, len(text) - _LONGEST_TAG) if line.cut else len(text)
                self._add(text[:kept], line)
                self._rest = text[kept:]
                return
            self._add(text[: end.end()], line)
            yield self._finding()
            self._parts, text = None, text[end.end() :]

    def finish(self) -> Iterator[Found]:
        if self._parts is not None:
            yield Damaged(self._line, "the file ends inside this record")

    def _add(self, text: str, line: ListLine) -> None:
        self._size += len(text)
        self._assumed |= line.assumed
        self._long |= self._size > MAX_ENTRY_CHARS
        if self._parts is not None and not self._long and text:
            self._parts.append(text)

    def _finding(self) -> Found:
        if self._long:
            return too_long(self._line)
        record = _parsed("".join(self._parts or ()))
        if isinstance(record, str):
            return Damaged(self._line, record)
        raw = _raw(record, self._line)
        raw.notices += [ASSUMED] * self._assumed
        return raw


def _parsed(text: str) -> Element | str:
    """The record's element, with names in lower case, or the error."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        record: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        return f"not valid XML ({' '.join(str(error).split())}); expected <record>…</record>"
    for element in record.iter():
        element.tag = element.tag.lower() if isinstance(element.tag, str) else ""
    return record


def _raw(record: Element, line: int) -> Raw:
    authors = next((names for path in _AUTHORS if (names := _texts(record, path))), [])
    pdfs = _texts(record, "urls/pdf-urls/url")
    kind = record.find("ref-type")
    return Raw(
        line,
        key=_first(record, "label") or _first(record, "foreign-keys/key") or _first(record, "rec-number"),
        title=_first(record, "titles/title"),
        authors=[given_first(name) for name in authors],
        names=parse_names(authors),
        year=_first(record, "dates/year") or _first(record, "dates/pub-dates/date"),
        doi=_DOI_PREFIX.sub("", _first(record, "electronic-resource-num")),
        abstract=_first(record, "abstract"),
        urls=[url for path in ("urls/related-urls/url", "urls/web-urls/url") for url in _texts(record, path)],
        files=[path.removeprefix("internal-pdf://") for path in pdfs],
        hints=[text for path in _HINTS for text in _texts(record, path)],
        journal=_first(record, "periodical/full-title") or _first(record, "titles/secondary-title"),
        type=kind.get("name", "") if kind is not None else "",
        fields={"keywords": _texts(record, "keywords/keyword")},
    )


_AUTHORS = ("contributors/authors/author", "contributors/secondary-authors/author", "contributors/authors")


def _texts(record: Element, path: str) -> list[str]:
    """The texts at a path; styles within them (`<style face="italic">`) are ignored."""
    return [text for found in record.findall(path) if (text := " ".join("".join(found.itertext()).split()))]


def _first(record: Element, path: str) -> str:
    return next(iter(_texts(record, path)), "")
