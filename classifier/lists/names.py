"""People's names as lists write them -> "Given Family".

What enters: one name, or several in one text. What leaves: names with the given name first. BibTeX's names
have rules of their own and go through bibtexparser.
"""

from __future__ import annotations

import re


def given_first(name: str) -> str:
    """Turns "Family, Given" and "Family, Given, Jr" round; other names stay as they are.

    >>> given_first("van der Berg, Jan")
    'Jan van der Berg'
    """
    family, comma, given = name.partition(",")
    given, _, suffix = given.partition(",")
    return " ".join(part for text in (given, family, suffix) if (part := text.strip())) if comma else name


def split_names(text: str) -> list[str]:
    """Names parted by ";", " and " or, where each part has several words, by commas; "et al." goes."""
    text = re.sub(r",?\s+(?:et al\.?|and others|& al\.?)\s*$", "", text.strip(), flags=re.IGNORECASE)
    if ";" in text:
        return _turned(text.split(";"))
    if re.search(r"\s(?:and|&)\s", text):
        parts = re.split(r",?\s(?:and|&)\s", text)
        # "A One, B Two and C Three": commas part names unless they stand inside "Family, Given"
        return _turned([name for part in parts for name in _by_commas(part)])
    return _turned(_by_commas(text))


def _by_commas(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    return parts if all(" " in part for part in parts) else [text]


def _turned(names: list[str]) -> list[str]:
    return [given_first(name.strip()) for name in names if name.strip()]
