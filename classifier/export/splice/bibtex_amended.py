"""Amended fields of a BibTeX entry: title, year, DOI, arXiv id, abstract, each in the field that it is in."""

from __future__ import annotations

import re

from classifier.export.bibtex import escaped
from classifier.export.splice.amended import NotAmendable, Value
from classifier.export.splice.bibtex_entry import BibtexEntry, Field
from classifier.export.splice.edits import NotEditable

_FIELDS = {"title": "title", "doi": "doi", "arxiv_id": "eprint", "abstract": "abstract"}
_YEAR = re.compile(r"\d{4}")
_PREFIXES = ("archiveprefix", "eprinttype")


def write_bibtex_field(raw: str, name: str, value: Value) -> str:
    """The entry with one field changed, added or removed.

    Raises:
        NotAmendable: It cannot be edited safely.
    """
    try:
        if name == "year":
            return _with_year(raw, value)
        if name == "title":
            raw = _without(raw, "subtitle")
        if name == "arxiv_id":
            raw = _with_prefix(raw) if value is not None else raw
        field = _FIELDS[name]
        return _without(raw, field) if value is None else _with(raw, field, escaped(str(value)))
    except NotEditable as error:
        raise NotAmendable(str(error)) from error


def _with_year(raw: str, value: Value) -> str:
    entry = BibtexEntry(raw)
    year, date = entry.find("year"), entry.find("date")
    if value is None:
        return _without(_without(raw, "year"), "date")
    if year is not None:
        return _with_number(entry, year, str(value))
    if date is not None:
        inner = entry.inner(date)
        if not _YEAR.match(inner):
            raise NotEditable("its date does not begin with a year")
        return entry.with_value(date, _YEAR.sub(str(value), inner, count=1))
    return entry.with_field("year", str(value))


def _with_number(entry: BibtexEntry, field: Field, value: str) -> str:
    """The entry with another number, in the delimiters that it has; a number needs none."""
    written = entry.raw[field.value_start : field.value_end]
    if written.isdecimal():
        return entry.raw[: field.value_start] + value + entry.raw[field.value_end :]
    entry.inner(field)  # refuses macros and concatenations
    return entry.with_value(field, value)


def _with_prefix(raw: str) -> str:
    """The entry in which `eprint` is an arXiv id."""
    entry = BibtexEntry(raw)
    found = next((field for name in _PREFIXES if (field := entry.find(name))), None)
    if found is None:
        return entry.with_field("archiveprefix", "arXiv") if entry.find("eprint") is None else raw
    return raw if entry.inner(found).casefold() == "arxiv" else entry.with_value(found, "arXiv")


def _with(raw: str, name: str, inner: str) -> str:
    entry = BibtexEntry(raw)
    field = entry.find(name)
    if field is None:
        return entry.with_field(name, inner)
    entry.inner(field)  # refuses macros and concatenations
    return entry.with_value(field, inner)


def _without(raw: str, name: str) -> str:
    entry = BibtexEntry(raw)
    field = entry.find(name)
    return raw if field is None else entry.without(field)
