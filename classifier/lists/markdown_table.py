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
from classifier.lists.named_fields import (
    ABSTRACTS,
    ARXIVS,
    AUTHORS,
    DOIS,
    FILED,
    FILES,
    HINTS,
    JOURNALS,
    TITLES,
    TYPES,
    URLS,
    YEARS,
    field_name,
    raw_from_fields,
)
from classifier.lists.raw import ASSUMED, Damaged, Found, Raw
from classifier.lists.title_stamps import without_stamps

_NO_TITLES = frozenset(
    (
        *AUTHORS, *JOURNALS, *YEARS, *ABSTRACTS, *URLS, *FILES, *DOIS, *ARXIVS, *HINTS, *TYPES,
        *(name for _, names in FILED for name in names),
        "conference", "conf", "code", "github", "repo", "repository", "project", "projectpage", "website",
        "web", "blog", "demo", "video", "slides", "stars", "star", "citations", "status", "no", "index",
        "rank", "institution", "institutions", "institute", "affiliation", "affiliations", "organization",
        "organisation", "company", "country", "license", "licence", "task", "tasks", "domain", "domains",
        "area", "field", "target", "targets", "setting", "settings", "mechanism", "modality", "modalities",
        "metric", "metrics", "language", "languages", "size", "description", "descriptions", "remark",
        "remarks", "highlight", "highlights", "contribution", "contributions", "keyidea", "idea", "details",
        "feature", "features", "evaluation", "result", "results", "subcategory", "subtopic",
    )
)  # fmt: skip
"""Columns that do not have the papers' titles."""
_LINK_OR_TITLE = "paper"
_TELLING = 4
_LETTERS = re.compile(r"[^\W\d_]{2}")
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
        if not raw.title and papers:
            has_id = find_arxiv_id(raw.arxiv, [*(link.url for link in papers), text]) is not None
            raw.title = _title_among(named, has_id=has_id)
        if not papers and not (raw.title and {*TITLES} & {*self._header}) and not raw.arxiv and not raw.doi:
            return
        raw.title = without_stamps(raw.title)
        raw.key = ""
        raw.urls = [link.url for link in papers]
        raw.hints = [link.image for link in papers if link.image] + [text]
        raw.year = raw.year or year_in(plain(without_links(text)))
        raw.notices += [ASSUMED] * line.assumed
        yield raw


def title_column(header: Sequence[str]) -> int:
    """The place of the column that has the papers' titles or names, by the columns' names (`field_name`)."""
    named = [place for place, name in enumerate(header) if name in TITLES and name != _LINK_OR_TITLE]
    other = [place for place, name in enumerate(header) if name and name not in _NO_TITLES]
    return next(iter(named or other), 0)


def _title_among(named: Sequence[tuple[str, str]], *, has_id: bool) -> str:
    """The title in a table without a column of titles: in the first column that can have one.

    A cell of four words or more in a later column is preferred to a name in the first ("TPA"). A short name
    is used only for a paper without an arXiv id, since the id gives the title, and a name may not be in it.
    """
    cells = [
        text
        for name, text in named
        if name not in _NO_TITLES and not is_label(text) and without_stamps(text) and _LETTERS.search(text)
    ]
    long = next((text for text in cells if is_title(text, _TELLING)), "")
    first = next(iter(cells), "")
    title = first if is_title(first, 3) else long or first
    return title if is_title(title, 3) or not has_id else ""


def _named_papers(papers: Sequence[Link]) -> dict[str, Link]:
    """arXiv id -> link, if the links of a row are names of papers: "[LeverNet](URL), [Lift](URL)"."""  # noqa: D403
    found = {}
    for link in papers:
        arxiv = find_arxiv_id("", (link.url,))
        if arxiv is None or is_label(link.text):
            return {}
        found[arxiv] = link
    return found
