"""A survey whose tree is asked about in stages, in the service: estimate, day's limit, the paper's page."""

import json
from pathlib import Path

import pytest

from classifier.survey.workspace import Workspace
from tests import batch_kit
from tests.large_tree import Oracle, paper, tree_of, write_workspace
from tests.llm_server import LlmServer
from tests.service.kit import API, Served, serving

COUNT = 6
FIRST, SECOND = 5, 202
"""Labels of the two questions."""


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Workspace:
    return write_workspace(tmp_path_factory.mktemp("large"), tree_of((3, 100)))


def upload(served: Served, count: int = COUNT) -> str:
    rows = [paper(f"kitchen-2/oven-{n + 1}", n) | {"id": f"e{n}"} for n in range(count)]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    made = served.upload(content, "list.jsonl", start="false", engine="openai")
    return str(made.json()["id"])


def settings(url: str):
    return batch_kit.settings(url, api_key=batch_kit.KEY, max_output_tokens=300)


def test_a_list_is_estimated_labelled_and_shown_with_the_branches_that_were_chosen(tmp_path, large):
    oracle = Oracle()
    with (
        LlmServer(oracle) as llm,
        serving(tmp_path / "runs", workspace=large.root, settings=settings(llm.url)) as served,
    ):
        run = upload(served)
        found = served.client.post(f"{API}/runs/{run}/estimate").json()
        assert (found["papers"], found["stages"]) == (COUNT, 2)
        served.client.post(f"{API}/runs/{run}/start")
        assert (served.finished(run)["done"], len(oracle.asked)) == (COUNT, 2 * COUNT)
        (card, *_) = served.client.get(f"{API}/papers?run={run}").json()["items"]
        page = served.client.get(f"/papers/{card['id']}").text
        assert "answered <strong>Kitchen 2</strong>" in page
        assert "question 1 of 2, about the branches: Kitchen 2, 90 % confident" in page
        assert "chose <strong>Kitchen 2 › Oven 1</strong>, 81 % confident" in page


def test_a_day_that_ends_between_the_questions_pays_for_none_twice(tmp_path, large):
    oracle, source = Oracle(), Path("runs")
    with LlmServer(oracle) as llm:
        given = {"workspace": large.root, "settings": settings(llm.url)}
        with serving(tmp_path / source, **given, usd_per_day=0.03) as served:
            run = upload(served, 20)
            served.client.post(f"{API}/runs/{run}/start")
            stopped = served.finished(run)
            assert stopped["code"] == "budget-spent"
            assert served.hub.money.today("local").spent <= 0.03
            before = len(oracle.asked)
            assert oracle.asked.count(FIRST) > oracle.asked.count(SECOND)
        with serving(tmp_path / source, **given, usd_per_day=1) as served:
            served.client.post(f"{API}/runs/{run}/start")
            assert served.finished(run)["done"] == 20
    assert len(oracle.asked) == 40 > before > 0
    assert set(oracle.answered.values()) == {1}
