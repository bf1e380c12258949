"""Pictures of text (badges) in an entry -> the same for another paper, if they show a date or a venue.

What enters: a picture in Markdown. What leaves: its form for the new paper, or None if it says nothing that
is known of the new paper (stars, citations, code).
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from classifier.export.splice.new_paper import NewPaper
from classifier.export.splice.stamps import find_stamps, venue_of

PICTURE = re.compile(r"!\[(?P<alt>[^\[\]]*)\]\((?P<url>[^()\s]*)\)")
_BADGE = re.compile(
    r"(?P<host>https?://[^/]+/badge/)(?P<text>(?:[^/?#-]|--)+(?:-(?:[^/?#-]|--)*)?)"
    r"(?P<colour>-[^/?#-]+)(?P<end>[?#].*)?"
)
_MARKS = re.compile(r"[\[\]!`<>\\]")
_PARTS = re.compile(r"(?<!-)-(?!-)")
_OF_DATE = re.compile(r"(?:date|year|month|time|published|updated|submitted)", re.IGNORECASE)
_OF_VENUE = re.compile(r"(?:venue|conference|conf|journal|published|publication|pub)", re.IGNORECASE)


def badge_for(picture: str, paper: NewPaper) -> str | None:
    """The picture with the new paper's date or venue."""
    found = PICTURE.fullmatch(picture)
    badge = _BADGE.fullmatch(found["url"]) if found else None
    if found is None or badge is None:
        return None
    parts = [_read(part) for part in _PARTS.split(badge["text"])]
    new = _shown_for(parts, paper)
    if new is None:
        return None
    space = "%20" if "%20" in badge["text"] else "_"
    text = "-".join(_written(part, space) for part in new if part)
    alt = _alt_for(found["alt"], parts, new, paper)
    alt = _MARKS.sub("", alt)
    return f"![{alt}]({badge['host']}{text}{badge['colour']}{badge['end'] or ''})"


def _alt_for(alt: str, parts: list[str], new: list[str], paper: NewPaper) -> str:
    """The alternative text, if it repeats the badge's; other texts stay."""
    if alt.strip() == " ".join(parts):
        return " ".join(filter(None, new))
    for part, other in zip(parts, new, strict=True):
        if alt.strip() == part:
            return other
    stamps = find_stamps(alt)
    if stamps:
        return stamps[0].written(paper, escape=False)
    names = [stamp.name for stamp in find_stamps(" ".join(parts))]
    return venue_of(paper, alt, escape=False) if alt.strip() in filter(None, names) else alt


def _shown_for(parts: list[str], paper: NewPaper) -> list[str] | None:
    """The badge's texts for the new paper; None if they are no date or venue, or nothing is known."""
    last = parts[-1]
    stamps = find_stamps(last)
    if stamps and (stamps[0].start, stamps[0].end) == (0, len(last)):
        text = stamps[0].written(paper, escape=False)
        if not text:
            return None
        is_named = len(parts) > 1 and stamps[0].kind == "date" and not _OF_DATE.fullmatch(parts[0])
        if is_named and find_stamps(" ".join(parts))[0].kind == "venue":
            return [venue_of(paper, parts[0], escape=False), text]
        return [*parts[:-1], text]
    if len(parts) > 1 and _OF_VENUE.fullmatch(parts[0]):
        venue = venue_of(paper, last, escape=False)
        return [parts[0], venue] if venue else None
    return None


def _read(part: str) -> str:
    return unquote(part).replace("--", "-").replace("__", "\0").replace("_", " ").replace("\0", "_")


def _written(part: str, space: str) -> str:
    return quote(part.replace("-", "--").replace("_", "__"), safe=" '").replace(" ", space)
