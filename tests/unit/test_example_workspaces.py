"""The example workspaces of docs/own-survey.md: small, complete, and the same as their own lists."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from classifier.scaffold.filed import Choices
from classifier.scaffold.reading import read_source
from classifier.scaffold.start import start_workspace
from classifier.survey.lint import lint_workspace
from classifier.survey.workspace import Workspace

FOLDER = Path(__file__).resolve().parent.parent.parent / "examples" / "workspaces"
each = pytest.mark.parametrize("name", ["small-networks", "gravitational-waves"])


def test_these_are_all():
    assert sorted(path.name for path in FOLDER.iterdir()) == ["gravitational-waves", "small-networks"]


@each
def test_an_example_has_no_finding_and_two_papers_for_each_leaf(name):
    workspace = Workspace(FOLDER / name)
    assert lint_workspace(workspace) == ()
    counts = Counter(study.label for study in workspace.studies)
    assert 6 <= len(workspace.taxonomy.leaves) <= 8
    assert counts.keys() == workspace.taxonomy.leaves.keys()
    assert min(counts.values()) >= 2
    for study in workspace.studies:
        assert study.arxiv
        assert study.year
        assert study.summary
        assert study.rationale


@each
def test_init_makes_the_same_tree_from_the_examples_list(name, tmp_path):
    list_ = FOLDER / name / "README.md"
    started = start_workspace(tmp_path / "ws", read_source(str(list_)), Choices())
    papers = len(re.findall(r"^[-*] .*arxiv\.org", list_.read_text(encoding="utf-8"), re.MULTILINE))
    assert started.filing.counts() == {"leaf": papers}
    made, own = Workspace(tmp_path / "ws"), Workspace(FOLDER / name)

    def filed(workspace):
        return {s.arxiv: workspace.taxonomy.titles(s.label) for s in workspace.studies}

    assert filed(made) == filed(own)
    assert made.taxonomy.title == own.taxonomy.title
    rows = (tmp_path / "ws/gold/labels.jsonl").read_text().splitlines()
    assert {json.loads(row)["title"] for row in rows} == {study.title for study in own.studies}
