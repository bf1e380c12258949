"""A library whose entries have groups, collections, tags or keywords -> a `Source`.

JabRef groups, Zotero collections and tags, a column "category", "section" or "label", keywords: the first of
these that the library uses becomes the tree. The parent of a group comes from JabRef's comment, or from "/"
and ">" in a name.
"""

from __future__ import annotations

import re
from collections import Counter

from classifier.errors import InputError
from classifier.lists import READERS, read_lists
from classifier.lists.lines import read_lines
from classifier.lists.opening import open_list
from classifier.lists.raw import Raw
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.scaffold.source import Path, Source, SourcePaper, SourceSection
from classifier.scaffold.titles import title_of_file

_GROUPING = re.compile(r"jabref-meta:\s*grouping\s*:(.*?)\n\s*\}", re.DOTALL | re.IGNORECASE)
_GROUP = re.compile(r"^\s*(\d+)\s+(\w+):((?:\\.|[^\\;])*)", re.MULTILINE)
_BELOW = re.compile(r"\s+/\s+|\s*>\s*|\s*›\s*|\\|::|/(?=\S)(?<=\w/)")
_FEW = 2
"""A keyword with fewer entries belongs to single papers; it is not a topic."""


def read_library(name: str, form: str) -> Source:
    """The library as a source.

    Raises:
        InputError: No entry names its group or section.
    """
    filed: dict[int, tuple[str, tuple[str, ...]]] = {}
    groups: dict[str, Path] = {}
    with open_list(name) as opened:
        for raw in READERS[form](
            read_lines(opened.stream, opened.head, in_pieces=form in ("csl-json", "endnote-xml"))
        ):
            if isinstance(raw, Raw) and raw.filed:
                filed.setdefault(raw.line, (raw.filed_by, tuple(raw.filed)))
    if form == "bibtex":
        groups = jabref_groups(_text(name))
    found = list(read_lists([name], attachments=False))
    entries = [entry for entry in found if isinstance(entry, ListEntry)]
    kinds = Counter(kind for kind, _ in filed.values())
    kind = next((k for k in ("groups", "category", "tags", "keywords") if kinds[k]), "")
    paths = {line: [_path(n, groups) for n in names] for line, (by, names) in filed.items() if by == kind}
    if kind in ("tags", "keywords"):
        times = Counter(path for row in paths.values() for path in row)
        paths = {line: [p for p in row if times[p] >= _FEW] for line, row in paths.items()}
    sections = dict.fromkeys(path[:n] for path in groups.values() for n in range(1, len(path) + 1))
    sections |= dict.fromkeys(p[:n] for row in paths.values() for p in row for n in range(1, len(p) + 1))
    if not any(paths.values()):
        raise InputError(
            f"{name}: {len(entries)} entries, but none names its group or section; expected groups, "
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


def jabref_groups(text: str) -> dict[str, Path]:
    """A group's name -> its names from the outermost group, by JabRef's comment; empty without one."""
    block = _GROUPING.search(text)
    found: dict[str, Path] = {}
    above: list[tuple[int, str]] = []
    for level, kind, name in _GROUP.findall(block[1].replace("\n", "\n") if block else ""):
        title = " ".join(re.sub(r"\\(.)", r"\1", name.partition("\\;")[0]).split())
        if kind == "AllEntriesGroup" or not title:
            continue
        while above and above[-1][0] >= int(level):
            above.pop()
        above.append((int(level), title))
        found.setdefault(title, tuple(each for _, each in above))
    return found


def _path(name: str, groups: dict[str, Path]) -> Path:
    known = groups.get(name)
    return known or tuple(part for each in _BELOW.split(name) if (part := " ".join(each.split()))) or (name,)


def _text(name: str) -> str:
    with open_list(name) as opened:
        return "\n".join(line.text for line in read_lines(opened.stream, opened.head))
