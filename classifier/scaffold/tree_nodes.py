"""The value of a YAML or JSON file -> the nodes of a tree.

A node is an object with a name, the member of an object (its key is the name), or a text in a list. Its
children are under a key such as "children", or are all that the object has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifier.scaffold.nodes import MAX_DEPTH, NamedNode
from classifier.scaffold.tree_names import (
    ABOVE,
    BELOW,
    MEANINGS,
    NAMES,
    OF_A_FILE,
    OF_A_NODE,
    key_of,
    keyed,
    shown_name,
    text_of,
)

_KNOWN = frozenset((*NAMES, *MEANINGS, *ABOVE)) | OF_A_NODE


def nodes_of(data: Any, depth: int = 0) -> list[NamedNode]:
    """The nodes in a value; one level too many ends with a node that `sections_of` reports."""
    if depth > MAX_DEPTH + 1:
        return [NamedNode("…")]
    if isinstance(data, list):
        return [node for item in data for node in _item(item, depth)]
    if isinstance(data, Mapping):
        return _object(data, depth)
    return _name(data)


def first_text(named: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """The text of the first of the keys that has one."""
    return next((found for key in keys if (found := text_of(named.get(key)))), "")


def below(named: Mapping[str, Any]) -> Any:
    """The value of the first key for children that has any; else None."""
    return next((named[key] for key in BELOW if named.get(key) and isinstance(named[key], list | dict)), None)


def _item(item: Any, depth: int) -> list[NamedNode]:
    """An object in a list is a node if it has a name, whatever else it has."""
    if isinstance(item, Mapping):
        named = keyed(item)
        title = first_text(named, NAMES)
        if title and (len(named) == 1 or any(key in named for key in _KNOWN if key != "text")):
            return [_node(title, named, depth)]
    return nodes_of(item, depth)


def _object(data: Mapping[Any, Any], depth: int) -> list[NamedNode]:
    named = keyed(data)
    title = first_text(named, NAMES)
    if title and (len(named) == 1 or below(named) is not None or _is_node(named)):
        return [_node(title, named, depth)]
    found = []
    for name, value in data.items():
        if key_of(name) in OF_A_FILE and value is not None and not isinstance(value, list | dict):
            continue
        inner = keyed(value) if isinstance(value, Mapping) else {}
        if inner and (below(inner) is not None or _is_node(inner)):
            # The key is an id if the object has a name of its own.
            found.append(_node(first_text(inner, NAMES[:-1]) or str(name), inner, depth))
            continue
        text = text_of(value) if isinstance(value, str) else ""
        scalar = text or value is None or isinstance(value, int | float)
        found.append(NamedNode(shown_name(str(name)), text, [] if scalar else nodes_of(value, depth + 1)))
    return found


def _is_node(named: Mapping[str, Any]) -> bool:
    """Whether all members are about one node, and one of them is its meaning or its id.

    An object of two or more texts under other names is a list of names and their definitions.
    """
    named_too = bool(first_text(named, NAMES)) and any(key in named for key in (*MEANINGS, *OF_A_NODE))
    about = named_too or any(text_of(named.get(key)) for key in (*MEANINGS, "id"))
    return about and all(key in _KNOWN for key in named)


def _node(title: str, named: Mapping[str, Any], depth: int) -> NamedNode:
    inner = below(named)
    children = nodes_of(inner, depth + 1) if inner is not None else []
    return NamedNode(shown_name(title), first_text(named, MEANINGS), children)


def _name(data: Any) -> list[NamedNode]:
    is_name = isinstance(data, str | int | float) and not isinstance(data, bool)
    return [NamedNode(shown_name(str(data)))] if is_name else []
