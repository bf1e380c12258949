"""An uploaded list -> a report of what was read and what was not, saved in its folder for the pages."""

from __future__ import annotations

from collections import Counter
from pathlib import Path, PurePosixPath

from classifier.batch.intake import duplicate_finder
from classifier.errors import InputError, StoreError
from classifier.files import replace_text
from classifier.lists import read_lists
from classifier.lists.detect import detect_format
from classifier.lists.opening import open_list
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.model.record import Record

LISTING_FILE = "listing.json"
_SHOWN = 200
"""Most unusable and duplicate entries that are listed; the rest is only counted."""
_SUFFIXES = frozenset(
    [
        ".bib",
        ".bibtex",
        ".biblatex",
        ".ris",
        ".json",
        ".jsonl",
        ".ndjson",
        ".csv",
        ".tsv",
        ".tab",
        ".md",
        ".markdown",
        ".mkd",
        ".txt",
        ".text",
        ".list",
        ".pdf",
    ]
)


class UnusableEntry(Record):
    """An entry that cannot be used, and why."""

    line: int
    key: str | None
    reason: str


class DuplicateEntry(Record):
    """An entry of the same paper as an earlier one, which is labelled for both."""

    line: int
    key: str
    same_as: str


class ListSurvey(Record):
    """The report on a list.

    Attributes:
        format: The detected format.
        entries: Usable entries, including duplicates.
        brings: The number of entries with each of these: "abstract", "arXiv id", "DOI", "address", "title
            only".
        unusable, duplicates: The first ones; `unusable_count` and `duplicate_count` count all.
    """

    name: str
    format: str
    entries: int
    unusable_count: int
    duplicate_count: int
    brings: dict[str, int]
    unusable: tuple[UnusableEntry, ...]
    duplicates: tuple[DuplicateEntry, ...]


def list_file_name(name: str) -> str:
    """The file name for an uploaded list: only a known suffix of its own name is kept."""
    ends = [end.lower() for end in PurePosixPath(name.replace("\\", "/")).suffixes[-2:]]
    packed = ".gz" if ends[-1:] == [".gz"] else ""
    plain = (ends[:-1] if packed else ends)[-1:]
    return f"list{plain[0] if plain and plain[0] in _SUFFIXES else '.txt'}{packed}"


def survey_list(file: Path, name: str) -> ListSurvey:
    """Reads a list once, without accessing files that it names.

    Args:
        name: Its name in messages.

    Raises:
        InputError: It is not a list, or has no usable entry.
    """
    try:
        return _survey(file, name)
    except InputError as error:
        message = error.message.replace(str(file), name).replace(f"{file.parent}/", "")
        raise InputError(message) from error


def _survey(file: Path, name: str) -> ListSurvey:
    brings: Counter[str] = Counter()
    unusable: list[UnusableEntry] = []
    duplicates: list[DuplicateEntry] = []
    entries = unusable_count = duplicate_count = 0
    same_as = duplicate_finder()
    for entry in read_lists((str(file),), attachments=False):
        if isinstance(entry, BrokenEntry):
            unusable_count += 1
            if len(unusable) < _SHOWN:
                reason = entry.reason.replace(f"{file.parent}/", "")
                unusable.append(UnusableEntry(line=entry.line, key=entry.key, reason=reason))
            continue
        entries += 1
        brings.update(_brings(entry))
        earlier = same_as(entry)
        if earlier is not None:
            duplicate_count += 1
            if len(duplicates) < _SHOWN:
                duplicates.append(DuplicateEntry(line=entry.line, key=entry.key, same_as=earlier))
    if not entries:
        reason = unusable[0].reason if unusable else "no entry found"
        raise InputError(f"{name}: no usable entry: {reason}")
    return ListSurvey(
        name=name,
        format=_format_of(file),
        entries=entries,
        unusable_count=unusable_count,
        duplicate_count=duplicate_count,
        brings=dict(brings),
        unusable=tuple(unusable),
        duplicates=tuple(duplicates),
    )


def _brings(entry: ListEntry) -> list[str]:
    paper = entry.paper
    found = {
        "abstract": paper.abstract,
        "arXiv id": paper.arxiv_id,
        "DOI": paper.doi,
        "address": entry.url,
        "PDF": entry.file,
    }
    return [name for name, value in found.items() if value] or ["title only"]


def _format_of(file: Path) -> str:
    with open_list(str(file)) as opened:
        return "pdf" if opened.head.startswith(b"%PDF-") else detect_format(str(file), opened.head)


def write_listing(folder: Path, listing: ListSurvey) -> None:
    """Saves a listing in the list's folder."""
    replace_text(folder / LISTING_FILE, listing.model_dump_json(indent=1) + "\n")


def read_listing(folder: Path) -> ListSurvey:
    """Reads a saved listing.

    Raises:
        StoreError: It is missing or damaged.
    """
    try:
        return ListSurvey.model_validate_json((folder / LISTING_FILE).read_bytes())
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder.name}/{LISTING_FILE} cannot be read; upload the list again") from error
