"""What taxonomy files call the parts of a node: its name, its meaning, its children, its parent.

Keys are compared in lower case, without the prefix of a vocabulary and without signs: "skos:prefLabel",
"pref_label" and "http://www.w3.org/2004/02/skos/core#prefLabel" are one key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from classifier.lists.sections import clean_title

NAMES = ("title", "name", "preflabel", "label", "topic", "text", "category", "id")
BELOW = (
    "children", "tree", "nodes", "subtopics", "topics", "subcategories", "categories", "subsections",
    "sections", "leaves", "items", "narrower", "taxonomy", "branches", "classes", "subclasses", "concepts",
    "graph",
)  # fmt: skip
MEANINGS = (
    "definition", "description", "desc", "summary", "note", "scopenote", "means", "about", "comment",
)  # fmt: skip
ABOVE = ("broader", "parent", "parentid", "parents", "parentcode", "partof", "subclassof", "isa")
OF_A_FILE = frozenset(
    ("version", "schemaversion", "schema", "context", "license", "created", "updated", "lastupdated")
)  # fmt: skip
"""Keys that describe the file, if their value is no tree."""
OF_A_NODE = frozenset(
    ("type", "color", "icon", "order", "notation", "slug", "uri", "url", "altlabel", "altlabels", "aliases",
     "synonyms", "keywords", "examples", "status", "count")
)  # fmt: skip
"""Keys beside a node's name and meaning."""
_PREFIX = re.compile(r"^.*[:/#@$]")
_SIGNS = re.compile(r"[^\w]+|_")
_ENGLISH = ("en", "en-us", "en-gb", "eng")


def key_of(name: object) -> str:
    """A key as it is compared.

    >>> key_of("skos:prefLabel"), key_of("@id"), key_of("sub_topics")
    ('preflabel', 'id', 'subtopics')
    """
    text = str(name)
    return _SIGNS.sub("", _PREFIX.sub("", text) if not text.endswith(":") else text).lower()


def keyed(value: Mapping[Any, Any]) -> dict[str, Any]:
    """An object under keys as they are compared; the first of equal ones counts."""
    found: dict[str, Any] = {}
    for name, inner in value.items():
        found.setdefault(key_of(name), inner)
    return found


def text_of(value: Any) -> str:
    """A text, also in the forms of JSON-LD and of texts by language; English, if there is a choice."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, Mapping):
        whole = keyed(value)
        inner = whole.get("value", next((whole[lang] for lang in _ENGLISH if lang in whole), None))
        return text_of(inner) if isinstance(inner, str) else ""
    if isinstance(value, list):
        texts = [each for each in value if text_of(each)]
        english = (each for each in texts if isinstance(each, Mapping) and _language(each) in _ENGLISH)
        return text_of(next(english, texts[0])) if texts else ""
    return ""


def _language(value: Mapping[Any, Any]) -> str:
    return str(keyed(value).get("language", "")).lower()


def references(value: Any) -> Iterator[str]:
    """Ids that a value refers to: texts, numbers, objects with an id, or lists of them."""
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    elif isinstance(value, Mapping):
        whole = keyed(value)
        yield from references(whole.get("id", whole.get("value")))
    elif isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
        yield str(value).strip()


def shown_name(text: str) -> str:
    """A name without marks around it; "query_rewriting" is "Query rewriting".

    >>> shown_name("query_rewriting"), shown_name("2.1 Reward")
    ('Query rewriting', 'Reward')
    """
    text = clean_title(text)
    if "_" in text and " " not in text:
        text = " ".join(text.replace("_", " ").split())
        text = text[:1].upper() + text[1:]
    return text
