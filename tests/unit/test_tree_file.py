"""Taxonomies in YAML and JSON, in the structures that people's tools write -> one tree."""

# ruff: noqa: E501

from __future__ import annotations

import json

import pytest

from classifier.scaffold.flat_tree import flat_tree
from classifier.scaffold.reading import read_source

BIRDS = {("Counting",): "", ("Counting", "By song"): "heard", ("Counting", "By sight"): "", ("Travel",): ""}

SONG = {
    "@id": "ex:2",
    "@type": "skos:Concept",
    "skos:prefLabel": {"@value": "By song", "@language": "en"},
    "skos:broader": {"@id": "ex:1"},
    "skos:definition": "heard",
}
SKOS = {
    "@context": {"skos": "http://www.w3.org/2004/02/skos/core#"},
    "@graph": [
        {"@id": "ex:scheme", "@type": "skos:ConceptScheme", "skos:prefLabel": "Birds of Towns"},
        {"@id": "ex:1", "@type": ["skos:Concept"], "skos:prefLabel": [{"@value": "Zählen", "@language": "de"}, {"@value": "Counting", "@language": "en"}]},
        SONG,
        {"@id": "ex:3", "@type": "skos:Concept", "skos:prefLabel": {"en": "By sight", "de": "Mit den Augen"}, "skos:broader": [{"@id": "ex:1"}]},
        {"@id": "ex:4", "@type": "skos:Concept", "skos:prefLabel": "Travel"},
    ],
}  # fmt: skip
NARROWER = [
    {
        "http://www.w3.org/2004/02/skos/core#prefLabel": "Counting",
        "uri": "1",
        "narrower": ["2", {"@id": "3"}],
    },
    {"prefLabel": "By song", "uri": "2", "scopeNote": "heard"},
    {"prefLabel": "By sight", "uri": "3"},
    {"prefLabel": "Travel", "uri": "4"},
]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        # flat lists: by parent's id, by parent's name, by key, by children's ids
        ("a.json", json.dumps(SKOS)),
        ("a.json", json.dumps(NARROWER)),
        ("a.yaml", "- {id: c, name: Counting}\n- {id: s, name: By song, parent: c, definition: heard}\n- {id: v, name: By sight, parent: c}\n- {id: t, name: Travel, parent: null}\n"),
        ("a.yaml", "- {name: By song, parent: Counting, definition: heard}\n- {name: Counting}\n- {name: By sight, parent: Counting}\n- {name: Travel}\n"),
        ("a.yaml", "concepts:\n  c: {label: Counting}\n  s: {label: By song, broader: c, definition: heard}\n  v: {label: By sight, broader: [c]}\n  t: {label: Travel}\n"),
        ("a.json", json.dumps([{"id": 1, "text": "Counting", "parent": "#"}, {"id": 2, "text": "By song", "parent": 1, "note": "heard"}, {"id": 3, "text": "By sight", "parent": 1}, {"id": 4, "text": "Travel", "parent": "#"}])),
        # objects whose key is an id, or has a name and more than children
        ("a.yaml", "version: 2\nlicense: CC0\nCounting:\n  color: red\n  children:\n    by_song: {label: By song, description: heard, icon: x}\n    by_sight: {label: By sight, description: ''}\nTravel: []\n"),
        ("a.yaml", "Counting:\n  subtopics:\n    - name: By song\n      note: heard\n      color: red\n    - {name: By sight, weight: 3, id: v}\nTravel:\n"),
        ("a.json", json.dumps({"name": "Birds", "version": 3, "children": [{"name": "Counting", "color": "red", "children": [{"name": "By song", "definition": {"en": "heard", "fr": "entendu"}}, {"name": "By sight", "order": 2}]}, {"name": "Travel", "type": "leaf"}]})),
        ("a.yaml", "Counting:\n  description: ''\n  children:\n    By song: {description: heard}\n    By sight: {id: v}\nTravel: {note: ''}\n"),
        # names as programs write them
        ("a.yaml", "Counting: {By_song: heard, By_sight: null}\nTravel: null\n"),
    ],
)  # fmt: skip
def test_one_tree_comes_of_every_structure(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert {section.titles: section.intro for section in read_source(str(path)).sections} == BIRDS


SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Paper",
    "type": "object",
    "properties": {
        "topic": {"type": "string", "description": "what it is about", "enum": ["by_song", "by_sight"]},
        "year": {"type": "integer"},
        "place": {"type": "array", "items": {"$ref": "#/$defs/place"}},
    },
}
PLACE = {"oneOf": [{"const": "town", "title": "In towns", "description": "streets"}, {"const": "wood"}]}


@pytest.mark.parametrize(
    ("schema", "sections"),
    [
        (SCHEMA, {("By song",): "", ("By sight",): ""}),
        (SCHEMA | {"$defs": {"place": PLACE}}, {("topic",): "what it is about", ("topic", "By song"): "", ("topic", "By sight"): "", ("place",): "", ("place", "In towns"): "streets", ("place", "wood"): ""}),
        ({"type": "object", "properties": {"a": {"items": {"enum": ["x", "y"]}}}}, {("x",): "", ("y",): ""}),
        # Two fields of one name; a definition that is used twice.
        (
            {"type": "object", "properties": {"b": {"properties": {"a": {"enum": ["x", "y"]}}}, "c": {"properties": {"a": {"enum": ["z", "y"]}}}}},
            {("x",): "", ("y",): "", ("z",): ""},
        ),
    ],
)  # fmt: skip
def test_the_closed_lists_of_a_json_schema_are_its_tree(tmp_path, schema, sections):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(schema))
    assert {section.titles: section.intro for section in read_source(str(path)).sections} == sections


def test_a_scheme_names_the_survey(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(SKOS))
    assert read_source(str(path)).title == "Birds of Towns"


def test_a_concept_with_two_parents_is_below_the_first_and_is_named(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("- {id: a, name: A}\n- {id: b, name: B}\n- {id: c, name: C, broader: [a, b]}\n")
    source = read_source(str(path))
    assert [section.titles for section in source.sections] == [("A",), ("A", "C"), ("B",)]
    assert source.notices == ("names with several parents are below the first: 1 (C)",)


def test_concepts_that_are_their_own_ancestors_are_all_kept():
    circle = [{"id": n, "name": f"N{n}", "parent": (n + 1) % 4} for n in range(4)] + [{"id": 9, "name": "X"}]
    found = flat_tree(circle, "a.json")
    names = []
    line = list(found.nodes)
    while line:
        node = line.pop()
        names.append(node.title)
        line += node.children
    assert sorted(names) == ["N0", "N1", "N2", "N3", "X"]


@pytest.mark.parametrize(
    ("data", "top"),
    [
        ({"Text": {"Summary": {}, "Code": {}}, "Note": []}, ["Text", "Note"]),
        ({"Code": "papers about code", "Language": "papers about language"}, ["Code", "Language"]),
        ({"Version": {"Old": None, "New": None}}, ["Old", "New"]),
    ],
)
def test_words_that_are_keys_elsewhere_can_be_topics(tmp_path, data, top):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(data))
    source = read_source(str(path))
    assert [section.titles[0] for section in source.sections if len(section.titles) == 1] == top


def test_flat_concepts_and_members_bring_their_papers(tmp_path):
    rows = [{"title": "Chorus of the town at dawn", "year": 2020}]
    flat = [{"id": "c", "name": "Counting"}, {"id": "s", "name": "By song", "parent": "c", "papers": rows}]
    member = {"Counting": {"By song": {"description": "heard", "papers": rows}, "By sight": {"note": "seen"}}}
    path = tmp_path / "a.json"
    for data in ({"concepts": flat}, member):
        path.write_text(json.dumps(data))
        [paper] = read_source(str(path)).papers
        assert paper.sections[0][-1] == "By song"
