"""The dates and venues in an entry's text, and how they are written for another paper.

What enters: text in which links and the title are blanked out. What leaves: spans such as "NeurIPS 2024",
"2024.05", "29 Oct 2024" or "CVPR'24", each with its text for a new paper. A year within a sentence is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from classifier.export.splice.new_paper import NewPaper

BLANK = "\0"
"""Written for each character of a link, a picture or the title."""
_FULL = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_MONTHS = [name[:3] for name in _FULL]
_MONTH = rf"(?P<name>(?:{'|'.join(_FULL)}|{'|'.join(_MONTHS)}|Sept)\.?)"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DATE = re.compile(
    rf"(?<![\d/.])(?<!\d-){_YEAR}(?:(?P<mark>[/.-])(?P<month>0?[1-9]|1[0-2])"
    r"(?:[/.-](?:0?[1-9]|[12]\d|3[01]))?(?!\d))?(?![/-]?\d|\.\d)"
)
_NAMED_DATE = re.compile(rf"(?<!\w)(?:{_DAY}[ ]+)?{_MONTH}(?:[ ]+{_DAY})?(?P<gap>,?[ ]+){_YEAR}(?!\d)")
_SHORT = re.compile(r"(?<=[A-Za-z])(?P<mark>[ ]?['’])(?P<yy>\d\d)(?!\w)")
_STARTS = rf"(?:^|[{BLANK}(\[|,;:.!?—–\"“”>*_`\n]|\s[-~]\s)\s*"
_VENUE = re.compile(
    rf"{_STARTS}(?:(?:published|accepted|to appear|presented|in|at)\s+)*"
    r"(?P<open>[*_`]*)(?P<name>[A-Za-z](?:[\w&/+:’'-]*\w)?(?:[ ](?:[\w&/+:’'-]*\w|&)){0,5}?)"
    r"(?P<gap>[*_`]*[ ]?(?:[,'’-][ ]?)?\(?)$",
    re.IGNORECASE,
)
_BEFORE = re.compile(rf"{_STARTS}$")
_AFTER = re.compile(
    r"(?P<rest>(?:[ ]+(?:and|of|[A-Z\d][\w-]*)){0,4}(?:[ ]+\([A-Z][\w ]*\))?)"
    rf"(?=\s*(?:$|[{BLANK})\](|,;:.!?—–\"“”<*_`\n\\]|\s[-~]\s))"
)
_TELLING = re.compile(
    r"\w*[A-Z]\w*[A-Z]\w*|(?i:arxiv|corr|preprint|nature|science|interspeech|findings|journal|proceedings"
    r"|transactions)"
)
_CAPITALS = re.compile(r"\w*[A-Z]\w*[A-Z]")
_PREPRINT = re.compile(r"(?:arxiv|corr|preprint)s?", re.IGNORECASE)


class Stamp(NamedTuple):
    """A date, or a venue with its date, half-open.

    Attributes:
        kind: "venue" or "date".
        name: The venue, as written.
        gap: The text between the venue and the year.
        marks: Emphasis of the venue alone; the gap closes it.
        form: The date's match.
    """

    start: int
    end: int
    kind: str
    form: re.Match[str]
    name: str = ""
    gap: str = ""
    marks: str = ""

    @property
    def date(self) -> tuple[int, int]:
        """(year, month or 0)."""
        if self.form.re is _SHORT:
            return 2000 + int(self.form["yy"]), 0
        if self.form.re is _NAMED_DATE:
            return int(self.form["year"]), 1 + _MONTHS.index(self.form["name"][:3])
        return int(self.form["year"]), int(self.form["month"] or 0)

    def written(self, paper: NewPaper, escape: bool = True) -> str:
        """The same for the paper; empty if nothing is known."""
        date = self._date(paper)
        if self.kind == "date":
            return date
        name = venue_of(paper, self.name, escape=escape)
        if not name and self.form.re is _SHORT:
            return str(paper.date[0] or "")
        if not name:
            return f"({date})" if date and "(" in self.gap else date
        if not date or str(paper.date[0]) in name:
            return f"{self.marks}{name}{self.marks}"
        return f"{self.marks}{name}{self.gap}{date}{')' * ('(' in self.gap)}"

    def _date(self, paper: NewPaper) -> str:
        year, month = paper.date
        if not year:
            return ""
        form = self.form
        if form.re is _SHORT:
            return f"{form['mark']}{year % 100:02}"
        if not month:
            return str(year)
        if form.re is _NAMED_DATE:
            names = _FULL if len(form["name"]) > 4 else _MONTHS
            dot = "." * form["name"].endswith(".")
            return f"{names[month - 1]}{dot if names is _MONTHS else ''}{form['gap']}{year}"
        if not form["month"]:
            return str(year)
        return f"{year}{form['mark']}{month if len(form['month']) == 1 else f'{month:02}'}"


def venue_of(paper: NewPaper, like: str = "", *, escape: bool = True) -> str:
    """The paper's venue; for a preprint, arXiv as the neighbour writes it; else empty."""
    from classifier.export.markdown import escaped

    if paper.venue:
        return escaped(paper.venue) if escape else paper.venue
    if not paper.arxiv:
        return ""
    return like if _PREPRINT.fullmatch(like) else "arXiv"


def find_stamps(text: str) -> list[Stamp]:
    """The first venue and the first date of a text, in order."""
    found: list[Stamp] = []
    for form in sorted(_forms(text), key=lambda match: match.start()):
        stamp = _stamp(text, form)
        if stamp is None or any(other.kind == stamp.kind or stamp.start < other.end for other in found):
            continue
        found.append(stamp)
    return found


def _forms(text: str) -> Iterator[re.Match[str]]:
    named = list(_NAMED_DATE.finditer(text))
    yield from named
    for pattern in (_DATE, _SHORT):
        for match in pattern.finditer(text):
            if not any(other.start() <= match.start() < other.end() for other in named):
                yield match


def _stamp(text: str, form: re.Match[str]) -> Stamp | None:
    before, after = text[max(0, form.start() - 80) : form.start()], _AFTER.match(text, form.end())
    venue = _VENUE.search(before)
    if venue and "(" in venue["gap"]:
        closes = text[form.end() : form.end() + 1] == ")"
        if closes and _CAPITALS.match(venue["name"]) and " " not in venue["name"]:
            after = _AFTER.match(text, form.end() + 1)
            if after:
                return _of_venue(before, venue, form, form.end() + 1)
        venue, after = None, _AFTER.match(text, form.end())
    if after is None:
        return None
    if venue and _is_venue(venue):
        return _of_venue(before, venue, form, after.end("rest"))
    if _BEFORE.search(before) and form.re is not _SHORT:
        return Stamp(*form.span(), "date", form)
    return None


def _of_venue(before: str, venue: re.Match[str], form: re.Match[str], end: int) -> Stamp:
    marks = venue["open"] if venue["gap"].startswith(venue["open"]) else ""
    start = form.start() - len(before) + venue.start("name") - len(marks)
    return Stamp(start, end, "venue", form, venue["name"], venue["gap"], marks)


def _is_venue(found: re.Match[str]) -> bool:
    """Whether words before a year name a venue: capitals in the first, and after a comma in any."""
    closing = found["gap"].rstrip(" ,'’-(")
    if closing not in ("", found["open"]):
        return False
    first = found["name"].split()[0]
    if "," in found["gap"]:
        return bool(_TELLING.fullmatch(first)) and len(found["name"].split()) <= 2
    return first[0].isupper() or bool(_TELLING.fullmatch(first))
