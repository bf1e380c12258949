"""Markdown lists by year whose entries have keywords: the keywords are the tree, the years a facet."""

# ruff: noqa: E501

import pytest

from classifier.scaffold.filed import Choices
from classifier.scaffold.filing import file_source
from classifier.scaffold.reading import read_source


def entry(number, line):
    return f"- [A long title about birds {number}](https://arxiv.org/abs/2401.0000{number})\n  - Ada Lovelace, Alan Turing\n{line}\n"


def filing(tmp_path, heading, lines):
    parts = (f"### {2022 + n}\n{entry(n, line)}" for n, line in enumerate(lines))
    path = tmp_path / "README.md"
    path.write_text(f"# Birds\n\n## {heading}\n" + "".join(parts), encoding="utf-8")
    return file_source(read_source(str(path)), Choices())


@pytest.mark.parametrize(
    "form",
    [
        "  - Keyword: {}",
        "  - Keywords: {}",
        "  - **Keywords:** {}",
        "  * *Key words*: {}.",
        "  - keyword：{}",
    ],
)
def test_keywords_that_entries_share_are_the_tree_and_years_a_facet(form, tmp_path):
    found = filing(
        tmp_path,
        "Papers",
        [form.format(words) for words in ("Song, Nests", "song; Radar", "Nests", "Nests, Dawn")],
    )
    assert [node.title for node in found.tree] == ["Song", "Nests"]
    assert found.counts() == {"leaf": 4}
    assert sorted(found.papers[0].leaves) == ["nests", "song"]
    assert [paper.facets for paper in found.papers] == [{"year": str(year)} for year in range(2022, 2026)]
    assert any("the entries' keywords" in notice for notice in found.source.notices)


def test_an_entry_without_a_shared_keyword_is_in_a_named_pile(tmp_path):
    found = filing(
        tmp_path, "Papers", [f"  - Keyword: {w}" for w in ("Song", "Song", "Nests", "Nests", "Radar")]
    )
    assert found.counts() == {"leaf": 4, "pile: no topic": 1}


def test_a_list_with_a_topic_keeps_its_own_tree(tmp_path):
    found = filing(
        tmp_path, "Counting", ["  - Keyword: Song", "  - Keyword: Song, Nests", "  - Keyword: Nests"]
    )
    assert [node.title for node in found.tree] == ["Counting"]
