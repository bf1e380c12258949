"""Raw fields of any format -> a ListEntry, or the reason why there is none.

What enters: the readers' texts. What leaves: clean text, canonical ids, an attached file that
exists. All formats use it, so a year or an id has the same meaning in all of them. It fetches nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from classifier.lists.attachments import existing_pdf
from classifier.lists.ids import find_address, find_arxiv_id, find_doi
from classifier.lists.names import without_others
from classifier.lists.raw import Raw
from classifier.lists.work_types import csl_type
from classifier.model.entries import BrokenEntry, ListEntry, PersonName
from classifier.model.paper import Paper
from classifier.model.record import Notice

_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u2060\ufeff\s]+")
_TAG = re.compile(r"</?(?:i|b|u|em|strong|sub|sup|sc|span|p|jats:[\w-]+)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_NO_ABSTRACT = re.compile(r"^\[?no abstract (?:is )?available\.?\]?$", re.IGNORECASE)
_SLUG_WORD = re.compile(r"[^\W_]+")
_SLUG_CHARS = 40
"""Longest part of a title in a key that is made from it, in characters."""
_SHOWN = 3
_ID_CHARS = 80
"""Longest part of an id in a notice, in characters."""


def build_entry(raw: Raw, source: str, folder: Path) -> ListEntry | BrokenEntry:
    """Builds an entry from the fields.

    Args:
        source: The list's name.
        folder: Where relative paths of attached files start.

    Returns:
        A `BrokenEntry` if the fields contain no data by which the paper can be found or read.
    """
    notices = list(raw.notices)
    written = [name for author in raw.authors if (name := clean(author))]
    authors = [name for author in written if (name := without_others(author))]
    mentions = [*raw.urls, raw.doi, *raw.hints]
    paper = Paper(
        title=clean(_TAG.sub("", raw.title)) or None,
        authors=tuple(authors),
        year=_year(raw.year),
        arxiv_id=find_arxiv_id(raw.arxiv.strip(), mentions),
        doi=find_doi(raw.doi, (*raw.urls, *raw.hints)),
        abstract=_NO_ABSTRACT.sub("", clean(_TAG.sub(" ", raw.abstract))) or None,
    )
    if paper.arxiv_id is None and any(char.isdigit() for char in raw.arxiv):
        told = f"'{clean(raw.arxiv)[:_ID_CHARS]}' is not an arXiv id and was ignored; check it"
        notices.append(Notice(code="arxiv-id", message=told))
    file = existing_pdf(raw.files, folder)
    if raw.files and file is None:
        shown = ", ".join(clean(path) for path in raw.files[:_SHOWN])
        notices.append(Notice(code="attachment", message=f"no readable PDF at the attached path: {shown}"))
    url = find_address(raw.urls) if file is None and paper.arxiv_id is None else None
    if not (paper.title or paper.arxiv_id or paper.doi or paper.abstract or file or url):
        reason = "nothing identifies the paper; expected a title, an arXiv id, a DOI, an address or a PDF"
        causes = [notice.message for notice in notices if notice.code in ("arxiv-id", "attachment")]
        reason += f" ({'; '.join(causes)})" if causes else ""
        return BrokenEntry(source=source, line=raw.line, reason=reason, key=clean(raw.key) or None)
    return ListEntry(
        key=clean(raw.key) or _made_key(paper, url, source, raw.line),
        source=source,
        line=raw.line,
        paper=paper,
        file=file,
        url=url,
        notices=tuple(notices),
        type=csl_type(clean(raw.type)),
        journal=clean(_TAG.sub("", raw.journal)) or None,
        names=_names(raw.names, len(paper.authors)),
        more_authors=raw.more_authors or authors != written,
    )


def _names(names: Sequence[PersonName], authors: int) -> tuple[PersonName, ...]:
    """The names in parts, if they are those of all authors."""
    cleaned = [
        PersonName(family=clean(name.family), given=clean(name.given), suffix=clean(name.suffix))
        for name in names
        if len(names) == authors or without_others(name.family)
    ]
    return tuple(cleaned) if len(cleaned) == authors else ()


def clean(text: str) -> str:
    """One line without control characters, in which every character can be written as UTF-8."""
    if text.isprintable() and "  " not in text:  # the steps below would not change it
        return text.strip()
    text = _CONTROL.sub(" ", text).strip()
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _year(text: str) -> int | None:
    found = _YEAR.search(text)
    return int(found[0]) if found else None


def _made_key(paper: Paper, url: str | None, source: str, line: int) -> str:
    """A key made from the entry's content, so that it does not change when lines are added above it."""
    if paper.arxiv_id or paper.doi:
        return paper.arxiv_id or paper.doi or ""
    if paper.title:
        words = "-".join(_SLUG_WORD.findall(paper.title.lower()))[:_SLUG_CHARS].rstrip("-")
        return f"{words}-{hashlib.sha256(paper.title.encode()).hexdigest()[:8]}".lstrip("-")
    if url:
        return url
    return f"{'stdin' if source == '-' else Path(source).name}:{line}"
