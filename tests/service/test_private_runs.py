"""Private runs: for everybody who is not named, they do not exist, at any address of the service."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi.routing import APIRoute

from classifier.service import create_app
from classifier.service.config import ServiceConfig
from classifier.service.evaluations import find_evaluations
from classifier.service.server import add_user
from classifier.settings import load_settings
from tests.pdfs import write_paper
from tests.service.kit import ABSTRACT, API, BRIDGES, LIST, WAIT_S, Served, client_of, serving, wait_for

USERS = {"ada": "owner", "bob": "owner", "cleo": "reviewer", "dan": "reader", "rita": "reader"}
"""ada submits and names cleo and dan; bob and rita are strangers."""
SHARED = b"@article{open, title = {How Bridge One Was Watched}, abstract = {Gauges were read hourly.}}"
SECRET = b"@article{zebrakey, title = {The Zebra Span}, abstract = {Zebra gauges were read hourly.}}"
REPORT = Path(__file__).parents[2] / "eval" / "results" / "gold-offline.json"


class Team(NamedTuple):
    """A service in which people log in, and a client for each of them."""

    served: Served
    folder: Path
    clients: dict[str, httpx.Client]

    def upload(self, content: bytes = SECRET, name: str = "zebra.bib", **fields: str) -> str:
        """The id of a list of ada's; labelled if it was started."""
        ada = self.clients["ada"]
        answer = ada.post(f"{API}/runs", files={"file": (name, content)}, data=fields)
        assert answer.status_code == 201, answer.text
        run_id: str = answer.json()["id"]
        if fields.get("start") == "true" and self.served.hub.config.dispatch:
            wait_for(lambda: self.get("ada", f"{API}/runs/{run_id}").json()["state"], "done".__eq__)
        return run_id

    def hide(self, run_id: str, *people: str) -> None:
        answer = self.patch("ada", run_id, {"private": True, "people": list(people)})
        assert answer.status_code == 200, answer.text

    def patch(self, name: str, run_id: str, body: dict[str, Any]) -> httpx.Response:
        return self.clients[name].patch(f"{API}/runs/{run_id}", json=body)

    def get(self, name: str, path: str, **query: str) -> httpx.Response:
        return self.clients[name].get(path, params=query or None)

    def cards(self, name: str, run_id: str) -> list[str]:
        return [paper["id"] for paper in self.get(name, f"{API}/papers", run=run_id).json()["items"]]


@contextlib.contextmanager
def teaming(folder: Path, **more: Any) -> Iterator[Team]:
    tokens = {name: add_user(ServiceConfig(folder=folder), name, role) for name, role in USERS.items()}
    with serving(folder, require_login=True, **more) as served:
        clients = {
            name: client_of(served.url, headers={"Authorization": f"Bearer {token}"})
            for name, token in tokens.items()
        }
        with contextlib.ExitStack() as opened:
            for client in clients.values():
                opened.enter_context(client)
            yield Team(served, folder, clients)


@pytest.fixture
def team(tmp_path):
    with teaming(tmp_path / "runs") as made:
        yield made


# -- all addresses --------------------------------------------------------------------------------


def all_routes(folder: Path) -> list[tuple[str, str]]:
    """(method, address template) of every route, of the API and of the pages."""
    app = create_app(folder=folder, workspace=BRIDGES, settings=load_settings(engine="offline"))
    found = []
    for each in app.routes:
        router = getattr(each, "original_router", None)
        for route in router.routes if router is not None else [each]:
            if isinstance(route, APIRoute):
                found += [(method, route.path) for method in route.methods]
    assert len(found) > 30
    return sorted(found)


VALUES = {"number": "1", "form": "svg", "version": "x", "name": "service.css"}
"""Values of the parts of addresses that name no run."""
GHOSTS = {
    "list": "l0123456789abcdef",
    "draft": "lfedcba9876543210",
    "paper": "p0123456789abcdef",
    "card": "0123456789abcdef0123",
    "folder": "ghost-folder",
    "evaluation": "0123456789abcdef",
}
"""Ids that nothing has, as long as the hidden ones."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BODIES: dict[str, dict[str, Any]] = {
    "/papers/{paper_id}/decision": {"data": {"label": "unplaced", "note": "x"}},
    "/runs/{run_id}/visibility": {"data": {"private": "false"}},
    "/lists/{run_id}/start": {"data": {"engine": "offline"}},
    "/lists/{run_id}/estimate": {"data": {"engine": "offline"}},
    f"{API}/runs/{{id}}": {"json": {"private": False}},
}
"""Valid bodies; other addresses get an empty form or object."""
QUERIES = [
    ("/tree", "run"),
    ("/evaluation/gold", "run"),
    ("/evaluation/compare", "a"),
    ("/evaluation/compare", "b"),
    (f"{API}/papers", "run"),
]
"""Addresses that take an id in their query."""
SEARCHES = [
    "/tree?q=zebra",
    "/tree?label=out-of-scope",
    f"{API}/papers?q=zebra",
    f"{API}/papers?limit=200",
    f"{API}/runs?limit=200",
    f"{API}/reviews?limit=200",
]


class Hidden(NamedTuple):
    """What strangers must not see, and what they saw before it was there."""

    team: Team
    ids: dict[str, str]
    before: dict[tuple[str, str], str]
    addresses: list[str]


@pytest.fixture(scope="module")
def hidden(tmp_path_factory):
    root = tmp_path_factory.mktemp("private")
    with teaming(root / "runs") as team:
        team.upload(SHARED, "open.bib", start="true")
        routes = all_routes(root / "other")
        plain = [path for method, path in routes if method == "GET" and "{" not in path]
        addresses = [*(path for path in plain if path not in ("/metrics",)), *SEARCHES]
        before = {(who, path): team.get(who, path).text for who in ("bob", "rita") for path in addresses}
        ids = {"list": team.upload(start="true", private="true"), "draft": team.upload(private="true")}
        for run_id in ids.values():
            team.hide(run_id, "cleo", "dan")
        ids["paper"] = file_pdf(team, root / "zebra.pdf")
        ids["card"] = team.cards("ada", ids["list"])[0]
        shutil.copytree(team.folder / ids["list"], root / "copy")
        (root / "copy" / "report.json").write_bytes(REPORT.read_bytes())
        team.served.hub.privacy.hide("zebra-folder", ("cleo", "dan"), "ada")  # no moment without it
        (root / "copy").rename(team.folder / "zebra-folder")
        ids["folder"] = "zebra-folder"
        wait_for(lambda: team.get("ada", "/lists/zebra-folder").status_code, lambda code: code == 200)
        ids["evaluation"] = next(
            found.id for found in find_evaluations(team.served.hub).values() if found.name == "zebra-folder"
        )
        yield Hidden(team, ids, before, addresses)


def file_pdf(team: Team, path: Path) -> str:
    """The id of a private PDF of ada's, which cleo and dan see."""
    write_paper(path)
    with path.open("rb") as file:
        answer = team.clients["ada"].post(
            f"{API}/papers?wait=60", files={"file": ("zebra.pdf", file)}, data={"private": "true"}
        )
    assert answer.status_code == 200, answer.text
    (paper,) = (run for run in team.get("ada", f"{API}/papers").json()["items"] if run["run"][0] == "p")
    team.hide(paper["id"], "cleo", "dan")
    found: str = paper["id"]
    return found


def ask(client: httpx.Client, method: str, template: str, the_id: str) -> httpx.Response | None:
    """The answer of one address about one id; None if no part of the address names a run or paper."""
    path, names = template, 0
    for name in ("id", "run_id", "paper_id", "evaluation_id"):
        names += f"{{{name}}}" in path
        path = path.replace(f"{{{name}}}", the_id)
    for name, value in VALUES.items():
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}:path}}", value)
    assert "{" not in path, f"{template}: add its parts to VALUES, or to `ask` if they name a run"
    if not names:
        return None
    query = {"format": "csv"} if template.endswith("/export") else {}
    is_page = not template.startswith(API)
    body = BODIES.get(template, {"content": b"", "headers": FORM} if is_page else {"json": {}})
    return client.request(method, path, params=query, **(body if method not in ("GET", "HEAD") else {}))


def shape(answer: httpx.Response, the_id: str) -> tuple[int, str, str]:
    return answer.status_code, answer.headers.get("content-type", ""), answer.text.replace(the_id, "ID")


@pytest.mark.parametrize("who", ["bob", "rita"])
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_every_address_answers_a_stranger_about_a_private_run_as_about_one_that_does_not_exist(
    hidden, tmp_path, who, accept
):
    team, client = hidden.team, hidden.team.clients[who]
    client.headers["Accept"] = accept
    asked, missing = 0, set()
    for method, template in all_routes(tmp_path):
        for kind, the_id in hidden.ids.items():
            answer = ask(client, method, template, the_id)
            if answer is None:
                continue
            ghost = ask(client, method, template, GHOSTS[kind])
            assert shape(answer, the_id) == shape(ghost, GHOSTS[kind]), (method, template, kind)
            # 403: a reader may not write at all; 422: the body, of whatever id, is refused first
            allowed = {404} if template in BODIES or method == "GET" else {404, 422}
            assert answer.status_code in allowed | ({403} if who == "rita" and method != "GET" else set()), (
                method, template, kind, answer.status_code,
            )  # fmt: skip
            asked += 1
            missing |= {template} if answer.status_code == 404 else set()
    assert asked >= 6 * 20
    assert {f"{API}/runs/{{id}}/events", f"{API}/papers/{{id}}/pages/{{number}}.png"} <= missing
    assert (
        team.get("ada", f"{API}/runs/{hidden.ids['list']}").json()["private"] is True
    )  # nothing was changed


@pytest.mark.parametrize("who", ["ada", "cleo", "dan"])
def test_the_same_addresses_show_it_to_those_who_are_named(hidden, tmp_path, who):
    client, shown, silent = hidden.team.clients[who], set(), set()
    for method, template in all_routes(tmp_path):
        if method != "GET":
            continue
        answers = [ask(client, method, template, the_id) for the_id in hidden.ids.values()]
        found = {answer.status_code for answer in answers if answer is not None}
        if found:  # a review may need another role, or a plan first: then it exists nevertheless
            (shown if found - {404} else silent).add(template)
    assert silent == set()
    assert len(shown) >= 10


@pytest.mark.parametrize("who", ["bob", "rita"])
def test_pages_lists_counts_and_searches_are_for_a_stranger_what_they_were_before_it_was_there(hidden, who):
    client = hidden.team.clients[who]
    client.headers["Accept"] = "*/*"
    for path in hidden.addresses:
        assert client.get(path).text == hidden.before[who, path], path
        assert "zebra" not in client.get(path).text.lower().replace("q=zebra", "").replace(
            'value="zebra"', ""
        ), path


@pytest.mark.parametrize(("path", "name"), QUERIES)
def test_a_query_for_it_is_a_query_for_nothing(hidden, path, name):
    for kind, the_id in hidden.ids.items():
        answers = [hidden.team.get("bob", path, **{name: each}) for each in (the_id, GHOSTS[kind])]
        assert shape(answers[0], the_id) == shape(answers[1], GHOSTS[kind]), (path, kind)


def test_a_decision_about_a_private_paper_is_about_no_paper(hidden):
    for kind in ("card", "paper"):
        answers = [
            hidden.team.clients["bob"].post(f"{API}/reviews", json={"paper": each, "label": "unplaced"})
            for each in (hidden.ids[kind], GHOSTS[kind])
        ]
        assert shape(answers[0], hidden.ids[kind]) == shape(answers[1], GHOSTS[kind])
        assert answers[0].status_code == 404


def test_a_private_paper_is_not_found_through_the_review_of_another_list(hidden):
    shared = hidden.team.get("bob", f"{API}/runs").json()["items"][-1]["id"]
    hidden.team.clients["ada"].post(f"/review/{shared}/plan", data={"reviewers": ""})
    for base in (f"/review/{shared}/papers", f"{API}/runs/{shared}/review/papers"):
        for kind in ("card", "paper"):
            answers = [hidden.team.get("bob", f"{base}/{each}") for each in (hidden.ids[kind], GHOSTS[kind])]
            assert shape(answers[0], hidden.ids[kind]) == shape(answers[1], GHOSTS[kind]), base
            assert "zebra" not in answers[0].text.lower()


def test_those_who_are_named_find_it_everywhere(hidden):
    for who in ("ada", "cleo", "dan"):
        assert "zebra.bib" in hidden.team.get(who, "/lists").text
        assert "The Zebra Span" in hidden.team.get(who, "/tree", q="zebra").text
        assert "zebra-folder" in hidden.team.get(who, "/evaluation").text
        runs = hidden.team.get(who, f"{API}/runs").json()["items"]
        assert {run["title"]: run["private"] for run in runs} == {"zebra.bib": True, "open.bib": False}


def test_nobody_without_a_token_learns_more(hidden):
    with httpx.Client(base_url=hidden.team.served.url) as client:
        for the_id in (hidden.ids["list"], GHOSTS["list"]):
            assert client.get(f"{API}/runs/{the_id}").status_code == 401


# -- who changes it -------------------------------------------------------------------------------


def seen_by(team: Team, run_id: str) -> set[str]:
    """Who sees a run, in the list of runs as well as in the tree, which is kept while nothing changes."""
    found = {name for name in USERS if team.get(name, f"{API}/runs/{run_id}").status_code == 200}
    assert {name for name in USERS if "The Zebra Span" in team.get(name, "/tree").text} == found
    return found


ALL = set(USERS)


@pytest.mark.parametrize(
    ("who", "body", "status", "sees"),
    [
        ("ada", {"private": True}, 200, {"ada"}),
        ("ada", {"private": True, "people": ["dan", "cleo"]}, 200, {"ada", "cleo", "dan"}),
        ("cleo", {"private": True}, 200, {"ada", "cleo"}),  # the one who submitted it stays
        ("bob", {"private": True, "people": []}, 200, {"ada", "bob"}),
        ("ada", {"private": False}, 200, ALL),
        ("ada", {}, 200, ALL),
        ("rita", {"private": True}, 403, ALL),  # a reader changes nothing
        ("ada", {"private": True, "people": ["zoe"]}, 422, ALL),  # no such user
        ("ada", {"people": ["cleo"]}, 422, ALL),  # it is shared
        ("ada", {"private": "yes"}, 422, ALL),
        ("ada", {"private": True, "everyone": 1}, 422, ALL),
    ],
)
def test_who_sees_a_run_after_a_change(team, who, body, status, sees):
    run_id = team.upload(start="true")
    assert seen_by(team, run_id) == ALL
    answer = team.patch(who, run_id, body)
    assert answer.status_code == status
    assert seen_by(team, run_id) == sees
    if status == 200:
        people = sorted(sees) if body.get("private") else []
        assert (answer.json()["private"], answer.json()["people"]) == (bool(people), people)
        assert team.get("ada", f"{API}/runs/{run_id}/visibility").json() == answer.json()


def test_people_are_added_and_removed_and_it_is_shared_again(team):
    run_id = team.upload(start="true", private="true")
    assert seen_by(team, run_id) == {"ada"}
    steps = [
        ("ada", {"people": ["cleo", "rita"]}, {"ada", "cleo", "rita"}),
        ("cleo", {"private": True}, {"ada", "cleo", "rita"}),  # the people stay as they are
        ("cleo", {"people": ["dan"]}, {"ada", "cleo", "dan"}),
        ("bob", {"private": False}, {"ada", "cleo", "dan"}),  # a stranger: 404
        ("dan", {"private": False}, {"ada", "cleo", "dan"}),  # a reader: 403
        ("ada", {"people": []}, {"ada"}),
        ("ada", {"private": False}, ALL),
    ]
    for who, body, sees in steps:
        team.patch(who, run_id, body)
        assert seen_by(team, run_id) == sees, (who, body)


def test_the_form_does_the_same_without_scripts(team):
    run_id = team.upload(start="true")
    assert "Make it private" in team.get("cleo", f"/lists/{run_id}").text
    assert "Who sees this" not in team.get("rita", f"/lists/{run_id}").text
    address = f"/runs/{run_id}/visibility"
    answer = team.clients["ada"].post(address, data={"private": "true", "people": "dan, cleo"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/lists/{run_id}")
    assert seen_by(team, run_id) == {"ada", "cleo", "dan"}
    page = team.get("dan", f"/lists/{run_id}").text
    assert "Only ada, cleo, dan see it" in page
    assert "Share with everyone" not in page  # a reader does not change it
    assert 'value="cleo, dan"' in team.get("ada", f"/lists/{run_id}").text
    refused = team.clients["ada"].post(address, data={"private": "true", "people": "zoe"})
    assert refused.status_code == 422
    for name, status in (("bob", 404), ("dan", 403), ("rita", 403)):
        assert team.clients[name].post(address, data={"private": "false"}).status_code == status
    other_site = {"Sec-Fetch-Site": "cross-site"}
    assert team.clients["ada"].post(address, data={"private": "false"}, headers=other_site).status_code == 403
    assert seen_by(team, run_id) == {"ada", "cleo", "dan"}
    team.clients["ada"].post(address, data={"private": "false"})
    assert seen_by(team, run_id) == ALL


def test_an_upload_is_private_from_its_first_moment_and_its_repetition_finds_it(team):
    ada, files = team.clients["ada"], {"file": ("zebra.bib", SECRET)}
    given = {"data": {"private": "true"}, "headers": {"Idempotency-Key": "k"}}
    first, again = (ada.post(f"{API}/runs", files=files, **given) for _ in range(2))
    assert (first.json()["private"], again.json()["id"]) == (True, first.json()["id"])
    assert ada.post(f"{API}/runs", files=files, headers={"Idempotency-Key": "k"}).status_code == 422
    assert seen_by_id(team, first.json()["id"]) == {"ada"}
    paper = ada.post(f"{API}/papers?wait=60", json=ABSTRACT | {"private": True})
    assert paper.status_code == 200
    assert [len(team.get(name, f"{API}/papers").json()["items"]) for name in ("ada", "bob")] == [1, 0]
    filed = ada.post(
        "/papers", files={"title": (None, "T"), "abstract": (None, "A"), "private": (None, "true")}
    )
    listed = ada.post("/lists", files={"file": ("a.bib", LIST), "private": (None, "true")})
    for answer in (filed, listed):
        assert answer.status_code == 303
        assert team.get("ada", answer.headers["location"]).status_code == 200
        assert team.get("bob", answer.headers["location"]).status_code == 404


def seen_by_id(team: Team, run_id: str) -> set[str]:
    return {name for name in USERS if team.get(name, f"{API}/runs/{run_id}").status_code == 200}


def test_a_private_list_that_is_labelled_again_is_private_to_the_same_people(team):
    run_id = team.upload(private="true")
    team.hide(run_id, "bob", "dan")
    answer = team.clients["bob"].post(f"/lists/{run_id}/again", data={})
    again = answer.headers["location"].rpartition("/")[2]
    assert (answer.status_code, seen_by_id(team, again)) == (303, {"ada", "bob", "dan"})


def test_pages_of_runs_are_full_although_private_ones_are_between(team):
    ids = [team.upload(SHARED, f"{n}.bib", private="true" if n % 2 else "false") for n in range(6)]
    first = team.get("bob", f"{API}/runs", limit="2").json()
    second = team.get("bob", f"{API}/runs", limit="2", cursor=first["next"]).json()
    assert [run["id"] for run in (*first["items"], *second["items"])] == [ids[4], ids[2], ids[0]]
    assert second["next"] is None


def test_a_folder_of_the_command_line_is_private_to_the_one_who_marks_it(team):
    run_id = team.upload(start="true")
    shutil.copytree(team.folder / run_id, team.folder / "made-by-hand")
    wait_for(lambda: team.get("cleo", "/lists/made-by-hand").status_code, lambda code: code == 200)
    assert team.patch("cleo", "made-by-hand", {"private": True, "people": ["dan"]}).status_code == 200
    found = {name for name in USERS if team.get(name, "/lists/made-by-hand").status_code == 200}
    assert found == {"cleo", "dan"}


def test_a_stream_ends_without_another_event_when_its_run_becomes_private(tmp_path):
    with teaming(tmp_path / "runs", dispatch=False) as team:  # it stays queued
        run_id = team.upload(start="true")
        lines: list[str] = []
        is_open = threading.Event()

        def watch() -> None:
            with team.clients["bob"].stream("GET", f"{API}/runs/{run_id}/events") as answer:
                for line in answer.iter_lines():
                    lines.append(line)
                    is_open.set()

        watcher = threading.Thread(target=watch)
        watcher.start()
        assert is_open.wait(WAIT_S)
        team.hide(run_id, "cleo")
        team.served.hub.events.add(run_id, "progress", {"title": "zebra"})
        watcher.join(WAIT_S)
        assert not watcher.is_alive()
        assert [line for line in lines if line.startswith("data:")][-1] == 'data: {"state": "gone"}'
        assert "zebra" not in "".join(lines)


def test_without_logins_everyone_is_the_same_user_and_nothing_is_private(tmp_path):
    with teaming(tmp_path / "runs") as team:
        run_id = team.upload(start="true", private="true")
    with serving(tmp_path / "runs") as served:
        assert served.client.get(f"{API}/runs/{run_id}").status_code == 200
        assert "The Zebra Span" in served.client.get("/tree").text
        assert "Make it private" not in served.client.get(f"/lists/{run_id}").text
        for answer in (
            served.client.patch(f"{API}/runs/{run_id}", json={"private": True}),
            served.upload(SHARED, "a.bib", private="true"),
            served.client.post(f"{API}/papers", json=ABSTRACT | {"private": True}),
        ):
            assert (answer.status_code, answer.json().get("code")) == (409, "nobody-logs-in")
        assert len(served.client.get(f"{API}/runs").json()["items"]) == 1
