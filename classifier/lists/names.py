"""People's names as lists write them -> "Given Family".

What enters: one name, or several in one text. What leaves: names with the given name first. BibTeX's names
have their own rules and are parsed by bibtexparser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from classifier.model.entries import PersonName

_INITIALS = re.compile(r"(?:[A-Z]\.?-?){1,4}")
_OTHERS = re.compile(
    r"(?:^|[,;&]\s*|\s*\band\s+|\s+(?=et\b))(?:and\s+)?(?:et\.?\s?al(?:ii)?\.?|al\.|others|u\.\s?a\.)\s*$",
    re.IGNORECASE,
)
_AUTHOR_NUMBER = re.compile(r"\s*\(\d{6,}\)")  # Scopus's, behind full names


def given_first(name: str) -> str:
    """Reorders "Family, Given" and "Family, Given, Jr"; other names are unchanged.

    >>> given_first("van der Berg, Jan")
    'Jan van der Berg'
    """
    family, comma, given = name.partition(",")
    given, _, suffix = given.partition(",")
    return " ".join(part for text in (given, family, suffix) if (part := text.strip())) if comma else name


def parse_names(names: Iterable[str]) -> list[PersonName]:
    """Family and given names of "Family, Given"; empty if no name has this form.

    A name without a comma among such names is an organisation, and is not split.
    """
    found = []
    for name in filter(None, map(str.strip, names)):
        family, _, given = name.partition(",")
        given, _, suffix = given.partition(",")
        found.append(PersonName(family=family.strip(), given=given.strip(), suffix=suffix.strip()))
    return found if any(name.given for name in found) else []


def without_others(text: str) -> str:
    """A name, or a text of names, without "et al." or "and others" at its end."""
    if not text.rstrip().lower().endswith(("al", "al.", "alii", "others", "a.")):
        return text
    return _OTHERS.sub("", text).rstrip()


def split_names(text: str) -> list[str]:
    """Names separated by ";", " and " or, if each part has several words, by commas; "et al." is removed."""
    return [given_first(name) for name in comma_names(text)]


def comma_names(text: str) -> list[str]:
    """As `split_names`, but "Family, Given" is not reordered."""
    text = _AUTHOR_NUMBER.sub("", text)
    text = without_others(text.strip())
    if ";" in text:
        parts = text.split(";")
    elif re.search(r"\s(?:and|&)\s", text):
        # "A One, B Two and C Three": commas separate names unless they are part of "Family, Given"
        parts = [name for part in re.split(r",?\s(?:and|&)\s", text) for name in _by_commas(part)]
    else:
        parts = _by_commas(text)
    return [name for part in parts if (name := part.strip())]


def _by_commas(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    initials = len(parts) > 2 and len(parts) % 2 == 0 and all(map(_INITIALS.fullmatch, parts[1::2]))
    if initials:
        return [f"{family}, {given}" for family, given in zip(parts[::2], parts[1::2], strict=True)]
    return parts if all(" " in part for part in parts) else [text]
