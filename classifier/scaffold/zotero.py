"""Zotero's collections -> a `Source`: RDF, and the JSON of Better BibTeX.

What enters: a file that Zotero exported with its collections. What leaves: a section for each collection,
and its papers. The readers of lists say what an item of the JSON is; items of the RDF become raw fields,
which the same code turns into entries. XML is parsed by defusedxml: no entity is ever defined.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.errors import InputError
from classifier.lists import read_lists
from classifier.lists.build import build_entry
from classifier.lists.raw import Raw
from classifier.model.entries import BrokenEntry, ListEntry, PersonName
from classifier.scaffold.groupings import choose, groupings_of, kind_of, made_of
from classifier.scaffold.source import Path as Titles
from classifier.scaffold.source import Source, SourcePaper, SourceSection
from classifier.scaffold.titles import title_of_file
from classifier.text.counting import count_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MOST_BYTES = 200_000_000
_DEEPEST = 12
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"
_BIB = "{http://purl.org/net/biblio#}"
_FOAF = "{http://xmlns.com/foaf/0.1/}"
_ZOTERO = "{http://www.zotero.org/namespaces/export#}"
_NO_PAPERS = frozenset(("attachment", "note", "annotation"))


def is_zotero_rdf(head: bytes) -> bool:
    """Whether a file begins as Zotero's RDF does."""
    return b"<rdf:RDF" in head[:4096] and b"zotero.org/namespaces/export" in head[:4096]


def has_collections(path: Path, head: bytes) -> bool:
    """Whether a JSON file is a library with collections that are not all empty."""
    collections = _json(path).get("collections") if head.lstrip()[:1] == b"{" else None
    return isinstance(collections, Mapping) and any(
        isinstance(each, Mapping) and each.get("items") for each in collections.values()
    )


def read_zotero_rdf(name: str, by: Sequence[str] = ()) -> Source:
    """The library as a source: its collections, or tags if it was exported without them.

    Args:
        by: "groups" (collections), "tags" or "keywords" (automatic tags); the library decides if empty.

    Raises:
        InputError: It is not well-formed, or no item has a collection or a tag.
    """
    import xml.etree.ElementTree as ElementTree

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    path = Path(name)
    try:
        root: Element = fromstring(_bytes(path))
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise InputError(
            f"{name}: cannot be read as Zotero's RDF ({error}); export the library again"
        ) from error
    names: dict[str, str] = {}
    parts: dict[str, list[str]] = {}
    for element in root.iter(f"{_ZOTERO}Collection"):
        about = element.get(f"{_RDF}about", "")
        names[about] = _text(element, f"{_DC}title")
        parts[about] = [part.get(f"{_RDF}resource", "") for part in element.iter(f"{_TERMS}hasPart")]
    filed = _filed(names, parts)
    items = dict(enumerate(_items(root, filed), start=1))
    more = {number: filed.get(element.get(f"{_RDF}about", ""), []) for number, element in items.items()}
    tags = {number: _tags(element) for number, element in items.items()}
    groupings = groupings_of(tags, "zotero", {}, more)
    kind = kind_of(by)
    wanted = [each for each in groupings if each.kind == kind] if by else groupings
    grouping = choose(wanted, len(items))
    if grouping is None:
        there = ", ".join(each.kind for each in groupings) or "none"
        if by:
            raise InputError(f"{name}: no item has {' and '.join(by)} (--by); expected one of: {there}")
        raise InputError(_no_collection(name, len(items)))
    papers, broken = [], []
    for number, element in items.items():
        entry = build_entry(_raw(element, number), name, path.parent)
        if isinstance(entry, BrokenEntry):
            broken.append(entry)
        else:
            papers.append(SourcePaper(entry=entry, sections=tuple(grouping.paths[number])))
    outline = list(_paths(names, parts).values()) if grouping.kind == "groups" else []
    outline += [path[:n] for row in grouping.paths.values() for path in row for n in range(1, len(path) + 1)]
    return _source(name, "Zotero RDF", outline, papers, broken, made_of(grouping, groupings, len(items)))


def read_zotero_json(name: str) -> Source:
    """The library as a source.

    Raises:
        InputError: No collection has a paper.
    """
    data = _json(Path(name))
    collections = {str(key): each for key, each in data["collections"].items() if isinstance(each, Mapping)}
    names = {key: " ".join(str(each.get("name") or "").split()) for key, each in collections.items()}
    parts: dict[str, list[str]] = {key: [] for key in collections}
    for key, each in collections.items():
        parts[key] += [f"item {item}" for item in _list(each.get("items"))]
        parts[key] += [str(below) for below in _list(each.get("collections"))]
        if str(each.get("parent") or "") in parts:
            parts[str(each["parent"])].append(key)
    filed = _filed(names, parts)
    items = [item for item in _list(data.get("items")) if isinstance(item, Mapping)]
    papers, broken = [], []
    for item, entry in zip(items, read_lists([name], attachments=False), strict=False):
        if isinstance(entry, ListEntry):
            sections = filed.get(f"item {item.get('itemID')}") or filed.get(f"item {item.get('key')}") or ()
            papers.append(SourcePaper(entry=entry, sections=tuple(sections)))
        elif str(item.get("itemType", "")).lower() not in _NO_PAPERS:
            broken.append(entry)
    if not any(paper.sections for paper in papers):
        raise InputError(_no_collection(name, len(papers)))
    paths = list(_paths(names, parts).values())
    return _source(name, "Zotero JSON", paths, papers, broken, "the tree is made of the collections")


def _no_collection(name: str, items: int) -> str:
    return (
        f"{name}: {count_of(items, 'item')}, but no collection has one of them, and no tag is shared; export "
        "a collection with its items, or the whole library"
    )


def _source(
    name: str,
    form: str,
    sections: list[Titles],
    papers: list[SourcePaper],
    broken: list[BrokenEntry],
    notice: str,
) -> Source:
    return Source(
        name=name,
        form=form,
        title=title_of_file(name),
        sections=tuple(SourceSection(titles=path) for path in dict.fromkeys(sections)),
        papers=tuple(papers),
        broken=tuple(broken),
        notices=(notice,),
    )


def _paths(names: Mapping[str, str], parts: Mapping[str, list[str]]) -> dict[str, Titles]:
    """Collection -> its names from the outermost, parents first; one that contains itself ends there."""
    below = {part for children in parts.values() for part in children if part in names}
    found: dict[str, Titles] = {}
    first = [*(key for key in names if key not in below), *names]
    waiting: list[tuple[str, Titles]] = [(key, ()) for key in reversed(first)]
    while waiting:
        key, above = waiting.pop()
        path = (*above, names[key]) if names[key] else above
        if key not in found and len(path) <= _DEEPEST:
            found[key] = path
            waiting += [(part, path) for part in reversed(parts[key]) if part in names]
    return {key: path for key, path in found.items() if path}


def _filed(names: Mapping[str, str], parts: Mapping[str, list[str]]) -> dict[str, list[Titles]]:
    """Item -> the collections that have it."""
    found: dict[str, list[Titles]] = {}
    for key, path in _paths(names, parts).items():
        for part in parts[key]:
            if part not in names and path not in found.setdefault(part, []):
                found[part].append(path)
    return found


def _items(root: Element, filed: Mapping[str, list[Titles]]) -> Iterator[Element]:
    """The elements that are papers: those of a collection, and others with an item type of their own.

    The journal or book that an item is in has no type, unless it is an item of the library itself.
    """
    for element in root:
        kind = _text(element, f"{_ZOTERO}itemType")
        tag = element.tag.rpartition("}")[2]
        if element.tag == f"{_ZOTERO}Collection" or kind in _NO_PAPERS or tag in ("Attachment", "Memo"):
            continue
        if kind or element.get(f"{_RDF}about", "") in filed:
            yield element


def _raw(element: Element, number: int) -> Raw:
    people = [_person(person) for person in element.findall(f"{_BIB}authors//{_FOAF}Person")]
    about = element.get(f"{_RDF}about", "")
    identifiers = [" ".join((each.text or "").split()) for each in element.iter(f"{_DC}identifier")]
    values = [_text(each, f"{_RDF}value") for each in element.iter(f"{_TERMS}URI")]
    doi = next((each[4:] for each in identifiers if each.upper().startswith("DOI ")), "")
    container = element.find(f"{_TERMS}isPartOf")
    titles = [_text(each, f"{_DC}title") for each in (container if container is not None else ())]
    journal = next(filter(None, titles), "")
    return Raw(
        line=number,
        title=_text(element, f"{_DC}title"),
        authors=[f"{person.given} {person.family}".strip() for person in people],
        names=people,
        year=_text(element, f"{_DC}date"),
        doi=doi,
        abstract=_text(element, f"{_TERMS}abstract"),
        urls=[each for each in (*values, about) if each.startswith(("http://", "https://"))],
        hints=[*identifiers, *(each.text or "" for each in element.iter(f"{_DC}description"))],
        journal=journal,
        type=_text(element, f"{_ZOTERO}itemType"),
    )


def _tags(element: Element) -> dict[str, list[str]]:
    """A person's own tags, and those that Zotero has taken from the publisher."""
    own, automatic = [], []
    for subject in element.findall(f"{_DC}subject"):
        own.append(" ".join((subject.text or "").split()))
        automatic += [_text(tag, f"{_RDF}value") for tag in subject.findall(f"{_ZOTERO}AutomaticTag")]
    return {"tags": [tag for tag in own if tag], "keywords": [tag for tag in automatic if tag]}


def _person(person: Element) -> PersonName:
    given = _text(person, f"{_FOAF}givenName") or _text(person, f"{_FOAF}givenname")
    family = _text(person, f"{_FOAF}surname")
    return PersonName(family=family or given, given=given if family else "")


def _text(element: Element, tag: str) -> str:
    return " ".join((element.findtext(tag) or "").split())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(_bytes(path))
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path}: larger than {_MOST_BYTES // 1_000_000} MB; export fewer collections")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
