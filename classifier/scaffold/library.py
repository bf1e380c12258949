"""A library whose entries have groups, collections, tags or keywords -> a `Source`.

JabRef groups, Zotero collections and tags, a column "category", "section" or "label", keywords: the first of
these that the library uses becomes the tree. The parent of a group comes from JabRef's comment, or from "/"
and ">" in a name.
"""

from __future__ import annotations

from collections import Counter

from classifier.errors import InputError
from classifier.lists import READERS, read_lists
from classifier.lists.filed_names import jabref_groups, kind_of, path_of
from classifier.lists.lines import read_lines
from classifier.lists.opening import open_list
from classifier.lists.raw import Raw
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.scaffold.source import Path, Source, SourcePaper, SourceSection
from classifier.scaffold.titles import title_of_file
from classifier.text.counting import count_of

_FEW = 2
"""A keyword with fewer entries belongs to single papers; it is not a topic."""


def read_library(name: str, form: str) -> Source:
    """The library as a source.

    Raises:
        InputError: No entry names its group or section.
    """
    with open_list(name) as opened:
        lines = read_lines(opened.stream, opened.head, in_pieces=form in ("csl-json", "endnote-xml"))
        filed = [raw for raw in READERS[form](lines) if isinstance(raw, Raw) and raw.filed]
    groups = jabref_groups(_text(name)) if form == "bibtex" else {}
    found = list(read_lists([name], attachments=False))
    entries = [entry for entry in found if isinstance(entry, ListEntry)]
    kind = kind_of(filed)
    paths: dict[int, list[Path]] = {}
    for raw in filed:
        if raw.filed_by == kind:
            paths.setdefault(raw.line, [path_of(name, groups) for name in raw.filed])
    if kind in ("tags", "keywords"):
        times = Counter(path for row in paths.values() for path in row)
        paths = {line: [p for p in row if times[p] >= _FEW] for line, row in paths.items()}
    sections = dict.fromkeys(path[:n] for path in groups.values() for n in range(1, len(path) + 1))
    sections |= dict.fromkeys(p[:n] for row in paths.values() for p in row for n in range(1, len(p) + 1))
    if not entries:
        raise InputError(
            f"{name}: no entry found; it was read as {form}; expected entries with a title or an id"
        )
    if not any(paths.values()):
        raise InputError(
            f"{name}: {count_of(len(entries), 'entry', 'entries')}, but none names its group "
            "or section; expected groups, "
            "collections, a column "
            "'category', or keywords that several entries share"
        )
    return Source(
        name=name,
        form=form,
        title=title_of_file(name),
        sections=tuple(SourceSection(titles=path) for path in sections),
        papers=tuple(
            SourcePaper(entry=e, sections=tuple(dict.fromkeys(paths.get(e.line, ())))) for e in entries
        ),
        broken=tuple(entry for entry in found if isinstance(entry, BrokenEntry)),
        notices=(f"the tree is made of the entries' {kind}",),
    )


def _text(name: str) -> str:
    with open_list(name) as opened:
        return "\n".join(line.text for line in read_lines(opened.stream, opened.head))
