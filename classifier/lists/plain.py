"""A text file of ids, DOIs, addresses, paths or titles, one a line -> raw entries.

What enters: lines. What leaves: one finding a line. Blank lines and those with "#" in front are passed over;
bullets and numbers in front are taken off. Text behind an id, DOI or address is taken as the paper's title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifier.errors import BadReference
from classifier.lists.lines import ListLine
from classifier.lists.raw import ASSUMED, Damaged, Found, Raw, too_long
from classifier.model.reference import Reference, parse_reference

_BULLET = re.compile(r"\s*(?:[-*+•·]\s+|\[\d+\]\s*|\(?\d{1,4}[.)]\s+)?")
_FIRST_WORD = re.compile(r"(\S+?)[,;:]?(?:\s+[-–—|:]\s+|\s+)(\S.*)")
_LONGEST = 4000
"""Of a line; longer ones are no titles or ids."""


def read_plain(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding a line; never raises for what the file holds."""
    for line in lines:
        text = line.text.strip()
        if line.cut or len(text) > _LONGEST:
            yield (
                too_long(line.number)
                if line.cut
                else Damaged(
                    line.number, f"{len(text):,} characters on a line; expected one id, DOI, address or title"
                )
            )
        elif text and not text.startswith("#"):
            found = _read(text[_end_of_bullet(text) :], line.number)
            if isinstance(found, Raw):
                found.notices += [ASSUMED] * line.assumed
            yield found


def _end_of_bullet(text: str) -> int:
    found = _BULLET.match(text)
    return found.end() if found else 0


def _read(text: str, line: int) -> Found:
    if text.lower().endswith(".pdf") and "://" not in text:
        return Raw(line, files=[text])
    split = _FIRST_WORD.fullmatch(text)
    if split is not None and (raw := _with_title(split[1], split[2].strip(), line)) is not None:
        return raw
    try:
        return _raw(parse_reference(text), line)
    except BadReference as error:
        return Damaged(line, error.message)


def _with_title(word: str, rest: str, line: int) -> Raw | None:
    """An id, DOI or address followed by a title; None where the first word is a word."""
    if not re.search(r"\d|://", word) or ("." not in word and "/" not in word):
        return None
    try:
        reference = parse_reference(word)
    except BadReference:
        return None
    if reference.kind not in ("arxiv", "doi", "url"):
        return None
    raw = _raw(reference, line)
    title = re.sub(r"^\[[\w.-]+\]\s*", "", rest).strip('"“” ')  # a category, as in arXiv's stamp
    if len(re.findall(r"[^\W\d_]+", title)) > 1:
        raw.title = title
    return raw


def _raw(reference: Reference, line: int) -> Raw:
    if reference.kind == "arxiv":
        return Raw(line, arxiv=reference.arxiv_id)
    if reference.kind == "doi":
        return Raw(line, doi=reference.value)
    if reference.kind == "url":
        return Raw(line, urls=[reference.value])
    if reference.kind == "title":
        return Raw(line, title=reference.value)
    return Raw(line, files=[reference.value])
