"""Large trees are cut so that every question fits, every leaf can be reached, and small trees stay whole."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.errors import ConfigError
from classifier.model.record import OUT_OF_SCOPE, UNPLACED
from classifier.model.study import Study
from classifier.settings import Settings
from classifier.survey import stages
from classifier.survey.answer_schema import answer_schema
from classifier.survey.lint import lint_workspace
from classifier.survey.room import USUAL_ROOM as ROOM
from classifier.survey.room import Room, fits
from classifier.survey.stages import TreeStage, first_stage, next_stage
from classifier.survey.taxonomy import Node, SurveyField, Taxonomy
from classifier.survey.workspace import Workspace
from tests import large_tree
from tests.large_tree import SIX_LEVELS, taxonomy_of, tree_of


def way_down(taxonomy: Taxonomy, leaf: str, room: Room, *, with_runner_up: bool = True) -> list[TreeStage]:
    """The stages of answers that are always right; the runner-up is the last other label."""
    found = [first_stage(taxonomy, room)]
    while True:
        stage = found[-1]
        label = next(one for one in stage.taxonomy.leaves if one == leaf or leaf.startswith(f"{one}/"))
        others = [one for one in stage.taxonomy.leaves if one != label]
        runner_up = others[-1] if others and with_runner_up else None
        further = None
        if not stage.decides(label, runner_up):
            further = next_stage(taxonomy, stage, label, runner_up, room)
        if further is None:
            assert label == leaf
            return found
        found.append(further)


def test_the_usual_room_is_the_default_of_the_settings():
    fields = Settings.model_fields
    assert Room(fields["question_tokens"].default, fields["question_labels"].default) == ROOM


@pytest.mark.parametrize("workspace", ["builtin", "bridges"])
def test_a_tree_that_fits_stays_the_very_same_object(workspace, bridges):
    taxonomy = Workspace(None if workspace == "builtin" else bridges).taxonomy
    stage = first_stage(taxonomy, ROOM)
    assert stage.taxonomy is taxonomy
    assert stage.closed == frozenset()
    assert list(stages.crowded(taxonomy, ROOM)) == []


@pytest.mark.parametrize(
    ("widths", "room", "labels"),
    [
        # Six levels: both questions together are smallest with 30 branches and 2 x 12 leaves.
        (SIX_LEVELS, ROOM, [30, 24]),
        ((10, 30), ROOM, [10, 60]),
        ((17, 18), ROOM, [17, 36]),
        ((3, 100), ROOM, [3, 200]),
        # Two branches of 200 leaves do not fit one question: the label's branch alone is asked about.
        ((3, 200), ROOM, [3, 200]),
        # Smaller together than 2 and then 300 labels.
        ((2, 3, 100), ROOM, [6, 200]),
        # Very little room: a stage for each level, and the label's branch beside that of the runner-up.
        ((4, 4, 4, 4), Room(tokens=800, labels=11), [7, 8, 8, 8]),
        ((250 - 2,), ROOM, [248]),
    ],
)
def test_trees_are_cut_to_the_smallest_questions(widths, room, labels):
    taxonomy = taxonomy_of(tree_of(widths))
    found = way_down(taxonomy, list(taxonomy.leaves)[-1], room)
    assert [len(stage.taxonomy.leaves) for stage in found] == labels
    assert all(fits(stage.taxonomy, room) for stage in found)


@st.composite
def trees(draw: st.DrawFn, depth: int = 4) -> tuple[Node, ...]:
    """Irregular trees: leaves at every level, branches with one child."""
    count = draw(st.integers(1, 5))
    return tuple(
        Node(
            id=f"n{number}",
            title=f"Node {number}",
            definition="x" * draw(st.integers(0, 60)),
            children=draw(trees(depth - 1)) if depth and draw(st.booleans()) else (),
        )
        for number in range(count)
    )


@settings(max_examples=60, deadline=None)
@given(tree=trees(), labels=st.integers(7, 40), with_runner_up=st.booleans())
def test_every_leaf_is_reached_by_right_answers_and_every_question_fits(tree, labels, with_runner_up):
    taxonomy, room = taxonomy_of(tree), Room(tokens=2_000, labels=labels)
    assert list(stages.crowded(taxonomy, room)) == []
    for leaf in taxonomy.leaves:
        for stage in way_down(taxonomy, leaf, room, with_runner_up=with_runner_up):
            assert fits(stage.taxonomy, room)
            for one in stage.taxonomy.leaves:
                assert one in (taxonomy.branches if one in stage.closed else taxonomy.leaves)


@settings(max_examples=60, deadline=None)
@given(tree=trees(), labels=st.integers(8, 40))
def test_the_first_stage_covers_every_leaf_exactly_once(tree, labels):
    taxonomy = taxonomy_of(tree)
    stage = first_stage(taxonomy, Room(tokens=2_000, labels=labels))
    for leaf in taxonomy.leaves:
        assert sum(leaf == one or leaf.startswith(f"{one}/") for one in stage.taxonomy.leaves) == 1


def test_a_branch_as_a_label_says_what_it_contains_and_keeps_its_ids_and_texts():
    taxonomy = taxonomy_of(tree_of((2, 200)))
    stage = first_stage(taxonomy, ROOM)
    node = stage.taxonomy.leaves["kitchen-2"].node
    assert node.definition.startswith("Papers about kitchen number 2")
    assert node.counts[0].startswith("Contains: Oven 1; Oven 2; ")
    assert len(node.counts[0]) < 620
    assert stage.taxonomy.sha256 == taxonomy.sha256
    assert answer_schema(stage.taxonomy)["properties"]["label"]["enum"] == [
        "kitchen-1", "kitchen-2", OUT_OF_SCOPE, UNPLACED,
    ]  # fmt: skip


def test_the_answers_that_lead_to_a_branch_are_those_of_its_leaves(bridges):
    taxonomy = Workspace(bridges).taxonomy
    stage = first_stage(taxonomy, Room(tokens=16_000, labels=len(taxonomy.tree) + 3))
    assert stage.closed
    for branch in stage.closed:
        below = [leaf.answers for id_, leaf in taxonomy.leaves.items() if id_.startswith(f"{branch}/")]
        led = stage.taxonomy.leaves[branch].answers
        assert led.keys() == set.intersection(*(set(one) for one in below))
        for question, allowed in led.items():
            assert set(allowed) == {answer for one in below for answer in one[question]}
    assert stage.taxonomy.questions == taxonomy.questions
    assert not any(stage.taxonomy.leaves[branch].fields for branch in stage.closed)


@pytest.mark.parametrize(
    ("label", "runner_up", "decides"),
    [
        (OUT_OF_SCOPE, "kitchen-1", True),
        (UNPLACED, "kitchen-1", True),
        ("kitchen-1", None, False),
        ("kitchen-1", OUT_OF_SCOPE, False),
    ],
)
def test_out_of_scope_and_unplaced_are_final_at_any_stage(label, runner_up, decides):
    stage = first_stage(taxonomy_of(tree_of((3, 100))), ROOM)
    assert stage.decides(label, runner_up) is decides


def test_a_leaf_beside_a_branch_stays_a_choice():
    tree = (*tree_of((1,)), *(node.model_copy(update={"id": "b"}) for node in tree_of((1, 248))))
    taxonomy = taxonomy_of(tree)
    stage = first_stage(taxonomy, ROOM)
    assert stage.closed == {"b"}
    assert not stage.decides("kitchen-1", "b")
    assert stage.decides("kitchen-1", None)
    further = next_stage(taxonomy, stage, "kitchen-1", "b", Room(tokens=16_000, labels=260))
    assert "kitchen-1" in further.taxonomy.leaves
    assert len(further.taxonomy.leaves) == 249


def leaf_beside(parts: int) -> Taxonomy:
    """A leaf at the top, beside branches of which one has so many parts."""
    branch = Node(id="branch", title="Branch", children=tree_of((parts,)))
    return taxonomy_of((Node(id="leaf", title="Leaf"), branch, *tree_of((1, 100))))


@pytest.mark.parametrize(
    ("parts", "label", "runner_up", "labels"),
    [
        (247, "leaf", "branch", 250),
        (248, "leaf", "branch", None),  # one label too many: the leaf is the answer
        (248, "branch", "leaf", 250),  # the leaf is left out
        (247, "branch", "leaf", 250),
    ],
)
def test_a_runner_up_that_does_not_fit_beside_the_label_is_left_out(parts, label, runner_up, labels):
    taxonomy = leaf_beside(parts)
    further = next_stage(taxonomy, first_stage(taxonomy, ROOM), label, runner_up, ROOM)
    assert (further and len(further.taxonomy.labels)) == labels
    assert further is None or fits(further.taxonomy, ROOM)


def test_fields_are_asked_for_where_a_leaf_can_be_chosen():
    """A leaf that decides in an early stage would otherwise never get the fields of its class."""

    def field(name: str) -> SurveyField:
        return SurveyField(id=name, title=name, describe=name)

    leaf = Node(id="leaf", title="Leaf", fields=(field("own"),))
    tree = Node(id="class", title="C", fields=(field("shared"),), children=(leaf, *tree_of((3, 100))))
    taxonomy = taxonomy_of((tree,))
    stage = first_stage(taxonomy, ROOM)
    assert stage.closed == {"class/kitchen-1", "class/kitchen-2", "class/kitchen-3"}
    assert stage.taxonomy.leaves["class/leaf"].fields == taxonomy.leaves["class/leaf"].fields
    assert not any(stage.taxonomy.leaves[branch].fields for branch in stage.closed)
    further = next_stage(taxonomy, stage, "class/kitchen-1", None, ROOM)
    assert set(answer_schema(further.taxonomy)["properties"]["attributes"]["properties"]) == {"shared"}


@pytest.mark.parametrize("levels", [1, 6])
def test_a_branch_with_one_leaf_is_no_question(levels):
    """There would be nothing to choose in the next stage."""
    single = tree_of((1,) * (levels + 1), level=3)
    taxonomy = taxonomy_of((*single, *tree_of((3, 100))))
    stage = first_stage(taxonomy, ROOM)
    assert stage.closed == {"kitchen-1", "kitchen-2", "kitchen-3"}
    assert next(iter(taxonomy.leaves)) in stage.taxonomy.leaves


def test_studies_get_the_label_of_the_stage():
    taxonomy = taxonomy_of(tree_of((3, 100)))
    first = first_stage(taxonomy, ROOM)
    second = next_stage(taxonomy, first, "kitchen-2", None, ROOM)

    def label(stage: TreeStage, of: str) -> str | None:
        found = stage.study(Study(id="s", title="T", label=of))
        return found.label if found else None

    assert [label(first, "kitchen-2/oven-7"), label(second, "kitchen-2/oven-7")] == [
        "kitchen-2", "kitchen-2/oven-7",
    ]  # fmt: skip
    assert label(second, "kitchen-1/oven-7") is None
    assert {label(first, OUT_OF_SCOPE), label(second, OUT_OF_SCOPE)} == {OUT_OF_SCOPE}


@pytest.mark.parametrize(
    ("widths", "where", "said"),
    [
        ((300,), "", "the top of the tree has 300 parts"),
        ((2, 300), "kitchen-1", "'kitchen-1' has 300 parts"),
    ],
)
def test_what_cannot_be_cut_is_reported_with_what_to_do(widths, where, said, tmp_path):
    taxonomy = taxonomy_of(tree_of(widths))
    assert where in list(stages.crowded(taxonomy, ROOM))
    with pytest.raises(
        ConfigError, match=f"^{said}, more than a model .*; group them under branches, or raise"
    ):
        first_stage(taxonomy, ROOM)
    workspace = large_tree.write_workspace(tmp_path, tree_of(widths))
    findings = [one for one in lint_workspace(workspace) if one.code == "too-many-parts"]
    assert findings
    assert {one.level for one in findings} == {"advice"}
    assert said in findings[0].message


@pytest.mark.parametrize(
    ("count", "id_chars", "room", "said"),
    [
        (300, 5, ROOM, r"\(302 labels; at most 250\); group them under branches, or raise question_labels"),
        (20, 5, Room(30, 250), r"\(35 tokens .*; at most 30\); group them .*, or raise question_tokens"),
        (
            340,
            5,
            Room(99_999, 400),
            r"\(1,024 enum values; servers accept 1,000\); group them under branches$",
        ),
        (300, 60, Room(99_999, 400), r"\(18,\d+ characters of their ids; .*, or shorten the ids"),
        (248, 200, ROOM, r"\(1\d\d,\d+ characters of ids; servers accept 120,000\); .*, or shorten the ids"),
    ],
)
def test_the_message_names_the_limit_that_the_user_can_change(count, id_chars, room, said):
    tree = tuple(Node(id=f"n{number:0{id_chars - 1}}", title="N", definition="d") for number in range(count))
    with pytest.raises(ConfigError, match=f"has {count} parts, more than a model .* once {said}"):
        first_stage(taxonomy_of(tree), room)


def test_more_room_takes_three_hundred_leaves_at_once():
    taxonomy = taxonomy_of(tree_of((300,)))
    assert first_stage(taxonomy, Room(tokens=16_000, labels=302)).closed == frozenset()


@pytest.mark.parametrize(
    ("count", "id_chars", "expected"),
    [
        (248, 80, True),  # 250 labels of any length
        (300, 40, True),  # more only if they are short together
        (300, 60, False),
        (333, 20, False),  # 3 x 333 values and two more for out of scope, one for unplaced
        (331, 20, True),
    ],
)
def test_what_servers_accept(count, id_chars, expected):
    tree = tuple(Node(id=f"n{number:0{id_chars - 1}}", title="N", definition="d") for number in range(count))
    assert fits(taxonomy_of(tree), Room(tokens=1_000_000, labels=1000)) is expected
    refused = large_tree._refusal(answer_schema(taxonomy_of(tree)))
    assert (not refused) is expected


def test_lint_advises_about_a_tree_that_is_asked_in_stages(tmp_path):
    workspace = large_tree.write_workspace(tmp_path, tree_of(SIX_LEVELS))
    (finding,) = [one for one in lint_workspace(workspace) if one.code == "large-tree"]
    assert finding.level == "advice"
    assert finding.message.startswith("360 leaves with ")
