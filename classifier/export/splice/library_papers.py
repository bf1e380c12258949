"""Adds the new papers of a labelled list to a library whose keywords or groups are the tree.

What enters: the bytes of a BibTeX, RIS or CSV library, the labels, and the section of each leaf. What leaves:
the bytes with one more entry at the end for each paper that the library lacks, filed under the name that
its section has in the library; every existing byte stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from classifier.export.bibtex import library_entry
from classifier.export.filed import Filed
from classifier.export.ris import library_record
from classifier.export.splice.decoded import Decoded, decode, line_end, split_lines
from classifier.export.splice.library_rows import library_row
from classifier.export.splice.results import Spliced, Untouched
from classifier.lists import READERS
from classifier.lists.build import build_entry
from classifier.lists.filed_names import kind_of, paths_of
from classifier.lists.jabref import paths_by_name, read_groups
from classifier.lists.lines import ListLine
from classifier.lists.raw import Raw
from classifier.model.entries import ListEntry
from classifier.model.traits import PaperIndex, Traits, traits_of
from classifier.survey.section_plan import SectionPlan

_NUMBER = re.compile(r"^\W*\d+(?:\.\d+)*[.):]?\s+(?=\S)")
LIBRARIES = ("bibtex", "ris", "csv")
"""Formats of libraries that a paper can be added to."""


class _Library(NamedTuple):
    """A library as read.

    Attributes:
        kind: Where it files its entries; "groups", "tags", "keywords" or "category".
        names: Section, folded -> its first spelling.
        keys: In lower case.
    """

    papers: PaperIndex[str]
    kind: str
    names: Mapping[tuple[str, ...], str]
    keys: set[str]


def add_to_library(form: str, data: bytes, filed: Iterable[Filed], plan: SectionPlan | None) -> Spliced:
    """The library with the papers that it lacks added, each filed as the entries of its leaf are.

    Args:
        form: One of `LIBRARIES`.
        filed: Papers with their labels; those without a leaf, and duplicates, are left out.
        plan: The workspace's sections; if None, a leaf's name is found by its titles.

    Raises:
        InputError: The bytes are not valid in the encoding of their byte order mark.
    """
    original = decode(data)
    rows = [row for row in filed if row.status == "placed" and not row.row.duplicate_of]
    added, known, untouched, text = _added(form, original, rows, plan, frozenset())
    lost = _not_found(form, original.text, text, added)
    if lost:  # these are left out, and reported
        added, known, untouched, text = _added(form, original, rows, plan, lost)
    return Spliced(original.encode(text), len(added), known, tuple(untouched), len(added))


def _added(
    form: str, original: Decoded, rows: Sequence[Filed], plan: SectionPlan | None, lost: frozenset[str]
) -> tuple[dict[str, tuple[Filed, str]], int, list[Untouched], str]:
    """Key -> the papers added with their names; the number already there, those left out, the new text."""
    library = _read(form, original.text)
    added: dict[str, tuple[Filed, str]] = {}
    untouched: list[Untouched] = []
    known = 0
    parts = [original.text]
    for row in rows:
        if library.papers.find(_traits(row), ""):
            known += 1
            continue
        name = library.names.get(_wanted(row, plan), "")
        text = _entry_text(form, original.text, row, library, name) if name else ""
        if not name:
            problem = f"no entry of the library has {library.kind or 'keywords'} for {row.label}"
        elif row.key in lost:
            problem = "its entry cannot be read back; check the end of the library"
        else:
            problem = _not_written(text, original.encoding)
        if problem:
            untouched.append(Untouched(row.key, row.row.entry.line, problem))
            continue
        library.papers.add(_traits(row), row.key, row.key)
        parts.append(text)
        added[row.key] = (row, name)
    if added and parts[0] and not line_end(parts[0]):
        parts[0] += _line_end(original.text)
    return added, known, untouched, "".join(parts)


def _not_found(form: str, before: str, after: str, added: Mapping[str, tuple[Filed, str]]) -> frozenset[str]:
    """Keys of added papers that the reader does not find after the old entries, under their names."""
    old = sum(1 for _ in _raws(form, before))
    index = PaperIndex[Raw]()
    for raw in list(_raws(form, after))[old:]:
        built = build_entry(raw, "", Path())
        if isinstance(built, ListEntry):
            index.add(traits_of(built.paper, url=built.url), built.key, raw)
    return frozenset(
        key
        for key, (row, name) in added.items()
        if not any(name in match.value.filed for match in index.find(_traits(row), ""))
    )


def _not_written(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return f"its entry has characters that {encoding} lacks; save the library as UTF-8"
    return ""


def _traits(row: Filed) -> Traits:
    return traits_of(row.row.entry.paper, row.row.label.paper, url=row.row.entry.url)


def _read(form: str, text: str) -> _Library:
    raws = list(_raws(form, text))
    groups = paths_by_name(read_groups(text)) if form == "bibtex" else {}
    kind = kind_of(raws)
    papers = PaperIndex[str]()
    names: dict[tuple[str, ...], str] = {}
    for raw in raws:
        built = build_entry(raw, "", Path())
        if isinstance(built, ListEntry):
            papers.add(traits_of(built.paper, url=built.url), built.key, built.key)
    filed = {number: raw.filed for number, raw in enumerate(raws) if raw.filed_by == kind}
    for number, paths in paths_of(filed, groups).items():
        for name, path in zip(filed[number], paths, strict=True):
            names.setdefault(_folded(path), name)
    for name, path in groups.items() if kind == "groups" else ():
        names.setdefault(_folded(path), name)
    for path, name in list(names.items()):  # a tree has no numbers of sections: "1 Song"
        names.setdefault(tuple(_NUMBER.sub("", part) for part in path), name)
    return _Library(papers, kind, names, {raw.key.casefold() for raw in raws})


def _raws(form: str, text: str) -> Iterator[Raw]:
    lines = (ListLine(n, line.rstrip("\r\n")) for n, line in enumerate(split_lines(text), 1))
    for found in READERS[form](lines):
        if isinstance(found, Raw):
            found.files = ()
            yield found


def _wanted(row: Filed, plan: SectionPlan | None) -> tuple[str, ...]:
    planned = next((each.section for each in plan.sections if each.leaf == row.label), None) if plan else None
    return _folded(planned or row.path)


def _folded(path: Sequence[str]) -> tuple[str, ...]:
    return tuple(part.casefold() for part in path)


def _entry_text(form: str, text: str, row: Filed, library: _Library, name: str) -> str:
    """The new entry with the line ends of the library, after an empty line; a row without one."""
    if form == "csv":
        made = library_row(text, row, library.kind, name)
    elif form == "bibtex":
        made = "\n" + library_entry(row, library.keys, library.kind, name).rstrip()
    else:
        made = "\n" + library_record(row, name).rstrip("\r\n")
    return (made + "\n").replace("\r\n", "\n").replace("\n", _line_end(text))


def _line_end(text: str) -> str:
    return line_end(next(iter(split_lines(text)), "")) or "\n"
