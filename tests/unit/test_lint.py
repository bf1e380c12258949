"""Each finding of the linter, shown on a sound workspace that one edit makes unsound."""

import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from classifier.survey.lint import Finding, lint_workspace, measures_nothing
from classifier.survey.workspace import Workspace

Edit = Callable[[Any], None]
SIBLINGS = [
    ("capacity", "with-load-test", "without-load-test"),
    ("damage", "attached-sensors", "remote-imaging"),
    ("upkeep", "fixed-schedule", "condition-triggered"),
]
SWAPS = {"swapped-answers", "swapped-definitions"}


class Mutant:
    """A copy of the test workspace that edits reach through plain data."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def tree(self, edit: Edit) -> None:
        file = self.root / "taxonomy.yaml"
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        edit(data)
        file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")

    def leaf(self, leaf: str, edit: Edit) -> None:
        """Edits one leaf, named by the last part of its id."""
        self.tree(lambda data: edit(leaves(data)[leaf]))

    def study(self, study: str, edit: Edit) -> None:
        for file in sorted(self.root.glob("gold/*.jsonl")):
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
            for row in rows:
                if row["id"] == study:
                    edit(row)
            file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def findings(self) -> tuple[Finding, ...]:
        return lint_workspace(Workspace(self.root))

    def codes(self) -> set[str]:
        return {finding.code for finding in self.findings()}


def leaves(data: dict[str, Any]) -> dict[str, Any]:
    return {leaf["id"]: leaf for branch in data["tree"] for leaf in branch["children"]}


@pytest.fixture
def mutant(bridges, tmp_path) -> Mutant:
    return Mutant(shutil.copytree(bridges, tmp_path / "mutant"))


def test_a_sound_workspace_has_no_findings(bridges):
    assert lint_workspace(Workspace(bridges)) == ()


def test_copying_alone_changes_nothing(mutant):
    mutant.tree(lambda data: None)
    assert mutant.findings() == ()


# What is edited, and the one code that must come of it.
@pytest.mark.parametrize(
    ("edit", "code", "said"),
    [
        (lambda t: t["questions"].append(t["questions"][0]), "duplicate-id", "'kind' occurs 2 times"),
        (lambda t: t["questions"][0].update(id="label"), "duplicate-id", "'label' occurs 2 times"),
        (
            lambda t: t["questions"][3]["choices"].append({"id": "unclear", "means": "Not said."}),
            "duplicate-id",
            "'unclear' occurs 2 times",
        ),
        (lambda t: t["scope"]["rules"].append(t["scope"]["rules"][0]), "duplicate-id", "'review' occurs 2"),
        (lambda t: t["tree"][1].update(id="capacity"), "duplicate-id", "'capacity' occurs 2 times"),
        (lambda t: leaves(t)["remote-imaging"].update(id="attached-sensors"), "duplicate-id", "attached"),
        (
            lambda t: t["tree"].append({"id": "unplaced", "title": "Rest", "definition": "What is left."}),
            "duplicate-id",
            "'unplaced' occurs 2 times",
        ),
        (lambda t: t["tree"][0]["fields"].append(t["tree"][0]["fields"][0]), "duplicate-id", "bridge-type"),
        (
            lambda t: t["tree"][1]["fields"].append(t["tree"][0]["fields"][0] | {"describe": "Otherwise."}),
            "duplicate-id",
            "described in two ways",
        ),
        (lambda t: leaves(t)["remote-imaging"]["answers"].update(x=["y"]), "unknown-question", "'x'"),
        (lambda t: t["scope"]["rules"][0]["answers"].update(weather=["dry"]), "unknown-question", "weather"),
        (
            lambda t: leaves(t)["with-load-test"]["answers"].update(load=["applied", "heavy"]),
            "unknown-answer",
            "expected one of applied, not-applied, not-applicable, unclear",
        ),
        (lambda t: t["scope"]["rules"][1]["answers"].update(structure=["ship"]), "unknown-answer", "'ship'"),
        (lambda t: leaves(t)["with-load-test"].pop("answers"), "empty-leaf", "no answers lead to this leaf"),
        (lambda t: leaves(t)["with-load-test"].update(definition=" "), "empty-leaf", "definition is empty"),
        (
            lambda t: [rule.pop("answers") for rule in t["scope"]["rules"][:2]],
            "empty-rule",
            "no answers lead to the rules review, not-a-bridge",
        ),
        (
            lambda t: leaves(t)["remote-imaging"]["answers"].update(sensing=["remote", "attached"]),
            "same-path",
            "lead to damage/remote-imaging",
        ),
        (
            lambda t: t["scope"]["rules"][2]["answers"].update(aim=["none", "upkeep"]),
            "unreachable-leaf",
            "also meets scope rule nothing-measured",
        ),
    ],
)  # fmt: skip
def test_a_flaw_of_the_taxonomy_is_found(mutant, edit, code, said):
    mutant.tree(edit)
    found = [finding for finding in mutant.findings() if finding.code == code]
    assert any(said in finding.message for finding in found), mutant.findings()
    assert all(finding.where.startswith(("taxonomy.yaml", "gold")) for finding in found)


@pytest.mark.parametrize(
    ("study", "edit", "code", "said"),
    [
        ("tarn2028", {"label": "capacity/by-guess"}, "unknown-label", "one of capacity/with-load-test"),
        ("tarn2028", {"label": "unplaced"}, "unknown-label", "'unplaced' is not a leaf"),
        ("tarn2028", {"secondary": ["capacity"]}, "unknown-label", "secondary leaf 'capacity'"),
        ("tarn2028", {"summary": ""}, "missing-field", "'summary' is empty"),
        ("tarn2028", {"title": " "}, "missing-field", "'title' is empty"),
        ("tarn2028", {"rationale": ""}, "missing-field", "'rationale' is empty"),
        ("tarn2028", {"attributes": {"rating": None}}, "missing-field", "'bridge-type' is missing"),
        ("tarn2028", {"attributes": dict.fromkeys(["bridge-type", "rating", "hue"])}, "unknown-field", "hue"),
        ("stroud2028", {"attributes": {"rating": "1 t"}}, "unknown-field", "'rating' is not declared"),
        ("stroud2028", {"scope_reason": "review"}, "answers-lead-elsewhere", "lead to nothing-measured"),
        ("stroud2028", {"scope_reason": None}, "answers-lead-elsewhere", "scope_reason is None"),
        ("tarn2028", {"scope_reason": "review"}, "answers-lead-elsewhere", "scope_reason is review"),
        ("tarn2028", {"label": "capacity/with-load-test"}, "answers-lead-elsewhere", "lead to capacity/w"),
        ("tarn2028", {"label": "out-of-scope"}, "answers-lead-elsewhere", "lead to capacity/w"),
        ("tarn2028", {"id": "lunt2029"}, "duplicate-id", "'lunt2029' occurs 2 times"),
        ("tarn2028", {"title": "Crack maps of pylons from drone photograph"}, "duplicate-paper", "lunt2029"),
    ],
)  # fmt: skip
def test_a_flaw_of_a_study_is_found_in_its_line(mutant, study, edit, code, said):
    mutant.study(study, lambda row: row.update(edit))
    found = [finding for finding in mutant.findings() if finding.code == code]
    assert any(said in finding.message for finding in found), mutant.findings()
    assert all(finding.where.startswith("gold") for finding in found)


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        ({"load": "heavy"}, "unknown-answer", "'heavy' is not an answer to load"),
        ({"weather": "dry"}, "unknown-question", "'weather' is not a question"),
        ({"load": "unclear"}, "answers-lead-elsewhere", "lead to no label"),
        ({"kind": "review"}, "answers-lead-elsewhere", "lead to out-of-scope"),
    ],
)
def test_a_studys_answers_must_be_declared_and_lead_to_its_label(mutant, answers, code, said):
    mutant.study("tarn2028", lambda row: row["answers"].update(answers))
    (finding,) = [finding for finding in mutant.findings() if finding.code == code]
    assert said in finding.message
    assert finding.where == "gold/labels.jsonl:3 (tarn2028)"


def test_a_study_without_an_answer_lacks_a_field(mutant):
    mutant.study("tarn2028", lambda row: row["answers"].pop("timing"))
    assert [(f.code, f.message) for f in mutant.findings()] == [("missing-field", "no answer to timing")]


def test_a_leaf_without_a_study_lacks_an_example(mutant):
    for study in ("lunt2029", "vexley2031"):
        mutant.study(study, lambda row: row.update(label="out-of-scope"))
    missing = [finding for finding in mutant.findings() if finding.code == "no-example"]
    assert [finding.where for finding in missing] == ["taxonomy.yaml: damage/remote-imaging"]


def test_a_workspace_may_have_no_gold_at_all(mutant):
    shutil.rmtree(mutant.root / "gold")
    assert mutant.findings() == ()


def test_a_taxonomy_may_ask_no_questions(mutant):
    """Definitions alone are a taxonomy: then nothing is said about answers, which cannot exist."""

    def strip(data: dict[str, Any]) -> None:
        data["questions"] = []
        for part in (*leaves(data).values(), *data["scope"]["rules"]):
            part["answers"] = {}

    mutant.tree(strip)
    shutil.rmtree(mutant.root / "gold")
    assert mutant.findings() == ()


def scope_only(data: dict[str, Any], *, asks: bool) -> None:
    """Leaves without answers, and one scope rule: shown by a question, or by its sentence alone."""
    rule = {"id": "other", "title": "Another structure", "definition": "The paper is about no bridge."}
    data["questions"] = [question for question in data["questions"] if asks and question["id"] == "structure"]
    data["scope"]["rules"] = [rule | ({"answers": {"structure": ["other"]}} if asks else {})]
    for leaf in leaves(data).values():
        leaf.pop("answers")


@pytest.mark.parametrize("asks", [True, False], ids=["with a question", "with a sentence alone"])
@pytest.mark.parametrize("answered", [True, False], ids=["answered studies", "studies without answers"])
def test_a_scope_rule_needs_no_questions_about_leaves(mutant, asks, answered):
    mutant.tree(lambda data: scope_only(data, asks=asks))
    for file in (mutant.root / "gold").glob("*.jsonl"):
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        for row in rows:
            is_out = row["label"] == "out-of-scope"
            row["answers"] = (
                {"structure": "other" if is_out else "bridge"} if asks and (answered or is_out) else {}
            )
            row["scope_reason"] = "other" if is_out else None
            row.update(summary="", rationale="")
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [finding for finding in mutant.findings() if finding.level == "error"] == []
    taxonomy = Workspace(mutant.root).taxonomy
    assert taxonomy.scope_reason({"structure": "other"} if asks else {}) == "other"


def test_a_rule_without_answers_may_stand_beside_others(mutant):
    mutant.tree(lambda data: data["scope"]["rules"][2].pop("answers"))
    assert mutant.findings() == ()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"scope_reason": "review"}, "scope_reason is review, but its answers lead to other"),
        ({"answers": {"structure": "bridge"}}, "labelled out-of-scope, but its answers lead to no label"),
        ({"answers": {}}, "no answer to structure"),
    ],
)
def test_a_study_out_of_scope_must_agree_with_the_question_about_the_scope(mutant, edit, said):
    mutant.tree(lambda data: scope_only(data, asks=True))
    right = {"answers": {"structure": "other"}, "scope_reason": "other"}
    mutant.study("stroud2028", lambda row: row.update(right | edit))
    assert any(said in finding.message for finding in mutant.findings()), mutant.findings()


# --- swaps ---------------------------------------------------------------------------------------


def exchange(mutant: Mutant, one: str, other: str, *keys: str) -> None:
    def edit(data: dict[str, Any]) -> None:
        a, b = leaves(data)[one], leaves(data)[other]
        for key in keys:
            values = a.pop(key, None), b.pop(key, None)
            for leaf, value in ((b, values[0]), (a, values[1])):
                if value is not None:
                    leaf[key] = value

    mutant.tree(edit)


@pytest.mark.parametrize(("branch", "one", "other"), SIBLINGS)
def test_exchanged_answers_of_siblings_are_found(mutant, branch, one, other):
    exchange(mutant, one, other, "answers")
    found = [finding for finding in mutant.findings() if finding.code in SWAPS]
    assert [(f.code, f.where) for f in found] == [("swapped-answers", f"taxonomy.yaml: {branch}/{one}")]
    assert f"{branch}/{other}" in found[0].message


@pytest.mark.parametrize("keys", [("definition",), ("definition", "counts", "excludes", "precedents")])
@pytest.mark.parametrize(("branch", "one", "other"), SIBLINGS)
def test_exchanged_definitions_of_siblings_are_found(mutant, branch, one, other, keys):
    exchange(mutant, one, other, *keys)
    found = mutant.findings()
    assert [(f.code, f.where) for f in found] == [("swapped-definitions", f"taxonomy.yaml: {branch}/{one}")]
    assert f"{branch}/{other}" in found[0].message


@pytest.mark.parametrize("key", ["answers", "definition"])
@pytest.mark.parametrize(("branch", "one", "other"), SIBLINGS)
def test_swaps_are_found_without_any_study_too(mutant, branch, one, other, key):
    shutil.rmtree(mutant.root / "gold")
    exchange(mutant, one, other, key)
    assert [f.where for f in mutant.findings() if f.code in SWAPS] == [f"taxonomy.yaml: {branch}/{one}"]


@pytest.mark.parametrize("how_many", [1, 2])
@pytest.mark.parametrize(("branch", "one", "other"), SIBLINGS)
def test_a_swap_is_found_with_one_clause_for_a_definition(mutant, branch, one, other, how_many):
    """Terse definitions sound alike; exchanging twice puts them back, and the alarm must go."""

    def shorten(data: dict[str, Any]) -> None:
        for leaf in leaves(data).values():
            leaf["definition"] = leaf["definition"].split(",")[0]

    mutant.tree(shorten)
    for _ in range(how_many):
        exchange(mutant, one, other, "definition")
    assert len(SWAPS & mutant.codes()) == how_many % 2


def test_in_a_tree_without_questions_it_is_advice(tmp_path):
    leaves = {"Songs": "Birds seen by telescopes.", "Telescopes": "Birds heard by songs."}
    nodes = [{"id": name.lower(), "title": name, "definition": text} for name, text in leaves.items()]
    tree = {"schema_version": 1, "id": "birds", "title": "Birds", "definition": "Birds.", "tree": nodes}
    (tmp_path / "taxonomy.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    found = [finding for finding in lint_workspace(Workspace(tmp_path)) if finding.code in SWAPS]
    assert [(finding.code, finding.level) for finding in found] == [("swapped-definitions", "advice")]


def test_answers_exchanged_between_branches_are_found(mutant):
    exchange(mutant, "with-load-test", "remote-imaging", "answers")
    assert "swapped-answers" in mutant.codes()


def test_one_mislabelled_study_is_no_swap(mutant):
    mutant.study("tarn2028", lambda row: row.update(label="capacity/with-load-test"))
    assert not SWAPS & mutant.codes()


def test_the_order_of_siblings_is_no_swap(mutant):
    mutant.tree(lambda data: [branch["children"].reverse() for branch in data["tree"]])
    assert mutant.findings() == ()


def test_the_builtin_workspace_shows_no_swap(builtin):
    assert [finding for finding in lint_workspace(builtin) if finding.code in SWAPS] == []


def test_every_swapped_pair_of_siblings_in_the_builtin_tree_is_found(builtin, tmp_path):
    """The same heuristics on a second subject, whose definitions were not written for it."""
    source = yaml.safe_load((builtin.root / "taxonomy.yaml").read_text(encoding="utf-8"))
    shutil.copytree(builtin.root / "gold", tmp_path / "gold")

    def groups(nodes: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
        below = [group for node in nodes for group in groups(node.get("children", []))]
        return [[node for node in nodes if "children" not in node], *below]

    pairs = [pair for group in groups(source["tree"]) for pair in itertools.combinations(group, 2)]
    assert pairs
    for one, other in pairs:
        one["definition"], other["definition"] = other["definition"], one["definition"]
        (tmp_path / "taxonomy.yaml").write_text(yaml.safe_dump(source), encoding="utf-8")
        one["definition"], other["definition"] = other["definition"], one["definition"]
        where = [f.where for f in lint_workspace(Workspace(tmp_path)) if f.code == "swapped-definitions"]
        assert any(place.endswith(f"/{one['id']}") for place in where), (one["id"], other["id"], where)


def test_every_violation_of_the_shape_is_listed_at_once_with_the_keys_expected_there(bridges, tmp_path):
    own = shutil.copytree(bridges, tmp_path / "own")
    data = yaml.safe_load((own / "taxonomy.yaml").read_text())
    del data["questions"][0]["ask"]
    data["tree"][0]["titel"] = "A slip"
    data["tree"][0]["id"] = "Not A Slug"
    data["scope"] = []
    (own / "taxonomy.yaml").write_text(yaml.safe_dump(data))
    gold = own / "gold" / "labels.jsonl"
    gold.write_text('{"id": "a", "label": "x"}\n' + "{]\n" + gold.read_text())
    findings = [(f.code, f.where, f.message) for f in lint_workspace(Workspace(own))]
    assert [(code, where) for code, where, _ in findings] == [
        ("invalid-taxonomy", "taxonomy.yaml: questions.0.ask"),
        ("invalid-taxonomy", "taxonomy.yaml: tree.0.id"),
        ("invalid-taxonomy", "taxonomy.yaml: tree.0.titel"),
        ("invalid-taxonomy", "taxonomy.yaml: scope"),
        ("invalid-study", "gold/labels.jsonl:1"),
        ("invalid-study", "gold/labels.jsonl:2"),
    ]
    messages = [message for *_, message in findings]
    assert "expected the keys id*, ask*, choices*, section" in messages[0]
    assert "(found 'Not A Slug')" in messages[1]
    assert "id*, title*, definition" in messages[2]
    assert messages[4].startswith("title: Field required")
    assert "not valid JSON" in messages[5]


def test_a_workspace_without_studies_is_told_that_nothing_measures_it(bridges, tmp_path):
    own = shutil.copytree(bridges, tmp_path / "own")
    assert measures_nothing(Workspace(own)) is None
    shutil.rmtree(own / "gold")
    assert "nothing measures an engine here" in measures_nothing(Workspace(own))
