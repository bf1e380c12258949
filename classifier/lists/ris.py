"""RIS -> raw entries.

What enters: lines. What leaves: one finding per entry. `ris_lines` finds the beginnings of fields; the text
is cut at `ER`, or at the next `TY` if `ER` is missing, and rispy parses each entry separately.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from classifier.lists.attachments import split_file_field
from classifier.lists.lines import ListLine
from classifier.lists.names import given_first, parse_names
from classifier.lists.open_entry import OpenEntry
from classifier.lists.raw import Damaged, Found, Raw, too_long
from classifier.lists.ris_lines import END, START, TagLine, read_tags
from classifier.model.record import Notice

_OPEN_END = Notice(code="missing-end", message="the entry has no ER line; it was ended before the next entry")
_TITLES = ("title", "primary_title", "short_title")
_AUTHORS = ("authors", "first_authors", "secondary_authors")
_JOURNALS = ("journal_name", "alternate_title3", "secondary_title", "alternate_title2")
_YEARS = ("year", "publication_year", "date")
_HINTS = (
    "notes",
    "note",
    "journal_name",
    "secondary_title",
    "alternate_title3",
    "accession_number",
    "number",
    "type_of_work",
)


def read_ris(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per entry; no content of the file raises an error."""
    entry: _Open | None = None
    stray = False
    for tagged in read_tags(lines):
        tag, line = tagged.tag, tagged.line
        if tag == START and entry is not None:
            yield entry.finish(closed=False)
            entry = None
        if entry is None:
            if tag == START:
                entry = _Open(line)
                stray = False
            elif tag and tag != END and not stray:
                stray = True  # one report for the whole piece
                yield Damaged(line.number, f"'{tag}' is outside an entry; expected 'TY  - ' first")
        if entry is not None:
            entry.take(tagged)
            if tag == END:
                yield entry.finish(closed=True)
                entry = None
    if entry is not None:
        yield entry.finish(closed=False)


class _Open(OpenEntry):
    """An entry that is being read."""

    def __init__(self, line: ListLine) -> None:
        super().__init__(line)
        self._parts: list[str] = []

    def take(self, tagged: TagLine) -> None:
        tag, value, line = tagged
        # In rispy's own spacing; a space before a continuation line prevents it from being read as a tag.
        text = f"{tag}  - {value}" if tag else f" {line.text.strip()}"
        if self.fits(line, text) and (tag or line.text.strip()):
            self._parts.append(text)

    def finish(self, closed: bool) -> Found:
        if self.long:
            return too_long(self.line)
        if not closed:
            self._parts.append("ER  - ")
        fields = _parsed("\n".join(self._parts) + "\n")
        if fields is None:
            return Damaged(self.line, "not valid RIS; expected lines such as 'TI  - Title'")
        notices = [] if closed else [_OPEN_END]
        return _raw(fields, self.line, notices + self.notices)


def _parsed(text: str) -> Mapping[str, Any] | None:
    import rispy
    from rispy.config import LIST_TYPE_TAGS

    try:
        # Reference managers repeat the tags of attached files; rispy would keep only one.
        found = rispy.loads(text, list_tags=[*LIST_TYPE_TAGS, "L1", "L2", "L4"])
    except Exception:  # noqa: BLE001  hostile text; the parser promises no particular exception
        return None
    return found[0] if found else None


def _raw(fields: Mapping[str, Any], line: int, notices: list[Notice]) -> Raw:
    links = [*_all(fields, "file_attachments1"), *_all(fields, "file_attachments2")]
    words = _all(fields, "keywords")
    return Raw(
        line=line,
        key=_first(fields, ("id", "label")),
        title=_first(fields, _TITLES),
        authors=[given_first(name) for name in _some(fields, _AUTHORS)],
        names=parse_names(_some(fields, _AUTHORS)),
        journal=_first(fields, _JOURNALS),
        type=_first(fields, ("type_of_reference",)),
        year=" ".join(_all(fields, *_YEARS)),
        doi=_first(fields, ("doi",)),
        abstract=_first(fields, ("abstract", "notes_abstract")),
        urls=[*_all(fields, "urls"), *(link for link in links if "://" in link)],
        files=[path for link in links if "://" not in link for path in split_file_field(link)],
        hints=_all(fields, *_HINTS),
        filed=list(dict.fromkeys(word.strip() for word in words if word.strip())),
        filed_by="keywords" if words else "",
        notices=notices,
        fields=fields,
    )


def _all(fields: Mapping[str, Any], *names: str) -> list[str]:
    values: list[str] = []
    for name in names:
        value = fields.get(name)
        values += [str(item) for item in value] if isinstance(value, list) else [str(value)] if value else []
    return values


def _some(fields: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    """The values of the first name that has any."""
    return next((found for name in names if (found := _all(fields, name))), [])


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((value for value in _all(fields, *names) if value.strip()), "")
