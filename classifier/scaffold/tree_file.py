"""A taxonomy in any YAML or JSON structure -> a `Source`.

Read are nested objects and lists (`tree_nodes`), flat lists of concepts with parents (`flat_tree`), and the
closed lists of a JSON Schema (`json_schema`). A node may have its papers (`tree_papers`). A workspace's own
taxonomy.yaml is one, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from classifier.errors import InputError
from classifier.scaffold.flat_tree import flat_tree
from classifier.scaffold.json_schema import is_json_schema, schema_nodes
from classifier.scaffold.nodes import broken_of, papers_of, sections_of
from classifier.scaffold.source import Source
from classifier.scaffold.titles import title_of_file
from classifier.scaffold.tree_names import BELOW, MEANINGS, NAMES, keyed
from classifier.scaffold.tree_nodes import first_text, nodes_of
from classifier.scaffold.tree_papers import FileRow

_PAPERS = frozenset(
    ("doi", "author", "authors", "abstract", "arxiv", "year", "issued", "url", "itemtype", "venue", "journal",
     "tags", "keywords", "publicationtitle")
)  # fmt: skip
MAX_BYTES = 4 << 20
_SHOWN = 5
_MOST_LEVELS = 200


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
    notices: list[str] = []
    if is_json_schema(data):
        nodes, title, definition = schema_nodes(data), first_text(data, ("title",)), ""
    else:
        data, title, definition, scope = _without_head(data)
        flat = flat_tree(data, str(path))
        nodes = nodes_of(data, str(path)) if flat is None else flat.nodes
        title = title or (flat.title if flat else "")
        if flat is not None and flat.several:
            shown = ", ".join(flat.several[:_SHOWN])
            notices.append(f"names with several parents are below the first: {len(flat.several)} ({shown})")
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
        notices=tuple(notices),
    )


def _without_head(data: Any) -> tuple[Any, str, str, str]:
    """The tree in a file, and the survey's title, definition and scope, which may be empty."""
    named = keyed(data) if isinstance(data, Mapping) else {}
    below = next((named[key] for key in BELOW if isinstance(named.get(key), list | dict)), None)
    if below is None:
        return data, "", "", ""
    scope = keyed(named["scope"]) if isinstance(named.get("scope"), Mapping) else {}
    return below, first_text(named, NAMES), first_text(named, MEANINGS), first_text(scope, MEANINGS)


def _load(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        text = path.read_text(encoding="utf-8-sig")
        data = json.loads(text) if path.suffix.lower() == ".json" else yaml.load(text, Loader=_NoAliases)  # noqa: S506
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, yaml.YAMLError, RecursionError):
        return None  # another format; its reader reports the error
    return data if _is_flat_enough(data) else None


def _is_flat_enough(data: Any) -> bool:
    """Whether a value has no more levels than code that calls itself can follow."""
    level = [data]
    for _ in range(_MOST_LEVELS):
        level = [
            inner
            for value in level
            if isinstance(value, list | dict)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return True
    return False


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
