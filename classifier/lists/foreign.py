"""A file's first characters -> the name of a known format that is not read, for a message.

What enters: the beginning of a file. What leaves: what the file is and what to export instead, or None. HTML
and XML are named by `markup`. A file is refused here only by marks that no list of titles and ids has.
"""

from __future__ import annotations

import json
import re
from pathlib import PurePath

_RIS = "export as RIS or BibTeX"
_SPREADSHEET = "a spreadsheet; save it as CSV"
_DOCUMENT = "a text document; save it as plain text, or export the list from the program that made it"
_OFFICE = {
    ".xlsx": _SPREADSHEET, ".xlsm": _SPREADSHEET, ".ods": _SPREADSHEET, ".numbers": _SPREADSHEET,
    ".xls": _SPREADSHEET, ".docx": _DOCUMENT, ".odt": _DOCUMENT, ".pages": _DOCUMENT, ".doc": _DOCUMENT,
    ".epub": "a book (EPUB)",
    ".enlx": "an EndNote library; export it as RIS, BibTeX or XML",
}  # fmt: skip
_BINARY = {
    b"\xd0\xcf\x11\xe0": "an Office document; save it as CSV or plain text",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"PAR1": "a Parquet file; save it as CSV or JSON lines",
    b"SQLite format 3": "a SQLite file",
    b"{\\rtf": "an RTF document; save it as plain text",
    b"%PDF-": "one PDF: name its file or folder, or use 'classifier classify'",
}
_TEXTS = {
    f"RefWorks' tagged format; {_RIS}": (r"^RT [A-Z][\w,/ ]+\n(?:.*\n){0,12}?(?:SR|ID|A1|T1) \S",),
    "a CITATION.cff file, which describes one software; export the list as BibTeX or CSL": (
        r"^cff-version\s*:",
    ),
    "PubMed's text; save it in the format PubMed (.nbib)": (
        r"^PMID: ?\d",
        r"^(?:Author information:$|\d+\. .+\. (?:19|20)\d\d\b.*\n\n)",
    ),
    f"Ovid's text; {_RIS}": (r"\A\s*<1>\s*\n",),
    f"ProQuest's text; {_RIS}": (r"\A[\s_]*Document 1 of \d+\s*\n",),
    f"EBSCO's text; {_RIS}": (r"\A\s*Record: ?1\s*\n",),
}
"""What a text is -> marks, all of which it has."""
_JSON = {
    "a Jupyter notebook": frozenset(("cells", "nbformat")),
    "a package description (package.json)": frozenset(("name", "version", "dependencies")),
    "a package description": frozenset(("name", "version", "scripts")),
    "a package lock file": frozenset(("name", "lockfileVersion")),
    "a GeoJSON file": frozenset(("type", "features")),
}
"""Members that an object of the kind has at its top."""


def describe_binary(name: str, head: bytes) -> str | None:
    """What a file with such bytes is, such as "a spreadsheet; save it as CSV"; None if it may be text."""
    suffix = PurePath(name.lower()).suffix
    if head.startswith(b"PK\x03\x04"):
        return _OFFICE.get(suffix, "a ZIP archive; unpack it")
    kind = next((kind for magic, kind in _BINARY.items() if head.startswith(magic)), None)
    return _OFFICE.get(suffix, kind) if kind and "Office" in kind else kind


def describe_text(text: str) -> str | None:
    """The name of a text format that is not read, and what to export; None if it is none of these."""
    for kind, marks in _TEXTS.items():
        if all(re.search(mark, text, re.MULTILINE) for mark in marks):
            return kind
    return None


def describe_object(text: str) -> str | None:
    """What a single JSON object is if it is of another kind of file."""
    try:
        value = json.loads(text)
        names = set(value) if isinstance(value, dict) else set()
    except (ValueError, RecursionError):  # the text is only the beginning of it
        names = set(re.findall(r'^[{\s]{0,4}"(\w+)"\s*:', text, re.MULTILINE))
    return next((kind for kind, members in _JSON.items() if members <= names), None)
