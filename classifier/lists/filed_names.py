"""Where a library files its entries -> which names count, and the path of sections that a name stands for.

What enters: raw entries with the names of their groups, collections, categories, tags or keywords. What
leaves: the most specific kind that the library uses, and paths: "Birds / Song" is below "Birds", and so is a
group of JabRef that its comment puts there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from classifier.lists.named_fields import FILED
from classifier.lists.raw import Raw

Path = tuple[str, ...]
"""Names from the outermost section to its own."""
_LEVELS = re.compile(r"\s+/\s+|\s*>\s*|\s*›\s*|\\|::")
_SLASH = re.compile(r"(?<=\w)/(?=\S)")
_FEW = 2
"""Names that begin alike before a slash for it to divide levels: "CI/CD" alone is one name."""


def kind_of(raws: Sequence[Raw]) -> str:
    """The most specific kind of names that an entry has; empty if no entry has any."""
    kinds = {raw.filed_by for raw in raws if raw.filed}
    return next((kind for kind, _ in FILED if kind in kinds), "")


def paths_of(names: Mapping[int, Sequence[str]], known: Mapping[str, Path]) -> dict[int, list[Path]]:
    """The levels in each name: "A > B", "A / B"; "A/B" if "A" is a name, too, or begins another one."""
    every = {name for row in names.values() for name in row}
    starts = Counter(_SLASH.split(name, maxsplit=1)[0] for name in every)

    def path(name: str) -> Path:
        if name in known:
            return known[name]
        parts = _LEVELS.split(name)
        if starts[_SLASH.split(name, maxsplit=1)[0]] >= _FEW:
            parts = [part for each in parts for part in _SLASH.split(each)]
        return tuple(found for part in parts if (found := " ".join(part.split()))) or (name,)

    return {number: [path(name) for name in row] for number, row in names.items()}
