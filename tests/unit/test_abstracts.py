"""Abstracts that a list does not bring: by id or title from a loopback arXiv, cached, resumable."""

# ruff: noqa: E501

from __future__ import annotations

import json

import pytest

from classifier.model.paper import Paper
from classifier.scaffold.abstracts import ABSTRACTS_FILE, abstract_key, find_abstracts, load_abstracts
from classifier.sources import Sources
from tests.arxiv_server import ArxivServer, busy, entry, error_entry, feed, sources_options

TITLES = [
    "Recorders on Roofs",
    "Cameras at Feeders",
    "Kestrels and the Ring Road",
    "Swifts over the Old Town",
]
PAPERS = [Paper(title=title, arxiv_id=f"2501.0000{n}") for n, title in enumerate(TITLES)]
MANY = "/api/query?id_list=" + "%2C".join(paper.arxiv_id or "" for paper in PAPERS) + "&max_results=100"


@pytest.fixture
def server():
    with ArxivServer() as running:
        yield running


def sources(server, tmp_path, **more):
    quick = {"min_interval_s": 0, "backoff_s": 0, "longest_wait_s": 0.05}
    return Sources(tmp_path / "cache", "test", arxiv_base_url=server.url, **sources_options(**quick | more))


async def find(server, tmp_path, papers, **more):
    done = []
    async with sources(server, tmp_path, **more) as opened:
        found = await find_abstracts(tmp_path, papers, opened, lambda *count: done.append(count))
    return found, done


async def test_ids_are_asked_for_together_and_only_once(server, tmp_path):
    server.on(MANY, feed(*(entry(f"2501.0000{n}v2", title) for n, title in enumerate(TITLES))))
    found, done = await find(server, tmp_path, PAPERS)
    assert [found.found[paper.arxiv_id].abstract for paper in PAPERS] == ["About things."] * 4
    assert done == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert len(server.seen) == 1
    again, done = await find(server, tmp_path, PAPERS)
    assert (again, done) == (found, [])
    assert len(server.seen) == 1


async def test_a_title_is_searched_for_and_a_miss_is_remembered(server, tmp_path):
    server.on_search(feed(entry("2501.00000v1", TITLES[0])))
    papers = [Paper(title=TITLES[0]), Paper(title="A paper that is not on arXiv at all")]
    found, _ = await find(server, tmp_path, papers)
    rows = [found.found[abstract_key(paper)] for paper in papers]
    assert [row.abstract for row in rows] == ["About things.", ""]
    assert "arXiv has no paper titled" in rows[1].why
    searched = len(server.seen)
    await find(server, tmp_path, papers)
    assert len(server.seen) == searched


@pytest.mark.parametrize(
    ("wrong", "asked"),
    [("9999.99999", "2501.00000%2C2501.00001%2C2501.00002"), ("2512.99999", "2501.00000%2C2501.00001%2C2501.00002%2C2512.99999")],
    ids=["no id at all", "an id that arXiv rejects"],
)  # fmt: skip
async def test_one_wrong_id_does_not_cost_the_others(server, tmp_path, wrong, asked):
    server.on(f"/api/query?id_list={asked}&max_results=100", feed(error_entry(f"incorrect id {wrong}")))
    for n in range(3):
        server.on_id(f"2501.0000{n}", feed(entry(f"2501.0000{n}v1", TITLES[n])))
    server.on_id("2512.99999", feed(error_entry("incorrect id format for 2512.99999")))
    found, _ = await find(server, tmp_path, [*PAPERS[:3], Paper(title="Nobody", arxiv_id=wrong)])
    assert [bool(row.abstract) for row in found.found.values()] == [True, True, True, False]
    assert wrong in found.found[wrong].why
    assert found.stopped is None


def test_the_abstract_of_another_paper_is_recognised(tmp_path):
    path = tmp_path / ABSTRACTS_FILE
    path.parent.mkdir()
    path.write_text(
        json.dumps({"paper": "2501.00000", "title": "Growing Tomatoes", "abstract": "Red."}) + '\n{"pap'
    )
    [row] = load_abstracts(tmp_path).values()
    assert row.mistaken(PAPERS[0]) == (
        "arXiv's 2501.00000 is 'Growing Tomatoes', not 'Recorders on Roofs'; check the id in the list"
    )
    assert row.mistaken(Paper(title="Growing tomatoes", arxiv_id="2501.00000")) == ""


async def test_where_arxiv_does_not_answer_it_stops_and_the_rest_is_found_later(server, tmp_path):
    server.on(MANY, busy(503))
    server.on_id("2501.00000", feed(entry("2501.00000v1", TITLES[0])))
    for n in range(1, 4):
        server.on_id(f"2501.0000{n}", busy(503))
    found, _ = await find(server, tmp_path, PAPERS)
    assert found.stopped is not None
    assert [row.paper for row in found.found.values()] == ["2501.00000"]
    server.on(
        MANY.replace("2501.00000%2C", ""), feed(*(entry(f"2501.0000{n}v1", TITLES[n]) for n in range(1, 4)))
    )
    with (tmp_path / ABSTRACTS_FILE).open("ab") as file:
        file.write(b'{"paper": "cut')  # killed while it wrote
    later, done = await find(server, tmp_path, PAPERS)
    assert later.stopped is None
    assert len(done) == 4
    assert len(load_abstracts(tmp_path)) == 4


async def test_offline_asks_nobody(server, tmp_path):
    found, _ = await find(server, tmp_path, PAPERS, offline=True)
    assert server.seen == []
    assert found.found == {}
