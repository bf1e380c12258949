import pytest

from classifier.errors import ConfigError
from classifier.model.record import OUT_OF_SCOPE, UNCLEAR, UNPLACED
from classifier.survey.taxonomy import Taxonomy, load_taxonomy
from classifier.survey.workspace import Workspace

SOUND = """
schema_version: 1
id: t
title: T
definition: D.
tree: [{id: a, title: A, definition: Of a.}]
scope: {definition: S.}
"""


@pytest.fixture
def taxonomy(bridges) -> Taxonomy:
    return Workspace(bridges).taxonomy


@pytest.fixture
def load(tmp_path):
    def write_and_load(content: str | bytes) -> Taxonomy:
        path = tmp_path / "taxonomy.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_taxonomy(path)

    return write_and_load


RATED = {"kind": "original", "structure": "bridge", "aim": "capacity", "load": "applied"}
"""Answers that lead to capacity/with-load-test."""


def test_leaf_ids_are_paths_in_the_trees_order(taxonomy):
    assert list(taxonomy.leaves) == [
        "capacity/with-load-test",
        "capacity/without-load-test",
        "damage/attached-sensors",
        "damage/remote-imaging",
        "upkeep/fixed-schedule",
        "upkeep/condition-triggered",
    ]
    assert list(taxonomy.branches) == ["capacity", "damage", "upkeep"]
    assert taxonomy.labels == (*taxonomy.leaves, OUT_OF_SCOPE, UNPLACED)


def test_a_leaf_inherits_titles_fields_and_ancestors(taxonomy):
    leaf = taxonomy.leaves["damage/remote-imaging"]
    assert leaf.titles == ("Damage", "Remote imaging")
    assert [field.id for field in leaf.fields] == ["damage-kind"]
    assert leaf.ancestors == ("damage",)
    assert taxonomy.ancestors("damage/remote-imaging") == ("damage", "damage/remote-imaging")


@pytest.mark.parametrize("label", [OUT_OF_SCOPE, UNPLACED, "capacity"])
def test_what_is_no_leaf_has_no_titles_and_only_itself_above(taxonomy, label):
    assert taxonomy.titles(label) == ()
    assert taxonomy.ancestors(label) == (label,)


def test_unclear_is_the_last_answer_to_every_question(taxonomy):
    assert all(question.answer_ids[-1] == UNCLEAR for question in taxonomy.questions)
    assert taxonomy.questions[0].answer_ids == ("original", "review", UNCLEAR)


@pytest.mark.parametrize(
    ("answers", "labels", "reason"),
    [
        (RATED, ("capacity/with-load-test",), None),
        (RATED | {"load": "not-applied"}, ("capacity/without-load-test",), None),
        (RATED | {"load": UNCLEAR}, (), None),
        (RATED | {"kind": "review"}, (OUT_OF_SCOPE,), "review"),
        (RATED | {"structure": "other"}, (OUT_OF_SCOPE,), "not-a-bridge"),
        # Of several rules the first in the file's order counts.
        ({"aim": "none", "kind": "review", "structure": "other"}, (OUT_OF_SCOPE,), "review"),
        ({"aim": "none", "structure": "other"}, (OUT_OF_SCOPE,), "not-a-bridge"),
        ({}, (), None),
    ],
)
def test_answers_lead_to_labels_and_rules_go_before_leaves(taxonomy, answers, labels, reason):
    assert taxonomy.labels_led_to(answers) == labels
    assert taxonomy.scope_reason(answers) == reason


@pytest.mark.parametrize(
    ("label", "answers", "contradicting"),
    [
        ("capacity/with-load-test", RATED, []),
        ("capacity/with-load-test", {}, []),
        ("capacity/with-load-test", RATED | {"load": UNCLEAR}, []),
        ("capacity/with-load-test", RATED | {"load": "not-applied", "aim": "damage"}, ["aim", "load"]),
        ("capacity/with-load-test", RATED | {"sensing": "remote"}, []),  # not asked about by this leaf
        (OUT_OF_SCOPE, RATED | {"kind": "review"}, []),
        (OUT_OF_SCOPE, RATED | {"structure": UNCLEAR}, []),
        (OUT_OF_SCOPE, RATED, ["kind"]),  # each rule fails: those of the closest are named
        (UNPLACED, RATED, ["kind", "structure", "aim", "load"]),
        (UNPLACED, RATED | {"load": UNCLEAR}, []),
        (UNPLACED, RATED | {"kind": "review"}, ["kind"]),
    ],
)
def test_contradictions_name_the_answers_that_do_not_go_with_a_label(taxonomy, label, answers, contradicting):
    found = taxonomy.contradictions(label, answers)
    assert [contradiction.question for contradiction in found] == contradicting


def test_a_contradiction_reads_as_a_sentence(taxonomy):
    (found,) = taxonomy.contradictions("capacity/with-load-test", {"load": "not-applied"})
    assert str(found) == "load = not-applied, but the label requires load = applied"


def test_a_rule_without_answers_can_always_be_the_reason(load):
    """A survey may exclude by words alone; then answers cannot prove that a paper is in scope."""
    taxonomy = load(
        SOUND.replace(
            "{definition: S.}", "{definition: S., rules: [{id: r, title: R, definition: R., answers: {}}]}"
        )
    )
    assert taxonomy.contradictions(OUT_OF_SCOPE, {"kind": "original"}) == ()


OPEN = SOUND.replace(
    "{definition: S.}",
    """
  definition: S.
  rules:
    - {id: review, title: R, definition: R., answers: {kind: [review]}}
    - {id: other, title: O, definition: O.}
questions:
  - {id: kind, ask: What is it?, choices: [{id: own, means: Own.}, {id: review, means: A review.}]}
""",
)


@pytest.mark.parametrize(
    ("answers", "reasons", "allowed", "against_the_leaf"),
    [
        ({"kind": "review"}, ("review",), {OUT_OF_SCOPE}, ["kind"]),
        ({"kind": "own"}, ("other",), {OUT_OF_SCOPE, "a"}, []),
        ({"kind": UNCLEAR}, ("other",), {OUT_OF_SCOPE, "a"}, []),
        ({}, ("other",), {OUT_OF_SCOPE, "a"}, []),
    ],
)
def test_a_question_may_be_about_the_scope_alone_and_a_rule_needs_none(
    load, answers, reasons, allowed, against_the_leaf
):
    taxonomy = load(OPEN)
    assert not taxonomy.asks_about_leaves
    assert taxonomy.scope_reasons(answers) == reasons
    assert taxonomy.scope_reason(answers) == reasons[0]
    assert {label for label in taxonomy.labels if taxonomy.allows(label, answers)} == allowed
    found = taxonomy.contradictions("a", answers)
    assert [one.question for one in found] == against_the_leaf
    if found:
        assert str(found[0]) == "kind = review, but the label requires kind = own or unclear"
    assert taxonomy.contradictions(OUT_OF_SCOPE, answers) == ()


def test_of_two_rules_without_answers_none_is_the_reason(load):
    taxonomy = load(OPEN.replace(", answers: {kind: [review]}", ""))
    assert taxonomy.scope_reasons({}) == ("review", "other")
    assert taxonomy.scope_reason({}) is None


def test_the_hash_is_that_of_the_files_bytes(load):
    assert load(SOUND).sha256 == load(SOUND).sha256
    assert load(SOUND).sha256 != load(SOUND + "# a comment\n").sha256


def test_folded_texts_lose_their_line_breaks(load):
    assert load(SOUND.replace("Of a.", '"Of\\n   a."')).leaves["a"].node.definition == "Of a."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "not valid YAML"),
        (b"", "expected a mapping at the top, found NoneType"),
        (b"- a\n", "found list"),
        (b"a: [", "not valid YAML"),
        (b"a: !!python/object/apply:os.system [echo]", "not valid YAML"),
        (SOUND.replace("title: T", "tittle: T"), "title"),
        (SOUND.replace("schema_version: 1", "schema_version: 2"), "schema_version"),
        (SOUND.replace("id: a,", "id: Not a slug,"), r"tree\.0\.id"),
        (SOUND.replace("[{id: a, title: A, definition: Of a.}]", "[]"), "tree"),
        (SOUND.replace("Of a.}", "Of a., answers: {q: []}}"), r"tree\.0\.answers\.q"),
        (SOUND.replace("Of a.}", "Of a., answers: {q: [no]}}"), r"tree\.0\.answers\.q\.0"),
        (
            SOUND.replace("Of a.}", "Of a., answers: {q: [x]}, children: [{id: b, title: B,definition: D}]}"),
            "children and answers",
        ),
        (SOUND.replace("[{id: a,", "&n [{children: *n, id: a,"), "cyclic reference"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_a_configuration_error_that_names_file_and_place(load, content, said):
    with pytest.raises(ConfigError, match=said) as caught:
        load(content)
    assert "taxonomy.yaml" in caught.value.message
    assert "\n" not in caught.value.message


def test_a_missing_file_is_a_configuration_error(tmp_path):
    with pytest.raises(ConfigError, match=r"taxonomy\.yaml: cannot be read"):
        load_taxonomy(tmp_path / "taxonomy.yaml")


TREE = """
schema_version: 1
id: t
title: T
questions:
  - {id: aim, ask: What for?, choices: [{id: bird, means: Birds.}, {id: boat, means: Boats.}]}
  - {id: kind, ask: What is it?, choices: [{id: work, means: Work.}, {id: review, means: A review.}]}
tree:
  - {id: birds, title: Birds, definition: Of birds., answers: {aim: [bird]}}
  - {id: boats, title: Boats, definition: Of boats., answers: {aim: [boat]}}
scope: {definition: S., rules: RULES}
"""
REVIEWS = "[{id: r, title: R, definition: R., answers: {kind: [review]}}]"
BY_WORDS = "[{id: r, title: R, definition: R., answers: {}}]"


@pytest.mark.parametrize(
    ("rules", "label", "answers", "contradicting"),
    [
        (
            REVIEWS,
            OUT_OF_SCOPE,
            {"aim": "bird"},
            ["aim"],
        ),  # no answer breaks the rule, yet they lead to a leaf
        (REVIEWS, OUT_OF_SCOPE, {"aim": "bird", "kind": UNCLEAR}, ["aim"]),
        (REVIEWS, OUT_OF_SCOPE, {"aim": "bird", "kind": "work"}, ["kind"]),
        (REVIEWS, OUT_OF_SCOPE, {"aim": "bird", "kind": "review"}, []),
        (REVIEWS, OUT_OF_SCOPE, {"aim": UNCLEAR}, []),
        (BY_WORDS, OUT_OF_SCOPE, {"aim": "bird"}, []),
        ("[]", OUT_OF_SCOPE, {"aim": "bird"}, ["aim"]),
        (REVIEWS, "birds", {"aim": "bird", "kind": "review"}, ["kind"]),  # rules have priority over leaves
        (REVIEWS, "birds", {"aim": "boat", "kind": "review"}, ["aim"]),
        (REVIEWS, "birds", {"aim": "bird", "kind": "work"}, []),
        (REVIEWS, "birds", {"kind": "work"}, []),
        (REVIEWS, UNPLACED, {"aim": "bird", "kind": "review"}, ["kind"]),
    ],
)
def test_answers_that_lead_elsewhere_contradict_a_label(load, rules, label, answers, contradicting):
    found = load(TREE.replace("RULES", rules)).contradictions(label, answers)
    assert [contradiction.question for contradiction in found] == contradicting
