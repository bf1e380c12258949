"""Tables in Markdown -> raw entries.

What enters: rows, one at a time. What leaves: an entry for each row that names a paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from classifier.lists.ids import find_arxiv_id
from classifier.lists.lines import ListLine
from classifier.lists.markdown_text import (
    MAX_ITEM_CHARS,
    Link,
    find_links,
    is_label,
    is_paper,
    is_title,
    plain,
    without_links,
    year_in,
)
from classifier.lists.named_fields import AUTHORS, TITLES, field_name, raw_from_fields
from classifier.lists.raw import ASSUMED, Damaged, Found, Raw
from classifier.lists.title_stamps import without_stamps

_RULE = re.compile(r"[\s|:+-]*-[\s|:+-]*")
_CELL_END = re.compile(r"(?<!\\)\|")


class MarkdownTable:
    """A table that is being read; its first row is the header, if a rule follows."""

    def __init__(self) -> None:
        self._header: list[str] = []
        self._rows = 0

    def take(self, row: str, line: ListLine) -> Iterator[Found]:
        """The row's entry; none for the header, the rule under it, and rows that name no paper."""
        self._rows += 1
        if len(row) > MAX_ITEM_CHARS:
            yield Damaged(line.number, f"a table row of more than {MAX_ITEM_CHARS:,} characters; shorten it")
            return
        cells = [cell.strip() for cell in _CELL_END.split(row)]
        if self._rows == 1:
            self._header = [field_name(plain(cell)) for cell in cells]
            return
        if _RULE.fullmatch(row):
            return
        text = " \t ".join(cells)
        named = [(name, plain(cell)) for name, cell in zip(self._header, cells, strict=False)]
        raw = raw_from_fields(
            ((name, text) for name, text in named if name not in ("file", "pdf", "link")), line.number
        )
        papers = [link for link in find_links(text) if is_paper(link)]
        if not is_title(raw.title):
            raw.title = next((link.text for link in papers if is_title(link.text, 3)), "")
        several = {} if raw.title else _named_papers(papers)
        if len(several) > 1:
            for arxiv, link in several.items():
                notices = [ASSUMED] * line.assumed
                yield Raw(line.number, arxiv=arxiv, urls=[link.url], notices=notices)
            return
        if not raw.title:
            raw.title = max((text for name, text in named if name not in AUTHORS), key=len, default="")
            raw.title = raw.title if is_title(raw.title, 3) and papers else ""
        if not papers and not (raw.title and {*TITLES} & {*self._header}) and not raw.arxiv and not raw.doi:
            return
        raw.title = without_stamps(raw.title)
        raw.key = ""
        raw.urls = [link.url for link in papers]
        raw.hints = [link.image for link in papers if link.image] + [text]
        raw.year = raw.year or year_in(plain(without_links(text)))
        raw.notices += [ASSUMED] * line.assumed
        yield raw


def _named_papers(papers: Sequence[Link]) -> dict[str, Link]:
    """arXiv id -> link, if the links of a row are names of papers: "[LeverNet](URL), [Lift](URL)"."""  # noqa: D403
    found = {}
    for link in papers:
        arxiv = find_arxiv_id("", (link.url,))
        if arxiv is None or is_label(link.text):
            return {}
        found[arxiv] = link
    return found
