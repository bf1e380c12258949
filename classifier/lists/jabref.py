"""JabRef's groups, from the comments of a BibTeX file -> the groups of an entry.

What enters: the file's text, then the fields of entries. What leaves: paths of names, outermost group first.
Read are groups that entries name, groups of keys as JabRef before version 4 wrote them, and groups of all
entries that have words in a field. Searches and regular expressions are not run: they come from the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from classifier.lists.named_fields import field_name

Path = tuple[str, ...]
_START = re.compile(r"jabref-meta:\s*(?:grouping|groupstree)\s*:", re.IGNORECASE)
_END = re.compile(r"\n[^\S\n]*\}")
_LINE = re.compile(r"^[^\S\n]*(\d{1,4})\s+(\w+):((?:\\.|[^\\;])*)", re.MULTILINE | re.DOTALL)
_INNER = re.compile(r"(?<!\\);")
_WORD = re.compile(r"[^\W_]+")
_ALL, _REFINES = "AllEntriesGroup", "1"
_NAMED = ("StaticGroup", "ExplicitGroup")
_KEYWORDS = "KeywordGroup"
_MOST_LEVELS = 50
"""Groups below these are left out: no tree of a survey has so many."""


class JabRefGroup(NamedTuple):
    """A group.

    Attributes:
        path: Names from the outermost group to its own.
        kind: As JabRef names it, such as "StaticGroup".
        options: What its line says after the name; their meaning depends on the kind.
        above: The group that it is in; None at the top.
    """

    path: Path
    kind: str
    options: tuple[str, ...] = ()
    above: JabRefGroup | None = None


def read_groups(text: str) -> list[JabRefGroup]:
    """The groups in the file's order; none without JabRef's comment."""
    start = _START.search(text)
    end = _END.search(text, start.end()) if start else None
    found: list[JabRefGroup] = []
    above: list[tuple[int, JabRefGroup]] = []
    for level, kind, line in _LINE.findall(text[start.end() : end.start()] if start and end else ""):
        name, *options = (_unescaped(part) for part in _INNER.split(_unescaped(line)))
        name = " ".join(name.split())
        if kind == _ALL or not name:
            continue
        while above and above[-1][0] >= int(level):
            above.pop()
        if len(above) == _MOST_LEVELS:
            continue
        outer = above[-1][1] if above else None
        group = JabRefGroup((*(outer.path if outer else ()), name), kind, tuple(options), outer)
        above.append((int(level), group))
        found.append(group)
    return found


def groups_of(groups: list[JabRefGroup], key: str, row: Mapping[str, Any]) -> list[Path]:
    """The groups that have an entry by its key or by words in its fields.

    Args:
        row: The entry's fields, under names as `field_name` gives them.
    """
    return [group.path for group in groups if _has(group, key, row)]


def not_run(groups: list[JabRefGroup]) -> list[str]:
    """Names of the groups that are searches or regular expressions."""
    return [group.path[-1] for group in groups if group.kind not in _NAMED and not _words(group)]


def paths_by_name(groups: list[JabRefGroup]) -> Mapping[str, Path]:
    """Name -> path; of groups with one name, the first counts."""
    return {group.path[-1]: group.path for group in reversed(groups)}


def _has(group: JabRefGroup, key: str, row: Mapping[str, Any]) -> bool:
    if group.kind in _NAMED:
        return bool(key) and key in group.options[1:]
    words = _words(group)
    if not words or (group.options[0] == _REFINES and group.above and not _has(group.above, key, row)):
        return False
    text = str(row.get(field_name(group.options[1]), ""))
    return words <= set(_WORD.findall(text.casefold()))


def _words(group: JabRefGroup) -> set[str]:
    """The words that a field must have; none if the group is of another kind."""
    if group.kind != _KEYWORDS or len(group.options) < 5 or group.options[4] == "1":
        return set()
    return set(_WORD.findall(group.options[2].casefold()))


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
