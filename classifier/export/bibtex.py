r"""Filed rows -> a new .bib file, for lists in other formats (ids, CSV, PDFs).

What enters: a stream of filed rows. What leaves: text, entry by entry, in UTF-8. To label an existing .bib
file, edit it in place (`splice`). Titles are hostile: every character with a meaning in TeX is escaped, so
that `\input` in a title is printed, not run, and braces always balance. Keys are cited in the user's
papers: they stay unchanged if BibTeX accepts them, and each changed key is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from classifier.export.filed import FAILED, Filed
from classifier.export.links import link_to
from classifier.export.splice.keywords import PREFIX
from classifier.export.splice.results import keywords_for
from classifier.model.entries import PersonName
from classifier.model.identity import bare_arxiv_id, bare_doi
from classifier.text.characters import shown

_NOT_KEY = re.compile(r"""[\s,{}"#%\\~()=]+""")
"""Characters that end a key or have another meaning in BibTeX, biber or TeX; letters beyond ASCII are
fine."""
_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
}
_TYPES = {
    "article-journal": "article",
    "article-magazine": "article",
    "article-newspaper": "article",
    "paper-conference": "inproceedings",
    "chapter": "incollection",
    "entry-encyclopedia": "incollection",
    "book": "book",
    "thesis": "phdthesis",
    "report": "techreport",
    "manuscript": "unpublished",
}
"""CSL's types in BibTeX; others, and the unknown, are "misc"."""
_CONTAINERS = {"article": "journal", "inproceedings": "booktitle", "incollection": "booktitle"}
_SPECIAL = str.maketrans(_TEX)


def escaped(text: str | None) -> str:
    """The text on one line, escaped so that TeX prints it; it contains no command, and its braces balance.

    BibTeX counts every brace, escaped or not; so `{` and `}` are written by their names.
    """
    plain = shown(text).translate(_SPECIAL)
    return plain.replace(r"\{", r"\textbraceleft{}").replace(r"\}", r"\textbraceright{}")


def write_bibtex(
    rows: Iterable[Filed],
    prefix: str = PREFIX,
    note_field: str | None = None,
    on_new_key: Callable[[str, str], None] = lambda *_: None,
) -> Iterator[str]:
    """One entry per row, in the rows' order; equal keys (ignoring case) get a suffix.

    Args:
        rows: As a stream; only the keys are remembered.
        prefix: Marks our keywords.
        note_field: The field for the rationale; None omits it.
        on_new_key: Called with each key that had to change, and its new form.
    """
    taken: set[str] = set()
    for filed in rows:
        fields = dict(_fields(filed))
        if filed.label != FAILED:
            fields["keywords"] = ", ".join(keywords_for(filed, prefix))
        if note_field and filed.rationale:
            fields[note_field] = f"{prefix} {escaped(filed.rationale)}"
        key = _key(filed.key, taken)
        if key != filed.row.entry.key:
            on_new_key(filed.key, key)
        yield _entry(filed, key, fields)


def library_entry(filed: Filed, taken: set[str], field: str, name: str) -> str:
    """An entry for a user's library, filed there under a name of the library's own.

    Args:
        taken: Keys of the library in lower case; the new one is added.
        field: The field in which the library files its entries.
    """
    return _entry(filed, _key(filed.key, taken), dict(_fields(filed)) | {field: _filed_name(name)})


def _filed_name(name: str) -> str:
    """A keyword or group; marks such as ">" stay, since programs compare the letters of names."""
    return "".join(escaped(char) if char in _TEX and char not in '<>|"`' else char for char in shown(name))


def _entry(filed: Filed, key: str, fields: Mapping[str, str]) -> str:
    body = "".join(f",\n  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@{_TYPES.get(filed.kind, 'misc')}{{{key}{body}\n}}\n\n"


def _fields(filed: Filed) -> Iterator[tuple[str, str]]:
    yield "title", f"{{{escaped(filed.title)}}}"
    # In braces a name is not parsed: "and", commas and particles in it have no meaning.
    authors = [_in_parts(name) for name in filed.names] or [_name(name) for name in filed.authors]
    yield "author", " and ".join([*authors, *(["others"] * (bool(authors) and filed.has_more_authors))])
    yield _CONTAINERS.get(_TYPES.get(filed.kind, ""), "howpublished"), escaped(filed.journal)
    yield "year", str(filed.year or "")
    arxiv, doi = bare_arxiv_id(filed.arxiv_id or ""), bare_doi(filed.doi or "")
    yield "eprint", arxiv
    yield "archiveprefix", "arXiv" if arxiv else ""
    yield "doi", escaped(doi)
    yield "url", link_to(filed) or ""
    yield "abstract", escaped(filed.abstract)


def _in_parts(name: PersonName) -> str:
    """A person as "Family, Jr, Given", each part whole; a group in braces."""
    if not name.given:
        return f"{{{escaped(name.family)}}}"
    parts = [name.family, name.suffix, name.given] if name.suffix else [name.family, name.given]
    return ", ".join(_part(part) for part in parts)


def _part(text: str) -> str:
    """A part of a name; in braces if BibTeX would read a separator in it."""
    plain = "," not in text and " and " not in f" {text.lower()} "
    return escaped(text) if plain else f"{{{escaped(text)}}}"


def _name(name: str) -> str:
    """A plain name unchanged, so that styles can shorten it; any other name in braces."""
    plain = re.fullmatch(r"[^\W\d_][\w.' -]*(?:, [\w.' -]+)?", name) and " and " not in f" {name.lower()} "
    return escaped(name) if plain else f"{{{escaped(name)}}}"


def _key(given: str, taken: set[str]) -> str:
    """The entry's key in valid characters, different from all earlier keys."""
    base = given if given and not _NOT_KEY.search(given) else _NOT_KEY.sub("-", given).strip("-") or "entry"
    key, number = base, 2
    while key.casefold() in taken:
        key, number = f"{base}-{number}", number + 1
    taken.add(key.casefold())
    return key
