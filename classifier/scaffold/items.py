"""The bullets and rows of a list -> their number by what they are, so that none is dropped silently.

What enters: a source with the places of its sections. What leaves: counts that add up to all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from classifier.scaffold.places import Place
from classifier.scaffold.source import Path, Source, SourceItem

OTHERS, FRONT = "others", "front matter"
"""Names of piles: papers that the list files nowhere, and what is about the list itself."""
_NAMES = {
    "paper": "with a paper",
    "below": "about the paper above",
    "heading": "a section",
    "contents": "contents of the page",
    "linked": "a link, but to no paper",
    "unlinked": "no link",
}


def count_items(source: Source, places: Mapping[Path, Place]) -> Counter[str]:
    """All bullets and rows by name; those without a paper by their section, if that is no topic."""
    return Counter(_name(item, places.get(item.section)) for item in source.items)


def _name(item: SourceItem, place: Place | None) -> str:
    if item.kind not in ("linked", "unlinked") or place is None or not place.stop:
        return _NAMES[item.kind]
    if place.stop == "facet":
        return f"no paper, in {', '.join(f'{name}={value}' for name, value in place.facets.items())}"
    return f"no paper, in {FRONT if place.stop == 'front' else OTHERS}"
