"""Chooses, among arXiv's entries, the paper that a title refers to.

What enters: a title, optional authors, and candidates. What leaves: the matching entry, or the reason why
there is none. It sends no requests; `classifier.model.identity` decides whether titles are equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from classifier.errors import PaperNotFound
from classifier.model.identity import same_title, title_similarity
from classifier.model.names import authors_agree
from classifier.model.paper import Paper
from classifier.sources.feed import ArxivEntry

_WORD = re.compile(r"\w+")
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_QUERY_WORDS = 8
"""Most words of a title in a search: with more, arXiv finds nothing, with fewer, too much (chosen)."""


def phrase_query(title: str) -> str:
    """The API query for a title as a phrase."""
    return f'ti:"{" ".join(_title_words(title))}"'


def words_query(title: str) -> str:
    """The API query for titles that share the longest words, to find similar titles."""
    words = sorted({word.lower() for word in _title_words(title)}, key=lambda word: (-len(word), word))
    return " OR ".join(f"ti:{word}" for word in words[:_QUERY_WORDS])


def choose_entry(wanted: Paper, candidates: Iterable[ArxivEntry]) -> ArxivEntry | None:
    """The candidate with the title most similar to the wanted one; if authors are known, they must agree."""
    agreeing = [
        entry
        for entry in candidates
        if same_title(wanted.title or "", entry.title) and authors_agree(wanted.authors, entry.paper.authors)
    ]
    return max(agreeing, key=lambda entry: title_similarity(wanted.title or "", entry.title), default=None)


def not_found(wanted: Paper, candidates: Sequence[ArxivEntry]) -> PaperNotFound:
    """The error for a title that no candidate has; its message names the nearest one."""
    nearest = max(
        candidates, key=lambda entry: title_similarity(wanted.title or "", entry.title), default=None
    )
    start = f"arXiv has no paper titled '{wanted.title}'"
    if nearest is None:
        return PaperNotFound(f"{start}; check the title, or give the PDF's path or address")
    found = f"'{nearest.title}' ({nearest.arxiv_id})"
    if same_title(wanted.title or "", nearest.title):
        theirs = ", ".join(nearest.paper.authors[:3])
        return PaperNotFound(
            f"{start} by {wanted.authors[0]}; {found} is by {theirs}: if that is the paper, give its id"
        )
    return PaperNotFound(f"{start}; the nearest is {found}: if that is the paper, give its id")


def _title_words(title: str) -> list[str]:
    return _WORD.findall(_COMMAND.sub(" ", re.sub(r"[{}$]", "", title)))
