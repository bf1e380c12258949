"""A Markdown list -> a `Source`: its headings, and its papers by section.

The readers of lists (`classifier.lists`) say what is a paper; `classifier.lists.sections` says what is a
section. A Markdown file without any paper is an outline: its headings and bullets are the tree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from classifier.lists import READERS, read_lists
from classifier.lists.lines import ListLine, read_lines
from classifier.lists.markdown_items import list_items
from classifier.lists.opening import open_list
from classifier.lists.raw import Raw
from classifier.lists.sections import ListSection, find_sections, section_at
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.scaffold.keyword_tree import with_keyword_tree
from classifier.scaffold.roles import guess_role
from classifier.scaffold.source import MARKDOWN, Source, SourceItem, SourcePaper, SourceSection, UnreadItem
from classifier.scaffold.titles import title_of_file

_SHOWN_CHARS = 160
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,4}[.)]|\|)")


def read_markdown_list(name: str) -> Source:
    """The list as a source.

    Raises:
        InputError: The file cannot be read.
    """
    found = list(read_lists([name], attachments=False))
    entries = [entry for entry in found if isinstance(entry, ListEntry)]
    text = _text(name)
    raws = _raws(text)
    by_line = {entry.line: entry.paper.title or "" for entry in entries}
    sections = find_sections(text, by_line, outline=not entries)
    title = _title_of(sections, entries, text.split("\n"))
    says_nothing = title is None or guess_role(title.titles[-1]).role == "front"  # "Introduction", "Note"
    headings = {section.line: section.kind for section in sections}
    items = list_items(text, by_line.keys(), headings)
    broken_lines = {broken.line for broken in found if isinstance(broken, BrokenEntry)}
    source = Source(
        name=name,
        form=MARKDOWN,
        title=title_of_file(name) if title is None or says_nothing else title.titles[-1],
        definition=title.intro if title else "",
        sections=tuple(_merged(sections, title)),
        papers=tuple(
            SourcePaper(
                entry=entry,
                sections=_path(section_at(sections, entry.line)),
                remark=next((raw.remark for raw in raws.get(entry.line, ()) if raw.title), ""),
            )
            for entry in entries
        ),
        broken=tuple(
            broken
            for broken in found
            if isinstance(broken, BrokenEntry) and (entries or not broken.reason.startswith("no entry"))
        ),
        unread=tuple(
            UnreadItem(line=line, text=words[:_SHOWN_CHARS], section=_titles(section_at(sections, line)))
            for line, kind, words in items
            if kind == "linked" and line not in broken_lines
        ),
        items=tuple(
            SourceItem(line=line, kind=kind, section=_titles(section_at(sections, line)))
            for line, kind, _ in items
        ),
        keep_empty=not entries,
    )
    return with_keyword_tree(source, lambda: _keywords(raws))


def _raws(text: str) -> dict[int, list[Raw]]:
    """Line -> what the reader found there."""
    found: dict[int, list[Raw]] = {}
    for raw in READERS["markdown"](ListLine(n, line) for n, line in enumerate(text.split("\n"), 1)):
        if isinstance(raw, Raw):
            found.setdefault(raw.line, []).append(raw)
    return found


def _keywords(raws: Mapping[int, Sequence[Raw]]) -> dict[int, Sequence[str]]:
    """Line of an entry -> its keywords."""
    return {line: raw.filed for line, found in raws.items() for raw in found if raw.filed}


def _text(name: str) -> str:
    """The list as the reader of lists sees it, line by line."""
    with open_list(name) as opened:
        return "\n".join(line.text for line in read_lines(opened.stream, opened.head))


def _path(section: ListSection | None) -> tuple[tuple[str, ...], ...]:
    return (section.titles,) if section else ()


def _titles(section: ListSection | None) -> tuple[str, ...]:
    return section.titles if section else ()


def _title_of(
    sections: Sequence[ListSection], entries: Sequence[ListEntry], lines: Sequence[str]
) -> ListSection | None:
    """The heading of the whole list: the first section, if all is below it or it lists nothing itself."""
    first = next(iter(sections), None)
    if first is None or first.level != 1:
        return None
    own = [entry.line for entry in entries if section_at(sections, entry.line) == first]
    if len(sections) > 1 and not any(len(s.titles) == 1 for s in sections[1:]):
        return first
    # Links in badges and prose are about the survey itself; bullets and rows are the list.
    return None if any(_ITEM.match(lines[line - 1]) for line in own) else first


def _merged(sections: Sequence[ListSection], title: ListSection | None) -> list[SourceSection]:
    """Sections with one path are one section; the first line and all that they say is kept."""
    found: dict[tuple[str, ...], SourceSection] = {}
    for section in sections:
        known = found.get(section.titles)
        if known is None:
            found[section.titles] = SourceSection(
                titles=section.titles, intro=section.intro, line=section.line, is_title=section == title
            )
        elif section.intro and not known.intro:
            found[section.titles] = known.model_copy(update={"intro": section.intro})
    return list(found.values())
