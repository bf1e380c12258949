"""A line of text -> the arXiv ids, DOIs and addresses in it, with their positions.

What enters: one line that a person or a program wrote. What leaves: mentions in the order of the line. It
does not handle titles, and looks nothing up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from classifier.errors import BadReference
from classifier.lists.ids import SICI, trimmed
from classifier.model.reference import Reference, parse_reference

_NEW_ID = (
    r"\d{4}\.\d{3,7}(?:v\d+)?"  # three to seven digits: a mistake in an id must be reported, not overlooked
)
_OLD_ID = r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]{2})?/\d{7}(?:v\d+)?"
_START = rf"(?:https?://|10\.\d{{4,9}}(?:\.\d+)*/|(?:doi|arxiv)\s*:|(?:{_NEW_ID}|{_OLD_ID})(?![\w/]))"
_REST = rf"(?:(?![,;|]{_START})[^\s<>\"{{}}^`])"  # of an address or a DOI, up to where the next one starts
_CATEGORY = r"(?:\s*\[[a-z-]+(?:\.[A-Za-z-]{2,})?\])?"  # as in arXiv's stamp
_MENTION = re.compile(
    rf"""(?P<address> https?:// {_REST}+ | (?<![\w/.])(?:(?:www|export)\.)?arxiv\.org/ {_REST}+
                    | (?<![\w/.])(?:(?:dx|www)\.)?doi\.org/10\. {_REST}+ )
       | (?<![\w/.]) (?:doi\s*:?\s*)? (?P<doi> 10\.\d{{4,9}}(?:\.\d+)*/ (?: {_REST} | {SICI} )+ )
       | (?<![\w/.]) (?: arxiv(?:\s+preprint)? [\s:]* (?:arxiv\s*:\s*)? | (?:CoRR,?\s+)?abs/ )
                (?P<named> {_NEW_ID} | {_OLD_ID} ) (?![\w/]) {_CATEGORY}
       | (?<![\w/.:-]) (?P<bare> {_NEW_ID} | {_OLD_ID} ) (?![\w/]|\.\d) {_CATEGORY}""",
    re.VERBOSE | re.IGNORECASE,
)
_BETWEEN_IDS = re.compile(r"(?:(?<=\d{4}\.\d{4})|(?<=\d{4}\.\d{5}))/(?=\d{4}\.\d{4,5}(?![\w/.]))")
_NUMBERS = re.compile(r"(?<!\S)\(?\d{1,3}[.)](?!\S)")  # "1." and "2." of several ids on a line
_LINK_WORDS = re.compile(
    r"\b(?:and|und|et|y|see|arxiv|preprint|doi|dois|ids?|pdf|url|urls|link|links|paper|papers)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]")


class Mention(NamedTuple):
    """An id, DOI or address in a line, half-open.

    Attributes:
        reference: The parsed reference; None if it looks like an arXiv id but is not valid.
        is_bare: An id without a mark such as "arXiv": in prose, four digits, a point and five may be
        anything.
        problem: Why `reference` is None.
    """

    start: int
    end: int
    reference: Reference | None
    is_bare: bool = False
    problem: str = ""

    @property
    def paper(self) -> tuple[str, str]:
        """Equal for mentions of the same arXiv id (any version), DOI or address."""
        return (self.reference.kind, self.reference.value) if self.reference else ("", self.problem)


def find_mentions(text: str) -> list[Mention]:
    """All mentions, in order."""
    return list(_mentions(text))


def without_mentions(text: str, mentions: list[Mention]) -> str:
    """The text between the mentions, with a tab for each."""
    parts, at = [], 0
    for mention in mentions:
        parts.append(text[at : mention.start])
        at = mention.end
    return "\t".join([*parts, text[at:]])


def is_only_mentions(text: str, mentions: list[Mention]) -> bool:
    """Whether the line contains only mentions, separators, and words such as "and" or "arXiv"."""
    return bool(mentions) and not _WORD.search(
        _LINK_WORDS.sub(" ", _NUMBERS.sub(" ", without_mentions(text, mentions)))
    )


def _mentions(text: str) -> Iterator[Mention]:
    for found in _MENTION.finditer(_BETWEEN_IDS.sub(" ", text)):
        written = found["address"] or found["doi"] or found["named"] or found["bare"]
        if not (found["named"] or found["bare"]):
            written = trimmed(written)
        inner = found.start(found.lastgroup or 0)
        end = found.end() if found["named"] or found["bare"] else inner + len(written)
        try:
            reference = parse_reference(written)
        except BadReference as error:
            yield Mention(found.start(), end, None, bool(found["bare"]), error.message)
            continue
        if reference.kind in ("arxiv", "doi", "url"):
            yield Mention(found.start(), end, reference, bool(found["bare"]))
