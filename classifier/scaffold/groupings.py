"""The fields of a library's entries -> where the library files each of them.

People file entries in groups or collections, in a column such as "category", under tags of their own, or only
have keywords. The most specific of these that the library really uses becomes the tree; a person can name
another one, or any column.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from classifier.lists.filed_names import paths_of
from classifier.lists.named_fields import as_texts, field_name
from classifier.scaffold.source import Path

FIELDS = {
    "groups": ("collections", "collection", "groups", "group", "folder", "folders", "mendeleygroups"),
    "category": ("category", "categories", "section", "label", "topic", "topics", "class", "leaf"),
    "tags": ("manualtags", "tags", "tag", "mendeleytags"),
    "keywords": ("keywords", "keyword", "authorkeywords", "authorkeyword", "automatictags", "subjects"),
}
"""Kind -> fields in which people file their entries; the most specific kind first."""
_OTHER_MEANING = {
    form: frozenset(("collection", "label", "section", "class")) for form in ("bibtex", "ris", "wos")
}
"""Format -> fields that describe the publication there: its series, its label in the text, its part."""
_BELOW_CATEGORY = ("subcategory", "subcategories", "subtopic", "subtopics", "subsection", "subclass")
_SHARED = ("tags", "keywords")
"""Kinds whose names count only if several entries have them; the others belong to single papers."""
_FEW = 2
_SHARE = 0.1
"""Least share of the entries for a kind to be preferred to a less specific one: of some exports' columns,
such as Zotero's "Section" of newspapers, only single entries have a value."""
_MOST_LISTED = 8
_LONGEST_NAME = 80
Rows: TypeAlias = Mapping[int, Mapping[str, Any]]


class Grouping(NamedTuple):
    """A kind or column, and the paths of the entries that it files, by number."""

    kind: str
    paths: Mapping[int, Sequence[Path]]

    @property
    def size(self) -> int:
        """Entries that it files."""
        return sum(bool(paths) for paths in self.paths.values())


def groupings_of(
    rows: Rows, form: str, known: Mapping[str, Path], more: Mapping[int, Sequence[Path]]
) -> list[Grouping]:
    """The kinds that file an entry, the most specific first.

    Args:
        form: The library's format, since a name does not mean the same in all of them.
        rows: Number of an entry -> its fields, under names as `field_name` gives them.
        known: Paths of groups that the library itself explains, by name.
        more: Further groups of entries, by number.
    """
    found = []
    for kind, named in FIELDS.items():
        fields = [name for name in named if name not in _OTHER_MEANING.get(form, ())]
        names = {number: _names(row, kind, fields) for number, row in rows.items()}
        paths = paths_of(names, known if kind == "groups" else {})
        if kind == "groups":
            paths = {
                number: list(dict.fromkeys((*row, *more.get(number, ())))) for number, row in paths.items()
            }
        if kind == "category":
            paths = {number: _with_lower(rows[number], own) for number, own in paths.items()}
        if kind in _SHARED:
            paths = shared(paths)
        found.append(Grouping(kind, paths))
    return [grouping for grouping in found if grouping.size]


def choose(groupings: Sequence[Grouping], entries: int) -> Grouping | None:
    """The most specific that files at least a tenth of the entries, else the one that files most."""
    used = (each for each in groupings if each.size >= _SHARE * entries)
    return next(used, max(groupings, key=lambda each: each.size, default=None))


def by_columns(rows: Rows, columns: Sequence[str]) -> Grouping:
    """The values of a column; with several columns, each is a level below the one before."""
    paths: dict[int, list[Path]] = {}
    for number, row in rows.items():
        values = [_split(row.get(field_name(column), ""), ";") for column in columns]
        if len(values) == 1:
            paths[number] = [(value,) for value in values[0]]
        elif values[0]:
            paths[number] = [tuple("; ".join(value) for value in values if value)]
    return Grouping(" and ".join(f"'{column}'" for column in columns), paths)


def names_in(row: Mapping[str, Any]) -> list[str]:
    """The names of the most specific kind that an entry has."""
    found = (_names(row, kind, fields) for kind, fields in FIELDS.items())
    return next((names for names in found if names), [])


def kind_of(by: Sequence[str]) -> str:
    """The kind that a person named; empty if these are columns."""
    names = [field_name(each) for each in by]
    return next((kind for kind in FIELDS if names in ([kind], [f"{kind}s"])), "") or (
        "groups" if names == ["collections"] else ""
    )


def made_of(chosen: Grouping, groupings: Sequence[Grouping], entries: int) -> str:
    """The notice of what the tree is made of, and what else it could be."""
    others = [f"{each.kind} ({each.size})" for each in groupings if each.kind != chosen.kind]
    more = f"; others, with --by: {', '.join(others)}" if others else ""
    return f"the tree is made of the entries' {chosen.kind} ({chosen.size} of {entries} entries){more}"


def columns_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Fields whose values several entries share, so that they could make a tree; at most eight."""
    values: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for name, value in row.items():
            if isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME:
                values[name][value] += 1
    usable = (n for n, found in values.items() if _FEW <= len(found) <= found.total() / _FEW)
    return list(usable)[:_MOST_LISTED]


def shared(paths: Mapping[int, Sequence[Path]]) -> dict[int, list[Path]]:
    """Only paths that several entries have; letters' case is ignored, and the first spelling stays."""
    times = Counter(each for row in paths.values() for each in {_folded(path) for path in row})
    first: dict[Path, Path] = {}
    for row in paths.values():
        for path in row:
            first.setdefault(_folded(path), path)
    return {
        number: [first[_folded(path)] for path in row if times[_folded(path)] >= _FEW]
        for number, row in paths.items()
    }


def _folded(path: Path) -> Path:
    return tuple(part.casefold() for part in path)


def _names(row: Mapping[str, Any], kind: str, fields: Sequence[str]) -> list[str]:
    value = next((row[name] for name in fields if row.get(name)), "")
    marks = ";" if kind == "category" else ";,"
    return [name for name in _split(value, marks) if not name.isdecimal()]


def _split(value: Any, marks: str) -> list[str]:
    """A list's items, or a text's parts between the first of the marks that it has."""
    texts = as_texts(value)
    if isinstance(value, str):
        texts = value.split(next((mark for mark in marks if mark in value), ";"))
    elif len(texts) == 1:
        texts = re.split(r"[;\n]", texts[0])
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _with_lower(row: Mapping[str, Any], paths: Sequence[Path]) -> list[Path]:
    """A single category with its subcategories, if the entry has a column for them."""
    value = next((row[name] for name in _BELOW_CATEGORY if row.get(name)), "")
    lower = [name for name in _split(value, ";") if not name.isdecimal()]
    if len(paths) != 1 or not lower:
        return list(paths)
    return [(*paths[0], name) for name in lower]
