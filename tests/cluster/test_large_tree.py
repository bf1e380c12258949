"""A large tree on a cluster: labels are as on one machine, and no answer is paid for twice."""

import json
from pathlib import Path

import pytest

from classifier.survey.workspace import Workspace
from tests import batch_kit as kit
from tests.cluster.test_ray import comparable, finish
from tests.large_tree import SIX_LEVELS, Oracle, paper, tree_of, write_workspace
from tests.llm_server import LlmServer

COUNT = 60


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Workspace:
    return write_workspace(tmp_path_factory.mktemp("large"), tree_of(SIX_LEVELS), papers=8)


def write_list(path: Path, workspace: Workspace) -> Path:
    leaves = list(workspace.taxonomy.leaves)
    rows = [paper(leaves[6 * number], number) | {"id": f"e{number}"} for number in range(COUNT)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def command(workspace: Workspace, source: Path, out: Path, *more: str) -> list[str]:
    arguments = kit.command(source, out, "--concurrency", "8", *more)
    arguments[arguments.index(str(kit.BRIDGES))] = str(workspace.root)
    return arguments


def test_both_runners_leave_the_same_labels_replies_and_costs(tmp_path, ray_folder, large):
    source, spent = write_list(tmp_path / "list.jsonl", large), {}
    for runner in ("local", "ray"):
        oracle, out = Oracle(), tmp_path / runner
        with LlmServer(oracle) as server:
            finish(kit.start(command(large, source, out, "--runner", runner), server.url))
        assert (len(oracle.asked), set(oracle.answered.values())) == (2 * COUNT, {1})
        spent[runner] = json.loads((out / "run.json").read_text())["spent"]
    found = comparable(tmp_path / "ray")
    assert found == comparable(tmp_path / "local")
    assert all(len(label["provenance"]["stages"]) == 1 for label in found.values())
    assert spent["ray"] == spent["local"]


def test_a_cap_that_ends_between_the_questions_pays_for_none_twice(tmp_path, ray_folder, large):
    source, out, oracle = write_list(tmp_path / "list.jsonl", large), tmp_path / "out", Oracle()
    with LlmServer(oracle) as server:
        arguments = command(large, source, out, "--runner", "ray")
        finish(kit.start([*arguments, "--max-cost", "0.06"], server.url), code=6)
        assert 0 < len(oracle.asked) < 2 * COUNT
        finish(kit.start(arguments, server.url))
    assert len(kit.labels_of(out)) == COUNT
    assert len(oracle.asked) == 2 * COUNT
    assert set(oracle.answered.values()) == {1}
