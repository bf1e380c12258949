"""Markdown lists as awesome-lists write them -> raw entries.

What enters: lines. What leaves: one raw entry for each paper: a bullet, table row, heading or paragraph that
links to one. Bullets without a link to a paper (contents, tools, prose) are not entries, and are not
reported. Code blocks and comments are skipped. A title may be in the link, in bold, before the links, or
in the heading or bullet above them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifier.lists.html_tables import with_html_rows
from classifier.lists.ids import find_arxiv_id
from classifier.lists.lines import ListLine
from classifier.lists.markdown_entries import MarkdownItem, entries_in, short_title
from classifier.lists.markdown_table import MarkdownTable
from classifier.lists.markdown_text import (
    MAX_ITEM_CHARS,
    find_links,
    is_byline,
    is_title,
    plain,
    reads_as_abstract,
    title_of,
    without_links,
    year_in,
)
from classifier.lists.names import split_names
from classifier.lists.raw import ASSUMED, Damaged, Found, Raw
from classifier.lists.title_stamps import without_stamps

_FENCE = re.compile(r"\s*(?:[-*+]\s+)?(```+|~~~+)")
_HEADING = re.compile(r"\s{0,3}(#{1,6})\s+(.*)")
_BULLET = re.compile(r"([\s>]*)(?:[-*+•]|\d{1,4}[.)])\s+(?:\[[ xX]\]\s+)?(.*)")
_ROW = re.compile(r"\s*\|(.*)\|?\s*$")
_FIELD = re.compile(
    r"\W*(authors?|keywords?|key[- ]?words?|abstract|overview|description|tl;?dr|summary|year|date"
    r"|published)\W*[:：]\W*(\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_BETWEEN_KEYWORDS = re.compile(r"\s*[,;，；、]\s*")
_QUOTE = re.compile(r"\s{0,3}(?:>\s?)+")
_DASH = re.compile(r"\s[–—-]\s")
_HEADING_DEPTH = -1
_FOLDED_DEPTH = 100
_MOST_WAITING = 1000
_SHOWN = 60


def read_markdown(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per paper; no content of the file raises an error."""
    collector = _Collector()
    item: MarkdownItem | None = None
    folded = False  # inside <details>, which belongs to the entry above
    table = MarkdownTable()
    for line in with_html_rows(_visible(lines)):
        row = _ROW.match(line.text)
        fresh = None if row else _item(line)
        if item is not None and (row or fresh or not line.text.strip()):
            yield from collector.take(item)
            item = None
        if row:
            yield from collector.flush()
            yield from table.take(row[1], line)
            continue
        table = MarkdownTable()
        if fresh is not None and fresh.kind == "heading":
            yield from collector.take(fresh)
        elif fresh is not None:
            item = fresh
        elif line.text.strip():
            folded = folded or "<details" in line.text.lower()
            item = _joined(item, line, folded)
        folded = folded and "</details" not in line.text.lower()
    if item is not None:
        yield from collector.take(item)
    yield from collector.flush()


def _visible(lines: Iterator[ListLine]) -> Iterator[ListLine]:
    """The lines outside code blocks and comments; lines inside are empty."""
    fence = ""
    comment = False
    for line in lines:
        text = line.text[:MAX_ITEM_CHARS] if line.cut else line.text
        found = _FENCE.match(text)
        if found and (not fence or found[1].startswith(fence)):
            fence = "" if fence else found[1]
            text = ""
        elif fence:
            text = ""
        if "<!--" in text or comment:
            text, comment = _without_comments(text, comment)
        yield line._replace(text=text)


def _without_comments(text: str, is_open: bool) -> tuple[str, bool]:
    """A line without its comments, and whether one is open at its end; `is_open`: at its beginning."""
    parts, at = [], 0
    while at < len(text):
        mark = text.find("-->" if is_open else "<!--", at)
        end = mark if mark >= 0 else len(text)
        if not is_open:
            parts.append(text[at:end])
        if mark < 0:
            break
        at = mark + (3 if is_open else 4)
        is_open = not is_open
    return "".join(parts), is_open


def _item(line: ListLine) -> MarkdownItem | None:
    """The item that starts on this line; None if the line continues the previous item."""
    heading = _HEADING.match(line.text)
    if heading:
        text = heading[2].rstrip("#").strip()
        return MarkdownItem(line.number, _HEADING_DEPTH, text, "heading", line.assumed, line.cut)
    bullet = _BULLET.match(line.text)
    if bullet:
        return MarkdownItem(
            line.number, len(bullet[1].expandtabs(4)), bullet[2], "bullet", line.assumed, line.cut
        )
    return None


def _joined(item: MarkdownItem | None, line: ListLine, folded: bool) -> MarkdownItem:
    text = _QUOTE.sub("", line.text)
    if item is None:
        depth = len(text) - len(text.lstrip()) + (len(line.text) - len(text)) + _FOLDED_DEPTH * folded
        return MarkdownItem(line.number, depth, text.strip(), "paragraph", line.assumed, line.cut)
    if len(item.text) + len(text) > MAX_ITEM_CHARS:
        item.long = True
    else:
        item.text += "\n" + text.strip()
    item.assumed |= line.assumed
    return item


class _Collector:
    """Turns items into entries; keeps the last one, since lines below may belong to it.

    The kept item may be only a candidate: a title without a link, which may follow below.
    """

    def __init__(self) -> None:
        self._last: Raw | None = None
        self._from: MarkdownItem = MarkdownItem(0, 0, "")
        self._linked = False
        self._lent = False  # the links were below a candidate, so its text may not be a title
        self._depths: set[int] = set()  # of bullets that are entries, in this section
        self._waiting: list[MarkdownItem] = []  # bullets without a link, until such a depth is known

    def flush(self) -> Iterator[Found]:
        """The kept entry, if it has a link; a bullet without a link is reported if other bullets have one."""
        last, self._last = self._last, None
        if last is not None and self._linked:
            if self._from.kind == "bullet":
                self._depths.add(self._from.depth)
                yield from self._without_links()
            yield last
        elif last is not None and self._from.kind == "bullet":
            yield from self._note(self._from)

    def _note(self, item: MarkdownItem) -> Iterator[Found]:
        if len(self._waiting) < _MOST_WAITING and not find_links(item.text) and "](#" not in item.text:
            self._waiting.append(item)
        yield from self._without_links()

    def _without_links(self) -> Iterator[Found]:
        """Bullets without a link in a list with entries."""
        for item in [item for item in self._waiting if item.depth in self._depths]:
            self._waiting.remove(item)
            yield Damaged(
                item.line,
                f"'{plain(item.text)[:_SHOWN]}' has no link to a paper; add one to have it labelled",
            )

    def take(self, item: MarkdownItem) -> Iterator[Found]:
        """The entries that are complete now."""
        if not self._is_beneath(item):
            yield from self.flush()
        if item.kind == "heading":
            self._depths.clear()
            self._waiting.clear()
        if item.long or len(item.text) > MAX_ITEM_CHARS:
            yield from self.flush()
            yield Damaged(item.line, f"a list item of more than {MAX_ITEM_CHARS:,} characters; shorten it")
            return
        found = list(entries_in(item))
        if len(found) == 1 and self._awaits_links(item) and is_byline(item.text):
            found[0].title = ""  # the authors of the title above
        if not found:
            yield from self._take_text(item)
        elif not (len(found) == 1 and not found[0].title and self._takes_links(found[0])):
            if not (found[-1].title or found[-1].arxiv or _arxiv(found[-1])):
                found[-1].title = short_title(item.text)
            yield from self.flush()
            yield from found[:-1]
            self._hold(item, found[-1], linked=True)

    def _awaits_links(self, item: MarkdownItem) -> bool:
        """Whether the kept item is a bullet with a title, and this is a paragraph below it with the link."""
        below = item.kind == "paragraph" and item.depth > self._from.depth
        return self._last is not None and not self._linked and self._from.kind == "bullet" and below

    def _is_beneath(self, item: MarkdownItem) -> bool:
        if self._last is None or item.kind == "heading":
            return False
        paragraphs = item.kind == self._from.kind == "paragraph"
        goes_on = paragraphs and (not self._linked or reads_as_abstract(item.text))
        return item.depth > self._from.depth or goes_on

    def _hold(self, item: MarkdownItem, raw: Raw, linked: bool) -> None:
        self._last, self._from, self._linked, self._lent = raw, item, linked, False

    def _take_text(self, item: MarkdownItem) -> Iterator[Found]:
        """An item without a link to a paper: a field of the entry above, or a new candidate."""
        if self._last is not None and _add_field(self._last, item.text):
            return
        if self._last is not None and self._linked:
            if item.kind != "heading" and reads_as_abstract(item.text):
                self._last.abstract = f"{self._last.abstract}\n{plain(item.text)}".strip()
            return
        if self._last is not None and not (self._from.kind == "heading" and item.kind == "bullet"):
            return  # below a candidate: its venue or authors, not another title
        title = title_of(item.text)
        if not title and item.kind == "heading" and _DASH.search(item.text):  # "ALBIS - A Benchmark"
            title = without_stamps(plain(without_links(item.text)))
        if is_title(title, 3):
            yield from self.flush()
            notices = [ASSUMED] * item.assumed
            raw = Raw(item.line, title=title, year=year_in(plain(item.text)), notices=notices)
            self._hold(item, raw, linked=False)
        elif item.kind == "bullet" and self._last is None and len(plain(item.text).split()) > 1:
            yield from self._note(item)

    def _takes_links(self, found: Raw) -> bool:
        """Whether links without a title belong to the entry above; if so, they are added there."""
        last = self._last
        if last is None:
            return False
        known, new = _arxiv(last), _arxiv(found)
        if known and new and known.partition("v")[0] != new.partition("v")[0]:
            if self._lent:  # a list of bare links under a heading: the heading is not a paper's title
                last.title = ""
            return False
        last.urls = [*last.urls, *found.urls]
        last.hints = [*last.hints, *found.hints]
        last.arxiv = last.arxiv or found.arxiv
        last.year = last.year or found.year
        self._lent = self._lent or not self._linked
        self._linked = True
        return True


def _arxiv(raw: Raw) -> str | None:
    return find_arxiv_id("", (*raw.urls, *raw.hints))


def _add_field(raw: Raw, text: str) -> bool:
    """Reads "Authors: …", "Abstract: …" and similar fields below an entry."""
    found = _FIELD.match(plain(text))
    if found is None:
        return False
    name, value = found[1].lower(), found[2]
    if name.startswith("author"):
        raw.authors = split_names(value)
    elif name in ("year", "date", "published"):
        raw.year = value
    elif name.startswith("key"):
        raw.filed_by = "keywords"
        raw.filed = [word for each in _BETWEEN_KEYWORDS.split(value) if (word := each.strip(" .`\t"))]
    else:
        raw.abstract = raw.abstract or value
    return True
