"""A flat list of concepts that name their parents or children, as SKOS has them -> the nodes of a tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from classifier.scaffold.nodes import NamedNode
from classifier.scaffold.tree_names import ABOVE, MEANINGS, NAMES, key_of, keyed, references, shown_name
from classifier.scaffold.tree_nodes import first_text
from classifier.scaffold.tree_papers import entries_of, papers_in

_IDS = ("id", "code", "key", "notation", "uri", "slug")
_BELOW = ("narrower", "children")


class FlatTree(NamedTuple):
    """The roots, names of concepts with several parents, of which the first counts, and the scheme's name."""

    nodes: list[NamedNode]
    several: list[str]
    title: str


def flat_tree(data: Any, source: str) -> FlatTree | None:
    """The tree; None if the value is no such list."""
    concepts = _concepts(data)
    schemes = [concepts.pop(c) for c in [c for c, row in concepts.items() if _is_scheme(row.get("type"))]]
    named = {concept: first_text(row, NAMES[:-1]) or concept for concept, row in concepts.items()}
    by_name = {name: concept for concept, name in reversed(named.items())}
    parents: dict[str, list[str]] = {}
    for concept, row in concepts.items():
        for key in ABOVE:
            for above in references(row.get(key)):
                parents.setdefault(concept, []).append(above if above in concepts else by_name.get(above, ""))
        for key in _BELOW:
            for child in references(row.get(key)) if _refers(row.get(key)) else ():
                parents.setdefault(child if child in concepts else by_name.get(child, ""), []).append(concept)
    parents = {c: [p for p in dict.fromkeys(row) if p and p != c] for c, row in parents.items() if c}
    if not any(parents.values()):
        return None
    nodes = {
        concept: NamedNode(
            shown_name(named[concept]),
            first_text(row, MEANINGS),
            papers=entries_of(papers_in(row) or (), source),
        )
        for concept, row in concepts.items()
    }
    first = _without_circles({concept: line[0] for concept in concepts if (line := parents.get(concept))})
    top = []
    for concept, node in nodes.items():
        if concept in first:
            nodes[first[concept]].children.append(node)
        elif node.title:
            top.append(node)
    several = [named[concept] for concept, row in parents.items() if len(row) > 1]
    return FlatTree(top, several, first_text(schemes[0], NAMES[:-1]) if schemes else "")


def _concepts(data: Any) -> dict[str, dict[str, Any]]:
    """Id -> concept, of a list of objects or an object of objects; empty if it is neither."""
    rows: list[tuple[str, Any]] = []
    if isinstance(data, Mapping):
        rows = [(str(name), value) for name, value in data.items()]
    elif isinstance(data, list):
        rows = [("", value) for value in data]
    found: dict[str, dict[str, Any]] = {}
    for name, value in rows:
        if not isinstance(value, Mapping):
            return {}
        row = keyed(value)
        ids = [next(references(row[key]), "") for key in _IDS if key in row]
        own = name or next(filter(None, ids), "") or first_text(row, NAMES)
        if own:
            found.setdefault(own, row)
    return found


def _is_scheme(value: Any) -> bool:
    return any(key_of(name) in ("conceptscheme", "ontology") for name in references(value))


def _refers(value: Any) -> bool:
    """Whether children are only named; objects with names of their own are a nested tree."""
    rows = value if isinstance(value, list) else [value]
    return all(not isinstance(row, Mapping) or set(keyed(row)) <= {"id", "type"} for row in rows)


def _without_circles(parents: Mapping[str, str]) -> dict[str, str]:
    """Concept -> parent; of concepts that are each other's ancestors, the first has none."""
    order = {concept: number for number, concept in enumerate(parents)}
    found = dict(parents)
    below_top: set[str] = set()
    for concept in parents:
        line: dict[str, None] = {}
        while concept in found and concept not in below_top and concept not in line:
            line[concept] = None
            concept = found[concept]
        if concept in line:
            above = list(line)
            del found[min(above[above.index(concept) :], key=order.__getitem__)]
        below_top.update(line)
    return found
