"""A JSON Schema -> the nodes of a tree: the closed lists of values that its fields have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from classifier.scaffold.nodes import NamedNode
from classifier.scaffold.tree_names import shown_name, text_of

_PARTS = ("properties", "$defs", "definitions")
_INNER = ("items", "allOf", "oneOf", "anyOf")
_DEEPEST = 20
_LEAST = 2


def is_json_schema(data: Any) -> bool:
    """Whether an object is a JSON Schema."""
    if not isinstance(data, Mapping):
        return False
    known = "json-schema.org" in str(data.get("$schema", ""))
    return known or (data.get("type") == "object" and isinstance(data.get("properties"), Mapping))


def schema_nodes(data: Mapping[str, Any]) -> list[NamedNode]:
    """A node for each field with a closed list of texts; of a single such field, its values."""
    found: dict[str, NamedNode] = {}
    for node in _fields(data, "", 0):
        first = found.setdefault(node.title, node)
        if first is not node:  # a definition that is used twice, or another field of this title
            first.children += node.children
            first.definition = first.definition or node.definition
    nodes = list(found.values())
    return nodes[0].children if len(nodes) == 1 else nodes


def _fields(schema: Any, name: str, depth: int) -> Iterator[NamedNode]:
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return
    values = _values(schema)
    if len(values) >= _LEAST:
        yield NamedNode(shown_name(text_of(schema.get("title")) or name), _meaning(schema), values)
        return
    for part in _PARTS:
        inner = schema.get(part)
        for key, each in inner.items() if isinstance(inner, Mapping) else ():
            yield from _fields(each, str(key), depth + 1)
    for part in _INNER:
        inner = schema.get(part)
        for each in inner if isinstance(inner, list) else [inner]:
            yield from _fields(each, name, depth + 1)


def _values(schema: Mapping[str, Any]) -> list[NamedNode]:
    enum = schema.get("enum")
    if isinstance(enum, list):
        return [NamedNode(shown_name(value)) for value in enum if isinstance(value, str)]
    choices = schema.get("oneOf") or schema.get("anyOf")
    found = [each for each in choices if isinstance(each, Mapping)] if isinstance(choices, list) else []
    return [
        NamedNode(shown_name(text_of(each.get("title")) or each["const"]), _meaning(each))
        for each in found
        if isinstance(each.get("const"), str)
    ]


def _meaning(schema: Mapping[str, Any]) -> str:
    return text_of(schema.get("description"))
