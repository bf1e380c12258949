"""A Markdown list -> a `Source`: its headings, and its papers by section.

The readers of lists (`classifier.lists`) say what is a paper; `classifier.lists.sections` says what is a
section. A Markdown file without any paper is an outline: its headings and bullets are the tree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from classifier.lists import READERS, read_lists
from classifier.lists.lines import read_lines
from classifier.lists.markdown_items import unread_items
from classifier.lists.opening import open_list
from classifier.lists.raw import Raw
from classifier.lists.sections import ListSection, find_sections, section_at
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.scaffold.groupings import names_in
from classifier.scaffold.keyword_tree import with_keyword_tree
from classifier.scaffold.roles import guess_role
from classifier.scaffold.source import MARKDOWN, Source, SourcePaper, SourceSection, UnreadItem
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
    by_line = {entry.line: entry.paper.title or "" for entry in entries}
    sections = find_sections(text, by_line, outline=not entries)
    title = _title_of(sections, entries, text.split("\n"))
    says_nothing = title is None or guess_role(title.titles[-1]).role == "front"  # "Introduction", "Note"
    source = Source(
        name=name,
        form=MARKDOWN,
        title=title_of_file(name) if title is None or says_nothing else title.titles[-1],
        definition=title.intro if title else "",
        sections=tuple(_merged(sections, title)),
        papers=tuple(
            SourcePaper(entry=entry, sections=_path(section_at(sections, entry.line))) for entry in entries
        ),
        broken=tuple(
            broken
            for broken in found
            if isinstance(broken, BrokenEntry) and (entries or not broken.reason.startswith("no entry"))
        ),
        unread=tuple(
            UnreadItem(line=line, text=words[:_SHOWN_CHARS], section=_titles(section_at(sections, line)))
            for line, words in unread_items(text, [*by_line, *(b.line for b in found)])
        ),
        keep_empty=not entries,
    )
    return with_keyword_tree(source, lambda: _keywords(name))


def _keywords(name: str) -> dict[int, Sequence[str]]:
    """Line of an entry -> its keywords."""
    with open_list(name) as opened:
        lines = read_lines(opened.stream, opened.head)
        found = [raw for raw in READERS["markdown"](lines) if isinstance(raw, Raw)]
    return {raw.line: names for raw in found if (names := names_in(raw.fields))}


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
