"""One bullet, heading or paragraph of a Markdown list -> its raw entries.

What enters: an item with all its lines. What leaves: an entry for each titled link to a paper, else one for
all its links. It does not know the items around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from classifier.lists.ids import find_arxiv_id, find_doi
from classifier.lists.markdown_text import (
    Link,
    abstract_in,
    anchors_as_links,
    find_links,
    is_label,
    is_paper,
    is_title,
    leads_on,
    plain,
    promises_paper,
    title_of,
    without_links,
    year_in,
)
from classifier.lists.raw import ASSUMED, Raw
from classifier.lists.remarks import remark_in
from classifier.lists.title_stamps import is_venue, without_stamps

_NO_NAME = re.compile(
    r".*(?:\b(?:19|20)\d\d|\bet al\b)|(?:tech(?:nical)? |full )?report$|(?:model|system) card$"
    r"|(?:openreview|springer|ieee|acm|elsevier|slides?|this|ours?|here|homepage|google drive)\b",
    re.IGNORECASE,
)
"""Short texts of links that are no paper's name."""
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(slots=True)
class MarkdownItem:
    """A bullet, heading or paragraph with the lines that belong to it."""

    line: int
    depth: int
    text: str
    kind: str = "paragraph"
    assumed: bool = False
    long: bool = False


def entries_in(item: MarkdownItem) -> Iterator[Raw]:
    """The entries of one item: one for each titled link to a paper, else one for all its links."""
    links = find_links(item.text)
    papers = [link for link in links if is_paper(link)]
    notices = [ASSUMED] * item.assumed
    outside = plain(without_links(item.text))
    year = year_in(outside)
    titled = {link.url: link for link in reversed(papers) if is_title(link.text, 3)}
    if len(titled) > 1:
        for link in reversed(titled.values()):
            line = item.line + item.text.count("\n", 0, link.start)
            title, own = without_stamps(link.text), year or year_in(link.text)
            yield Raw(line, title=title, urls=[link.url], year=own, notices=list(notices))
        return
    hints = [outside, *(link.image for link in papers if link.image)]
    if not papers and not find_arxiv_id("", hints) and not find_doi("", hints):
        if item.kind == "bullet" and promises_paper(item.text) and (title := title_of(item.text)):
            yield Raw(item.line, title=title, year=year, notices=notices)
        return
    urls = [link.url for link in papers]
    title = next((link.text for link in titled.values()), "")
    year = year or year_in(title)
    if not title or is_venue(title):
        title = _title_elsewhere(item.text, links, papers) or title
    ids = dict.fromkeys(found for url in urls if (found := find_arxiv_id("", (url,))))
    if not title and len(ids) > 1:
        for arxiv in ids:
            yield Raw(item.line, arxiv=arxiv, notices=list(notices))
        return
    yield Raw(
        item.line,
        title=without_stamps(title),
        urls=urls,
        hints=hints,
        year=year,
        abstract=abstract_in(item.text),
        remark=remark_in(item.text, title) if item.kind == "bullet" and title else "",
        notices=notices,
    )


def _title_elsewhere(text: str, links: list[Link], papers: list[Link]) -> str:
    """A title that is not the text of a link to a paper.

    Text after a link at the beginning describes the linked thing, and a sentence that continues into a link
    to a paper is not its title.
    """
    named = bool(links) and not (links[0].start or links[0].image or is_label(links[0].text))
    in_sentence = bool(papers) and leads_on(text[: papers[0].start])
    linked = (link.text for link in links if is_title(link.text, 3) and not leads_on(text[: link.start]))
    return title_of(text, described=named or in_sentence) or next(linked, "")


def short_title(text: str) -> str:
    """A title of one or two words: the text of a link at the item's beginning, else what is before the links.

    Only for items that are sure to be a paper; "Resources" would be a title, too.
    """
    text = anchors_as_links(text)
    first = next((link for link in find_links(text) if is_paper(link)), None)
    if first is not None and not _LETTER.search(plain(text[: first.start])):
        found = first.text
    else:
        found = title_of(text, words=1)
    return found if is_title(found, 1) and not _NO_NAME.match(found) else ""
