"""A title as lists write it -> the title without the year, venue or labels around it; and what is a venue.

Lists write "[2024 - Title](…)", "**Title (ICML 2019)**", "Title, 2015" and "Title [[pdf]](…)". Such a title
is not found in any catalogue.
"""

from __future__ import annotations

import re

_YEAR = r"(?:19|20)\d\d"
_BEFORE = re.compile(rf"^\W*{_YEAR}(?:[./-]\d{{1,2}})?\W*\s[-–—]\s+(?=\w)")
_AFTER = re.compile(
    rf"(?:\s*[(\[](?![^()\[\]]*{_YEAR}\s*[-–—]\s*\d)(?=[^()\[\]]*{_YEAR}(?!\d))[^()\[\]]{{1,70}}[)\]]|,\s+{_YEAR})\W*$"
)
"""Not "(2010-2020)", which says what a survey covers."""
_LABEL = r"(?:pdf|paper|code|arxiv|link|github|project page|website|slides|video|data)"
_LABELS = re.compile(rf"(?:\s*[\[(]+\s*{_LABEL}\s*[\])]+(?:\(#?\))?|\s+pdf)+\s*$", re.IGNORECASE)
_VENUE = re.compile(rf"(?P<name>[^:?!]{{2,60}}?)[\s,(]*{_YEAR}(?!\d)[\s\d,.;:()–-]*$")
_LEAST = 3
_MOST_CHARS = 2000
"""A longer text is no title."""
_MOST_WORDS = 9


def without_stamps(title: str) -> str:
    """The title; unchanged if too little would be left of it, or if it is too long for a title.

    >>> without_stamps("2024 - Songs of the Town"), without_stamps("Songs of the Town (ICML 2019)")
    ('Songs of the Town', 'Songs of the Town')
    >>> without_stamps("Songs of the Town [pdf]"), without_stamps("Songs of Towns (2010-2020)")
    ('Songs of the Town', 'Songs of Towns (2010-2020)')
    """
    if len(title) > _MOST_CHARS:
        return title
    found = _AFTER.sub("", _BEFORE.sub("", _LABELS.sub("", title.strip())))
    found = found.strip()
    return found if len(found.split()) >= _LEAST else title


def is_venue(text: str) -> bool:
    """Whether a text reads as a venue with its year and pages: "J. Chem. Inf. Model. 63, 10 (2023)".

    A title may read so, too; use it only if another text can be the title.
    """
    return _VENUE.fullmatch(text.strip()) is not None and len(text.split()) <= _MOST_WORDS
