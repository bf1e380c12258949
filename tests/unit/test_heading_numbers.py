"""Numbers before headings are in no name and no id, whatever the source is."""

import json

import pytest

from classifier.lists.sections import find_sections
from classifier.scaffold.filed import Choices
from classifier.scaffold.filing import file_source
from classifier.scaffold.reading import read_source

NUMBERED = [
    ("1 Deep songs", "2 Old nests"),
    ("1. Deep songs", "2. Old nests"),
    ("1) Deep songs", "2) Old nests"),
    ("2.1. Deep songs", "2.2. Old nests"),
    ("2.1 Deep songs", "2.2 Old nests"),
    ("A. Deep songs", "B. Old nests"),
    ("A.1 Deep songs", "A.2 Old nests"),
    ("III. Deep songs", "IV. Old nests"),
    ("iii) Deep songs", "iv) Old nests"),
    ("(a) Deep songs", "(b) Old nests"),
    ("§3 Deep songs", "§4 Old nests"),
    ("§2.1: Deep songs", "§2.2: Old nests"),
    ("Section 3: Deep songs", "Section 4: Old nests"),
    ("Part II - Deep songs", "Part III - Old nests"),
    ("Chapter 9. Deep songs", "Chapter 10. Old nests"),
    ("Deep songs", "Old nests"),
]
KEPT = [
    "3 Player games",
    "2D birds",
    "5G towers",
    "20 Questions",
    "X-ray birds",
    "C++ birds",
    "Part of speech tagging",
    "A bird",
]


@pytest.mark.parametrize("pair", NUMBERED, ids=lambda pair: pair[0])
def test_numbers_are_in_no_heading_of_a_markdown_list(pair):
    text = "".join(
        f"## {title}\n- [A long title about {n}](https://arxiv.org/abs/2401.0000{n})\n"
        for n, title in enumerate(pair)
    )
    found = find_sections(text, {2: "A long title about 0", 4: "A long title about 1"})
    assert [section.titles for section in found] == [("Deep songs",), ("Old nests",)]


@pytest.mark.parametrize("title", KEPT)
def test_a_number_that_is_part_of_a_name_stays(title):
    assert [s.titles for s in find_sections(f"## {title}\nx\n\n## Nests\n", {})] == [(title,), ("Nests",)]


@pytest.mark.parametrize("pair", NUMBERED, ids=lambda pair: pair[0])
@pytest.mark.parametrize("form", ["bib", "csv", "json"])
def test_numbers_are_in_no_id_of_other_sources(form, pair, tmp_path):
    path = tmp_path / f"birds.{form}"
    if form == "bib":
        rows = (
            f"@misc{{k{n}, title={{A title {n} of birds}}, groups={{{title}}}}}\n"
            for n, title in enumerate(pair)
        )
        path.write_text("".join(rows), encoding="utf-8")
    elif form == "csv":
        rows = (f'A title {n} of birds,"{title}"\n' for n, title in enumerate(pair))
        path.write_text("title,category\n" + "".join(rows), encoding="utf-8")
    else:
        path.write_text(json.dumps({"name": "Birds", "children": [{"name": title} for title in pair]}))
    filing = file_source(read_source(str(path)), Choices())
    assert [(node.id, node.title) for node in filing.tree] == [
        ("deep-songs", "Deep songs"),
        ("old-nests", "Old nests"),
    ]
