"""Where a library files its entries -> which names count, and the path of sections that a name stands for.

What enters: raw entries with the names of their groups, collections, categories, tags or keywords. What
leaves: the most specific kind that the library uses, and paths: "Birds / Song" is below "Birds", and so is a
group of JabRef that its comment puts there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from classifier.lists.named_fields import FILED
from classifier.lists.raw import Raw

_BELOW = re.compile(r"\s+/\s+|\s*>\s*|\s*›\s*|\\|::|/(?=\S)(?<=\w/)")


def kind_of(raws: Sequence[Raw]) -> str:
    """The most specific kind of names that an entry has; empty if no entry has any."""
    kinds = {raw.filed_by for raw in raws if raw.filed}
    return next((kind for kind, _ in FILED if kind in kinds), "")


def path_of(name: str, groups: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The sections from the outermost to this one.

    Args:
        groups: Name -> path, as `jabref.paths_by_name` returns them.
    """
    known = groups.get(name)
    return known or tuple(part for each in _BELOW.split(name) if (part := " ".join(each.split()))) or (name,)
