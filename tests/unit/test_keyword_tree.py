"""Markdown lists by year whose entries have keywords: the keywords are the tree, the years a facet."""

# ruff: noqa: E501

import pytest

from classifier.export.filed import file_rows
from classifier.export.splice.markdown_papers import add_papers
from classifier.scaffold.filed import Choices
from classifier.scaffold.filing import file_source
from classifier.scaffold.reading import read_source
from classifier.scaffold.start import start_workspace
from classifier.survey.section_plan import load_section_plan
from classifier.survey.workspace import Workspace
from tests.labelled_rows import row


def entry(number, line):
    return f"- [A long title about birds {number}](https://arxiv.org/abs/2401.0000{number})\n  - Ada Lovelace, Alan Turing\n{line}\n"


def filing(tmp_path, heading, lines):
    parts = (f"### {2022 + n}\n{entry(n, line)}" for n, line in enumerate(lines))
    path = tmp_path / "README.md"
    path.write_text(f"# Birds\n\n## {heading}\n" + "".join(parts), encoding="utf-8")
    return file_source(read_source(str(path)), Choices())


@pytest.mark.parametrize(
    ("year", "added", "reason"),
    [
        (2024, "- [A Whistle in the Stairwell](https://arxiv.org/abs/2411.01234)\n  - Keyword: Nests\n", ""),
        (2031, "", "the list has no heading for its year (2031); add one there"),
    ],
)
def test_a_new_paper_stands_under_its_year_with_the_keyword_of_its_leaf(year, added, reason, tmp_path):
    keywords = [f"  - Keyword: {words}" for words in ("Song, Nests", "song", "Nests", "Dawn, Song")]
    found = filing(tmp_path, "Papers", keywords)
    data = (tmp_path / "README.md").read_bytes()
    start_workspace(tmp_path / "ws", found.source, Choices())
    paper = row(
        "new", "nests", title="A Whistle in the Stairwell", arxiv_id=f"{year - 2000}11.01234", year=year
    )
    rows = list(file_rows([paper], Workspace(tmp_path / "ws").taxonomy))
    done = add_papers(data, rows, load_section_plan(tmp_path / "ws"))
    assert done.data.decode() == data.decode().replace("### 2025", f"{added}### 2025")
    assert [left.reason for left in done.untouched] == [reason] * bool(reason)
    assert add_papers(done.data, rows, load_section_plan(tmp_path / "ws")).data == done.data


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
