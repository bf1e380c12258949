"""A file's name -> a `Source`, whatever format it is in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from classifier.errors import InputError
from classifier.lists.detect import detect_format
from classifier.lists.opening import open_list
from classifier.scaffold.library import read_library
from classifier.scaffold.markdown_list import read_markdown_list
from classifier.scaffold.numbering import unnumbered
from classifier.scaffold.opml import is_opml, read_opml
from classifier.scaffold.outline import is_outline, read_outline
from classifier.scaffold.source import Source
from classifier.scaffold.survey_pdf import read_survey_pdf
from classifier.scaffold.tree_file import is_tree_file, read_tree_file
from classifier.scaffold.zotero import (
    has_collections,
    is_zotero_rdf,
    read_zotero_json,
    read_zotero_rdf,
)

EXPECTED = (
    "a Markdown list, an indented outline or OPML, a taxonomy as YAML or JSON, a survey's PDF, or a library "
    "(BibTeX, Zotero's RDF, CSV, JSON, RIS) whose entries have groups, collections, a category or keywords"
)


def read_source(name: str, by: Sequence[str] = ()) -> Source:
    """The material for a workspace.

    Args:
        by: What of a library becomes the tree: groups, category, tags, keywords, or names of columns; the
            library decides if empty.

    Raises:
        InputError: There is no such file, nothing to make a tree from, or nothing that `by` could name.
    """
    path = Path(name)
    if not path.is_file():
        raise InputError(f"{name}: no such file; expected {EXPECTED}")
    with open_list(name) as opened:
        head = opened.head
    if is_zotero_rdf(head):
        return unnumbered(read_zotero_rdf(name, by))
    source = _without_fields(name, path, head)
    if source is None:
        return unnumbered(read_library(name, detect_format(name, head), by))
    if by:
        raise InputError(f"{name}: --by names a field of a library's entries, and this is {source.form}")
    return source


def _without_fields(name: str, path: Path, head: bytes) -> Source | None:
    """The source, if the file is not a library whose entries have fields; else None."""
    if head.startswith(b"%PDF-"):
        return read_survey_pdf(name)
    if path.suffix.lower() == ".json" and has_collections(path, head):
        return unnumbered(read_zotero_json(name))
    if is_opml(head):
        return unnumbered(read_opml(path))
    if is_tree_file(path):
        return unnumbered(read_tree_file(path))
    try:
        form = detect_format(name, head)
    except InputError:
        form = ""
    if form == "markdown":
        return read_markdown_list(name)
    return read_outline(path) if is_outline(path, form) else None
