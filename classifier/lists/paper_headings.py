"""A list's headings -> those that are the titles of papers, in lists that give each paper a heading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifier.model.identity import title_words

_LEAST_WORDS, _LEAST_PAPERS = 3, 3


@dataclass(slots=True)
class Heading:
    """A heading of any kind.

    Attributes:
        rank: Its level, and a second one within it; a section ends at the next heading of at most its rank.
        until: The line after the last one of what encloses it; None if nothing does.
        level: 1 to 6 of a heading; 0 of the other kinds.
    """

    line: int
    rank: tuple[int, int]
    title: str
    kind: str
    until: int | None = None
    level: int = 0


def headings_of_papers(headings: Sequence[Heading], entries: Mapping[int, str]) -> set[int]:
    """Lines of the headings that are papers' titles.

    If most headings of a level below one heading are, so are the others of that level that have no parts:
    their links lead to no paper, or their titles were not understood.

    Args:
        entries: Line of an entry -> its title.
    """
    found = {heading.line for heading in headings if _is_entry(heading, entries)}
    for places in _levels(headings):
        papers = sum(heading.line in found for heading, _ in places)
        if papers >= _LEAST_PAPERS and papers * 2 > len(places):
            found.update(heading.line for heading, has_parts in places if not has_parts)
    return found


def _is_entry(heading: Heading, entries: Mapping[int, str]) -> bool:
    title = title_words(entries.get(heading.line) or "")
    # "Title (ICML 2019)" is the heading of the entry "Title"; a short title may begin another heading.
    words = title_words(heading.title)
    return bool(title) and (title == words or (len(title) >= _LEAST_WORDS and words[: len(title)] == title))


def _levels(headings: Sequence[Heading]) -> list[list[tuple[Heading, bool]]]:
    """Headings by the one above them and their rank; each with whether it has headings below."""
    above: list[int] = []
    levels: dict[tuple[int, tuple[int, int]], list[int]] = {}
    with_parts = set()
    for place, heading in enumerate(headings):
        while above and headings[above[-1]].rank >= heading.rank:
            above.pop()
        parent = above[-1] if above else -1
        with_parts.add(parent)
        above.append(place)
        if heading.kind == "heading":
            levels.setdefault((parent, heading.rank), []).append(place)
    return [[(headings[place], place in with_parts) for place in places] for places in levels.values()]
