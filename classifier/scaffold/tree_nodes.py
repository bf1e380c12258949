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
from classifier.scaffold.tree_papers import KEYS, entries_of, papers_in

_KNOWN = frozenset((*NAMES, *MEANINGS, *ABOVE)) | OF_A_NODE


def nodes_of(data: Any, source: str, depth: int = 0) -> list[NamedNode]:
    """The nodes in a value; one level too many ends with a node that `sections_of` reports.

    Args:
        source: The file, for its papers.
    """
    if depth > MAX_DEPTH + 1:
        return [NamedNode("…")]
    if isinstance(data, list):
        return [node for item in data for node in _item(item, source, depth)]
    if isinstance(data, Mapping):
        return _object(data, source, depth)
    is_name = isinstance(data, str | int | float) and not isinstance(data, bool)
    return [NamedNode(shown_name(str(data)))] if is_name else []


def first_text(named: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """The text of the first of the keys that has one."""
    return next((found for key in keys if (found := text_of(named.get(key)))), "")


def _below(named: Mapping[str, Any]) -> Any:
    """The value of the first key for children that has any; else None."""
    return next((named[key] for key in BELOW if named.get(key) and isinstance(named[key], list | dict)), None)


def _item(item: Any, source: str, depth: int) -> list[NamedNode]:
    """An object in a list is a node if it has a name, whatever else it has."""
    if isinstance(item, Mapping):
        named = keyed(item)
        title = first_text(named, NAMES)
        known = papers_in(named) is not None or any(key in named for key in _KNOWN if key != "text")
        if title and (len(named) == 1 or known):
            return [_node(title, named, source, depth)]
    return nodes_of(item, source, depth)


def _object(data: Mapping[Any, Any], source: str, depth: int) -> list[NamedNode]:
    named = keyed(data)
    title = first_text(named, NAMES)
    if title and (len(named) == 1 or _below(named) is not None or _is_node(named)):
        return [_node(title, named, source, depth)]
    return [
        _member(str(name), value, source, depth)
        for name, value in data.items()
        if key_of(name) not in OF_A_FILE or value is None or isinstance(value, list | dict)
    ]


def _member(name: str, value: Any, source: str, depth: int) -> NamedNode:
    """A name and its value: an object about it, its children, its definition, or nothing."""
    inner = keyed(value) if isinstance(value, Mapping) else {}
    if inner and (_below(inner) is not None or _is_node(inner)):
        # The key is an id if the object has a name of its own.
        return _node(first_text(inner, NAMES[:-1]) or name, inner, source, depth)
    rows = papers_in(inner)
    if rows is not None:
        value = {key: each for key, each in value.items() if each is not rows}
    node = NamedNode(shown_name(name), text_of(value) if isinstance(value, str) else "")
    node.papers = entries_of(rows or (), source)
    if isinstance(value, list | Mapping):
        node.children = nodes_of(value, source, depth + 1)
    return node


def _is_node(named: Mapping[str, Any]) -> bool:
    """Whether all members are about one node, and one of them is its meaning, its id, or its papers' list.

    An object of two or more texts under other names is a list of names and their definitions.
    """
    rows = papers_in(named)
    named_too = bool(first_text(named, NAMES)) and any(
        key in named for key in (*MEANINGS, *OF_A_NODE, *(KEYS if rows is not None else ()))
    )
    said = any(text_of(named.get(key)) or named.get(key) == "" for key in (*MEANINGS, "id"))
    about = named_too or said
    return about and all(key in _KNOWN or named[key] is rows for key in named)


def _node(title: str, named: Mapping[str, Any], source: str, depth: int) -> NamedNode:
    inner = _below(named)
    children = nodes_of(inner, source, depth + 1) if inner is not None else []
    papers = entries_of(papers_in(named) or (), source)
    return NamedNode(shown_name(title), first_text(named, MEANINGS), children, papers)
