"""The text of a Markdown list -> its sections and entries, with the lines of each.

What enters: lines without their ends. What leaves: entries in the order of their lines. The reader of lists
says which these are, and its sections say where; an entry's lines end where the next text begins that is
not about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from classifier.export.splice.section_entries import BULLET, PageEntry
from classifier.lists.build import build_entry
from classifier.lists.lines import ListLine
from classifier.lists.markdown import read_markdown
from classifier.lists.markdown_items import item_ends
from classifier.lists.markdown_text import plain, without_links
from classifier.lists.named_fields import field_name
from classifier.lists.raw import Raw
from classifier.lists.sections import ListSection, find_sections, section_at
from classifier.model.entries import ListEntry
from classifier.model.traits import PaperIndex, traits_of

_SENTENCE = 12
"""An inner bullet with more words is about the paper; its dates are not the paper's."""


class ReadPage(NamedTuple):
    """A list as read: `papers` finds its papers, `keywords` has the spelling of each in lower case."""

    sections: tuple[ListSection, ...]
    entries: list[PageEntry]
    papers: PaperIndex[str]
    keywords: dict[str, str]


def read_page(lines: Sequence[str]) -> ReadPage:
    """The list's sections and entries."""
    text = "\n".join(lines)
    raws = [r for r in read_markdown(ListLine(n, t) for n, t in enumerate(lines, 1)) if isinstance(r, Raw)]
    sections = find_sections(text, {raw.line: raw.title for raw in raws})
    ends, starts, headers = item_ends(text), {raw.line - 1 for raw in raws}, _headers(lines)
    index = PaperIndex[str]()
    entries = []
    for raw in raws:
        built = build_entry(raw, "", Path())
        if isinstance(built, ListEntry):
            index.add(traits_of(built.paper, url=built.url), built.key, built.key)
        first = raw.line - 1
        last, end = _span(lines, first, ends.get(raw.line), starts)
        own = [lines[first], *(line for line in lines[first + 1 : last] if not _is_sentence(line))]
        entries.append(
            PageEntry(
                line=first,
                end=end,
                title=raw.title,
                text="\n".join(own),
                section=section_at(sections, raw.line),
                after_gap=first > 0 and not lines[first - 1].strip(),
                header=headers.get(first, ()),
                has_sentence=bool(raw.abstract or raw.remark),
            )
        )
    keywords = {word.casefold(): word for raw in reversed(raws) for word in raw.filed}
    return ReadPage(sections, entries, index, keywords)


def _span(lines: Sequence[str], first: int, item_end: int | None, starts: set[int]) -> tuple[int, int]:
    """The ends of an entry's own text, and of all that belongs to it: bullets below a paragraph, too."""
    own = first + 1
    limit = len(lines) if item_end is None else item_end
    while own < limit and own not in starts and (item_end or _goes_on(lines[own])):
        own += 1
    if item_end is not None:
        return own, item_end
    end = at = own
    while at < len(lines) and at not in starts:
        if not lines[at].strip():
            at += 1
        elif BULLET.match(lines[at]) or (end == at and lines[at][:1].isspace()):
            at += 1
            end = at
        else:
            break
    return own, end


def _goes_on(line: str) -> bool:
    text = line.strip()
    return bool(text) and not (BULLET.match(line) or text[0] in "#|" or text.startswith(("---", "***")))


def _is_sentence(line: str) -> bool:
    words = plain(without_links(line)).split()
    return bool(BULLET.match(line)) and len(words) > _SENTENCE and "key" not in line[:12].lower()


def _headers(lines: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Line of a row -> the names of its table's columns."""
    found: dict[int, tuple[str, ...]] = {}
    header: tuple[str, ...] = ()
    for number, line in enumerate(lines):
        if not line.lstrip().startswith("|"):
            header = ()
        elif header:
            found[number] = header
        else:
            header = tuple(field_name(plain(cell)) for cell in line.strip().strip("|").split("|"))
    return found
