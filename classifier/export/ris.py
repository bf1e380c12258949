"""Filed rows -> a new RIS file, for lists in other formats.

What enters: a stream of filed rows. What leaves: text, record by record, in UTF-8 with CRLF, as the format
requires. Values are single lines, so that no title can end its record or begin another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from classifier.export.filed import FAILED, Filed
from classifier.export.links import link_to
from classifier.export.splice.keywords import PREFIX
from classifier.export.splice.results import keywords_for
from classifier.model.entries import PersonName
from classifier.model.identity import bare_doi
from classifier.text.characters import shown

_TYPES = {
    "article-journal": "JOUR",
    "article-magazine": "MGZN",
    "article-newspaper": "NEWS",
    "paper-conference": "CPAPER",
    "chapter": "CHAP",
    "entry-encyclopedia": "ENCYC",
    "book": "BOOK",
    "thesis": "THES",
    "report": "RPRT",
    "webpage": "ELEC",
    "manuscript": "UNPB",
}
"""CSL's types in RIS; others, and the unknown, are "GEN"."""


def write_ris(rows: Iterable[Filed], prefix: str = PREFIX, note_field: str | None = None) -> Iterator[str]:
    """One record per row, in the rows' order; `note_field` is the tag for the rationale."""
    for filed in rows:
        lines = list(_lines(filed))
        if filed.label != FAILED:
            lines += [("KW", word) for word in keywords_for(filed, prefix)]
        if note_field and filed.rationale:
            lines.append((note_field, f"{prefix} {filed.rationale}"))
        yield _record(lines)


def library_record(filed: Filed, name: str) -> str:
    """A record for a user's library, with a keyword of the library's own."""
    return _record([*_lines(filed), ("KW", shown(name))])


def _record(lines: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines if value) + "ER  - \r\n\r\n"


def _lines(filed: Filed) -> Iterator[tuple[str, str]]:
    yield "TY", _TYPES.get(filed.kind, "GEN")
    yield "ID", filed.key
    yield "TI", filed.title
    yield from (("AU", name) for name in [_in_parts(name) for name in filed.names] or filed.authors)
    yield "T2", filed.journal
    yield "PY", str(filed.year or "")
    yield "DO", bare_doi(filed.doi or "")
    yield "UR", link_to(filed) or ""
    yield "AB", filed.abstract


def _in_parts(name: PersonName) -> str:
    return ", ".join(part for part in (name.family, name.given, name.suffix) if part)
