"""arXiv's Atom feeds -> entries.

What enters: the bytes that the API sent. What leaves: the metadata of each paper. It sends no requests.
Format: arXiv API User's Manual, sections 3.3 and 3.4 (an error is a separate entry).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classifier.errors import PaperNotFound, SourceUnavailable
from classifier.model.paper import Paper
from classifier.model.record import Record

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_ID = re.compile(r"https?://(?:export\.)?arxiv\.org/abs/(?P<id>.+?)v(?P<version>\d+)")


class ArxivEntry(Record):
    """One version of a paper, as arXiv describes it.

    Attributes:
        paper: Its metadata; `arxiv_id` includes the version.
        bare_id: The id without version.
        version: From 1.
    """

    paper: Paper
    bare_id: str
    version: int

    @property
    def arxiv_id(self) -> str:
        """The id with version, e.g. "2402.01874v3"."""
        return f"{self.bare_id}v{self.version}"

    @property
    def title(self) -> str:
        """The title of this version."""
        return self.paper.title or ""


def parse_feed(data: bytes) -> list[ArxivEntry]:
    """Parses a feed; returns an empty list if nothing was found.

    Raises:
        PaperNotFound: The feed reports an error, as for malformed ids.
        SourceUnavailable: The data is not an Atom feed (an error page, a truncated body).
    """
    import xml.etree.ElementTree as ElementTree

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        feed: Element = fromstring(data)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise SourceUnavailable("arXiv's API did not return an Atom feed; try again later") from error
    if feed.tag != f"{_ATOM}feed":
        raise SourceUnavailable("arXiv's API did not return an Atom feed; try again later")
    found = [_entry(element) for element in feed.iter(f"{_ATOM}entry")]
    return [entry for entry in found if entry is not None]


def _entry(element: Element) -> ArxivEntry | None:
    address = _text(element, f"{_ATOM}id") or ""
    if "/api/errors" in address:
        reason = _text(element, f"{_ATOM}summary") or "an error without a reason"
        raise PaperNotFound(f"no such paper: arXiv says '{reason[:200]}'; check the id")
    title = _text(element, f"{_ATOM}title")
    match = _ID.fullmatch(address)
    if match is None or not title:  # arXiv answers some unknown ids with an entry without content
        return None
    published = _text(element, f"{_ATOM}published") or ""
    names = (_text(author, f"{_ATOM}name") for author in element.iter(f"{_ATOM}author"))
    paper = Paper(
        title=title,
        authors=tuple(name for name in names if name),
        year=int(published[:4]) if published[:4].isdecimal() else None,
        arxiv_id=f"{match['id']}v{match['version']}",
        doi=_text(element, f"{_ARXIV}doi"),
        abstract=_text(element, f"{_ATOM}summary"),
    )
    return ArxivEntry(paper=paper, bare_id=match["id"], version=int(match["version"]))


def _text(element: Element, tag: str) -> str | None:
    """The child's text on one line; None if it is missing or blank."""
    return " ".join((element.findtext(tag) or "").split()) or None
