"""People's names: finds the family name, and compares two lists of authors.

What enters: names as lists write them, "Given Family" or "Family, Given". What leaves: family names, or
whether the lists agree. It looks nothing up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_COMMAND = re.compile(r"\\[a-zA-Z]+")
_OTHERS = {"others", "al"}
_PARTICLES = frozenset(
    {
        *("af", "al", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "el"),
        *("la", "las", "le", "los", "ter", "van", "vom", "von", "zu", "zum", "zur"),
    }
)
_INITIALS = re.compile(r"[A-Z]{1,3}")
_WORD = re.compile(r"[^\W\d_]+")
_SPECIAL = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "a", "œ": "o", "ı": "i"})
_UMLAUT = re.compile(r"([aou])e|a(?=a)")
"""Two letters for one: "ue" for "ü", "aa" for "å"."""
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
_GROUP = re.compile(
    r"\b(?:team|group|consortium|collaboration|project|laboratory|lab|labs|institute|university|committee|"
    r"association|society|foundation|network|inc|ltd|gmbh|corporation|company|openai|deepmind)\b",
    re.IGNORECASE,
)
_UNSPACED = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
"""Scripts in which the family name comes first."""


def family_name(author: str) -> str:
    """The family name as in "Li et al. 2025"; the whole text for a group's name or a single word.

    >>> family_name("Jan van der Berg Jr."), family_name("Ng, Ada"), family_name("The Kettle Team")
    ('van der Berg', 'Ng', 'The Kettle Team')
    """
    name = " ".join(author.split())
    family, comma, _ = name.partition(",")
    if comma and family.strip():
        return family.strip()
    words = name.split(" ")
    if len(words) < 2 or _GROUP.search(name) or _UNSPACED.search(name):
        return name
    end = len(words)
    while end > 2 and _SUFFIX.fullmatch(words[end - 1]):
        end -= 1
    start = end - 1
    while start > 1 and words[start - 1].casefold() in _PARTICLES and words[start - 1][0].islower():
        start -= 1
    return " ".join(words[start:end])


def authors_agree(wanted: Sequence[str], found: Sequence[str]) -> bool:
    """Whether at least half of the wanted family names are among the found ones.

    Lists are often cut ("et al.") and given names abbreviated. Unknown authors on either side agree, and so
    does a group with persons: "OpenAI" and the people of its report.
    """
    if all(map(_GROUP.search, wanted)) != all(map(_GROUP.search, found)):
        return True
    names = {_last_word(author) for author in wanted} - _OTHERS - {""}
    theirs = {_last_word(author) for author in found} - {""}
    return not names or not theirs or 2 * len(names & theirs) >= len(names)


def _last_word(author: str) -> str:
    """The last word of the family name, folded: "van der Berg, Jan" and "Jan van der Berg" agree.

    So do "Muster AB" and "Anna Muster", "King Jr." and "King", "Müller" and "Mueller", "Øst" and "Ost".
    """
    words = author.partition(",")[0].split()
    while len(words) > 1 and _SUFFIX.fullmatch(words[-1]):
        words.pop()
    if len(words) > 1 and _INITIALS.fullmatch(words[-1]) and not words[-2].isupper():
        words.pop()  # as PubMed has them, behind the family name
    letters = unicodedata.normalize("NFKD", _COMMAND.sub("", " ".join(words))).casefold()
    letters = "".join(c for c in letters.translate(_SPECIAL) if c.isalpha() or c.isspace() or c == "-")
    found = _WORD.findall(letters)
    return _UMLAUT.sub(r"\1", found[-1]) if found else ""
