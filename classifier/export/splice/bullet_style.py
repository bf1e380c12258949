"""An entry of a Markdown list -> the text for another paper in the same style.

What enters: a neighbour's lines with its title, and the facts of the new paper. What leaves: lines with
title, link, date and venue in the neighbour's order and punctuation. Other content of the neighbour (code,
authors, stars, sentences) is left out, and so are lines that have nothing else. The text is used only if the
list's reader finds exactly the new paper in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from classifier.export.markdown import escaped
from classifier.export.splice.badges import PICTURE, badge_for
from classifier.export.splice.new_paper import ARXIV_ID, NewPaper
from classifier.export.splice.stamps import BLANK, find_stamps, venue_of
from classifier.export.splice.style_glue import NO_VALUE, NewText, cells_of, with_pieces
from classifier.lists.ids import find_arxiv_id
from classifier.lists.lines import ListLine
from classifier.lists.markdown import read_markdown
from classifier.lists.markdown_table import title_column
from classifier.lists.markdown_text import Link, find_links, is_label, is_paper, plain
from classifier.lists.named_fields import JOURNALS, YEARS
from classifier.lists.raw import Raw
from classifier.model.identity import bare_arxiv_id, title_words

_LINKS = ("paper", "link", "pdf", "url", "arxiv")
"""How names of columns with links to papers begin; signs after them are ignored."""
_WORDS = re.compile(r"[^\W_]+")
_MOST_WORDS = 200
"""Most words of a title that is looked for in its entry."""
_KEYWORDS = re.compile(r"^[^\w\n]*key[- ]?words?\W*[:：][\s*_]*(\S.*?)\s*$", re.IGNORECASE | re.MULTILINE)
_FOLDED = re.compile(r"<details\b.*?</details\s*>", re.IGNORECASE | re.DOTALL)


class BulletStyle:
    """How an entry is written; read once, then used for any number of papers.

    Args:
        text: The entry's lines, without the last line end.
        title: The entry's title, as the list's reader returns it.
        header: The names of the columns (`field_name`), if the entry is a row of a table.
    """

    def __init__(self, text: str, title: str, header: Sequence[str] = ()) -> None:
        self._text = text = _FOLDED.sub("", text)
        self._links = [] if "<a" in text.lower() else find_links(text)  # HTML is not imitated
        self._papers = [link for link in self._links if is_paper(link)]
        self._title = _title_span(text, title)
        outside = _blanked(text, [(link.start, link.end) for link in self._links])
        self._outside = _blanked(outside, [self._title] if self._title else [])
        self._stamps = find_stamps(_blanked(self._outside, [m.span() for m in PICTURE.finditer(text)]))
        self._venue = self._venue_cell(header)
        self._keywords = _KEYWORDS.search(text)

    @property
    def date(self) -> tuple[int, int] | None:
        """(year, month or 0) of the entry, from its text or the arXiv id that it links to."""
        dates = [stamp.date for stamp in self._stamps]
        dated = next((date for date in dates if date[1]), None)
        if dated:
            return dated
        found = ARXIV_ID.match(find_arxiv_id("", [link.url for link in self._links]) or "")
        if found and (not dates or dates[0][0] == 2000 + int(found["yy"])):
            return 2000 + int(found["yy"]), int(found["mm"])
        return dates[0] if dates else None

    def text_for(self, paper: NewPaper) -> str | None:
        """The new paper's text, which may have several lines; None if the style cannot be copied."""
        made = self._made(paper)
        return made if made is not None and _is_balanced(made) and _reads_as(made, paper) else None

    def _venue_cell(self, header: Sequence[str]) -> tuple[int, int] | None:
        """The cell of a row that has only a venue, by the table's header."""
        if not self._text.lstrip().startswith("|"):
            return None
        at = self._text.index("|") + 1
        for name, cell in zip(header, cells_of(self._text), strict=False):
            inner = cell.strip(" *_`")
            start = at + cell.find(inner)
            at += len(cell) + 1
            free = inner not in NO_VALUE and BLANK not in self._outside[start : start + len(inner)]
            if name in (*JOURNALS, "conference") and inner and free:
                taken = any(stamp.start < at and start < stamp.end for stamp in self._stamps)
                return None if taken else (start, start + len(inner))
        return None

    def _made(self, paper: NewPaper) -> str | None:
        named, text = self._title, self._text
        if named is None or not self._papers or text.lstrip().startswith("#"):
            return None
        if paper.keyword and not self._keywords:
            return None
        pieces = sorted(self._pieces(named, paper))
        if any(one.end > other.start for one, other in pairwise(pieces)):
            return None
        return with_pieces(text, pieces, self._links)

    def _pieces(self, named: tuple[int, int], paper: NewPaper) -> Iterator[NewText]:
        text, link = self._text, self._papers[0]
        yield NewText(*named, escaped(paper.title))
        if link.start <= named[0] and named[1] <= link.end:  # [Title](url): the address is a separate piece
            at = text.rfind(link.url, named[1], link.end)
            yield NewText(at, at + len(link.url), paper.url)
        else:
            yield NewText(link.start, link.end, _link_text(text[link.start : link.end], link, paper))
        for stamp in self._stamps:
            yield NewText(stamp.start, stamp.end, stamp.written(paper))
        if paper.keyword and self._keywords:
            yield NewText(*self._keywords.span(1), escaped(paper.keyword))
        if self._venue is not None:
            start, end = self._venue
            yield NewText(start, end, venue_of(paper, text[start:end]))
        for other in self._links:
            badge = f"![{other.text}]({other.image})" if other.image and other != link else ""
            if new := badge_for(badge, paper):
                same = other.url == link.url
                yield NewText(other.start, other.end, f"[{new}]({paper.url})" if same else new)
        for picture in PICTURE.finditer(text):
            within = any(each.start <= picture.start() < each.end for each in self._links)
            if not within and (new := badge_for(picture[0], paper)):
                yield NewText(*picture.span(), new)


def plain_bullet(marker: str, paper: NewPaper) -> str:
    """A bullet in the default style; a keyword is in an inner one."""
    inner = f"\n{' ' * len(marker)}- Keywords: {escaped(paper.keyword)}" if paper.keyword else ""
    return f"{marker}[{escaped(paper.title)}]({paper.url}){inner}"


def plain_row(header: Sequence[str], paper: NewPaper) -> str:
    """A row of a table whose rows cannot be imitated: title, link, venue and year in their columns.

    Args:
        header: The names of the columns (`field_name`).
    """
    place = title_column(header)
    links = [n for n, name in enumerate(header) if name.startswith(_LINKS) and n != place]
    title = escaped(paper.title) if links else f"[{escaped(paper.title)}]({paper.url})"
    year = str(paper.date[0] or "")
    venue = f"{venue_of(paper)} ({year})" if year and not {*YEARS} & {*header} else venue_of(paper)
    cells = {n: year for n, name in enumerate(header) if name in YEARS}
    cells |= {n: venue for n, name in enumerate(header) if name in (*JOURNALS, "conference")}
    cells |= dict.fromkeys(links[:1], f"[paper]({paper.url})") | {place: title}
    shown = (cells.get(n, "") for n in range(len(header)))
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in shown)}|"


def plain_paragraph(paper: NewPaper) -> str:
    """A paragraph in the default style, for lists without bullets."""
    return f"**{escaped(paper.title)}** [[paper]({paper.url})]"


def _reads_as(text: str, paper: NewPaper) -> bool:
    """Whether the list's own reader finds exactly this paper in the text."""
    found = list(read_markdown(iter(_in_context(text))))
    if len(found) != 1 or not isinstance(found[0], Raw):
        return False
    raw = found[0]
    same_title = title_words(raw.title) == title_words(paper.title)
    return same_title and [url for url in raw.urls if url != paper.url] == []


def _is_balanced(text: str) -> bool:
    """Whether all brackets and emphasis marks are closed."""
    bare = re.sub(r"\\.", "", text)
    pairs = all(bare.count(left) == bare.count(right) for left, right in ("()", "[]", "{}"))
    return pairs and all(bare.count(mark) % 2 == 0 for mark in ("**", "`", '"'))


def _in_context(text: str) -> Iterator[ListLine]:
    lines = text.split("\n")
    if lines[0].lstrip().startswith("|"):
        cells = lines[0].count("|") - 1
        lines = ["|" + " Title |" * cells, "|" + " --- |" * cells, *lines]
    return (ListLine(number, line) for number, line in enumerate(lines, start=1))


def _link_text(text: str, link: Link, paper: NewPaper) -> str:
    """A link such as "[paper](URL)" or a badge, to the new paper; none of it is the neighbour's alone."""
    old = bare_arxiv_id(find_arxiv_id("", (link.url,)) or "")
    new = bare_arxiv_id(paper.arxiv or "")
    shown = f"{link.text} {link.image}"
    if (old and old in shown and not new) or (not new and "arxiv" in shown.lower()):
        return f"[paper]({paper.url})"
    if link.image:
        badge = link.image.replace(old, new) if old and new else link.image
        if badge == link.image and find_arxiv_id("", (badge,)):
            return f"[paper]({paper.url})"
        alt = link.text.replace(old, new) if old and new else link.text
        picture = f"![{alt}]({badge})"
        return f"[{badge_for(picture, paper) or picture}]({paper.url})"
    if not is_label(plain(link.text)):
        return f"[{_stamped(link.text, paper) or 'paper'}]({paper.url})"
    swapped = text.replace(link.url, paper.url)
    return swapped.replace(old, new) if old and new else swapped


def _stamped(text: str, paper: NewPaper) -> str:
    """A link's text that is a venue or a date, for the new paper; empty if it says more."""
    stamps = find_stamps(text)
    whole = len(stamps) == 1 and (stamps[0].start, stamps[0].end) == (0, len(text))
    return stamps[0].written(paper) if whole else ""


def _title_span(text: str, title: str) -> tuple[int, int] | None:
    """The span of the title outside addresses; marks and spaces inside it may differ."""
    words = [re.escape(word) for word in _WORDS.findall(title)]
    if not 0 < len(words) <= _MOST_WORDS:
        return None
    hidden = re.sub(r"\]\([^()\s]*\)|https?://\S+", lambda found: BLANK * len(found[0]), text)
    found = re.search(r"(?<!\w)" + r"[\W_]*?".join(words) + r"(?!\w)[?!…]*", hidden, re.IGNORECASE)
    return found.span() if found else None


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + BLANK * (end - start) + text[end:]
    return text
