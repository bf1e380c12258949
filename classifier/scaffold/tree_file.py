"""A taxonomy in any YAML or JSON structure -> a `Source` without papers.

Nodes are objects with a name and optionally a definition and children, mappings from names to their children,
lists of names, or a mixture. A workspace's own taxonomy.yaml is one, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from classifier.errors import InputError
from classifier.lists.sections import clean_title
from classifier.scaffold.nodes import MAX_DEPTH, NamedNode, sections_of
from classifier.scaffold.source import Source
from classifier.scaffold.titles import title_of_file

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
_PAPERS = frozenset(
    ("doi", "author", "authors", "abstract", "arxiv", "year", "issued", "url", "itemtype", "venue", "journal",
     "tags", "keywords", "publicationtitle")
)  # fmt: skip
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
    nodes = _nodes(data, 0)
    if not title and len(nodes) == 1 and nodes[0].children:
        title, definition, nodes = nodes[0].title, nodes[0].definition, nodes[0].children
    return Source(
        name=str(path),
        form=path.suffix[1:].upper(),
        title=title or title_of_file(str(path)),
        definition=definition,
        scope=scope,
        sections=sections_of(nodes, str(path)),
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
    """YAML without references: a few lines with them can expand to billions of nodes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("references (*name) are not read")
        return super().compose_node(parent, index)


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


def _nodes(data: Any, depth: int) -> list[NamedNode]:
    if depth > MAX_DEPTH + 1:
        return [NamedNode("…")]  # one level too many, which `sections_of` reports
    if isinstance(data, list):
        return [node for item in data for node in _nodes(item, depth)]
    if not isinstance(data, Mapping):
        return [NamedNode(clean_title(str(data)))] if isinstance(data, str | int | float) else []
    named = {str(key).lower(): value for key, value in data.items()}
    title = _first(named, _NAMES)
    if title and (len(named) == 1 or any(key in named for key in (*_BELOW, *_MEANINGS, "id"))):
        below = next((named[key] for key in _BELOW if named.get(key)), None)
        return [
            NamedNode(clean_title(title), _first(named, _MEANINGS), _nodes(below, depth + 1) if below else [])
        ]
    found = []
    for name, value in data.items():  # a name, and its children or its definition
        text = value if isinstance(value, str) else ""
        children = [] if text or value is None else _nodes(value, depth + 1)
        found.append(NamedNode(clean_title(str(name)), " ".join(text.split()), children))
    return found


def _first(named: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next(
        (" ".join(named[k].split()) for k in keys if isinstance(named.get(k), str) and named[k].strip()), ""
    )
