"""Sections and papers -> tree and outcomes, in the cases that lists bring."""

# ruff: noqa: E501

import pytest

from classifier.scaffold.filed import Choices
from classifier.scaffold.filing import file_source
from classifier.scaffold.reading import read_source
from tests.lists_of_papers import title


def bullet(topic, number, arxiv=None):
    return (
        f"- [{title(topic, number)}](https://arxiv.org/abs/{arxiv or f'24{1 + number:02}.{len(topic):05}'})\n"
    )


@pytest.fixture
def filed(tmp_path):
    def file(text, **choices):
        path = tmp_path / "list.md"
        path.write_text(text, encoding="utf-8")
        return file_source(read_source(str(path)), Choices(**choices))

    return file


def tree(filing):
    """Path of each leaf -> number of papers whose label it is."""
    leaves = [path for top in filing.tree for path, node in top.walk() if not node.children]
    return {leaf: sum(paper.leaves[0] == leaf for paper in filing.papers) for leaf in leaves}


SONG, SIGHT, NESTS = ("".join(bullet(topic, n) for n in range(3)) for topic in ("Song", "Sight", "Nests"))


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        (
            f"# Birds\n## A\n{SONG}### Empty\nText.\n## B\n{SIGHT}",
            {"a": 3, "b": 3},
        ),  # no branch without papers below
        (f"# Birds\n## A\n{SONG}## B\n{SIGHT}## A\n{NESTS}", {"a": 6, "b": 3}),  # one heading twice
        (f"# Birds\n## Song birds\n{SONG}## Song Birds!\n{SIGHT}", {"song-birds": 6}),
        (f"# Birds\n## C\n{SONG}## C++\n{SIGHT}", {"c": 3, "c-plus-plus": 3}),
        (f"## A\n### Others\n{SONG}### X\n{SIGHT}## Others\n{NESTS}", {"a/x": 3}),
        (f"# Birds\n## Papers\n{SONG}## Surveys\n{SIGHT}", {"papers": 3}),  # a flat list
        (f"# Birds\n## Papers\n### A\n{SONG}### B\n{SIGHT}", {"a": 3, "b": 3}),
        (f"# 2024\n## A\n{SONG}# 2023\n## A\n{SIGHT}## B\n{NESTS}", {"a": 6, "b": 3}),  # topics below years
        (f"# A\n{SONG}# B\n{SIGHT}", {"a": 3, "b": 3}),  # no title of the whole
        (f"# Birds\n## A\n### B\n#### C\n##### D\n###### E\n{SONG}", {"a/b/c/d/e": 3}),
        (f"## 奖励\n{SONG}## 目标\n{SIGHT}", {"section-a21911": 3, "section-a48a53": 3}),
    ],
)
def test_the_tree_of_a_list(filed, text, leaves):
    found = tree(filed(text))
    assert list(found.values()) == list(leaves.values())
    if "奖励" not in text:
        assert found == leaves


def test_a_leaf_whose_papers_all_came_before_gets_one_that_can_be_spared(filed):
    filing = filed(f"## A\n{SONG}## B\n{bullet('Song', 0)}")
    assert tree(filing) == {"a": 2, "b": 1}
    assert filing.papers[0].leaves == ["b", "a"]
    assert filing.counts() == {"leaf": 3, "secondary": 1}
    first = filed(f"## A\n{SONG}## B\n{bullet('Song', 0)}", several="first")
    assert (tree(first), first.notices) == (
        {"a": 3},
        ["b: its papers all count in other leaves, so it was left out"],
    )


def test_a_branch_that_loses_its_last_leaf_goes_too(filed):
    filing = filed(f"## A\n{SONG}## B\n{SIGHT}### C\n{bullet('Song', 0)}", several="first")
    assert tree(filing) == {"a": 3}
    assert filing.counts() == {"leaf": 3, "repeated": 1, "pile: directly under a branch: B": 3}


def test_of_two_papers_with_one_id_the_second_loses_it(filed):
    filing = filed(f"## A\n{bullet('Song', 0, '2401.00001')}{bullet('Sight', 1, '2401.00001')}")
    assert [paper.entry.paper.arxiv_id for paper in filing.papers] == ["2401.00001", None]
    assert "has the id 2401.00001 of" in filing.notices[0]
    assert "the paper is kept without this id, check it in the list" in filing.notices[0]


def test_one_title_under_two_ids_is_one_paper(filed):
    filing = filed(f"## A\n{SONG}## B\n{bullet('Song', 1, '2311.00009')}{SIGHT}")
    assert (len(filing.papers), filing.counts()) == (6, {"leaf": 6, "secondary": 1})
    assert "taken for one paper" in filing.notices[0]


def test_one_short_title_under_two_ids_is_two_papers(filed):
    line = "- [Object detection ears](https://arxiv.org/abs/{}).\n"
    filing = filed(f"## A\n{line.format('2401.00001')}{line.format('2401.00002')}{SONG}")
    assert [paper.entry.paper.arxiv_id for paper in filing.papers][:2] == ["2401.00001", "2401.00002"]
    assert filing.notices == []


@pytest.mark.parametrize("facets", ["keep", "drop"])
@pytest.mark.parametrize("several", ["secondary", "first"])
@pytest.mark.parametrize("branch_papers", ["pile", "leaf"])
def test_every_entry_has_one_outcome_and_the_counts_add_up(filed, facets, several, branch_papers):
    text = f"# Birds\n## A\n{SONG}### B\n{SIGHT}### Others\n{NESTS}## C\n{SONG}{SIGHT}## Surveys\n{bullet('Routes', 1)}{SONG}"
    filing = filed(text, facets=facets, several=several, branch_papers=branch_papers)
    assert len(filing.outcomes) == text.count("\n- ") == sum(filing.counts().values())
    assert sum(outcome.outcome == "leaf" for outcome in filing.outcomes) == len(filing.papers)
    assert {outcome.study for outcome in filing.outcomes if outcome.outcome == "leaf"} == {
        p.entry.key for p in filing.papers
    }
    assert all(paper.leaves for paper in filing.papers)


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        pytest.param(
            f"# L\n## Song\n{SONG}<details><summary>more</summary>\n\n{NESTS}\n</details>\n\n## Sight\n{SIGHT}",
            {"song": 6, "sight": 3},
            id="a fold belongs to its section",
        ),
        pytest.param(
            f"# L\n## Song\n### Papers\n{SONG}\n## Sight\n### Papers\n{SIGHT}",
            {"song": 3, "sight": 3},
            id="papers below a topic are its own",
        ),
        pytest.param(
            f"# L\n## Resources\n### Surveys\n{NESTS}\n### Song\n{SONG}\n### Sight\n{SIGHT}",
            {"song": 3, "sight": 3},
            id="resources hold the topics",
        ),
        pytest.param(
            f"# L\n## Datasets\n### Song\n{SONG}\n### Sight\n{SIGHT}",
            {"song": 3, "sight": 3},
            id="a list of datasets alone",
        ),
        pytest.param(
            f"# L\n## Datasets\n### Song\n{SONG}\n## Sight\n{SIGHT}",
            {"sight": 3},
            id="datasets beside topics",
        ),
        pytest.param(
            f"# Contents\n- [Song](#song)\n\n## Song\n{SONG}\n## Sight\n{SIGHT}",
            {"song": 3, "sight": 3},
            id="sections a level below the contents",
        ),
        pytest.param(
            f"# L\n### Song\n### 2025\n{SONG}\n### 2024\n{NESTS}\n### Sight\n### 2025\n{SIGHT}",
            {"song": 6, "sight": 3},
            id="years on the level of their topics",
        ),
    ],
)
def test_what_a_section_holds_decides_what_it_is(filed, text, leaves):
    assert tree(filed(text)) == leaves


def test_years_between_topics_with_papers_are_years_of_the_list(filed):
    filing = filed(f"# L\n## Song\n{SONG}\n## 2025\n{SIGHT}")
    assert tree(filing) == {"song": 3}
