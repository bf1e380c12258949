"""A bullet or row of a Markdown list -> a line for another paper in the same style.

What enters: a neighbour's line with its title, and the facts of the new paper. What leaves: a line with
title, link, date and venue in the neighbour's order and punctuation. Other content of the neighbour (code,
authors, stars) is left out. The line is used only if the list's reader finds exactly the new paper in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from classifier.export.markdown import escaped
from classifier.lists.ids import find_arxiv_id
from classifier.lists.lines import ListLine
from classifier.lists.markdown import read_markdown
from classifier.lists.markdown_text import Link, find_links, is_paper
from classifier.lists.raw import Raw
from classifier.model.identity import bare_arxiv_id, title_words

_MARKER = re.compile(r"\s*(?:[-*+•]|\d{1,4}[.)])\s+(?:\[[ xX]\]\s+)?|\s*\|\s*")
_DATE = re.compile(
    r"(?<![\d/.-])(?P<year>(?:19|20)\d\d)(?:(?P<mark>[/.-])(?P<month>0[1-9]|"
    r"1[0-2])(?P<day>[/.-]\d\d)?)?(?![\d/.-])"
)
_VENUE = re.compile(
    r"(?P<open>[(\[*_`]+|<br\s*/?>\s*)(?P<name>[A-Z][\w&./ -]{1,40}?)?(?P<gap>[ ,'’]*)"
    r"(?P<year>(?:19|20)\d\d|(?<=['’])\d\d)"
    r"(?P<rest>[^()\[\]*_`|]{0,24})(?P<close>[)\]*_`]+|(?=\s{2}|\s*$))"
)
_LABELS = re.compile(r"paper|pdf|arxiv|link|doi|abs|abstract", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*(,|;|[–—-](?=\s))")
_IMAGE = re.compile(r"!\[[^\[\]]*\]\([^()]*\)")
_WORDS = re.compile(r"[^\W_]+")
_ARXIV_ID = re.compile(r"(?P<yy>\d\d)(?P<mm>0[1-9]|1[0-2])\.\d{4,5}")


@dataclass(frozen=True)
class NewPaper:
    """The content of a bullet; `url` is an address that needs no escape."""

    title: str
    url: str
    arxiv: str | None = None
    year: int | None = None
    venue: str = ""

    @property
    def date(self) -> tuple[int | None, int | None]:
        """(year, month); an arXiv id contains both, otherwise the month is unknown."""
        found = _ARXIV_ID.match(bare_arxiv_id(self.arxiv or "") or "")
        if found and self.year in (None, 2000 + int(found["yy"])):
            return 2000 + int(found["yy"]), int(found["mm"])
        return self.year, None


class _Piece(NamedTuple):
    start: int
    end: int
    text: str


def date_in(line: str) -> tuple[int, int] | None:
    """(year, month or 0) of a bullet, from its text or the arXiv id that it links to."""
    outside = _blanked(line, find_links(line))
    dated = next((m for m in _DATE.finditer(outside)), None)
    if dated and dated["month"]:
        return int(dated["year"]), int(dated["month"])
    found = _ARXIV_ID.match(find_arxiv_id("", [link.url for link in find_links(line)]) or "")
    if found and (dated is None or int(dated["year"]) == 2000 + int(found["yy"])):
        return 2000 + int(found["yy"]), int(found["mm"])
    return (int(dated["year"]), 0) if dated else None


class BulletStyle:
    """How the line of one entry is written; read once, then used for any number of papers.

    Args:
        line: The entry's text on one line, without the line end.
        title: The entry's title, as the list's reader returns it.
    """

    def __init__(self, line: str, title: str) -> None:
        self._line = line
        self._links = find_links(line)
        self._papers = [link for link in self._links if is_paper(link)]
        self._marker = _MARKER.match(line)
        self._title = _title_span(line, title)

    def line_for(self, paper: NewPaper) -> str | None:
        """The new paper's line; None if the style cannot be copied."""
        made = self._made(paper)
        return made if made is not None and _is_balanced(made) and _reads_as(made, paper) else None

    def _made(self, paper: NewPaper) -> str | None:
        line, named = self._line, self._title
        if self._marker is None or named is None or "<a" in line.lower() or not self._papers:
            return None
        link = self._papers[0]
        pieces = [_Piece(*named, escaped(paper.title))]
        if link.start <= named[0] and named[1] <= link.end:  # [Title](url): the address is a separate piece
            at = line.rfind(link.url, named[1], link.end)
            pieces.append(_Piece(at, at + len(link.url), paper.url))
        else:
            pieces.append(_Piece(link.start, link.end, _link_text(line[link.start : link.end], link, paper)))
        pieces += _dated(line, self._links, named, paper)
        return _joined(line, self._marker.end(), sorted(pieces), self._links)


def plain_bullet(marker: str, paper: NewPaper) -> str:
    """A bullet in the default style."""
    return f"{marker}[{escaped(paper.title)}]({paper.url})"


def plain_paragraph(paper: NewPaper) -> str:
    """A paragraph in the default style, for lists without bullets."""
    return f"**{escaped(paper.title)}** [[paper]({paper.url})]"


def _reads_as(line: str, paper: NewPaper) -> bool:
    """Whether the list's own reader finds exactly this paper in the line."""
    found = list(read_markdown(iter(_in_context(line))))
    if len(found) != 1 or not isinstance(found[0], Raw):
        return False
    raw = found[0]
    same_title = title_words(raw.title) == title_words(paper.title)
    return same_title and [url for url in raw.urls if url != paper.url] == []


def _is_balanced(line: str) -> bool:
    """Whether all brackets and emphasis marks are closed."""
    bare = re.sub(r"\\.", "", line)
    pairs = all(bare.count(left) == bare.count(right) for left, right in ("()", "[]", "{}"))
    return pairs and all(bare.count(mark) % 2 == 0 for mark in ("**", "`", '"'))


def _in_context(line: str) -> Iterator[ListLine]:
    if line.lstrip().startswith("|"):
        cells = line.count("|") - 1
        yield ListLine(1, "|" + " Title |" * cells)
        yield ListLine(2, "|" + " --- |" * cells)
    yield ListLine(3, line)


def _dated(line: str, links: list[Link], named: tuple[int, int], paper: NewPaper) -> Iterator[_Piece]:
    """Venue and year in brackets, else a date, outside title and links; only values that the paper has."""
    outside = _blanked(line, links)
    outside = outside[: named[0]] + " " * (named[1] - named[0]) + outside[named[1] :]
    year, month = paper.date
    venue = _VENUE.search(outside)
    dates = list(_DATE.finditer(outside))
    dated = next((date for date in dates if date["month"]), dates[0] if dates else None)
    if venue and venue["name"]:
        name = escaped(paper.venue) or ("arXiv" if paper.arxiv else "")
        text = " ".join(filter(None, (name, str(year or "") if str(year) not in name else "")))
        end = venue.start() + len(venue[0].rstrip())
        yield _Piece(venue.start(), end, f"{venue['open']}{text}{venue['close']}" if text else "")
    elif dated:
        shown = str(year or "")
        if year and month and dated["month"]:
            shown = f"{year}{dated['mark']}{month:02}"
        yield _Piece(*dated.span(), shown)


def _joined(line: str, start: int, pieces: list[_Piece], links: list[Link]) -> str:
    """The line with its pieces replaced; other words between them are left out."""
    parts, at = [line[:start]], start
    for number, piece in enumerate(pieces):
        glue = _glue(line, at, piece.start, links)
        parts.append(glue if not _has_words(glue) else _between(glue, is_first=number == 0))
        parts.append(piece.text)
        at = max(at, piece.end)
    rest = _glue(line, at, len(line), links)
    parts.append(_between(rest, is_first=False) if "|" in rest else _closing(rest))
    text = "".join(parts)
    # If the new paper has no date or venue, empty brackets remain; they are removed.
    text = re.sub(r"(?<=\s)(?:\(\s*\)|\[\s*\]|\*\*\s*\*\*|``)(?:\s+|$)(?!\()", "", text)
    return re.sub(r"(?<=\S) {2,}(?=\S)", " ", text).rstrip()


def _glue(line: str, start: int, end: int, links: list[Link]) -> str:
    """The text between two pieces, without pictures, tags and other links of the neighbour."""
    text = line[start:end]
    for link in reversed([link for link in links if start <= link.start and link.end <= end]):
        text = text[: link.start - start] + "\0" + text[link.end - start :]
    text = re.sub(r"[(\[]?\s*\0\s*[)\]]?", " ", _IMAGE.sub(" ", text))
    return re.sub(r"<[^<>]*>", " ", text)


def _has_words(text: str) -> bool:
    return any(not _LABELS.fullmatch(word) for word in _WORDS.findall(text))


def _between(text: str, *, is_first: bool) -> str:
    """The glue without words: the end of the previous piece, the start of the next one, a row's bars."""
    if "|" in text:
        first = "" if is_first else _closing(text)
        return first + "".join(
            part if part == "|" else " " for part in re.findall(r"(?<!\\)\||[^|]+", text[len(first) :])
        )
    opening = re.search(r"(?:(?<=\s)|^)[^\w\s,.;:)\]–—-]*$", text)
    opens = opening[0] if opening else ""
    if is_first:
        return opens
    closing = _closing(text)
    between = _SEPARATOR.match(text, len(closing))
    mark = between[1] if between else ""
    return f"{closing}{' ' * (mark in '–—-' and bool(mark))}{mark} {opens}"


def _closing(text: str) -> str:
    """The marks that end the previous text: `**`, a bracket, a full stop; nothing after them."""
    found = re.match(r"(?:\*+|[)\]”\"'`_]|[.](?=\W|$))*", text)
    return found[0] if found else ""


def _link_text(text: str, link: Link, paper: NewPaper) -> str:
    """A link such as "[paper](URL)" or a badge, to the new paper."""
    old = bare_arxiv_id(find_arxiv_id("", (link.url,)) or "")
    new = bare_arxiv_id(paper.arxiv or "")
    if link.image:
        badge = link.image.replace(old, new) if old and new else ""
        if not badge or badge == link.image:
            return f"[paper]({paper.url})"
        alt = link.text.replace(old, new) if old and new else link.text
        return f"[![{alt}]({badge})]({paper.url})"
    swapped = text.replace(link.url, paper.url)
    if not old or old not in swapped:
        return swapped
    return swapped.replace(old, new) if new else f"[paper]({paper.url})"


def _title_span(line: str, title: str) -> tuple[int, int] | None:
    """The span of the title in the line; marks and spaces inside it may differ."""
    words = [re.escape(word) for word in _WORDS.findall(title)]
    if not words:
        return None
    found = re.search(r"(?<!\w)" + r"[\W_]*?".join(words) + r"(?!\w)[?!…]*", line, re.IGNORECASE)
    return found.span() if found else None


def _blanked(line: str, links: list[Link]) -> str:
    for link in links:
        line = line[: link.start] + " " * (link.end - link.start) + line[link.end :]
    return line
