"""Taxonomies in files that bring their papers."""

import json

import pytest

from classifier.scaffold.filed import Choices
from classifier.scaffold.filing import file_source
from classifier.scaffold.reading import read_source

TREE = """\
title: Birds in cities
children:
- title: Counting
  children:
  - title: By song
    definition: Heard at dawn.
    papers:
    - title: Chorus of the town at dawn
      authors: [Ada One, Ben Two]
      year: 2021
      arxiv: 2101.00001
    - Plumage, heard and not seen, https://arxiv.org/abs/2101.00002
  - title: By sight
    papers: [{title: Telescopes in the park, doi: 10.1000/x.1}]
- title: Travel
  papers: [{title: Flyways of the old world}, {note: nothing to find it by, year: 1999}]
not_placed: [An old story]
"""


def test_the_papers_of_a_taxonomy_are_filed_where_it_has_them(tmp_path):
    path = tmp_path / "birds.yaml"
    path.write_text(TREE)
    source = read_source(str(path))
    rows = [(paper.sections, paper.entry.paper.title, paper.entry.line) for paper in source.papers]
    assert rows == [
        ((("Counting", "By song"),), "Chorus of the town at dawn", 8),
        ((("Counting", "By song"),), None, 2),
        ((("Counting", "By sight"),), "Telescopes in the park", 14),
        ((("Travel",),), "Flyways of the old world", 16),
    ]
    first = source.papers[0].entry.paper
    assert (first.authors, first.year, first.arxiv_id) == (("Ada One", "Ben Two"), 2021, "2101.00001")
    assert source.papers[1].entry.paper.arxiv_id == "2101.00002"
    assert source.papers[2].entry.paper.doi == "10.1000/x.1"
    assert [(broken.line, broken.reason[:27]) for broken in source.broken] == [
        (16, "nothing identifies the pape")
    ]
    filing = file_source(source, Choices())
    assert {paper.leaves[0] for paper in filing.papers} == {"counting/by-song", "counting/by-sight", "travel"}
    assert len(filing.outcomes) == len(source.papers)


@pytest.mark.parametrize("key", ["papers", "Studies", "publications", "works"])
def test_json_and_mappings_of_names_have_papers_too(tmp_path, key):
    path = tmp_path / "birds.json"
    rows = [{"title": "Chorus of the town at dawn"}, {"title": "Plumage of the park", "year": 2020}]
    path.write_text(json.dumps({"Counting": {"By song": {key: rows}}, "Travel": "Wings."}))
    source = read_source(str(path))
    assert [paper.sections for paper in source.papers] == [(("Counting", "By song"),)] * 2
    assert [paper.entry.line for paper in source.papers] == [1, 2]
    assert [section.titles for section in source.sections] == [
        ("Counting",),
        ("Counting", "By song"),
        ("Travel",),
    ]


@pytest.mark.parametrize(
    "text", ["Papers: [Old, New]\nTravel: [Far]\n", "- Papers: {Old: , New: }\n- Travel\n"]
)
def test_a_topic_may_be_called_papers(tmp_path, text):
    path = tmp_path / "birds.yaml"
    path.write_text(text)
    source = read_source(str(path))
    assert source.papers == ()
    assert ("Papers", "Old") in [section.titles for section in source.sections]
