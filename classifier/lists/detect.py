"""A list's name and first bytes -> its format.

What enters: a file's name and its head. What leaves: a format's name, or an error that names the kind of
file. The content decides if it has a signature (BibTeX, RIS, JSON); otherwise the suffix does.
"""

from __future__ import annotations

import codecs
import json
import re
from pathlib import PurePath
from typing import Any

from classifier.errors import InputError
from classifier.lists.foreign import describe_binary, describe_object, describe_text
from classifier.lists.ids import arxiv_in_key
from classifier.lists.json_array import has_list
from classifier.lists.line_kinds import looks_plain
from classifier.lists.markup import describe_markup
from classifier.lists.named_fields import KEYS, USEFUL, field_name
from classifier.lists.references import find_mentions
from classifier.lists.tables import TITLE_LINES, find_header, find_separator, is_wos_header
from classifier.model.identity import bare_doi

FORMATS = (
    "BibTeX, RIS, PubMed (.nbib), Web of Science (tagged or tab-delimited), EndNote (.enw or XML), CSL-JSON "
    "and other JSON, JSON lines, CSL-YAML, CSV or TSV with a header (also Zotero's and Scopus's), Scopus "
    "text, LaTeX bibliographies (.bbl), Markdown, or a text file of ids, DOIs, addresses or titles"
)

_SUFFIXES = {
    ".bib": "bibtex", ".bibtex": "bibtex", ".biblatex": "bibtex", ".ris": "ris", ".json": "csl-json",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "csv", ".tab": "csv",
    ".md": "markdown", ".markdown": "markdown", ".mkd": "markdown", ".txt": "text", ".text": "text",
    ".list": "text", ".nbib": "pubmed", ".medline": "pubmed", ".ciw": "wos", ".isi": "wos", ".enw": "endnote",
    ".xml": "endnote-xml", ".yaml": "csl-yaml", ".yml": "csl-yaml", ".bbl": "bbl", ".tex": "bbl",
}  # fmt: skip
_ANYTHING = ("csv", "text", "markdown")
"""Formats without a signature."""
_SIGNATURES = {
    "pubmed": re.compile(r"^PMID- ?\d", re.MULTILINE),
    "wos": re.compile(r"\s*(?:FN .*\n(?:VR .*\n)?\s*)?PT [A-Z]\s*\n(?:[A-Z][A-Z0-9] |   )"),
    "endnote": re.compile(r"\s*%(?:0[ \t]+[A-Z][a-z]|[AT][ \t]+\S.*\n(?:.*\n)*?%[A-Z0-9@][ \t])"),
    "scopus": re.compile(r"\s*Scopus\s*\n\s*EXPORT DATE:", re.IGNORECASE),
    "csl-yaml": re.compile(
        r"\s*(?:---\s+)?(?:#.*\n\s*)*"
        r"(?:(?:[\w-]+:.*\n(?:[ \t-].*\n|\s*\n)*)*?references:\s*\n(?:\s*#.*\n)*\s*)?- +(?:&\S+\s+)?"
        r"(?:id|citation-key|title|type|author|issued|DOI|URL|abstract|container-title|publisher):"
    ),
    "bbl": re.compile(r"^\s*\\(?:begin\s*\{thebibliography\}|bibitem\b|entry\{[^{}]*\}\{)", re.MULTILINE),
}
"""The start of a list in the format, or a part of its records; in the order in which they are tried."""
_BIBTEX = re.compile(r"^\s*@\s*[A-Za-z][\w-]*\s*[{(]", re.MULTILINE)
_RIS = re.compile(r"^\s{0,3}(?:TY|ty|Ty)\s{1,3}-", re.MULTILINE)
_MARKDOWN = re.compile(r"\]\(\s*<?https?://|^\s*\|[\s:|-]*-[\s:|-]*\|", re.MULTILINE | re.IGNORECASE)
_CODE_BLOCK = re.compile(r"^\s*(```|~~~).*?(?:^\s*\1|\Z)", re.MULTILINE | re.DOTALL)
_SHOWN = 120
"""Characters of a first line in a message."""
_ROWS = 50
"""Lines of a table that are searched for ids."""
_ENDNOTE_XML = re.compile(r"\s*(?:<\?xml[^<>]*\?>\s*)?(?:<xml>\s*)?<records\b", re.IGNORECASE)


def detect_format(name: str, head: bytes) -> str:
    """The format's name, a key of `classifier.lists.READERS`.

    Raises:
        InputError: The file is empty, an archive or another binary file, HTML or XML.
    """
    suffix = PurePath(name.lower().removesuffix(".gz")).suffix if name != "-" else ""
    text = _text(name, head)
    if _ENDNOTE_XML.match(text):
        return "endnote-xml"
    if suffix not in (".md", ".markdown", ".mkd") and (markup := describe_markup(text)):
        raise InputError(f"{name}: cannot be read as a list: it is {markup}; expected {FORMATS}")
    guess = _SUFFIXES.get(suffix)
    found = _json(text) or _by_signature(guess, text)
    other = describe_object(text) if found in ("csl-json", "jsonl") and text.lstrip()[:1] == "{" else None
    if not found and (kind := describe_text(text)):
        other = f"{kind} (its first line is '{_first_line(text)}')"
    if other:
        raise InputError(f"{name}: cannot be read as a list: it is {other}; expected {FORMATS}")
    if found:
        return found
    if guess == "csv":
        return _table_format(name, text)
    if guess is not None and guess not in _ANYTHING:
        # The first 64 KiB show no sign of the suffix's format.
        raise InputError(f"{name}: no {guess} entry at its beginning; expected {FORMATS}")
    if _is_table(text):
        return "csv"
    if not looks_plain(text):
        raise InputError(
            f"{name}: no known list format; its first line is '{_first_line(text)}'; expected {FORMATS}"
        )
    return "text"


def _by_signature(guess: str | None, text: str) -> str | None:
    """The format whose signature the text has; if there are two, the suffix decides."""
    if guess == "markdown":  # may show any other format in a code block
        return guess
    if guess != "csv":
        for name, signature in _SIGNATURES.items():
            if signature.search(text) if name in ("pubmed", "bbl") else signature.match(text):
                return name
    if _RIS.search(text) and not _BIBTEX.search(text):
        return "ris"
    if guess is None and _MARKDOWN.search(text) and not _BIBTEX.search(_CODE_BLOCK.sub("", text)):
        return "markdown"
    if guess != "csv" and _BIBTEX.search(text):
        return "bibtex"
    return None


def _text(name: str, head: bytes) -> str:
    if not head.strip():
        raise InputError(f"{name}: the file is empty; expected {FORMATS}")
    if kind := describe_binary(name, head):
        raise InputError(f"{name}: cannot be read as a list: it is {kind}; expected {FORMATS}")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _with_line_feeds(head.decode("utf-16", "replace"))
    controls = sum(head.count(bytes([code])) for code in (*range(9), *range(14, 32)))
    if controls > len(head) // 20 + 8:  # a few NUL characters happen in real exports
        raise InputError(f"{name}: a binary file, not a reading list; expected {FORMATS}")
    return _with_line_feeds(head.decode("utf-8-sig", "replace"))


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _json(text: str) -> str | None:
    start = text.lstrip()
    if re.match(r"\[\s*(?:[{\]\"]|$)", start):
        return "csl-json"
    if not re.match(r"\{\s*(?:[\"}]|$)", start):
        return None
    lines = [line for line in start.split("\n", 4)[:4] if line.strip()]
    first, *others = [_json_object(line) for line in lines]
    if has_list(start):
        return "csl-json"
    if first is None:  # it continues on the next line, or it is broken and the next lines are complete
        return "jsonl" if any(others) else "csl-json"
    return "jsonl" if others or USEFUL & {*map(field_name, first)} else "csl-json"


def _json_object(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_table(text: str) -> bool:
    names = _header(text)
    if is_wos_header(text.lstrip().partition("\n")[0]):
        return True
    return len(names) > 1 and bool(USEFUL.intersection(names))


def _first_line(text: str) -> str:
    line = " ".join(text.lstrip().partition("\n")[0].split())
    line = "".join(char if char.isprintable() else " " for char in line)
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _header(text: str) -> list[str]:
    lines = text.lstrip().split("\n", TITLE_LINES)
    header = lines[find_header(lines[:TITLE_LINES])]
    return [field_name(cell) for cell in header.split(find_separator(header))]


def _table_format(name: str, text: str) -> str:
    """The format of a file with a table's suffix: "csv", or "text" if it is a column of ids without a header.

    Raises:
        InputError: No column identifies papers.
    """
    names = _header(text)
    if USEFUL.intersection(names) or _is_table(text) or _has_ids(names, text):
        return "csv"
    if find_mentions(text.lstrip().partition("\n")[0]) and looks_plain(text):
        return "text"
    raise InputError(
        f"{name}: no column for a title, an arXiv id, a DOI, an address or a file in the header "
        f"'{_first_line(text)}'; name one 'title', 'arxiv', 'doi', 'url' or 'file'"
    )


def _has_ids(names: list[str], text: str) -> bool:
    """Whether a column named "id" or similar contains arXiv ids or DOIs."""
    lines = [line for line in text.splitlines()[1:_ROWS] if line.strip()]
    separator = find_separator(text.lstrip().partition("\n")[0])
    columns = [place for place, name in enumerate(names) if name in KEYS]
    cells = (cell for line in lines for cell in _at(line.split(separator), columns))
    return any(arxiv_in_key(cell.strip(' "')) or bare_doi(cell.strip(' "')) for cell in cells)


def _at(cells: list[str], columns: list[int]) -> list[str]:
    return [cells[place] for place in columns if place < len(cells)]
