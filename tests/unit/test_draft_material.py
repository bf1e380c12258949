"""What a model sees of a section: papers of all its leaves, and the sections it could be mistaken for."""

# ruff: noqa: E501

import pytest
import yaml

from classifier.drafting.material import MOST_PAPERS, find_material
from classifier.drafting.prompts import build_questions
from classifier.model.study import Study
from classifier.survey.drafts import SURVEY
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.workspace import Workspace

TREE = {
    "schema_version": 1,
    "id": "birds",
    "title": "Birds",
    "tree": [
        {"id": "counting", "title": "Counting", "children": [{"id": "song", "title": "By song"}, {"id": "sight", "title": "By sight"}]},
        {"id": "homes", "title": "Homes", "children": [{"id": "nests", "title": "Nests"}, {"id": "roofs", "title": "Roofs"}]},
    ],
}  # fmt: skip
WORDS = {
    "counting/song": "songs heard at dawn by microphones",
    "counting/sight": "birds seen by telescopes",
    "homes/nests": "songs heard at dawn in nests of boxes",
    "homes/roofs": "gulls that live on roofs",
}


def studies(**sizes):
    return [
        Study(id=f"{leaf[-4:]}{n}", title=f"{leaf} {n}", label=leaf, summary=f"{WORDS[leaf]}, study {n}.")
        for leaf in WORDS
        for n in range(sizes.get(leaf.rpartition("/")[2], 3))
    ]


@pytest.fixture(scope="module")
def taxonomy():
    return Taxonomy.model_validate(TREE)


def tasks_of(taxonomy, rows):
    return {task.path: task for task in find_material(taxonomy, rows, ()).tasks}


def test_a_leaf_has_its_siblings_and_the_nearest_leaf_elsewhere_as_neighbours(taxonomy):
    found = tasks_of(taxonomy, studies())["counting/song"].neighbours
    assert [neighbour.titles for neighbour in found][:2] == [("Counting", "By sight"), ("Homes", "Nests")]
    assert found[1].papers == ("homes/nests 0", "homes/nests 1")
    assert tasks_of(taxonomy, studies())["counting"].neighbours[0].titles == ("Homes",)
    assert tasks_of(taxonomy, studies())[SURVEY].neighbours == ()


def test_a_branch_and_the_survey_show_papers_of_all_leaves_in_turn(taxonomy):
    tasks = tasks_of(taxonomy, studies(song=20, sight=2, nests=20, roofs=1))
    shown = [paper.title.rpartition(" ")[0] for paper in tasks[SURVEY].papers]
    assert len(shown) == MOST_PAPERS
    assert shown[:4] == ["counting/song", "homes/nests", "counting/sight", "homes/roofs"]
    assert [paper.child for paper in tasks["counting"].papers][:4] == ["song", "sight", "song", "sight"]


@pytest.mark.parametrize(
    ("papers", "fields"),
    [(1, ("definition",)), (2, ("definition",)), (3, ("definition", "counts", "excludes"))],
)
def test_of_few_papers_only_a_definition_is_drafted(taxonomy, papers, fields):
    assert tasks_of(taxonomy, studies(song=papers))["counting/song"].fields == fields


def test_a_prompt_shows_the_neighbours_inside_the_fence(tmp_path, taxonomy):
    (tmp_path / "taxonomy.yaml").write_text(yaml.safe_dump(TREE))
    workspace = Workspace(tmp_path)
    task = tasks_of(taxonomy, studies())["counting/song"]
    user = build_questions(workspace, [task], "m")[0].prompt.user
    _, _, fenced = user.partition("<<<PAPERS")
    assert "- Homes > Nests: homes/nests 0; homes/nests 1" in fenced
    assert fenced.index("Homes > Nests") < fenced.index("[P1] counting/song 0")
