"""A text file of ids, DOIs, addresses, paths or titles -> raw entries.

What enters: lines. What leaves: one finding per line, or one per id, DOI or address on it. Blank lines, lines
without letters, those with "#" in front, and headings such as "To read:" are skipped; bullets and numbers in
front are removed. Text after the only id, DOI or address of a line is the paper's title, up to a comment
("# read"); only the ids of a reference in prose are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifier.errors import BadReference
from classifier.lists.lines import ListLine
from classifier.lists.raw import ASSUMED, Damaged, Found, Raw, too_long
from classifier.lists.references import Mention, find_mentions, is_only_mentions, without_mentions
from classifier.model.reference import Reference, parse_reference

_BULLET = re.compile(r"\s*(?:[-*+•·]\s+|\[\d{1,4}\]:?\s*|\(?\d{1,4}[.)]\s+)?")
_BETWEEN_PATHS = re.compile(r"(?<=\.pdf)\s*[,;]\s*", re.IGNORECASE)
_CATEGORY = re.compile(r"^\s*\[[\w.-]+\]\s*")  # as in arXiv's stamp
_COMMENT = re.compile(r"\s+#\s.*$")
_ANY = re.compile(r"[^\W_]")
_LONGEST = 4000
"""Longest line in characters; longer ones are not titles or ids."""


def read_plain(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per entry; no content of the file raises an error."""
    for line in lines:
        text = line.text.strip()
        if line.cut:
            yield too_long(line.number)
        elif len(text) > _LONGEST:
            reason = f"{len(text):,} characters on a line; expected one id, DOI, address or title"
            yield Damaged(line.number, reason)
        elif _ANY.search(text) and not text.startswith("#") and not text.endswith(":"):
            for found in _read(_without_comment(without_bullet(text)), line.number):
                if isinstance(found, Raw):
                    found.notices += [ASSUMED] * line.assumed
                yield found


def without_bullet(text: str) -> str:
    """The line without a bullet or number in front."""
    found = _BULLET.match(text)
    return text[found.end() :] if found else text


def _without_comment(text: str) -> str:
    """The line without a comment behind its ids; titles such as "C # in Practice" stay whole."""
    found = _COMMENT.search(text)
    return text[: found.start()] if found and find_mentions(text[: found.start()]) else text


def _read(text: str, line: int) -> list[Found]:
    if text.lower().endswith(".pdf") and "://" not in text and "arxiv.org/" not in text.lower():
        return [Raw(line, files=[path]) for path in _BETWEEN_PATHS.split(text)]
    mentions = find_mentions(text)
    if is_only_mentions(text, mentions):
        return [_entry(mention, line) for mention in _distinct(mentions)]
    first = mentions[0] if mentions else None
    # Four digits, a point and five are an id at either end of a line; within a sentence they may be anything.
    ends = [m for m in mentions if not m.is_bare or (m is first and not text[: m.start].strip(" \"'(["))]
    ends = ends or [m for m in mentions[-1:] if m.reference and not text[m.end :].strip(" .\"')]")]
    if not ends or (ends[0].reference is None and not ends[1:]):
        return [_whole(text, line)]
    return _in_prose(text, ends, line)


def _in_prose(text: str, mentions: list[Mention], line: int) -> list[Found]:
    """The entries of a line with other words: one paper's reference, or several papers' ids."""
    known = [mention for mention in _distinct(mentions) if mention.reference]
    kinds = [mention.paper[0] for mention in known]
    if len(kinds) > len(set(kinds)):  # two DOIs are two papers; a DOI and an address may be one paper's
        return [_entry(mention, line) for mention in known]
    raw = Raw(line)
    for mention in known:
        _add(raw, mention.reference)
    if mentions[0].start == 0:
        title = _CATEGORY.sub("", without_mentions(text, mentions).strip())
        title = title.lstrip(",;:-–—| \t").strip('"“” \t,;|([')
        raw.title = " ".join(title.split()) if len(re.findall(r"[^\W\d_]+", title)) > 1 else ""
    return [raw]


def _whole(text: str, line: int) -> Found:
    try:
        reference = parse_reference(text)
    except BadReference as error:
        return Damaged(line, error.message)
    raw = Raw(line)
    _add(raw, reference)
    return raw


def _distinct(mentions: list[Mention]) -> list[Mention]:
    return list({mention.paper: mention for mention in reversed(mentions)}.values())[::-1]


def _entry(mention: Mention, line: int) -> Found:
    if mention.reference is None:
        return Damaged(line, mention.problem)
    raw = Raw(line)
    _add(raw, mention.reference)
    return raw


def _add(raw: Raw, reference: Reference | None) -> None:
    if reference is None:
        return
    if reference.kind == "arxiv":
        raw.arxiv = reference.arxiv_id
    elif reference.kind == "doi":
        raw.doi = reference.value
    elif reference.kind == "url":
        raw.urls = [reference.value]
    elif reference.kind == "title":
        raw.title = reference.value
    else:
        raw.files = [reference.value]
