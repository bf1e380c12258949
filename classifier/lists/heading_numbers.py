"""Numbers before headings: "2.1 Songs", "III. Songs", "Part B: Songs", "1 Songs" -> "Songs"."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARKED = re.compile(
    r"^(?:(?:§+\s*|(?:section|sec\.|chapter|part)\s+)(?:[\dIVX]+|[A-Z])(?:\.\d+)*\s*[.):–—-]\s*(?=\S)"
    r"|§+\s*\d+\s+(?=\S)|(?:§+\s*)?(?:\d+(?:\.\d+)+[.):]?|\d+[.):]|[IVX]+[.)]|[A-Z](?:\.\d+)*[.)]|[A-Z](?:\.\d+)+"
    r"|[(（]\w{1,3}[)）])\s+(?=\S))",
    re.IGNORECASE,
)
_BARE = re.compile(r"(\d{1,2})\s+(?=[^\W\d_])")


def without_number(title: str) -> str:
    """The heading without a number that a point, bracket or word marks as one."""
    return _MARKED.sub("", title)


def without_bare_numbers(titles: Sequence[str]) -> list[str]:
    """The headings without numbers that nothing marks, if they are counted: "1 Songs", then "2 Nests".

    >>> without_bare_numbers(["1 Songs", "2 Nests", "3 Routes"]), without_bare_numbers(["3 Player games"])
    (['Songs', 'Nests', 'Routes'], ['3 Player games'])
    """
    numbers = {int(found[1]) for title in titles if (found := _BARE.match(title))}
    return [
        title[found.end() :]
        if (found := _BARE.match(title)) and {int(found[1]) - 1, int(found[1]) + 1} & numbers
        else title
        for title in titles
    ]
