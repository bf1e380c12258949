"""A heading -> the id of a node: lower-case letters and digits, independent of other changes of the list."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

from classifier.model.record import OUT_OF_SCOPE, UNPLACED

MAX_CHARS = 60
"""Longest id of a node in characters; a longer one is cut and ends with a hash of the heading."""
_HASH_CHARS = 6
_SHARP = re.compile(r"(?<=[A-Za-z])#(?!\w)")
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_LETTERS = {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "&": " and ", "+": " plus "}


@lru_cache(maxsize=8192)
def make_slug(title: str) -> str:
    """The id of a heading; of one without Latin letters or digits, a hash of it.

    >>> make_slug("Reward & Goal Design")
    'reward-and-goal-design'
    """
    title = _SHARP.sub(" sharp", title)
    folded = unicodedata.normalize("NFKD", "".join(_LETTERS.get(c, c) for c in title.casefold()))
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    slug = _NOT_LETTERS.sub("-", letters).strip("-")
    foreign = sum(char.isalpha() and not char.isascii() for char in letters)
    if not slug or foreign > len(slug):
        slug = "-".join(filter(None, (slug or "section", _hash(title))))
    if len(slug) > MAX_CHARS:
        slug = f"{slug[: MAX_CHARS - _HASH_CHARS - 1].rsplit('-', 1)[0]}-{_hash(title)}"
    return f"topic-{slug}" if slug in (OUT_OF_SCOPE, UNPLACED) else slug


def _hash(title: str) -> str:
    return hashlib.sha256(" ".join(title.split()).encode("utf-8", "replace")).hexdigest()[:_HASH_CHARS]
