"""A taxonomy in any YAML or JSON structure -> a `Source`.

Nodes are objects with a name and optionally a definition, children and papers, mappings from names to their
children, lists of names, or a mixture. A workspace's own taxonomy.yaml is one, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from classifier.errors import InputError
from classifier.lists.sections import clean_title
from classifier.scaffold.nodes import MAX_DEPTH, NamedNode, broken_of, papers_of, sections_of
from classifier.scaffold.source import Source
from classifier.scaffold.titles import title_of_file
from classifier.scaffold.tree_papers import FileRow, entries_of, papers_in

_NAMES = ("title", "name", "label", "topic", "text", "category", "preflabel", "id")
_BELOW = (
    "children",
    "tree",
    "nodes",
    "subtopics",
    "topics",
    "subcategories",
    "categories",
    "subsections",
    "sections",
    "leaves",
    "items",
    "narrower",
    "taxonomy",
    "branches",
    "classes",
    "subclasses",
)
_MEANINGS = ("definition", "description", "desc", "summary", "note", "scopenote", "means", "about")
_PAPERS = frozenset(["doi", "author", "authors", "abstract", "arxiv", "year", "issued", "url"])
MAX_BYTES = 4 << 20


def is_tree_file(path: Path) -> bool:
    """Whether a file is a tree in YAML or JSON, not a list of papers."""
    if path.suffix.lower() not in (".yaml", ".yml", ".json"):
        return False
    data = _load(path)
    return bool(data) and isinstance(data, dict | list) and not _names_papers(data)


def read_tree_file(path: Path) -> Source:
    """The file's tree.

    Raises:
        InputError: It cannot be read, or contains no names.
    """
    data = _load(path)
    title = definition = scope = ""
    if isinstance(data, Mapping):
        named = {str(k).lower(): v for k, v in data.items()}
        below = next((named[key] for key in _BELOW if isinstance(named.get(key), list | dict)), None)
        if below is not None:
            title, definition = _first(named, _NAMES), _first(named, _MEANINGS)
            scope = _first({str(k).lower(): v for k, v in _mapping(named.get("scope")).items()}, _MEANINGS)
            data = below
    nodes = _nodes(data, 0, str(path))
    if not title and len(nodes) == 1 and nodes[0].children:
        title, definition, nodes = nodes[0].title, nodes[0].definition, nodes[0].children
    return Source(
        name=str(path),
        form=path.suffix[1:].upper(),
        title=title or title_of_file(str(path)),
        definition=definition,
        scope=scope,
        sections=sections_of(nodes, str(path)),
        papers=papers_of(nodes),
        broken=broken_of(nodes),
        keep_empty=True,
    )


def _load(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text) if path.suffix.lower() == ".json" else yaml.load(text, Loader=_NoAliases)  # noqa: S506
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, yaml.YAMLError, RecursionError):
        return None  # another format; its reader reports the error


class _NoAliases(yaml.SafeLoader):
    """YAML without references: a few lines with them can expand to billions of nodes. Rows have lines."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("references (*name) are not read")
        return super().compose_node(parent, index)

    def construct_row(self, node: yaml.MappingNode) -> Iterator[FileRow]:
        row = FileRow()
        row.line = node.start_mark.line + 1
        yield row
        row.update(self.construct_mapping(node))


_NoAliases.add_constructor("tag:yaml.org,2002:map", _NoAliases.construct_row)


def _names_papers(data: Any) -> bool:
    """Whether the first objects of a list look like papers."""
    rows = (
        data
        if isinstance(data, list)
        else next((v for v in _mapping(data).values() if isinstance(v, list)), [])
    )
    first = [row for row in rows[:5] if isinstance(row, Mapping)]
    return any(_PAPERS & {str(key).lower() for key in row} for row in first)


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _nodes(data: Any, depth: int, source: str) -> list[NamedNode]:
    if depth > MAX_DEPTH + 1:
        return [NamedNode("…")]  # one level too many, which `sections_of` reports
    if isinstance(data, list):
        return [node for item in data for node in _nodes(item, depth, source)]
    if not isinstance(data, Mapping):
        return [NamedNode(clean_title(str(data)))] if isinstance(data, str | int | float) else []
    named = {str(key).lower(): value for key, value in data.items()}
    title = _first(named, _NAMES)
    papers = papers_in(named)
    if title and (
        len(named) == 1 or papers is not None or any(key in named for key in (*_BELOW, *_MEANINGS, "id"))
    ):
        below = next((named[key] for key in _BELOW if named.get(key)), None)
        children = _nodes(below, depth + 1, source) if below else []
        entries = entries_of(papers or (), source)
        return [NamedNode(clean_title(title), _first(named, _MEANINGS), children, entries)]
    return [_named(str(name), value, depth, source) for name, value in data.items()]


def _named(name: str, value: Any, depth: int, source: str) -> NamedNode:
    """A name, and its children, its papers or its definition."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    node = NamedNode(clean_title(name), text)
    rows = papers_in({str(key).lower(): each for key, each in _mapping(value).items()})
    if rows is not None:
        node.papers = entries_of(rows, source)
        value = {key: each for key, each in value.items() if each is not rows}
    if value and not text:
        node.children = _nodes(value, depth + 1, source)
    return node


def _first(named: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next(
        (" ".join(named[k].split()) for k in keys if isinstance(named.get(k), str) and named[k].strip()), ""
    )
