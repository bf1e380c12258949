"""Entries of a BibTeX file -> the same with what `crossref` and `xdata` give them, in the file's order.

BibTeX wants a parent after its children, so an entry waits, with all that follow it, until its parents have
been read. A volume that an earlier entry names is no paper, and is left out; so are `@xdata` and `@set`,
which only hold fields or keys.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from classifier.model.record import Notice

_T = TypeVar("_T")
_VOLUMES = frozenset(
    f"{several}{kind}"
    for kind in ("proceedings", "book", "collection", "reference")
    for several in ("", "mv")
) | {"periodical"}
_NO_PAPERS = frozenset(("xdata", "set"))
_GIVEN = ("year", "date", "editor", "booktitle", "title")
"""What a child takes from its volume, whose address and id are its own; its title is the child's book."""
_KEPT = frozenset(("xdata", "crossref", "ids"))
"""Fields of an `@xdata` that are about itself."""
_MOST_WAITING = 10_000
"""Most entries that wait; the first is then used without its parent."""
_MOST_ANCESTORS = 16


@dataclass(slots=True)
class ParsedEntry:
    """An entry as it is in the file; `values` without outer braces, under names in lower case."""

    line: int
    kind: str
    key: str
    values: dict[str, str]
    notices: list[Notice] = field(default_factory=list)


def with_parents(found: Iterator[ParsedEntry | _T]) -> Iterator[ParsedEntry | _T]:
    """The findings in their order; those that are no entries are left as they are."""
    parents: dict[str, ParsedEntry] = {}
    named: set[str] = set()
    waiting: deque[ParsedEntry | _T] = deque()
    for each in found:
        if isinstance(each, ParsedEntry):
            key = each.key.casefold()
            named.update(_names(each))
            if each.kind in _VOLUMES or each.kind == "xdata":
                parents.setdefault(key, each)
            if each.kind in _NO_PAPERS or (each.kind in _VOLUMES and key in named):
                each = ParsedEntry(each.line, "", each.key, each.values)  # holds its place, and is left out
        waiting.append(each)
        while waiting and (len(waiting) > _MOST_WAITING or not _is_waiting(waiting[0], parents)):
            yield from _ready(waiting.popleft(), parents)
    for each in waiting:
        yield from _ready(each, parents)


def _ready(each: ParsedEntry | _T, parents: Mapping[str, ParsedEntry]) -> Iterator[ParsedEntry | _T]:
    if not isinstance(each, ParsedEntry):
        yield each
    elif each.kind:
        _inherit(each, parents)
        yield each


def _is_waiting(each: ParsedEntry | _T, parents: Mapping[str, ParsedEntry]) -> bool:
    """Whether one of its parents, or of theirs, has not been read."""
    if not isinstance(each, ParsedEntry) or not each.kind:
        return False
    return any(parent is None for parent, _ in _ancestors(each, parents))


def _ancestors(
    entry: ParsedEntry, parents: Mapping[str, ParsedEntry]
) -> Iterator[tuple[ParsedEntry | None, bool]]:
    """Each ancestor once, the nearest first; None for one that has not been read.

    The second value is whether it gives all fields: there is only `xdata` between it and the entry.
    """
    seen = {entry.key.casefold()}
    line = deque((name, name in _xdata(entry)) for name in _names(entry))
    while line and len(seen) <= _MOST_ANCESTORS:
        name, gives_all = line.popleft()
        if name in seen:
            continue
        seen.add(name)
        parent = parents.get(name)
        yield parent, gives_all
        if parent is not None:
            line.extend((above, gives_all and above in _xdata(parent)) for above in _names(parent))


def _names(entry: ParsedEntry) -> list[str]:
    """Keys of its parents, `xdata` first."""
    crossref = entry.values.get("crossref", "").strip().casefold()
    return [*_xdata(entry), *([crossref] if crossref else [])]


def _xdata(entry: ParsedEntry) -> list[str]:
    names = entry.values.get("xdata", "").split(",") if "xdata" in entry.values else ()
    return [key for name in names if (key := name.strip().casefold())]


def _inherit(entry: ParsedEntry, parents: Mapping[str, ParsedEntry]) -> None:
    """Adds what the entry lacks; the nearest ancestor counts."""
    own = entry.values
    for parent, gives_all in list(_ancestors(entry, parents)):
        dated = own.get("year") or own.get("date")
        for key, value in parent.values.items() if parent else ():
            if gives_all and key not in _KEPT:
                own[key] = own.get(key) or value
            elif not gives_all and key in _GIVEN and not (dated and key in ("year", "date")):
                key = "booktitle" if key == "title" else key
                own[key] = own.get(key) or value
