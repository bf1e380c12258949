"""Writes keywords into a .bib file; outside `keywords` (and the note field, if requested) no byte changes.

What enters: the file's bytes and the results. What leaves: the new bytes. bibtexparser finds entries and
fields. Comments, @string, @preamble and text between entries are never touched.
"""

from __future__ import annotations

from functools import lru_cache

from classifier.export.bibtex import escaped
from classifier.export.splice.bibtex_entry import BibtexEntry, Field
from classifier.export.splice.bibtex_file import locate_entries
from classifier.export.splice.decoded import Decoded, decode
from classifier.export.splice.edits import Draft, NotEditable
from classifier.export.splice.keywords import is_own, replace_keywords
from classifier.export.splice.listed import Listed, ListedEntries
from classifier.export.splice.results import Results, Spliced, Wanted
from classifier.lists.latex import decode_latex
from classifier.model.traits import Traits

_KEYWORDS = "keywords"
_TITLES = ("title", "subtitle")


def splice_bibtex(data: bytes, results: Results) -> Spliced:
    """The file with each entry's label among its keywords.

    Raises:
        InputError: The bytes are not valid in the encoding of their byte order mark.
    """
    original = decode(data)
    draft = Draft(original)
    entries = ListedEntries("bibtex", original.text)
    for found in locate_entries(original.text):
        if found.problem:
            draft.leave(found.key, found.line, found.problem)
            continue
        title = _title(found.raw)  # parsing a complete entry takes longer than editing it
        if results.is_unchanged(found.key, title, found.raw):
            listed = Listed(found.key, Traits(title))
        else:
            listed = entries.entry(found.raw, found.line, found.key)
        wanted = draft.wanted(results, listed, found.line)
        if wanted is None:
            continue
        try:
            new = _rewritten(found.raw, wanted, results, original)
        except NotEditable as error:
            draft.leave(found.key, found.line, str(error))
            continue
        draft.edit(found.start, found.raw, new)
    return draft.finish()


@lru_cache(maxsize=1)
def _entry(raw: str) -> BibtexEntry:
    """The parsed entry; cached, since its title and its keywords are read one after the other."""
    return BibtexEntry(raw)


def _title(raw: str) -> str:
    """The title as the list's reader returns it; empty if the entry cannot be parsed."""
    try:
        entry = _entry(raw)
        parts = [entry.inner(field) for name in _TITLES if (field := entry.find(name))]
    except NotEditable:
        return ""
    return ": ".join(filter(None, map(decode_latex, parts)))


def _rewritten(raw: str, wanted: Wanted, results: Results, original: Decoded) -> str:
    new = _with_keywords(raw, results.prefix, wanted.keywords)
    if wanted.note is None:
        return new
    words = f"{results.prefix} {_in_encoding(wanted.note, original)}" if wanted.note else ""
    for name in results.note_fields:
        new = _with_note(new, name, results.prefix, words)
    return new


def _with_keywords(raw: str, prefix: str, wanted: tuple[str, ...]) -> str:
    entry = _entry(raw)
    field = entry.find(_KEYWORDS)
    if field is None and entry.hides(_KEYWORDS):
        raise NotEditable("a comma is missing before its keywords; add it")
    if field is None:
        return entry.with_field(_KEYWORDS, ", ".join(wanted)) if wanted else raw
    value = entry.inner(field)
    if not is_own(value, prefix, braces=True):
        return entry.with_value(field, replace_keywords(value, prefix, wanted, braces=True))
    return entry.with_value(field, ", ".join(wanted)) if wanted else entry.without(field)


def _with_note(raw: str, name: str, prefix: str, words: str) -> str:
    entry = _entry(raw)
    field = entry.find(name)
    if field is None:
        return entry.with_field(name, words) if words else raw
    if not _is_own_note(entry, field, prefix):
        if not words:
            return raw
        raise NotEditable(f"it already has a {name}; choose another field for the rationale")
    return entry.with_value(field, words) if words else entry.without(field)


def _is_own_note(entry: BibtexEntry, field: Field, prefix: str) -> bool:
    try:
        return entry.inner(field).startswith(f"{prefix} ")
    except NotEditable:  # a macro or a number: not written by us
        return False


def _in_encoding(words: str, original: Decoded) -> str:
    """The rationale in TeX, in characters of the file's encoding."""
    return escaped(words).encode(original.encoding, errors="replace").decode(original.encoding)
