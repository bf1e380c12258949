"""A piece of Markdown -> its links, its plain text, and a title if one is recognised.

What enters: one line or list item. What leaves: links with their texts (badges and HTML anchors too), text
without markup. It knows which addresses lead to papers, but not the structure of a list.
"""

from __future__ import annotations

import html
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from classifier.lists.ids import find_arxiv_id, find_doi
from classifier.lists.paper_hosts import is_publisher, leads_to_paper
from classifier.lists.title_stamps import without_stamps

MAX_ITEM_CHARS = 1 << 16
"""Longest bullet or row in characters; a longer one is not an entry."""

_TARGET = r"\(\s*<?((?:[^()\s<>]|\([^()\s<>]*\))*)>?(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)"
_BADGE = re.compile(rf"\[\s*!\[([^\[\]]*)\]{_TARGET}\s*\]{_TARGET}")
_IMAGE = re.compile(rf"!\[([^\[\]]*)\]{_TARGET}")
_LINK = re.compile(rf"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]{_TARGET}")
_ANCHOR = re.compile(r"<a\s[^<>]*?href\s*=\s*[\"']([^\"'<>]*)[\"'][^<>]*>(.{0,500}?)</a\s*>", re.IGNORECASE)
_BARE = re.compile(r"<?(https?://[^\s<>\"\])|]+)>?", re.IGNORECASE)
_ALL = re.compile(
    "|".join(
        f"(?P<{name}>{part.pattern})"
        for name, part in (("badge", _BADGE), ("image", _IMAGE), ("link", _LINK), ("bare", _BARE))
    ),
    re.IGNORECASE,
)

_NO_PAPERS = re.compile(
    r"(?:^|\.)(?:twitter\.com|x\.com|youtube\.com|youtu\.be|linkedin\.com|medium\.com"
    r"|wikipedia\.org|scholar\.google\.\w+|kaggle\.com|pypi\.org|readthedocs\.io|shields\.io|discord\.gg|reddit\.com"
    r"|opensource\.org|creativecommons\.org|zenodo\.org)$"
)
_SOFTWARE_DOI = re.compile(r"10\.5281/zenodo", re.IGNORECASE)
_LABEL_WORD = (
    r"papers?|pdf|arxiv|doi|abs|abstract|openreview|acl|link|links?|url|html|full|text|here|preprint|article|publication"
    r"|code|github|project|page|website|web|blog|post|demo|video|slides|poster|data|dataset|model|tweet|twitter|star|stars"
    r"|colab|official|hugging|face|huggingface|hf|bibtex|cite|citation|read|version|conference|journal|download|the|and"
)
_LABEL = re.compile(rf"(?:\W|\d|_|\b(?:{_LABEL_WORD})\b)*", re.IGNORECASE)
_PAPER_LABEL = re.compile(r"\W*(?:full[ -])?(?:paper|pdf|arxiv|doi|preprint|publication)\b", re.IGNORECASE)
_EMPTIED = re.compile(r"[\[(][ ]*(?:\t[ ]*)+[\])]")
"""Brackets around links only, as in "[[paper](URL)] Title"."""
_BOLD = re.compile(r"(?:\*\*|__)(.+?)(?:\*\*|__)|[\"“]([^\"“”]{12,})[\"”]")
_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][^<>]*>")
_EMPHASIS = re.compile(r"(?<!\\)[*`~]+|(?<![\w\\])_+|_+(?!\w)")
_LEADING = re.compile(
    r"^(?:[^\w$\"“(\[]+|\[\d{1,3}\][:.]?|:\w+:"
    r"|[(\[][^()\[\]]{0,80}\d{4}[^()\[\]]{0,80}[)\]][:.,\s]*|\[[ xX]?\])+"
)
_AFTER_TITLE = re.compile(
    r"(?<!\.[A-Z])\.\s|\s[|–—-]\s|\s\(|\s\[|,\s+(?=[^,()\[\]]*\b(?:19|20)\d\d\b)|\s*\b(?:arXiv|CoRR)\b|$|\t",
    re.IGNORECASE,
)
_IN_TITLE = re.compile(r"\s\([^()\d]*\)(?=[\w ])")
"""Brackets that do not end a title: "The (R)Evolution of …"."""
_NAME = r"[A-Z][\w.'’-]*(?:\s+(?:van|von|de|der|den|del|di|la|le|[A-Z][\w.'’-]*)){0,3}\s+[A-Z][\w'’-]+"
_NAMES = re.compile(
    rf"(?:(?:and|&)\s+)?{_NAME}(?:\s+(?:and|&)\s+{_NAME})*(?:,?\s+et\s+al\b\.?)?\s*(?:[,.]\s*|(?=[(\[\t])|$)"
)
_VENUE = re.compile(r"(?:,\s*[A-Z]{2,}[\w-]*)+$")
_LEADS_ON = re.compile(
    r"\b(?:a|an|and|as|at|by|for|from|in|into|is|of|on|or|our|read|see|that|the|their|this|to|using|via|with)$",
    re.IGNORECASE,
)
_CITATION = re.compile(r"[\w' -]{1,40} et al\.?,?(?: \(?(?:19|20)\d\d\)?)?")
_WORD = re.compile(r"[^\W\d_]{2,}")
_HTML_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ITALIC = re.compile(r"(?:\*(?!\*)[^\n]+(?<![*\\])\*|_(?!_)[^\n]+(?<![_\\])_)[\s,.;:(\[]*")
_NAME_PARTICLES = re.compile(r"(?<![^\s,])(?:and|et al|van|von|de|der|den|del|di|la|le|dos|bin|ibn)\b\.?")
_EMPTY_LINK = re.compile(r"\[[^\w\[]*(?:paper|pdf|arxiv)\W*\]\(\s*#?\s*\)", re.IGNORECASE)


_YEAR = re.compile(r"(?<![\d/.])(?:19|20)\d\d(?!\d|\.\d{3})")
_ABSTRACT = re.compile(
    r"(?:^|\n|<br\s*/?>|[*_]|[.)\]]\s|\t)\W{0,40}\b(?:abstract|overview|tl;?dr|summary)\b\W{0,4}[:：]\W*(\S.{20,})",
    re.IGNORECASE | re.DOTALL,
)
_MOST_TITLE_CHARS = 2000
"""A longer text is cut before its title is looked for."""
_LEAST_WORDS = 15
"""Least number of words of a paragraph that is used as an abstract."""
_SMALL = 0.6
"""Least share of its words in lower case; a list of names has a lower one."""
_SENTENCE_ENDS = re.compile(r"[.!?…](?:[\"”')\]]|\s|$)")
_CLOSED = re.compile(r"(?:[)\].!?*_>\\]|\t)\s*$")


class Link(NamedTuple):
    """A link: its text (a badge's: its alternative text), its address, and its half-open span."""

    text: str
    url: str
    start: int
    end: int
    image: str = ""


def find_links(text: str) -> list[Link]:
    """All links to http(s), in order; an image counts if it is a badge on a link or names an arXiv id."""
    text = anchors_as_links(text)
    found = []
    for match in _ALL.finditer(text):
        link = _link(match)
        if link.url.lower().startswith(("http://", "https://")):
            found.append(link)
    return found


def anchors_as_links(text: str) -> str:
    """The text with `<a href="URL">TEXT</a>` written `[TEXT](URL)`."""
    if "<a" not in text.lower():
        return text
    return _ANCHOR.sub(lambda found: f"[{_TAG.sub('', found[2])}]({found[1]})", text)


def without_links(text: str) -> str:
    """The text with every link and image replaced by a tab."""
    return _ALL.sub("\t", anchors_as_links(text))


def plain(text: str) -> str:
    """Text without emphasis, tags and entities; links keep their texts."""
    text = _LINK.sub(r"\1", _IMAGE.sub("", _BADGE.sub("", anchors_as_links(text))))
    text = html.unescape(_EMPHASIS.sub("", _TAG.sub(" ", text)))
    return " ".join(re.sub(r"\\([\\`*_{}\[\]()#+.!|~-])", r"\1", text).split())


def is_paper(link: Link) -> bool:
    """Whether a link leads to a paper, by its address or by a text that is only a label such as "paper".

    A badge with a DOI of Zenodo belongs to a program.
    """
    doi = find_doi("", (link.url,))
    if find_arxiv_id("", (link.url,)) or doi:
        return not (doi and link.image and _SOFTWARE_DOI.match(doi))
    try:
        parts = urlsplit(link.url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    if parts.path.lower().endswith(".pdf"):
        return True
    if leads_to_paper(host, parts.path):
        return True
    # A link that the list calls "paper" is one, also to a project's page; a publisher's home page is not.
    named = not _NO_PAPERS.search(host) and (parts.path.strip("/") or not is_publisher(host))
    text = plain(link.text)
    return bool(named and _PAPER_LABEL.match(text) and _LABEL.fullmatch(text))


def is_label(text: str) -> bool:
    """Whether a text is only the label of a link: "paper", "code", "arXiv 2023", a number, nothing."""
    return _LABEL.fullmatch(text) is not None


def is_title(text: str, words: int = 2) -> bool:
    """Whether a text reads as a title: several words, not all in lower case; no label, no "Bee et al."."""
    named = len(_WORD.findall(text)) >= words and not text.islower() and not is_label(text)
    return named and not _CITATION.fullmatch(text)


def title_of(text: str, *, described: bool = False, words: int = 3) -> str:
    """The title in an item's text outside its links: bold or quoted text, else its beginning; or empty.

    Args:
        described: The text describes a link, so only marked text is a title.
        words: Least number of its words.
    """
    text = _EMPTIED.sub("\t", without_links(text))
    for match in _BOLD.finditer(_TAG.sub(" ", text)):  # an attribute's value is in quotes, too
        title = without_stamps(_trimmed(match[1] or match[2]))
        if is_title(title, words):
            return title
    if described:
        return ""
    by_lines = _HTML_BREAK.sub("\t", text)
    return _first_words(by_lines, words) or (_first_words(text, words) if by_lines != text else "")


def _first_words(text: str, words: int) -> str:
    """The title at the beginning of a text, whose links are tabs; else empty."""
    text = "\t".join(plain(part) for part in text.split("\t"))
    text = _without_authors(_LEADING.sub("", text))[:_MOST_TITLE_CHARS]
    for end in _AFTER_TITLE.finditer(text):
        title = _VENUE.sub("", _trimmed(text[: end.start()]))
        if is_title(title, words):
            return title
        if not _IN_TITLE.match(text, end.start()):
            break
    return ""


def reads_as_abstract(text: str) -> bool:
    """Whether a paragraph consists of sentences, like an abstract or overview, not a list of names."""
    text = plain(text)
    words = [word for word in text.split() if word[:1].isalpha()]
    small = sum(word[0].islower() for word in words)
    return len(words) >= _LEAST_WORDS and small >= _SMALL * len(words) and bool(_SENTENCE_ENDS.search(text))


def abstract_in(text: str) -> str:
    """The abstract or overview in an entry's own lines: marked as such, or a paragraph below.

    Otherwise empty.
    """
    outside = without_links(text)
    named = _ABSTRACT.search(outside)
    if named:
        return plain(named[1].replace("\t", " "))
    first, _, rest = text.partition("\n")
    whole = _CLOSED.search(without_links(first)) is not None
    return plain(rest) if whole and plain(rest)[:1].isupper() and reads_as_abstract(rest) else ""


def is_byline(text: str) -> bool:
    """Whether the text before the first link is in italics, or consists of names."""
    before = without_links(text).partition("\t")[0].strip()
    if _ITALIC.fullmatch(before):
        return True
    words = _NAME_PARTICLES.sub(" ", plain(before)).split()
    return (
        len(words) > 1 and "," in before and all(word[0].isupper() or not word[0].isalpha() for word in words)
    )


def promises_paper(text: str) -> bool:
    """Whether the text has a link called "paper" whose address was left empty."""
    return _EMPTY_LINK.search(text) is not None


def year_in(text: str) -> str:
    """The first year in a text; empty if there is none."""
    found = _YEAR.search(text)
    return found[0] if found else ""


def leads_on(text: str) -> bool:
    """Whether a text is unfinished, like a sentence before a link in it: "as shown in the"."""
    return _LEADS_ON.search(plain(text)) is not None


def _without_authors(text: str) -> str:
    """The text after the names at its beginning.

    At least two names are required, since one may be the title's first words.
    """
    behind, names = 0, 0
    while found := _NAMES.match(text, behind):
        behind, names = found.end(), names + 1 + len(re.findall(r"\s(?:and|&|et)\s", found[0]))
    return text[behind:] if names > 1 else text


def _trimmed(text: str) -> str:
    return plain(text).strip(' .,:;-–—|"“”')


def _link(match: re.Match[str]) -> Link:
    text = match[0]
    if match["badge"] is not None and (badge := _BADGE.match(text)):
        return Link(badge[1], badge[3], *match.span(), image=badge[2])
    if match["image"] is not None and (image := _IMAGE.match(text)):
        return Link(image[1], image[2] if find_arxiv_id("", (image[2],)) else "", *match.span())
    if match["link"] is not None and (link := _LINK.match(text)):
        return Link(plain(link[1]), link[2], *match.span())
    return Link("", text.strip("<>").rstrip(".,;:"), *match.span())
