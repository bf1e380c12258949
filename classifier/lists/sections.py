"""A Markdown list's text -> its sections, by all kinds of headings that such lists use.

What enters: the text, and the titles of entries by line. What leaves: sections with their lines, nested by
path. Headings are `#` and underlined ones, HTML `<h1>` to `<h6>`, `<summary>`, a line that is all bold above
a list, and a bullet without a link above an inner list. markdown-it finds them; the reader of lists finds the
papers (`classifier.lists.markdown`).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from classifier.lists.heading_numbers import without_bare_numbers, without_number
from classifier.lists.html_headings import html_headings
from classifier.lists.markdown_text import plain
from classifier.lists.paper_headings import Heading, headings_of_papers

if TYPE_CHECKING:
    from markdown_it.token import Token

MAX_TITLE_CHARS = 160
"""Longest underlined heading in characters; a longer paragraph is not a heading."""
_INTRO_CHARS = 600
_INTRO_WORDS = 6
_BOLD_RANK, _BULLET_RANK = 90, 91
_SUMMARY_RANK = 50
_SHORTCODE = re.compile(r":[a-z0-9_+-]+:")
_COUNT = re.compile(r"\s*[(\[（]\s*\d+(?:\s*(?:papers?|works?|entries|items))?\s*[)\]）]\s*$", re.IGNORECASE)
_EDGES = " \t-–—:：|#*_~·•.>→"
_ID_MARK = re.compile(r"\s*\{#[^{}]*\}\s*$")
_TOPIC_WORDS = 12
"""Words of the longest bullet in an outline that is a heading; a longer one is a sentence."""
_YEAR = re.compile(r"(?:19|20)\d\d(?:\D{0,3}\d{1,4})?")
_NO_SENTENCE = re.compile(r"https?://|!\[|\]\(#")


class ListSection(NamedTuple):
    """A section of the list.

    Attributes:
        titles: The headings from the outermost to its own, cleaned by `clean_title`.
        line: Line of its heading, from 1.
        end: The line after its last one, including subsections.
        kind: "heading", "summary", "bold" or "bullet".
        intro: Its sentences above its first entry; often empty.
        level: 1 to 6 of a heading; 0 of the others.
    """

    titles: tuple[str, ...]
    line: int
    end: int
    kind: str = "heading"
    intro: str = ""
    level: int = 0


@dataclass(slots=True)
class _Found:
    """Data collected while walking through the tokens."""

    outline: bool
    headings: list[Heading] = field(default_factory=list)
    paragraphs: list[tuple[int, str]] = field(default_factory=list)
    level: int = 0
    details: list[int] = field(default_factory=list)


def find_sections(text: str, entries: Mapping[int, str], *, outline: bool = False) -> tuple[ListSection, ...]:
    """The sections in the order of their lines; a heading that is an entry's title is not a section.

    Args:
        text: The whole list; lines end as for the readers of lists.
        entries: Line of an entry, from 1 -> its title (empty if it has none).
        outline: The text is an outline without papers: every short bullet without a link is a section.
    """
    from markdown_it import MarkdownIt

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    total = text.count("\n") + 2
    found = _Found(outline=outline)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for place, token in enumerate(tokens):
        _visit(found, tokens, place, token)
    headings = sorted((h for h in found.headings if h.title), key=lambda h: h.line)
    for heading, title in zip(headings, without_bare_numbers([h.title for h in headings]), strict=True):
        heading.title = title
    # Badges below the list's title link to its survey, which the reader returns with that title.
    is_title = bool(headings) and headings[0].level == 1 and len(headings) > 1
    of_papers = headings_of_papers(headings[is_title:], entries)
    kept = [heading for heading in headings if heading.line not in of_papers]
    return tuple(_nested(kept, headings, total, _intros(found.paragraphs, entries), sorted(entries)))


def section_at(sections: Sequence[ListSection], line: int) -> ListSection | None:
    """The innermost section that contains the line; None above the first section."""
    return next((s for s in reversed(sections) if s.line <= line < s.end), None)


def clean_title(text: str) -> str:
    """A heading's words: no emoji, numbering, counts, anchors or marks around them.

    >>> clean_title("📚 2.1 Reward design (12) :rocket:")
    'Reward design'
    """
    text = _SHORTCODE.sub(" ", _ID_MARK.sub("", text))
    text = "".join(" " if _is_picture(char) else char for char in text)
    text = " ".join(text.split()).strip(_EDGES)
    text = _COUNT.sub("", text).strip(_EDGES)
    return without_number(text).strip(_EDGES) or text


def _is_picture(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Cf", "Co", "Cs", "Cc") or char in "\ufe0f\u20e3🏻🏼🏽🏾🏿"


def _visit(found: _Found, tokens: Sequence[Token], place: int, token: Token) -> None:
    if token.map is None:
        return
    line = token.map[0] + 1
    if token.type == "heading_open" and token.level == 0:
        title = _inline_title(tokens[place + 1])
        said = tokens[place + 1].content.rstrip()
        if not token.markup.startswith("#") and (len(said) > MAX_TITLE_CHARS or said.endswith(".")):
            return
        found.level = int(token.tag[1])
        found.headings.append(Heading(line, (found.level, 0), title, "heading", level=found.level))
    elif token.type == "html_block":
        _visit_html(found, token.content, line)
    elif token.type == "paragraph_open" and token.level == 0:
        inline = tokens[place + 1]
        following = tokens[place + 3].type if place + 3 < len(tokens) else ""
        if _is_bold(inline) and following in ("bullet_list_open", "ordered_list_open", "table_open"):
            title = _inline_title(inline)
            found.headings.append(Heading(line, (found.level, _BOLD_RANK), title, "bold"))
        else:
            found.paragraphs.append((line, inline.content))
    elif token.type == "list_item_open":
        _visit_item(found, tokens, place)


def _visit_item(found: _Found, tokens: Sequence[Token], place: int) -> None:
    """A bullet without a link that has an inner list is the heading of a section."""
    token = tokens[place]
    inner = tokens[place + 1 : place + 5]
    kinds = [each.type for each in inner]
    if len(inner) < 4 or kinds[:3] != ["paragraph_open", "inline", "paragraph_close"]:
        return
    is_topic = found.outline and len(inner[1].content.split()) <= _TOPIC_WORDS
    if not (kinds[3].endswith("list_open") or is_topic) or token.map is None or _has_link(inner[1]):
        return
    title = _inline_title(inner[1])
    rank = (found.level, _BULLET_RANK + token.level)
    found.headings.append(Heading(token.map[0] + 1, rank, title, "bullet", until=token.map[1] + 1))


def _has_link(inline: Token) -> bool:
    return "http" in inline.content or any(
        child.type in ("link_open", "image") for child in inline.children or ()
    )


def _is_bold(inline: Token) -> bool:
    children = [c for c in inline.children or () if c.type != "text" or c.content.strip(_EDGES)]
    if len(children) < 3 or _has_link(inline):
        return False
    return (
        children[0].type == "strong_open"
        and children[-1].type == "strong_close"
        and sum(c.type == "strong_open" for c in children) == 1
    )


def _inline_title(inline: Token) -> str:
    """The words of a heading, without links within the page ("back to top")."""
    parts: list[str] = []
    jumps: list[str] = []
    within = ""
    for child in inline.children or ():
        if child.type == "link_open":
            within = str(child.attrs.get("href", ""))
        elif child.type == "link_close":
            within = ""
        elif child.type in ("text", "code_inline"):
            (jumps if within.startswith("#") else parts).append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return clean_title("".join(parts)) or clean_title("".join(jumps))


def _visit_html(found: _Found, content: str, line: int) -> None:
    for kind, offset, value in html_headings(content):
        at = line + offset
        if kind == "details":
            found.details.append(at)
        elif kind == "/details":
            if found.details:
                found.details.pop()
            for heading in found.headings:
                inner = heading.rank[1] > _SUMMARY_RANK + len(found.details)
                if heading.kind == "summary" and heading.until is None and inner:
                    heading.until = at + 1
        elif kind == "summary":
            rank = (found.level, _SUMMARY_RANK + len(found.details))
            found.headings.append(Heading(at, rank, clean_title(value), "summary"))
        else:
            title = clean_title(value)
            if title:
                found.level = int(kind[1])
                found.headings.append(Heading(at, (found.level, 0), title, "heading", level=found.level))


def _intros(paragraphs: Iterable[tuple[int, str]], entries: Mapping[int, str]) -> list[tuple[int, str]]:
    """Paragraphs of sentences that are not entries."""
    kept = []
    for line, text in paragraphs:
        words = plain(text)
        if line in entries or _NO_SENTENCE.search(text) or not words.endswith((".", "。", "!", "?")):
            continue
        if len(words.split()) >= _INTRO_WORDS or not words.isascii():
            kept.append((line, words))
    return kept


def _nested(
    headings: Sequence[Heading],
    every: Sequence[Heading],
    total: int,
    intros: Sequence[tuple[int, str]],
    entries: Sequence[int],
) -> Iterable[ListSection]:
    """The sections; each of `every` heading, also of a paper, ends those of its level."""
    _lower_years(headings, entries)
    lines = [heading.line for heading in every]
    above: list[tuple[Heading, tuple[str, ...]]] = []
    for place, heading in enumerate(headings):
        while above and (above[-1][0].rank >= heading.rank or _is_past(above[-1][0], heading.line)):
            above.pop()
        titles = (*(above[-1][1] if above else ()), heading.title)
        above.append((heading, titles))
        closing = (h.line for h in every[bisect_right(lines, heading.line) :] if h.rank <= heading.rank)
        end = min(next(closing, total), heading.until or total)
        following = headings[place + 1].line if place + 1 < len(headings) else total
        following = min(following, next((entry for entry in entries if entry > heading.line), total))
        intro = " ".join(text for line, text in intros if heading.line < line < min(following, end))
        yield ListSection(titles, heading.line, end, heading.kind, _cut(intro), heading.level)


def _lower_years(headings: Sequence[Heading], entries: Sequence[int]) -> None:
    """A topic followed at once by a year on its own level contains that year and those after it."""
    lowered: tuple[int, int] | None = None
    for place, heading in enumerate(headings):
        rank = heading.rank
        if not _YEAR.fullmatch(heading.title):
            if lowered is None or rank <= lowered:
                following = headings[place + 1] if place + 1 < len(headings) else heading
                own = any(heading.line < entry < following.line for entry in entries)
                is_above = _YEAR.fullmatch(following.title) and following.rank == rank and not own
                lowered = rank if is_above else None
        elif rank == lowered:
            heading.rank = (rank[0], rank[1] + 1)
        elif lowered is not None and rank < lowered:
            lowered = None


def _is_past(heading: Heading, line: int) -> bool:
    return heading.until is not None and line >= heading.until


def _cut(text: str) -> str:
    return text if len(text) <= _INTRO_CHARS else text[:_INTRO_CHARS].rsplit(" ", 1)[0] + " …"
