"""Named values (a table's row, a JSON object) -> a raw entry; a field can have many names.

What enters: a mapping from names to values by any program: CSL-JSON, Zotero's CSV, a suite's JSON line, a
spreadsheet. What leaves: a Raw. Names are compared without case, accents, spaces and signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from classifier.lists.attachments import split_file_field
from classifier.lists.ids import arxiv_in_key
from classifier.lists.names import comma_names, given_first, parse_names, split_names, without_others
from classifier.lists.raw import Raw
from classifier.model.entries import PersonName
from classifier.model.identity import bare_doi

KEYS = (
    "citationkey",
    "citekey",
    "bibtexkey",
    "key",
    "id",
    "itemid",
    "paperid",
    "ref",
    "reference",
    "identifier",
)
# English first, then German, French and Spanish.
TITLES = (
    "title", "papertitle", "articletitle", "documenttitle", "papername", "paper",
    "titel", "titre", "titulo",
    "name", "displayname", "titles",
)  # fmt: skip
AUTHORS = (
    "author", "authorfullnames", "authors", "authornames", "authorlist", "authorstring", "creators",
    "autor", "autoren", "verfasser", "auteur", "auteurs", "autores",
    "editor",
)  # fmt: skip
YEARS = (
    "year", "publicationyear", "pubyear", "issued", "date", "publicationdate", "published", "submitted",
    "earliestdate",
    "jahr", "erscheinungsjahr", "annee", "anneedepublication", "ano", "anodepublicacion",
    "datum", "fecha",
)  # fmt: skip
DOIS = ("doi", "digitalobjectidentifier", "dois")
ARXIVS = ("arxiv", "arxivid", "eprint", "arxivnumber", "arxivurl", "arxivlink", "arxiveprints")
ABSTRACTS = (
    "abstract", "abstracttext", "abstracts", "abstractnote", "summary", "text",
    "zusammenfassung", "kurzfassung", "resume", "resumen", "overview", "tldr",
)  # fmt: skip
URLS = (
    "pdfurl", "pdflink", "openaccesspdf", "url", "urls", "link", "links", "paperurl", "paperlink",
    "linktopaper", "uri", "arxivurl", "arxivlink",
)  # fmt: skip
FILES = (
    "fileattachments",
    "file",
    "files",
    "pdf",
    "pdfpath",
    "path",
    "attachment",
    "attachments",
    "localpath",
)
HINTS = (
    "extra", "note", "notes", "comment", "comments", "number", "reportnumber", "archive", "archiveid",
    "archivelocation", "publicationtitle", "containertitle", "journal", "venue", "howpublished", "volume",
    "callnumber", "identifier", "identifiers", "journalref", "zeitschrift", "revue", "revista",
)  # fmt: skip

JOURNALS = (
    "journal", "journaltitle", "publicationtitle", "containertitle", "sourcetitle", "journalname", "venue",
    "publicationvenue", "publication", "pub", "booktitle", "zeitschrift", "revue", "revista",
)  # fmt: skip
TYPES = ("itemtype", "documenttype", "publicationtype", "type", "typeofwork")

FILED = (
    ("groups", ("collections", "collection", "groups", "group", "folder", "folders")),
    ("category", ("category", "categories", "section", "label", "topic", "topics", "class", "leaf")),
    ("tags", ("manualtags", "tags", "tag")),
    ("keywords", ("keywords", "keyword", "authorkeywords", "authorkeyword", "automatictags", "subjects")),
)
"""Fields in which people file their entries, the most specific first."""

USEFUL = frozenset((*TITLES, *ARXIVS, *DOIS, *URLS, *FILES))
"""A table needs at least one of these names to identify papers."""
KNOWN = USEFUL.union(KEYS, AUTHORS, YEARS, ABSTRACTS, JOURNALS, TYPES)
"""Names of fields that are read."""

_SIGNS = re.compile(r"[^a-z0-9]+")
_DEEPEST = 3
"""Levels of nested JSON that are searched for names and titles."""


@lru_cache(maxsize=4096)
def field_name(name: str) -> str:
    """A field's name without case, accents, spaces and signs: "Núm. de página" is "numdepagina"."""
    return _SIGNS.sub("", normalize("NFKD", name).lower())


def raw_from_fields(fields: Iterable[tuple[str, Any]], line: int) -> Raw:
    """Builds an entry from the fields; if a name is given twice, the first value counts.

    Values may be texts, numbers, lists or objects; other values are skipped.
    """
    named: dict[str, Any] = {}
    for name, value in fields:
        if value not in (None, "", [], {}):
            named.setdefault(field_name(str(name)), value)
    files = [
        path for text in _texts(named, FILES) if not _is_address(text) for path in split_file_field(text)
    ]
    addresses = [text for text in _texts(named, FILES) if _is_address(text)]
    key = _first(_plain(named), KEYS)
    authors, names, more = _authors(named)
    arxiv, doi = _first(named, ARXIVS), _first(named, DOIS)
    filed_by, filed = filed_under(named)
    return Raw(
        line=line,
        key=key,
        title=_first(named, TITLES),
        authors=authors,
        names=names,
        more_authors=more,
        journal=_first(named, JOURNALS),
        type=_first(_plain(named), TYPES),
        year=_first(named, YEARS),
        doi=doi or (key if bare_doi(key) else ""),
        arxiv=arxiv or arxiv_in_key(key),
        abstract=_first(named, ABSTRACTS),
        urls=addresses + _texts(named, URLS),
        files=files,
        hints=_texts(named, HINTS),
        filed=filed,
        filed_by=filed_by,
        fields=named,
    )


def filed_under(named: Mapping[str, Any]) -> tuple[str, list[str]]:
    """("tags", names) of the first field of `FILED` that has any.

    Names are a list's items, or the parts of a text between ";" or ",".
    """
    for kind, names in FILED:
        value = next((named[name] for name in names if named.get(name)), None)
        texts = [] if value is None else as_texts(value)
        if isinstance(value, str):
            texts = value.split(";" if ";" in value or kind in ("category",) else ",")
        found = [text.strip() for text in texts if text.strip() and not text.strip().isdecimal()]
        if found:
            return kind, list(dict.fromkeys(found))
    return "", []


def _plain(named: Mapping[str, Any]) -> dict[str, Any]:
    """The fields whose value is one text or number: nested values have other meanings."""
    return {name: value for name, value in named.items() if not isinstance(value, list | Mapping)}


def _is_address(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _first(named: Mapping[str, Any], names: Iterable[str]) -> str:
    given = (as_texts(named[name]) for name in names if name in named)
    return next((text for texts in given for text in texts if text.strip()), "")


def _texts(named: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    given = (as_texts(named[name]) for name in names if name in named)
    return [text.strip() for texts in given for text in texts if text.strip()]


def as_texts(value: Any, depth: int = 0) -> list[str]:
    """The texts in a value, in order: for a list of all items, for an object of all values."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, bool) or value is None or depth > _DEEPEST:
        return []
    if isinstance(value, (int, float)):
        return [str(value)] if abs(value) < 10**9 else []  # also avoids writing out a huge integer
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in as_texts(item, depth + 1)]
    return []


def _authors(named: Mapping[str, Any]) -> tuple[list[str], list[PersonName], bool]:
    """The authors as shown; in parts if the fields separate them; whether a text says that there are more."""
    for name in AUTHORS:
        value = named.get(name)
        if isinstance(value, str):
            return (
                split_names(value),
                parse_names(comma_names(value)),
                without_others(value) != value.rstrip(),
            )
        if isinstance(value, list):
            found = [author for item in value if (author := _one_author(item)) and author[0]]
            parts = [part for _, part in found if part is not None]
            known = len(parts) == len(found) and any(part.given for part in parts)
            return [text for text, _ in found], parts if known else [], False
    return [], [], False


def _one_author(value: Any) -> tuple[str, PersonName | None] | None:
    """An author of a JSON list: a text, or an object as CSL, Zotero and others write it."""
    if isinstance(value, str):
        return given_first(value), next(iter(parse_names([value])), None)
    if not isinstance(value, Mapping):
        return None
    whole = _part(value, "literal")
    name = _part(value, "name") or _part(value, "full_name")
    if not whole and name.count(",") == 1:  # "Family, Given", as DataCite, Zenodo and INSPIRE have it
        return given_first(name), next(iter(parse_names([name])), None)
    if whole := whole or name:
        return whole, PersonName(family=whole)
    given = _part(value, "given") or _part(value, "firstName") or _part(value, "first")
    family = _part(value, "family") or _part(value, "lastName") or _part(value, "last")
    particles = (_part(value, "dropping-particle"), _part(value, "non-dropping-particle"))
    family = " ".join(part for part in (*particles, family) if part)
    suffix = _part(value, "suffix")
    text = " ".join(part for part in (given, family, suffix) if part)
    return text, PersonName(family=family or given, given=given if family else "", suffix=suffix)


def _part(value: Mapping[str, Any], name: str) -> str:
    part = value.get(name)
    return part.strip() if isinstance(part, str) else ""
