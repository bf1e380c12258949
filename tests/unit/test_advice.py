"""Workspaces that work but are weak: what lint advises, and that it is no error."""

import json
from collections import Counter

import pytest
import yaml

from classifier.engines.offline import OfflineEngine
from classifier.model.document import Document
from classifier.model.paper import Paper
from classifier.model.task import Task
from classifier.survey.lint import lint_workspace
from classifier.survey.workspace import Workspace
from tests.lists_of_papers import title


def workspace(tmp_path, tree, studies, **more):
    taxonomy = {"schema_version": 1, "id": "birds", "title": "Birds", "tree": tree} | more
    (tmp_path / "gold").mkdir()
    (tmp_path / "taxonomy.yaml").write_text(yaml.safe_dump(taxonomy, sort_keys=False))
    (tmp_path / "gold/labels.jsonl").write_text("".join(json.dumps(study) + "\n" for study in studies))
    return Workspace(tmp_path)


def leaf(name, **more):
    return {"id": name, "title": name.capitalize()} | more


def studies(label, topic, numbers, **more):
    return [{"id": f"{label}{n}", "title": title(topic, n), "label": label} | more for n in numbers]


def codes(found):
    return Counter(finding.code for finding in lint_workspace(found) if finding.level == "advice")


def errors(found):
    return [(f.code, f.message) for f in lint_workspace(found) if f.level == "error"]


NAMES_ONLY = [leaf("song"), leaf("sight")]
TWO_EACH = [*studies("song", "Song", (0, 1)), *studies("sight", "Sight", (0, 1))]


def test_names_and_two_papers_a_leaf_are_a_workspace(tmp_path):
    found = workspace(tmp_path, NAMES_ONLY, TWO_EACH)
    assert errors(found) == []
    assert codes(found) == {"title-only": 1}


@pytest.mark.parametrize(("topic", "label"), [("Song", "song"), ("Sight", "sight")])
async def test_the_offline_engine_places_papers_by_the_studies_alone(tmp_path, topic, label):
    found = workspace(tmp_path, NAMES_ONLY, TWO_EACH)
    engine = OfflineEngine(found.taxonomy, found.offline_dir)
    paper = Paper(title=title(topic, 2))
    document = Document(title=paper.title, pages=(), engine="text", abstract_only=True)
    reply = await engine.answer(Task(paper=paper, document=document, examples=found.studies, prompt=None))
    assert reply.answer.label == label


def test_a_leaf_without_definition_and_papers_is_an_error(tmp_path):
    found = workspace(tmp_path, [*NAMES_ONLY, leaf("nests")], TWO_EACH)
    assert [code for code, _ in errors(found)] == ["empty-leaf", "no-example"]


def test_one_paper_measures_nothing(tmp_path):
    found = workspace(
        tmp_path,
        [*NAMES_ONLY, leaf("nests", definition="Nests.")],
        [*TWO_EACH, *studies("nests", "Nests", (0,))],
    )
    assert (errors(found), codes(found)["one-paper"]) == ([], 1)


def test_a_leaf_of_second_labels_only_is_named(tmp_path):
    found = workspace(
        tmp_path,
        [*NAMES_ONLY, leaf("nests", definition="Nests.")],
        [*TWO_EACH[1:], TWO_EACH[0] | {"secondary": ["nests"]}],
    )
    assert (errors(found), codes(found)["secondary-only"]) == ([], 1)


def test_drafts_are_counted_and_must_be_of_something(tmp_path):
    drafts = [{"of": "definition", "by": "words", "papers": ["song0"]}]
    tree = [
        leaf("song", definition="Songs.", drafts=drafts),
        leaf("sight", counts=["Seen."], drafts=[{"of": "counts.0"}]),
    ]
    found = workspace(tmp_path, tree, TWO_EACH, drafts=[{"of": "definition"}], definition="All.")
    [advice] = [finding for finding in lint_workspace(found) if finding.code == "draft"]
    assert advice.message.startswith(
        "3 texts are drafts that no person has accepted (@survey:definition, song:definition, sight:counts.0)"
    )
    assert errors(found) == []


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ({"of": "definition"}, "a draft of 'definition', which is not there"),
        ({"of": "counts.1"}, "a draft of 'counts.1', which is not there"),
        ({"of": "title"}, "a draft of 'title', which is not there"),
        ({"of": "counts.x"}, "a draft of 'counts.x', which is not there"),
        ({"of": "counts.0", "papers": ["nobody"]}, "rests on 'nobody', which is no study"),
    ],
)
def test_a_draft_of_nothing_is_an_error(tmp_path, draft, said):
    found = workspace(tmp_path, [leaf("song", counts=["Heard."], drafts=[draft]), leaf("sight")], TWO_EACH)
    assert [(code, said in message) for code, message in errors(found)] == [("unknown-draft", True)]


def test_leaves_whose_papers_use_the_same_words_are_named(tmp_path):
    # Each text stands once in either leaf.
    mixed = [
        {
            "id": f"{label}{n}",
            "title": title(topic, n),
            "label": label,
            "summary": f"{title('Nests', n)} {n}" * 5,
        }
        for label, topic in (("song", "Song"), ("sight", "Sight"))
        for n in range(5)
    ]
    found = workspace(tmp_path, NAMES_ONLY, mixed)
    [alike] = [finding for finding in lint_workspace(found) if finding.code == "alike"]
    assert "only 0 of 10 papers of this leaf and sight are nearer to their own leaf" in alike.message
    (tmp_path / "other").mkdir()
    apart = [*studies("song", "Song", range(5)), *studies("sight", "Sight", range(5))]
    assert codes(workspace(tmp_path / "other", NAMES_ONLY, apart))["alike"] == 0


def test_a_definition_drafted_from_papers_is_not_compared_with_them(tmp_path):
    """Else leave-one-out would know the paper that it leaves out."""
    drafts = [{"of": "definition", "by": "words", "papers": ["song0"]}]
    found = workspace(
        tmp_path, [leaf("song", definition="Sight sight.", drafts=drafts), leaf("sight")], TWO_EACH
    )
    assert found.taxonomy.leaves["song"].node.settled_definition == ""
    headings = leaf("nests", definition="Nests.", drafts=[{"of": "definition", "by": "headings"}])
    (tmp_path / "other").mkdir()
    other = workspace(tmp_path / "other", [headings], [])
    assert other.taxonomy.leaves["nests"].node.settled_definition == "Nests."
