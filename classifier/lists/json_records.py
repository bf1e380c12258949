"""One JSON object of a bibliographic tool -> a raw entry.

What enters: an object written by Zotero, Better BibTeX, Crossref, OpenAlex, Semantic Scholar, arXiv's dumps
or another program. What leaves: a Raw, made by `named_fields`. Tools differ only in names; works that a paper
cites are never used as the paper.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from classifier.lists.named_fields import KEYS, TITLES, USEFUL, as_texts, field_name, raw_from_fields
from classifier.lists.raw import Damaged, Found

_INNER = (
    "data",
    "message",
    "paper",
    "citedpaper",
    "citingpaper",
    "source",
    "attributes",
    "metadata",
    "work",
    "item",
    "info",
    "content",
)
"""Members that contain the paper's record."""
_CITED = frozenset((
    "reference", "references", "citations", "citedby", "referencedworks", "relatedworks", "relation",
    "relations", "relateditems", "recommendedpapers", "embedding", "children",
))  # fmt: skip
"""Members about other papers."""
_NO_PAPERS = frozenset(("attachment", "note", "annotation"))
"""Zotero's items of other kinds."""
_PLACES = ("bestoalocation", "primarylocation", "openaccess", "locations")
_IDS = ("externalids", "ids", "identifiers")
_KINDS = ("arxiv", "arxivid", "doi")
_LONGEST_ABSTRACT = 20_000
"""Most words of an abstract; larger positions are invalid."""
_WEAK = frozenset(("name", "link", "links", "url", "urls", "path", "file", "files"))
"""Names of an object that only wraps a paper."""
_NAMESAKE = re.compile(r"\s+\d{4}$")
_MOST_RECORDS = 100_000


def raw_from_record(record: Mapping[str, Any], line: int) -> Found:
    """The entry in an object; None for notes and attachments of Zotero."""
    items = reversed(list(_unwrapped(record).items()))
    fields = {
        field_name(str(name)): _plain_value(value) if isinstance(value, Mapping) else value
        for name, value in items
    }
    kind = fields.get("itemtype")
    if isinstance(kind, str) and kind.lower() in _NO_PAPERS:
        key = fields.get("key")
        return Damaged(line, f"an item of type '{kind}', not a paper", key if isinstance(key, str) else "")
    if isinstance(forum := fields.get("forum"), str):  # OpenReview gives the path on its server
        fields["pdf"] = f"https://openreview.net/pdf?id={forum}"
    return raw_from_fields(_members(fields), line)


def records_within(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The object itself; if it is not a paper, the papers inside it.

    That is an array under a name that `json_array` does not know, or an object from keys to records.
    """
    value = {str(name): inner for name, inner in value.items()}
    if _names_paper(_unwrapped(value)):
        yield value
        return
    for members in (value, *(inner for inner in value.values() if isinstance(inner, Mapping))):
        for inner in members.values():
            if isinstance(inner, list) and inner and all(map(_names_paper, inner[:3])):
                yield from (one for one in inner[:_MOST_RECORDS] if isinstance(one, Mapping))
                return
        records = {name: inner for name, inner in members.items() if isinstance(inner, Mapping)}
        if records and all(_names_paper(_unwrapped(inner)) for inner in list(records.values())[:3]):
            yield from ({"id": name, **inner} for name, inner in records.items())
            return
    yield value


def _unwrapped(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The paper's own object if the record only wraps it."""
    for _ in range(2):
        if not any(isinstance(value, Mapping) for value in record.values()):
            break
        inner = {field_name(str(name)): value for name, value in record.items() if isinstance(value, Mapping)}
        found = next((inner[name] for name in _INNER if name in inner), None)
        if _names_paper(record):  # by an id, or beside the paper itself
            has_title = any(field_name(str(name)) in TITLES for name, value in record.items() if value)
            found = inner.get("paper") if has_title else found
            if not _names_paper(found):
                break
        if found is None:
            break
        outer = {name: value for name, value in record.items() if isinstance(value, str) and name != "type"}
        record = {**outer, **found}
    return record


def _plain_value(value: Mapping[str, Any]) -> Any:
    """OpenReview's {"value": …} without its wrapper."""
    return value["value"] if value.keys() == {"value"} else value


def _names_paper(record: Any) -> bool:
    if not isinstance(record, Mapping):
        return False
    names = {field_name(str(name)) for name, value in record.items() if value}
    return (
        bool(names & (USEFUL - _WEAK))
        or "externalids" in names
        or ("abstract" in names and bool(names & {*TITLES}))
    )


def _members(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and values that `named_fields` knows; if a name occurs twice, the first counts."""
    for name, (known, convert) in _CONVERTED.items():
        if fields.get(name):
            yield known, convert(fields[name])
    for name, value in fields.items():
        names_others = isinstance(value, list | Mapping) and (
            name in _CITED or (name in KEYS and name != "identifier")
        )
        if not names_others and name not in _CONVERTED and name not in _PLACES:
            yield name, value
    for name in _IDS:
        if isinstance(ids := fields.get(name), Mapping):
            yield from ((str(kind), value) for kind, value in ids.items() if field_name(str(kind)) in _KINDS)
    places = [place for name in _PLACES for place in _dicts(fields.get(name))]
    if not places:
        return
    yield "journal", next((text for place in places for text in as_texts(_source_name(place))), "")
    for known, parts in (("pdfurl", ("pdf_url", "oa_url")), ("links", ("landing_page_url",))):
        yield known, [place[part] for place in places for part in parts if isinstance(place.get(part), str)]


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a list, or the single object instead of a list."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Mapping)]


def _parsed_authors(value: Any) -> list[Mapping[str, Any]]:
    """ArXiv's `authors_parsed`: lists of family name, given names and suffix."""
    lists = [one for one in value if isinstance(one, list)] if isinstance(value, list) else []
    return [dict(zip(("family", "given", "suffix"), one, strict=False)) for one in lists]


def _source_name(place: Mapping[str, Any]) -> Any:
    """The journal of OpenAlex's locations; a repository is none."""
    source = place.get("source")
    return (
        source.get("display_name")
        if isinstance(source, Mapping) and source.get("type") != "repository"
        else None
    )


def _best(value: Any) -> Any:
    """The text of each of INSPIRE's and DataCite's objects, without its source and language."""
    return [
        next((one[name] for name in ("title", "value") if name in one), one) for one in _dicts(value)
    ] or value


def _descriptions(value: Any) -> Any:
    """DataCite's description that is an abstract."""
    return [one.get("description") for one in _dicts(value) if one.get("descriptionType") == "Abstract"]


def _people(value: Any) -> Any:
    """DBLP's authors: objects in an object, with a number behind names that several people have."""
    if not isinstance(value, Mapping):
        return value
    inner = next((one for name, one in value.items() if field_name(str(name)) in ("author", "value")), value)
    texts = [_text(one) for one in (inner if isinstance(inner, list) else [inner])]
    return [_NAMESAKE.sub("", text) for text in texts if isinstance(text, str)]


def _authorships(value: Any) -> list[str]:
    """OpenAlex's."""
    authors = [author for one in _dicts(value) for author in _dicts(one.get("author"))]
    return [name for author in authors if isinstance(name := author.get("display_name"), str)]


def _creators(value: Any) -> Any:
    """Zotero's creators: authors if there are any, otherwise all."""
    authors = [one for one in _dicts(value) if one.get("creatorType", "author") == "author"]
    return authors or value


def _abstract(value: Any) -> str:
    """OpenAlex's inverted index: a word and its positions."""
    placed = [
        (place, str(word))
        for word, places in (value.items() if isinstance(value, Mapping) else ())
        for place in (places if isinstance(places, list) else ())
        if isinstance(place, int) and 0 <= place < _LONGEST_ABSTRACT
    ]
    return " ".join(word for _, word in sorted(placed))


def _paths(value: Any) -> list[Any]:
    """The paths, else addresses, of Zotero's attachments."""
    found = [one.get("path") or one.get("localPath") or one.get("url") for one in _dicts(value)]
    return found or (value if isinstance(value, list) else [value])


def _text(value: Any) -> Any:
    return value.get("text") if isinstance(value, Mapping) else value


def _first_created(value: Any) -> Any:
    """The date of the first of arXiv's versions."""
    return next((one["created"] for one in _dicts(value) if isinstance(one.get("created"), str)), None)


_CONVERTED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "authorsparsed": ("author", _parsed_authors),
    "authorships": ("author", _authorships),
    "authors": ("authors", _people),
    "titles": ("titles", _best),
    "abstracts": ("abstracts", _best),
    "dois": ("dois", _best),
    "arxiveprints": ("arxiveprints", _best),
    "descriptions": ("abstract", _descriptions),
    "publicationtypes": ("publicationtype", lambda value: next(iter(as_texts(value)), None)),
    "creators": ("creators", _creators),
    "abstractinvertedindex": ("abstract", _abstract),
    "attachments": ("attachments", _paths),
    "tldr": ("tldr", _text),
    "versions": ("submitted", _first_created),
}
"""Members with a special form -> the name for `named_fields`, and their plain value."""
