"""Reading lists of any format -> a stream of entries.

`opening` and `lines` turn a file into lines, `detect` finds their format, one module per format (`READERS`;
and `folder`) turns lines into raw fields, and `build` turns those into entries, equally for all formats.
Except for the keys, memory does not grow with the list. The reasons are in docs/adr/0008-reading-lists.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from classifier.errors import InputError
from classifier.lists.bbl import read_bbl
from classifier.lists.bibtex import read_bibtex
from classifier.lists.build import build_entry, clean
from classifier.lists.csl_json import read_csl_json
from classifier.lists.csl_yaml import read_csl_yaml
from classifier.lists.detect import FORMATS, detect_format
from classifier.lists.endnote import read_endnote
from classifier.lists.endnote_xml import read_endnote_xml
from classifier.lists.folder import no_file, walk_pdfs
from classifier.lists.jsonl import read_jsonl
from classifier.lists.lines import read_lines
from classifier.lists.markdown import read_markdown
from classifier.lists.opening import UNREADABLE, Opened, open_list
from classifier.lists.plain import read_plain
from classifier.lists.pubmed import read_pubmed
from classifier.lists.raw import Damaged, Reader
from classifier.lists.ris import read_ris
from classifier.lists.scopus import read_scopus
from classifier.lists.tables import read_table
from classifier.lists.wos import read_wos
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.model.record import Notice

__all__ = ["FORMATS", "READERS", "read_lists"]

READERS: dict[str, Reader] = {
    "bibtex": read_bibtex,
    "ris": read_ris,
    "pubmed": read_pubmed,
    "wos": read_wos,
    "endnote": read_endnote,
    "endnote-xml": read_endnote_xml,
    "csl-json": read_csl_json,
    "csl-yaml": read_csl_yaml,
    "csv": read_table,
    "scopus": read_scopus,
    "bbl": read_bbl,
    "jsonl": read_jsonl,
    "markdown": read_markdown,
    "text": read_plain,
}

_WITHOUT_LINES = ("csl-json", "endnote-xml")
"""Formats that are often written on one long line."""
_WANTED = {
    "markdown": ", where links to papers count: arXiv, DOI, OpenReview, publishers, *.pdf, or called 'paper'"
}


def read_lists(sources: Sequence[str], *, attachments: bool = True) -> Iterator[ListEntry | BrokenEntry]:
    """The entries of all lists, in order, as a stream.

    Args:
        sources: Paths of lists (also gzipped), of folders of PDFs, of single PDFs; "-" is standard input. All
        but "-" are opened and checked before this returns, so that a wrong one is reported at once.
        attachments: Look for the files that entries name. If False, no path in a list is accessed: for lists
        of people who may not read this machine's files.

    Returns:
        An iterator; keys are unique across all sources (a second `smith2020` is `smith2020#2`, with a
        notice). What cannot be read becomes a `BrokenEntry`, and reading continues. So does a list without
        any entry.

    Raises:
        InputError: A source is missing, unreadable, or not a list; none was given; "-" was given twice.
    """
    if not sources:
        raise InputError(f"no reading list given; expected a folder of PDFs or a file: {FORMATS}")
    if sources.count("-") > 1:
        raise InputError("'-' is given twice; standard input can be read only once")
    for source in sources:
        _check(source)
    return _unique(found for source in sources for found in _read(source, attachments))


def _check(source: str) -> None:
    if source == "-" or _is_folder(source):
        return
    try:
        exists = Path(source).exists()
    except OSError:  # a name that is too long
        exists = False
    if not exists:
        raise InputError(f"{source}: no such file or folder; expected a reading list ({FORMATS}) or PDFs")
    if not Path(source).is_file():  # a pipe with a name can be read only once
        return
    with open_list(source) as opened:
        if not _is_pdf(opened):
            detect_format(source, opened.head)


def _is_folder(source: str) -> bool:
    try:
        return Path(source).is_dir()
    except OSError:
        return False


def _is_pdf(opened: Opened) -> bool:
    """By its first bytes; or by its name, so that a broken one is reported as a PDF and not as a list."""
    return opened.name != "-" and (opened.head.startswith(b"%PDF-") or opened.name.lower().endswith(".pdf"))


def _read(source: str, attachments: bool) -> Iterator[ListEntry | BrokenEntry]:
    if source != "-" and _is_folder(source):
        yield from _read_folder(Path(source))
        return
    with open_list(source) as opened:
        if _is_pdf(opened):
            yield ListEntry(key=Path(source).name, source=source, line=1, file=Path(source))
        else:
            yield from _read_opened(opened, attachments)


def _read_folder(folder: Path) -> Iterator[ListEntry | BrokenEntry]:
    number = 0
    for number, path in enumerate(walk_pdfs(folder), start=1):
        key = clean(path.relative_to(folder).as_posix())
        if wrong := no_file(path):
            yield BrokenEntry(source=str(folder), line=number, key=key, reason=wrong)
        else:  # whether it is a PDF is found out, and reported, when it is read
            yield ListEntry(key=key, source=str(folder), line=number, file=path)
    if not number:
        yield BrokenEntry(
            source=str(folder), line=1, reason="no PDF in this folder or its subfolders; expected *.pdf"
        )


def _read_opened(opened: Opened, attachments: bool) -> Iterator[ListEntry | BrokenEntry]:
    form = detect_format(opened.name, opened.head)
    lines = read_lines(opened.stream, opened.head, in_pieces=form in _WITHOUT_LINES)
    line = 0
    try:
        for found in READERS[form](lines):
            line = found.line
            if isinstance(found, Damaged):
                yield BrokenEntry(source=opened.name, line=line, reason=found.reason, key=found.key or None)
            else:
                if not attachments:
                    found.files = ()
                yield build_entry(found, opened.name, opened.folder)
    except UNREADABLE as error:
        reason = f"the list cannot be read after this entry ({error}); the file is damaged or cut short"
        yield BrokenEntry(source=opened.name, line=max(line, 1), reason=reason)
    else:
        if not line:
            reason = f"no entry found; it was read as {form}" + _WANTED.get(form, "")
            yield BrokenEntry(source=opened.name, line=1, reason=reason)


def _unique(entries: Iterator[ListEntry | BrokenEntry]) -> Iterator[ListEntry | BrokenEntry]:
    """The same entries with unique keys."""
    seen: set[str] = set()
    numbers: dict[str, int] = {}  # key -> the number that was last added to it
    for entry in entries:
        if isinstance(entry, ListEntry):
            if entry.key in seen:
                entry = _renamed(entry, seen, numbers)
            seen.add(entry.key)
        yield entry


def _renamed(entry: ListEntry, seen: set[str], numbers: dict[str, int]) -> ListEntry:
    number = numbers.get(entry.key, 1) + 1
    while (key := f"{entry.key}#{number}") in seen:
        number += 1
    numbers[entry.key] = number
    notice = Notice(
        code="duplicate-key", message=f"the key '{entry.key}' is already used; this entry is '{key}'"
    )
    return entry.model_copy(update={"key": key, "notices": (*entry.notices, notice)})
