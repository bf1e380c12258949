"""Facts about the built-in gold that the linter, which knows no survey, cannot check."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from classifier.model.record import OUT_OF_SCOPE
from classifier.model.study import Study
from classifier.model.task import Excerpt
from classifier.prompting.prompt import PromptBuilder
from classifier.survey.lint import lint_workspace
from classifier.survey.taxonomy import Node
from classifier.survey.workspace import GOLD_FILES, Workspace, read_studies

WORKSPACE = Workspace()
PLACED, EXCLUDED = ([study for _, study in read_studies(WORKSPACE.root / name)] for name in GOLD_FILES)
ALL = PLACED + EXCLUDED

each = pytest.mark.parametrize("study", ALL, ids=lambda study: study.id)
each_placed = pytest.mark.parametrize("study", PLACED, ids=lambda study: study.id)


def test_each_leaf_has_as_many_studies_as_the_survey_puts_there() -> None:
    assert Counter(study.label for study in PLACED) == {
        "rl4llm/fine-tuning/with-human-feedback": 3,
        "rl4llm/fine-tuning/without-human-feedback": 3,
        "rl4llm/prompt": 4,
        "llm4rl/reward": 4,
        "llm4rl/goal": 2,
        "llm4rl/policy": 4,
        "rl+llm/without-language-feedback": 1,
        "rl+llm/with-language-feedback": 3,
    }


def test_fourteen_works_are_out_of_scope_for_three_reasons() -> None:
    assert {study.label for study in EXCLUDED} == {OUT_OF_SCOPE}
    assert Counter(study.scope_reason for study in EXCLUDED) == {"no-rl": 8, "no-llm": 3, "survey": 3}


@each
def test_a_study_can_be_found_again(study: Study) -> None:
    assert re.fullmatch(r"\d{4}\.\d{5}", study.arxiv or "")
    assert re.fullmatch(r"\[\d{1,3}\]", study.ref or "")
    assert study.year is not None
    assert study.arxiv is not None
    assert study.year - 2000 == int(study.arxiv[:2])
    assert study.authors
    assert study.difficulty is not None


@pytest.mark.parametrize("key", ["id", "ref", "arxiv"])
def test_no_two_studies_share_an_identifier(key: str) -> None:
    assert len({getattr(study, key) for study in ALL}) == len(ALL)


@each
def test_a_summary_has_60_to_120_words(study: Study) -> None:
    assert 60 <= len(study.summary.split()) <= 120


@each
def test_provenance_names_only_sections_tables_and_contradictions_that_exist(study: Study) -> None:
    sections = study.provenance["section"].split(", ")
    assert all(re.fullmatch(r"[2-7](\.\d){1,2}", section) for section in sections)
    assert set(study.provenance["tables"]) <= {"2", "3", "4", "4.0", "5", "6", "7"}
    for settled in study.provenance["settled"]:
        assert settled["contradiction"] in range(1, 11)
        assert settled["how"]


@each_placed
def test_a_study_rests_on_the_section_of_its_leaf(study: Study) -> None:
    leaf_section = WORKSPACE.taxonomy.leaves[study.label].node.section
    assert leaf_section is not None
    assert study.provenance["section"].startswith(leaf_section)


@each_placed
def test_fields_are_filled_from_tables_that_the_provenance_names(study: Study) -> None:
    tables = {field.id: field.table for field in WORKSPACE.taxonomy.leaves[study.label].fields}
    filled = {tables[name] for name, value in study.attributes.items() if value is not None}
    from_prose_as_noted = {"2", "4.0"} if "note" in study.provenance else set()
    assert filled - from_prose_as_noted <= set(study.provenance["tables"])


def test_only_the_study_that_has_no_column_in_its_table_has_empty_fields() -> None:
    empty = {study.id for study in PLACED if None in study.attributes.values()}
    assert empty == {"perez2022"}


def test_each_of_the_ten_contradictions_is_settled_at_a_study_and_told_in_the_readme() -> None:
    settled = {entry["contradiction"] for study in ALL for entry in study.provenance["settled"]}
    assert settled == set(range(1, 11))
    readme = (WORKSPACE.root / "gold" / "README.md").read_text(encoding="utf-8")
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)] == list(range(1, 11))


def test_the_readme_lists_each_study_under_its_label() -> None:
    readme = (WORKSPACE.root / "gold" / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ((?:rl|llm|out)[^|]+?) \| ([^|]+?) \|$", readme, re.MULTILINE))
    expected: dict[str, list[str]] = {}
    for study in ALL:
        row = f"{study.label}: {study.scope_reason}" if study.scope_reason else study.label
        expected.setdefault(row, []).append(study.id)
    assert {row: ids.split(", ") for row, ids in rows.items()} == expected


@pytest.mark.parametrize("study_id", ["hu2023", "sun2023"])
def test_renamed_papers_keep_their_other_title(study_id: str) -> None:
    (study,) = (study for study in PLACED if study.id == study_id)
    assert study.other_titles
    assert study.title not in study.other_titles


def test_the_texts_of_the_tree_stay_small_enough_for_every_prompt() -> None:
    taxonomy = WORKSPACE.taxonomy
    texts = [taxonomy.definition, taxonomy.scope.definition]
    texts += [q.ask + "".join(c.means for c in q.choices) for q in taxonomy.questions]
    texts += [_node_text(node) for node in taxonomy.tree]
    texts += [
        r.title + r.definition + "".join(p.case + p.because for p in r.precedents)
        for r in taxonomy.scope.rules
    ]
    assert sum(map(len, texts)) / 4 < 3000


TUNED = {"kind": "original", "rl": "present", "llm": "present", "beyond-base": "beyond", "improved": "llm"}
IN_BASE = TUNED | {"beyond-base": "base-only", "lever": "weights"}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        # In a base model's own training it does not matter whose feedback it was.
        (IN_BASE | {"feedback": "human"}, "rlhf-of-base-model"),
        (IN_BASE | {"feedback": "not-human"}, "rlhf-of-base-model"),
        (TUNED | {"lever": "weights", "feedback": "human"}, None),
        # What is no paper is neither a survey nor a paper without RL.
        ({"kind": "no-research", "rl": "absent", "llm": "absent", "improved": "nothing"}, "no-research"),
        (TUNED | {"kind": "no-research"}, "no-research"),
        ({"kind": "review", "rl": "absent"}, "no-rl"),
    ],
)
def test_the_scope_is_decided_before_any_leaf(answers: dict[str, str], reason: str | None) -> None:
    taxonomy = WORKSPACE.taxonomy
    assert taxonomy.scope_reason(answers) == reason
    labels = taxonomy.labels_led_to(answers)
    assert (labels == (OUT_OF_SCOPE,)) == (reason is not None)


def _node_text(node: Node) -> str:
    own = [node.title, node.definition, *node.counts, *node.excludes]
    own += [p.case + p.because for p in node.precedents]
    return "".join([*own, *map(_node_text, node.children)])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pair
        for pair in combinations(WORKSPACE.taxonomy.leaves, 2)
        if WORKSPACE.taxonomy.leaves[pair[0]].ancestors == WORKSPACE.taxonomy.leaves[pair[1]].ancestors
    ],
)
def test_exchanged_definitions_of_two_sister_leaves_are_found(left: str, right: str, tmp_path: Path) -> None:
    shutil.copytree(WORKSPACE.root / "gold", tmp_path / "gold")
    data = yaml.safe_load((WORKSPACE.root / "taxonomy.yaml").read_text(encoding="utf-8"))
    one, other = _leaf(data["tree"], left), _leaf(data["tree"], right)
    one["definition"], other["definition"] = other["definition"], one["definition"]
    (tmp_path / "taxonomy.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    found = lint_workspace(Workspace(tmp_path))
    assert ("swapped-definitions", f"taxonomy.yaml: {left}") in {(f.code, f.where) for f in found}


def _leaf(nodes: list[dict], leaf_id: str) -> dict:  # type: ignore[type-arg]
    head, _, rest = leaf_id.partition("/")
    (node,) = (node for node in nodes if node["id"] == head)
    return _leaf(node["children"], rest) if rest else node


@pytest.mark.parametrize(
    ("figure", "studies"), [("prefix_tokens", WORKSPACE.studies), ("bare_prefix_tokens", ())]
)
def test_the_documents_count_the_prompt_s_tokens_to_the_hundred(
    figure: str, studies: tuple[Study, ...]
) -> None:
    builder = PromptBuilder(WORKSPACE.taxonomy, WORKSPACE.prompt_dir())
    prompt = builder.build(Excerpt(title=None, passages=(), tokens=0), examples=studies)
    scale = json.loads((WORKSPACE.root / "docs" / "scale.json").read_text(encoding="utf-8"))
    assert scale["measured"][figure]["value"] == round(len(prompt.system) / 4, -2)
