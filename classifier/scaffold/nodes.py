"""Nested names -> sections of a source, for all formats with a tree and no papers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from classifier.errors import InputError
from classifier.lists.sections import clean_title
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.scaffold.source import Path, SourcePaper, SourceSection

MAX_DEPTH = 12
"""Most levels of a tree; a deeper file is broken."""
MAX_NODES = 5_000
_SEPARATORS = (": ", " — ", " -- ")


@dataclass
class NamedNode:
    """A name, its definition and its papers if the source has them, and the nodes below."""

    title: str
    definition: str = ""
    children: list[NamedNode] = field(default_factory=list)
    papers: list[ListEntry | BrokenEntry] = field(default_factory=list)


def split_definition(text: str) -> tuple[str, str]:
    """("Reward", "The model writes it.") of "Reward: The model writes it."; the second may be empty."""
    for separator in _SEPARATORS:
        name, found, rest = text.partition(separator)
        if found and name.strip():
            return clean_title(name), " ".join(rest.split())
    return clean_title(text), ""


def sections_of(nodes: Iterable[NamedNode], source: str) -> tuple[SourceSection, ...]:
    """The sections, parents before children.

    Raises:
        InputError: The tree is too deep, too large or empty.
    """
    found: dict[Path, SourceSection] = {}
    for path, node in _walk(nodes, ()):
        if len(path) > MAX_DEPTH or len(found) >= MAX_NODES:
            raise InputError(
                f"{source}: more than {MAX_DEPTH} levels or {MAX_NODES:,} nodes; expected the tree of a "
                "survey"
            )
        if path not in found or not found[path].intro:
            found[path] = SourceSection(titles=path, intro=node.definition)
    if not found:
        raise InputError(
            f"{source}: no names were found; expected one topic per line, indented below its parent"
        )
    return tuple(found.values())


def papers_of(nodes: Iterable[NamedNode]) -> tuple[SourcePaper, ...]:
    """The papers of all nodes, each with the node that has it."""
    return tuple(
        SourcePaper(entry=entry, sections=(path,))
        for path, node in _walk(nodes, ())
        for entry in node.papers
        if isinstance(entry, ListEntry)
    )


def broken_of(nodes: Iterable[NamedNode]) -> tuple[BrokenEntry, ...]:
    """The papers of all nodes that cannot be used."""
    return tuple(
        entry for _, node in _walk(nodes, ()) for entry in node.papers if isinstance(entry, BrokenEntry)
    )


def _walk(nodes: Iterable[NamedNode], above: Path) -> Iterator[tuple[Path, NamedNode]]:
    for node in nodes:
        if not node.title:
            continue
        path = (*above, node.title)
        yield path, node
        if len(path) <= MAX_DEPTH:
            yield from _walk(node.children, path)
