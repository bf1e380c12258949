"""The review over HTTP: order, decisions, undo, conflicts, agreement, and a blind review that stays blind."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from classifier.model.label import Evidence
from classifier.review.plan import open_plan
from classifier.review.queue import make_queue
from classifier.service.config import ServiceConfig
from classifier.service.server import add_user
from classifier.survey.workspace import Workspace
from tests import review_kit as kit
from tests.service.kit import API, Served, serving, wait_for

A, B, C = kit.LEAVES[:3]
RUN = "bridges"
REVIEW = f"{API}/runs/{RUN}/review"
QUOTE, WHY, NOTE = "THE QUOTE OF THE ENGINE", "THE RATIONALE OF THE ENGINE", "THE NOTE OF ADA"
PAPERS = 8
FORMATS = ("jsonl", "csv", "bibtex", "ris", "csl-json", "markdown", "html")


def make_run(folder: Path) -> Path:
    labels = []
    for n in range(PAPERS):
        quote = Evidence(quote=f"{QUOTE} e{n}.", supports="label", page=1, start=0, end=9, verdict="verbatim")
        more = {"evidence": (quote,), "rationale": f"{WHY} e{n}.", "confidence": 0.987, "runner_up": C}
        labels.append(kit.label(n, A if n % 2 else B, **more))
    return kit.write_run(folder / RUN, labels)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    make_run(tmp_path / "runs")
    with serving(tmp_path / "runs") as service:
        yield service


def start(served: Served, **plan: Any) -> None:
    answer = served.client.post(REVIEW, json={"seed": 7, **plan})
    assert answer.status_code == 200, answer.text


def queue(served: Served, name: str, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.client.get(f"{REVIEW}/queue", params={"as": name, **asked}).json()[
        "items"
    ]
    return found


def decide(served: Served, name: str, papers: list[str], **wish: Any) -> dict[str, Any]:
    headers = {"Idempotency-Key": key} if (key := wish.pop("key", None)) else {}
    answer = served.client.post(
        f"{REVIEW}/decisions", params={"as": name}, json={"papers": papers, **wish}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def exports(served: Served) -> dict[str, bytes]:
    return {
        form: served.client.get(f"{API}/runs/{RUN}/export", params={"format": form}).content
        for form in FORMATS
    }


def test_the_order_over_http_is_that_of_the_terminal(served, tmp_path):
    assert served.client.get(f"{REVIEW}/queue").json().get("code") == "review-not-started"
    start(served, audit=3)
    folder = tmp_path / "runs" / RUN
    plan = open_plan(folder)
    expected = [(place.paper.key, place.sentence) for place in
                make_queue(list(kit.papers(folder, plan).values()), plan, "Ada")]  # fmt: skip
    assert [(item["key"], item["sentence"]) for item in queue(served, "Ada")] == expected
    state = served.client.get(REVIEW, params={"as": "Ada"}).json()
    assert (state["seed"], state["sample"], state["waiting"], state["you"]) == (7, 3, PAPERS, "Ada")
    first = queue(served, "Ada", limit=3)
    assert [item["place"] for item in first] == [1, 2, 3]
    rest = served.client.get(f"{REVIEW}/queue", params={"as": "Ada", "cursor": "3"}).json()["items"]
    assert [item["key"] for item in first + rest] == [key for key, _ in expected]


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ({"label": A}, {"e1", "e3", "e5", "e7"}),
        ({"label": A.split("/")[0]}, {"e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7"}),
        ({"text": "Number 3"}, {"e3"}),
        ({"year": 2020, "below": 0.5}, set()),
        ({"year": 1999}, set()),
        ({"engine": "none"}, set()),
        ({"why": "audit"}, {"e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7"}),
    ],
)
def test_the_queue_is_filtered(served, asked, keys):
    start(served)
    assert {item["key"] for item in queue(served, "Ada", **asked)} == keys


def test_a_decision_counts_once_however_often_it_is_sent(served):
    start(served)
    paper = queue(served, "Ada")[0]
    first = decide(served, "Ada", [paper["paper"]], label=C, note="seen", key="one")
    again = decide(served, "Ada", [paper["paper"]], label=C, note="seen", key="one")
    assert first["decisions"] == again["decisions"]
    listed = served.client.get(f"{REVIEW}/decisions").json()["items"]
    assert [(made["by"], made["label"], made["note"]) for made in listed] == [("Ada", C, "seen")]
    other = served.client.post(
        f"{REVIEW}/decisions?as=Ada", json={"papers": [paper["paper"]], "label": A},
        headers={"Idempotency-Key": "one"},
    )  # fmt: skip
    assert (other.status_code, other.json().get("code")) == (422, "key-reused")
    decide(served, "Bo", [queue(served, "Bo")[0]["paper"]], label=A, key="one")  # another person's key
    assert len(served.client.get(f"{REVIEW}/decisions").json()["items"]) == 2


def test_a_bulk_and_its_undo_restore_every_byte_of_each_export(served):
    start(served)
    decide(served, "Ada", [queue(served, "Ada")[0]["paper"]], label=C, note="before")
    before = exports(served)
    items = queue(served, "Ada", text="Number")
    made = decide(served, "Ada", [item["paper"] for item in items], label="out-of-scope", note="all of them")
    assert {one["act"] for one in made["decisions"]} == {made["act"]}
    after = exports(served)
    assert all(after[form] != before[form] for form in FORMATS)
    undone = [
        served.client.post(f"{REVIEW}/undo?as=Ada", json={"act": made["act"]}).json()["decisions"]
        for _ in range(2)
    ]
    assert len(undone[0]) == len(undone[1]) == PAPERS - 1
    assert exports(served) == before


@pytest.mark.parametrize(
    ("wish", "status", "says"),
    [
        ({}, 422, "nothing is decided"),
        ({"label": "no/such"}, 422, "expected one of"),
        ({"label": A, "scope_reason": "no-such"}, 422, "no reason"),
        ({"label": A, "resolve": True}, 422, "no conflict"),
        ({"label": A, "note": "x" * 5000}, 422, "4000"),
        ({"label": A, "more": 1}, 422, "more"),
    ],
)
def test_what_cannot_be_decided_is_a_problem_and_saves_nothing(served, wish, status, says):
    start(served)
    paper = queue(served, "Ada")[0]["paper"]
    answer = served.client.post(f"{REVIEW}/decisions?as=Ada", json={"papers": [paper], **wish})
    assert answer.status_code == status
    assert says in answer.json()["detail"] + str(answer.json().get("errors"))
    assert answer.headers["content-type"] == "application/problem+json"
    assert served.client.get(f"{REVIEW}/decisions").json()["items"] == []


def test_what_is_not_there_is_404(served):
    start(served)
    for path, body in (
        (f"{REVIEW}/undo", {"act": 99}),
        (f"{REVIEW}/undo", {"act": None}),
        (f"{REVIEW}/decisions", {"papers": ["none"], "label": A}),
        (f"{API}/runs/none/review/undo", {"act": 1}),
    ):
        assert served.client.post(path, json=body).status_code == 404, path
    assert served.client.get("/review/none").status_code == 404


# -- two reviewers ---------------------------------------------------------------------------------


def review_blind(served: Served, labels: dict[str, tuple[str, str]], **plan: Any) -> dict[str, str]:
    """Ada and Bo decide; key -> paper's id."""
    start(served, reviewers=["Ada", "Bo"], **plan)
    ids = {item["key"]: item["paper"] for item in queue(served, "Ada")}
    for place, name in enumerate(("Ada", "Bo")):
        for key, said in labels.items():
            decide(served, name, [ids[key]], label=said[place], note=f"{name} on {key}")
    return ids


SAID = {"e0": (A, A), "e1": (A, B), "e2": (B, B), "e3": (C, A), "e4": (C, C), "e5": (B, B)}


def test_conflicts_end_by_a_third_decision_or_by_agreement(served):
    ids = review_blind(served, SAID)
    conflicts = served.client.get(f"{REVIEW}/conflicts").json()["items"]
    assert {item["key"] for item in conflicts} == {"e1", "e3"}
    notes = {made["note"] for item in conflicts for made in item["decisions"]}
    assert notes == {"Ada on e1", "Bo on e1", "Ada on e3", "Bo on e3"}
    decide(served, "Cy", [ids["e1"]], label=C, note="neither", resolve=True)
    decide(served, "Bo", [ids["e3"]], label=C, note="she is right")
    assert served.client.get(f"{REVIEW}/conflicts").json()["items"] == []
    lines = served.client.get(f"{API}/runs/{RUN}/export?format=csv").text
    found = {row["key"]: row["label"] for row in csv.DictReader(io.StringIO(lines))}
    assert {key: found[key] for key in SAID} == {"e0": A, "e1": C, "e2": B, "e3": C, "e4": C, "e5": B}
    state = served.client.get(REVIEW).json()
    assert (state["decided"], state["by_reviewer"]) == (6, {"Ada": 6, "Bo": 6})


def test_agreement_is_that_of_scikit_learn_and_the_interval_that_of_scipy(served):
    review_blind(served, SAID)
    found = served.client.get(f"{REVIEW}/agreement").json()
    ada, bo = zip(*SAID.values(), strict=True)
    assert found["kappas"][0]["kappa"] == pytest.approx(cohen_kappa_score(ada, bo))
    assert (found["papers"], found["equal"]) == (6, 4)
    numbers = served.client.get(f"{REVIEW}/stopping").json()
    accuracy = numbers["stopping"]["accuracy"]
    right, n = accuracy["right"], accuracy["decided"]
    expected = binomtest(right, n).proportion_ci(0.95, method="exact")
    assert (accuracy["low"], accuracy["high"]) == pytest.approx((expected.low, expected.high))
    text = numbers["methods"]["text"]
    for number in numbers["methods"]["numbers"]:
        assert text[number["start"] :].startswith(number["value"])
    flow = served.client.get(f"{REVIEW}/flow?format=svg")
    assert flow.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in flow.headers["content-security-policy"]


def addresses(served: Served, ids: dict[str, str]) -> list[str]:
    """Every address that could tell something of a paper."""
    found = ["/", "/lists", f"/lists/{RUN}", "/tree", f"/tree?run={RUN}&q=bridge", f"/tree?label={A}"]
    found += [
        f"/evaluation/gold?run={RUN}",
        "/review",
        f"/tree?least=0.9&run={RUN}",
        "/evaluation",
        "/metrics",
    ]
    found += [f"{API}/papers?limit=200", f"{API}/papers?q=engine", f"{API}/reviews?limit=200", f"{API}/runs"]
    found += [f"{API}/papers?label={A}", f"{API}/papers?least=0.9", f"/review/{RUN}?decided=true"]
    found += [f"/papers/{paper}" for paper in ids.values()] + [
        f"{API}/papers/{paper}" for paper in ids.values()
    ]
    found += [f"/review/{RUN}/papers/{paper}" for paper in ids.values()]
    found += [f"{API}/runs/{RUN}/export?format={form}" for form in FORMATS]
    pages = ("", "/next", "/bulk?what=unplaced", "/conflicts", "/agreement", "/decisions", "/stop", "/gold")
    found += [f"/review/{RUN}{page}" for page in (*pages, "/flow.csv", f"?label={A}", "?below=0.99")]
    parts = (
        "",
        "/queue",
        "/queue?decided=true",
        f"/queue?label={A}&decided=true",
        "/conflicts",
        "/decisions",
    )
    return found + [
        f"{REVIEW}{part}" for part in (*parts, "/agreement", "/stopping", "/flow", "/flow?format=svg")
    ]


def test_nothing_that_is_hidden_is_on_any_page_or_in_any_answer(served):
    start(served, reviewers=["Ada", "Bo"], hide_machine=True)
    ids = {item["key"]: item["paper"] for item in queue(served, "Ada")}
    open_ones = {"e0", "e1"}  # of these all is known in the end
    for key, paper in ids.items():
        decide(served, "Ada", [paper], label=C, note=f"{NOTE} {key}.")
        if key in open_ones:
            decide(served, "Bo", [paper], label=C, note="equal")
    leaks = []
    for name in ("Bo", "Cy", ""):
        served.client.cookies.clear()
        if name:
            served.client.post(f"/review/{RUN}/name", data={"name": name})
        for address in addresses(served, ids):
            glue = "&" if "?" in address else "?"
            path = f"{address}{glue}as={name}" if name and address.startswith(REVIEW) else address
            text = served.client.get(path, follow_redirects=True).text
            leaks += [
                f"{name} {path}: {secret} {key}"
                for key in ids.keys() - open_ones
                for secret in (NOTE, QUOTE, WHY)
                if f"{secret} {key}." in text
            ]
    assert leaks == []


def test_a_hidden_label_is_hidden_in_lists_searches_and_on_its_own(served):
    start(served, reviewers=["Ada", "Bo"], hide_machine=True)
    found = {item["key"]: item for item in served.client.get(f"{API}/papers").json()["items"]}
    assert {item["label"] for item in found.values()} == {"hidden"}
    assert {item["confidence"] for item in found.values()} == {None}
    assert served.client.get(f"{API}/papers", params={"label": A}).json()["items"] == []
    assert served.client.get(f"{API}/papers", params={"q": "the quote"}).json()["items"] == []
    label = served.client.get(f"{API}/papers/{found['e1']['id']}").json()
    assert (label["status"], label["error"]["code"], label["evidence"]) == ("failed", "hidden", [])
    for path in (f"{API}/runs/{RUN}/export?format=csv", f"{REVIEW}/stopping", f"{REVIEW}/flow"):
        answer = served.client.get(path)
        assert (answer.status_code, answer.json().get("code")) == (403, "still-blind")
    asked = queue(served, "Bo", label=A)
    assert asked == []
    item = queue(served, "Bo")[0]
    assert (item["label"], item["runner_up"], item["confidence"]) == (None, None, None)
    made = decide(served, "Bo", [item["paper"]], label=C)["decisions"][0]
    assert (made["machine"], made["asked"]) == ("", "")
    refused = served.client.post(
        f"{REVIEW}/decisions?as=Ada", json={"papers": [item["paper"]], "label": "accept"}
    )
    assert (refused.status_code, "hidden" in refused.json()["detail"]) == (422, True)
    decide(served, "Ada", [item["paper"]], label=C)
    shown = served.client.get(f"{API}/papers/{item['paper']}").json()
    assert (shown["leaf"], shown["status"]) == (C, "placed")
    served.client.post(REVIEW, json={"hide_machine": False})
    assert {item["label"] for item in served.client.get(f"{API}/papers").json()["items"]} == {A, B, C}
    assert served.client.get(f"{REVIEW}/stopping").status_code == 200


def test_who_does_not_review_cannot_decide_but_only_resolve(served):
    start(served, reviewers=["Ada", "Bo"])
    paper = queue(served, "Ada")[0]["paper"]
    answer = served.client.post(f"{REVIEW}/decisions?as=Cy", json={"papers": [paper], "label": A})
    assert (answer.status_code, answer.json().get("code")) == (409, "config")
    single = served.client.post(f"{API}/reviews?as=Cy", json={"paper": paper, "label": A})
    assert single.status_code == 409
    assert served.client.post(f"{API}/reviews?as=Ada", json={"paper": paper, "label": A}).status_code == 200
    taken = served.client.post(f"{API}/reviews?as=Bo", json={"paper": paper, "label": None})
    assert (taken.status_code, "only who decided" in taken.json()["detail"]) == (422, True)


# -- users with tokens -----------------------------------------------------------------------------


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Served, dict[str, dict[str, str]]]]:
    make_run(tmp_path / "runs")
    config = ServiceConfig(folder=tmp_path / "runs")
    roles = {"rea": "reader", "ada": "reviewer", "bo": "reviewer", "own": "owner"}
    tokens = {name: add_user(config, name, role) for name, role in roles.items()}
    with serving(tmp_path / "runs", require_login=True) as service:
        yield service, {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}


@pytest.mark.parametrize(
    ("path", "body", "allowed"),
    [
        ("", {"seed": 1}, {"own"}),
        ("/decisions", {"papers": ["x"], "label": A}, {"ada", "bo", "own"}),
        ("/undo", {"act": 1}, {"ada", "bo", "own"}),
        ("/gold", {"dry_run": True}, {"own"}),
    ],
)
def test_each_role_may_do_what_it_may(guarded, path, body, allowed):
    served, users = guarded
    assert served.client.post(REVIEW, json={"seed": 1}, headers=users["own"]).status_code == 200
    answers = {
        name: served.client.post(f"{REVIEW}{path}", json=body, headers=headers).status_code
        for name, headers in users.items()
    }
    assert {name for name, status in answers.items() if status != 403} == allowed
    assert served.client.post(f"{REVIEW}{path}", json=body).status_code == 401


def test_a_user_decides_under_their_own_name_only(guarded):
    served, users = guarded
    served.client.post(REVIEW, json={"reviewers": ["ada", "bo"], "hide_machine": True}, headers=users["own"])
    paper = served.client.get(f"{REVIEW}/queue", headers=users["ada"]).json()["items"][0]["paper"]
    wish = {"papers": [paper], "label": A, "note": NOTE}
    forged = served.client.post(f"{REVIEW}/decisions?as=bo", json=wish, headers=users["ada"])
    assert (forged.status_code, forged.json().get("code")) == (403, "not-allowed")
    cookie = users["ada"] | {"Cookie": "classifier_reviewer=bo"}
    made = served.client.post(f"{REVIEW}/decisions", json=wish, headers=cookie).json()["decisions"][0]
    assert made["by"] == "ada"
    for name in ("rea", "bo", "own"):
        for part in ("/decisions", "/queue?decided=true"):
            assert NOTE not in served.client.get(f"{REVIEW}{part}", headers=users[name]).text
        page = served.client.get(
            f"/review/{RUN}/papers/{paper}", headers=users[name] | {"Accept": "text/html"}
        )
        assert (NOTE in page.text, QUOTE in page.text) == (False, False)
    mine = served.client.get(f"/review/{RUN}/papers/{paper}", headers=users["ada"])
    assert (NOTE in mine.text, QUOTE in mine.text) == (True, False)


# -- gold, files -----------------------------------------------------------------------------------


def test_decided_papers_become_gold_by_the_api_and_lint_stays_clean(tmp_path):
    space = shutil.copytree(kit.BRIDGES, tmp_path / "space")
    make_run(tmp_path / "runs")
    before = len(Workspace(space).studies)
    with serving(tmp_path / "runs", workspace=space) as served:
        start(served)
        items = queue(served, "Ada")[:3]
        decide(served, "Ada", [item["paper"] for item in items], label="accept", note="as it says")
        wish = {"summaries": {items[0]["paper"]: "Gauges watched a bridge."}}
        tried = served.client.post(f"{REVIEW}/gold", json=wish | {"dry_run": True}).json()
        assert (len(tried["added"]), len(Workspace(space).studies)) == (3, before)
        added = served.client.post(f"{REVIEW}/gold", json=wish).json()
        assert added["added"] == tried["added"]
        again = served.client.post(f"{REVIEW}/gold", json=wish).json()
        assert (again["added"], len(again["known"])) == ([], 3)
        assert len(served.hub.workspace.studies) == before + 3
    studies = {study.id: study for study in Workspace(space).studies}
    written = [
        study for name in added["added"] if (study := studies[name]).summary == "Gauges watched a bridge."
    ]
    assert [study.provenance["by"] for study in written] == ["Ada"]


def test_the_runs_files_follow(served, tmp_path):
    start(served)
    decide(served, "Ada", [queue(served, "Ada")[0]["paper"]], label="unplaced", note="THE NOTE")
    labels = tmp_path / "runs" / RUN / "labels.jsonl"
    wait_for(lambda: "THE NOTE" in labels.read_text(encoding="utf-8"), bool)
