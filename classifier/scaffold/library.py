"""A library whose entries have groups, collections, tags or keywords -> a `Source`.

`groupings` says which of these becomes the tree; `jabref` adds what JabRef's own comments say of groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifier.errors import InputError
from classifier.lists import READERS, read_lists
from classifier.lists.jabref import groups_of, not_run, paths_by_name, read_groups
from classifier.lists.lines import read_lines
from classifier.lists.named_fields import field_name
from classifier.lists.opening import open_list
from classifier.lists.raw import Raw
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.scaffold.groupings import (
    Grouping,
    Rows,
    by_columns,
    choose,
    columns_of,
    groupings_of,
    kind_of,
    made_of,
)
from classifier.scaffold.source import Source, SourcePaper, SourceSection
from classifier.scaffold.titles import title_of_file
from classifier.text.counting import count_of

_BIBTEX = "bibtex"
_SHOWN = 5


def read_library(name: str, form: str, by: Sequence[str] = ()) -> Source:
    """The library as a source.

    Args:
        by: What becomes the tree: one of `FIELDS`, or names of columns; the library decides if empty.

    Raises:
        InputError: No entry names its group or section, or no entry has a column of that name.
    """
    rows, keys = _rows(name, form)
    groups = read_groups(_text(name)) if form == _BIBTEX else []
    more = {number: groups_of(groups, keys[number], row) for number, row in rows.items() if groups}
    groupings = groupings_of(rows, form, paths_by_name(groups), more)
    found = list(read_lists([name], attachments=False))
    entries = {number: entry for number, entry in enumerate(found) if isinstance(entry, ListEntry)}
    if not entries:
        raise InputError(
            f"{name}: no entry found; it was read as {form}; expected entries with a title or an id"
        )
    chosen = _chosen(name, rows, groupings, by) if by else choose(groupings, len(entries))
    if chosen is None:
        raise InputError(_nothing(name, rows, len(entries)))
    outline = [group.path for group in groups if chosen.kind == "groups"]
    used = (path for row in chosen.paths.values() for path in row)
    sections = dict.fromkeys(path[:n] for path in (*outline, *used) for n in range(1, len(path) + 1))
    notices = [made_of(chosen, groupings, len(entries))]
    if chosen.kind == "groups" and (left := not_run(groups)):
        notices.append(f"groups that are searches were left out: {', '.join(left[:_SHOWN])}")
    return Source(
        name=name,
        form=form,
        title=title_of_file(name),
        sections=tuple(SourceSection(titles=path) for path in sections),
        papers=tuple(
            SourcePaper(entry=entry, sections=tuple(dict.fromkeys(chosen.paths.get(number, ()))))
            for number, entry in entries.items()
        ),
        broken=tuple(entry for entry in found if isinstance(entry, BrokenEntry)),
        notices=tuple(notices),
    )


def _rows(name: str, form: str) -> tuple[dict[int, dict[str, Any]], dict[int, str]]:
    """Number of an entry, as `read_lists` gives them -> its fields, and its key.

    Not its line: an export in XML or JSON may be a single line.
    """
    rows: dict[int, dict[str, Any]] = {}
    keys: dict[int, str] = {}
    with open_list(name) as opened:
        in_pieces = form in ("csl-json", "endnote-xml")
        lines = read_lines(opened.stream, opened.head, in_pieces=in_pieces)
        for number, raw in enumerate(READERS[form](lines)):
            if isinstance(raw, Raw):
                rows[number] = {field_name(key): value for key, value in raw.fields.items()}
                keys[number] = raw.key
    return rows, keys


def _chosen(name: str, rows: Rows, groupings: Sequence[Grouping], by: Sequence[str]) -> Grouping:
    kind = kind_of(by)
    found = next((each for each in groupings if each.kind == kind), None) if kind else by_columns(rows, by)
    if found is None or not found.size:
        there = ", ".join([each.kind for each in groupings] + columns_of(rows.values())) or "none"
        raise InputError(f"{name}: no entry has {' and '.join(by)} (--by); expected one of: {there}")
    return found


def _nothing(name: str, rows: Rows, entries: int) -> str:
    columns = columns_of(rows.values())
    return (
        f"{name}: {count_of(entries, 'entry', 'entries')}, but none names its group or section; expected "
        "groups, collections, a column 'category', or keywords that several entries share"
        + (f"; or choose a field with --by: {', '.join(columns)}" if columns else "")
    )


def _text(name: str) -> str:
    with open_list(name) as opened:
        return "\n".join(line.text for line in read_lines(opened.stream, opened.head))
