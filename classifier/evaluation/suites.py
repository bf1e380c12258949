"""A suite file, or the workspace's gold -> Suite: labelled papers, validated line by line.

What enters: JSON lines (`id`, `title`, `label`, and at least one of `pdf | text | abstract | summary |
arxiv`). What leaves: items in the file's order, or one error with file, line and the allowed values. A
byte order mark and CRLF are accepted. What it does not do: read PDFs, or choose among an item's texts
(`classifier.evaluation.texts`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from classifier.errors import ConfigError, InputError
from classifier.evaluation.records import Suite, SuiteItem
from classifier.model.record import OUT_OF_SCOPE
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.workspace import GOLD_FILES, Workspace

GOLD = "gold"
"""The name of the suite that consists of the workspace's gold files."""

TEXT_KEYS = ("pdf", "text", "abstract", "summary", "arxiv")


class SuiteError(InputError):
    """A suite file that cannot be used; the message names file and line."""

    code = "bad-suite"


def read_suite(path: Path, taxonomy: Taxonomy, *, titles: bool = False) -> Suite:
    """Reads a suite file.

    Args:
        path: UTF-8, one JSON object per line; blank lines are skipped. An item's `pdf` is relative to this
            file.
        taxonomy: The allowed labels are its leaves and "out-of-scope".
        titles: Accept items without any text, which are scored by their title. Else an item must say that
            this is meant (`title_only`), since a misspelled key would score titles, too.

    Returns:
        The suite, named after the file; its sha256 is that of the file's bytes.

    Raises:
        SuiteError: The file cannot be read, is not UTF-8, has no items, or has an invalid item (the message
            names the first one).
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SuiteError(f"{path}: cannot be read ({error.strerror}); expected a suite file") from error
    items = tuple(_items(path, raw, taxonomy, titles))
    if not items:
        raise SuiteError(
            f"{path}: contains no items; expected one JSON object per line with id, title and label"
        )
    return Suite(name=path.stem, sha256=hashlib.sha256(raw).hexdigest(), items=items)


def gold_suite(workspace: Workspace) -> Suite:
    """The workspace's labelled and out-of-scope studies as a suite, named "gold".

    Raises:
        ConfigError: The workspace has no gold studies.
        SuiteError: A gold file is not a valid suite, e.g. because of an unknown label.
    """
    items: list[SuiteItem] = []
    digest = hashlib.sha256()
    for file in (workspace.root / name for name in GOLD_FILES):
        if file.is_file():
            items += read_suite(file, workspace.taxonomy, titles=True).items
            digest.update(file.read_bytes())
    if not items:
        raise ConfigError(f"{workspace.root}: no gold studies found; pass a suite file with --suite FILE")
    seen: dict[str, int] = {}
    for item in items:
        if item.id in seen:
            raise SuiteError(f"{workspace.root}/gold: id '{item.id}' is used twice; ids must differ")
        seen[item.id] = item.line
    return Suite(name=GOLD, sha256=digest.hexdigest(), items=tuple(items))


def _items(path: Path, raw: bytes, taxonomy: Taxonomy, titles: bool) -> Iterator[SuiteItem]:
    lines_of: dict[str, int] = {}
    # Not splitlines(): a text may contain U+2028 and other separators, which JSON does not escape.
    for number, line in enumerate(_decoded(path, raw).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}: line {number}"
        item = _item(where, line, number, titles)
        _check_labels(where, item, taxonomy)
        if item.id in lines_of:
            raise SuiteError(
                f"{where}: id '{item.id}' is already used in line {lines_of[item.id]}; "
                "expected another id for each item"
            )
        lines_of[item.id] = number
        yield _with_pdf(where, item, path.parent)


def _decoded(path: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = raw.count(b"\n", 0, error.start) + 1
        raise SuiteError(
            f"{path}: line {number}: not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8"
        ) from error


def _item(where: str, line: str, number: int, titles: bool) -> SuiteItem:
    try:
        value: Any = json.loads(line)
        if "\\ud" in line.lower():  # half a surrogate pair (from a damaged PDF) has no UTF-8 form
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        raise SuiteError(
            f"{where}: not valid JSON ({error.msg} at column {error.colno}); expected one object per line"
        ) from error
    except (ValueError, RecursionError) as error:
        raise SuiteError(
            f"{where}: JSON that cannot be used ({error}); expected one object per line"
        ) from error
    if not isinstance(value, dict):
        raise SuiteError(f"{where}: expected a JSON object, found {type(value).__name__}")
    for key in ("id", "title", "label"):
        if not isinstance(value.get(key), str) or not value[key].strip():
            raise SuiteError(f"{where}: '{key}' is missing or empty; expected a text")
    has_text = any(isinstance(value.get(key), str) and value[key].strip() for key in TEXT_KEYS)
    if not (has_text or titles or value.get("title_only") is True):
        raise SuiteError(
            f"{where}: no text; expected one of {', '.join(TEXT_KEYS)}, or title_only: true for the title"
        )
    try:
        return SuiteItem.model_validate({**value, "line": number})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise SuiteError(f"{where}: '{key}': {first['msg']}") from error


def _check_labels(where: str, item: SuiteItem, taxonomy: Taxonomy) -> None:
    allowed = (*taxonomy.leaves, OUT_OF_SCOPE)
    named = [("label", item.label), *(("secondary", label) for label in item.secondary)]
    named += [("labels", label) for label in item.labels]
    for key, label in named:
        if label not in allowed:
            raise SuiteError(
                f"{where}: '{key}': '{label}' is not in the taxonomy; allowed: {', '.join(allowed)}"
            )


def _with_pdf(where: str, item: SuiteItem, folder: Path) -> SuiteItem:
    """The item with an absolute PDF path; without it if the file is missing but there is other text."""
    if not item.pdf:
        return item
    path = (folder / item.pdf).absolute()
    if path.is_file():
        return item.model_copy(update={"pdf": str(path)})
    if not any((item.text, item.abstract, item.summary, item.arxiv)):
        raise SuiteError(f"{where}: pdf '{item.pdf}' does not exist, and the item has no other text")
    return item.model_copy(update={"pdf": None})
