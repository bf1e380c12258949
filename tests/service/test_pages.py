"""Pages without a browser: filters and counts of the tree, who sees which buttons, words of messages."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest

from classifier.batch.ledger.answers import read_answers
from classifier.export.render import FORMATS
from classifier.service.config import ServiceConfig
from classifier.service.screens.lists import FORMAT_WORDS
from classifier.service.server import add_user
from classifier.service.store.users import UserRole
from classifier.service.words import ADVICE, in_service_words
from classifier.settings import load_settings
from classifier.survey.workspace import Workspace
from classifier.verdict.measured import Measured, save_measurement
from tests import batch_kit
from tests.llm_server import Behaviour, LlmServer
from tests.service.kit import API, LIST, serving

PACKAGE = Path(__file__).parent.parent.parent / "classifier"
OTHER_LIST = json.dumps(
    {
        "id": "x",
        "title": "A Third Bridge",
        "abstract": "Cables were loaded.",
        "year": 1999,
        "authors": ["Ada Li"],
    }
).encode()


def titles(page: str) -> list[str]:
    return re.findall(r'<p class="name"><a[^>]*><bdi>([^<]*)', page)


@pytest.fixture
def two_lists(served):
    """The ids of two labelled lists: of two papers and of one."""
    runs = [
        served.upload(start="true").json()["id"],
        served.upload(OTHER_LIST, "other.jsonl", start="true").json()["id"],
    ]
    for run in runs:
        served.finished(run)
    return runs


def test_the_tree_of_a_list_counts_its_papers_only_and_its_boxes_stay_within_it(served, two_lists):
    every = served.client.get("/tree").text
    one = served.client.get("/tree", params={"run": two_lists[0]}).text
    assert ('<p class="kicker">3 papers' in every, '<p class="kicker">2 papers of the list' in one) == (
        True,
        True,
    )
    assert "my list.bib" in one
    assert len(titles(every)) == 3
    assert len(titles(one)) == 2
    for page, wanted in ((every, {}), (one, {"run": two_lists[0]})):
        found = served.client.get(f"{API}/papers", params=wanted).json()["items"]
        counted = {
            unquote(label): int(count)
            for label, count in re.findall(r'href="/tree\?label=([^"&#]+)[^>]*>.*?class="count">(\d+)<', page)
        }
        labels = Counter(item["label"] for item in found)
        assert {label: counted[label] for label in labels} == labels
    boxes = re.findall(r'class="box[^"]*" href="([^"]+)"', one)
    assert boxes
    assert all(f"&amp;run={two_lists[0]}#papers" in box for box in boxes)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, 3),
        ({"q": "ada li"}, 1),
        ({"q": "ARCHES age"}, 1),
        ({"q": "submarine"}, 0),
        ({"year": "1999"}, 1),
        ({"year": "2001"}, 0),
        ({"year": "nonsense"}, 3),
        ({"engine": "no-such-engine"}, 0),
        ({"least": "0"}, 3),
        ({"most": "0"}, 0),
        ({"least": "0", "most": "1"}, 3),
        ({"least": "1"}, 0),
        ({"least": "nonsense"}, 3),
        ({"reason": "hidden-text"}, 0),
    ],
)
def test_each_filter_of_the_tree_narrows_it(served, two_lists, wanted, found):
    page = served.client.get("/tree", params=wanted).text
    assert len(titles(page)) == found
    assert ("No paper matches" in page) == (found == 0)


def test_a_branch_shows_its_title_and_its_definition(served):
    branch = served.hub.workspace.taxonomy.tree[0]
    page = html.unescape(served.client.get("/tree", params={"label": branch.id}).text)
    assert f'<h2 id="papers-title">{branch.title}</h2>' in page
    if branch.definition:
        assert f'<p class="definition">{branch.definition}</p>' in page


def test_older_lists_are_one_page_further(served, monkeypatch):
    monkeypatch.setattr("classifier.service.screens.lists._SHOWN", 2)
    ids = [served.upload(name=f"list {number}.bib").json()["id"] for number in range(5)]
    seen, address = [], "/lists"
    while address:
        page = served.client.get(address).text
        seen += re.findall(r'scope="row"><a href="/lists/(l\w+)"', page)
        more = re.search(r'href="(/lists\?cursor=\d+)', page)
        address = more[1] if more else ""
    assert seen == ids[::-1]


@pytest.mark.parametrize(
    ("role", "files", "decides"), [("reader", False, False), ("reviewer", False, True), ("owner", True, True)]
)
def test_a_user_sees_only_buttons_that_work_and_why_others_are_missing(tmp_path, role, files, decides):
    tokens = {each: add_user(ServiceConfig(folder=tmp_path), f"the-{each}", each) for each in UserRole}
    with serving(tmp_path, require_login=True) as served:
        served.client.headers["Authorization"] = f"Bearer {tokens['owner']}"
        draft = served.upload(name="draft.bib").json()["id"]
        run = served.upload(start="true").json()["id"]
        served.finished(run)
        paper = served.client.get(f"{API}/papers").json()["items"][0]["id"]
        served.client.headers["Authorization"] = f"Bearer {tokens[role]}"
        pages = {
            path: served.client.get(path).text for path in ("/", "/lists", f"/lists/{draft}", f"/lists/{run}")
        }
        decision = served.client.get(f"/papers/{paper}").text
    for path, page in pages.items():
        forms = [form for form in re.findall(r'<form[^>]*action="([^"]+)"', page) if form != "/logout"]
        shares = [form for form in forms if form.endswith("/visibility")]
        assert bool(set(forms) - set(shares)) == files, path
        assert bool(shares) == (decides and path.startswith("/lists/")), path
    assert ("needs the role owner" in pages["/"]) == (not files)
    assert ('action="/papers/' in decision) == decides
    assert ("needs the role reviewer" in decision) == (not decides)


def test_a_paper_says_which_measurement_is_its_engines_accuracy_also_one_that_was_made_since(
    tmp_path, bridges, monkeypatch
):
    monkeypatch.setattr("classifier.service.shelf._LOOK_S", 0.0)
    monkeypatch.setattr("classifier.service.shelf._SHARE", 1e9)
    settings = load_settings(engine="offline", accept_unmeasured=False, review_below=0.0)
    workspace = Workspace(shutil.copytree(bridges, tmp_path / "ws"))
    measured = Measured(
        suite="mine <b>",
        text="title",
        n=40,
        accuracy=0.3,
        low=0.18,
        high=0.46,
        measured_on="2026-01-02",
        taxonomy_sha256=workspace.taxonomy.sha256,
        prompt_sha256=workspace.offline_engine_sha256,
    )
    told = "accuracy 0.30 [0.18, 0.46] on 40 items of mine &lt;b&gt; (title, 2026-01-02), not measured"
    with serving(tmp_path / "runs", settings=settings, workspace=workspace.root) as served:
        served.file_paper()
        paper = f"/papers/{served.client.get(f'{API}/papers').json()['items'][0]['id']}"
        page = served.client.get(paper).text
        assert "its accuracy on this survey was not measured" in page
        assert "needs review</span> unmeasured" in page
        save_measurement(measured, workspace, settings, "offline", "baseline-nearness")
        page = served.client.get(paper).text
        (card,) = served.client.get(f"{API}/papers").json()["items"]
    assert card["review_reasons"] == ["weak-engine"]
    assert told in page
    assert "needs review</span> weak-engine" in page
    assert "unmeasured" not in page


def test_every_format_says_what_it_is_for():
    assert FORMAT_WORDS.keys() == set(FORMATS)


def test_advice_that_is_replaced_is_still_given_somewhere():
    """If a message changes its words, the table of the service must follow."""
    source = "".join(
        re.sub(r'"\s*\n\s*f?"', "", file.read_text(encoding="utf-8"))
        for file in PACKAGE.rglob("*.py")
        if "service" not in file.parts
    )
    assert [advice for advice, _ in ADVICE if advice not in source] == []


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("away; or use the list's abstract: rerun with --read abstract",
         "away; or use the list's abstract: resume the list and read abstracts only"),
        ("away; fix this, then rerun the same command to resume", "away; then resume the list"),
        ("--max-cost 0.5 is reached ($0.49)", "the limit of $0.5 for this list is reached ($0.49)"),
        ("saved: rerun with a higher one to resume", "saved: raise it and resume the list"),
        ("paper.pdf: no text", "mine.pdf: no text"),
        ("no paper.pdf: here", "no paper.pdf: here"),
        ("nothing to change", "nothing to change"),
    ],
)  # fmt: skip
def test_messages_advise_what_can_be_done_here(message, words):
    assert in_service_words(message, "mine.pdf") == words


def test_a_list_whose_source_is_away_is_resumed_with_abstracts(tmp_path):
    """The message says so, and the form on the page does it."""
    entries = b"".join(
        json.dumps(
            {"id": f"e{n}", "title": f"Bridge {n}", "abstract": f"Seen {n}.", "arxiv": f"2301.0000{n}"}
        ).encode()
        + b"\n"
        for n in range(10)
    )
    from classifier.settings import load_settings

    settings = load_settings(engine="offline", arxiv_url="http://127.0.0.1:9")
    with serving(tmp_path, settings=settings) as served:
        run = served.upload(entries, "list.jsonl", start="true").json()["id"]
        stopped = served.finished(run)
        assert (stopped["state"], stopped["code"]) == ("stopped", "source-unavailable")
        assert "--" not in stopped["message"]
        assert "read abstracts only" in stopped["message"]
        page = served.client.get(f"/lists/{run}").text
        assert f'action="/lists/{run}/start"' in page
        served.client.post(f"/lists/{run}/start", data={"reading": "abstract", "engine": "offline"})
        assert served.finished(run)["done"] == 10


@pytest.fixture
def paid(tmp_path, bridges_workspace):
    """A service with a model, and the model."""
    model = batch_kit.Model(bridges_workspace)
    with (
        LlmServer(model) as llm,
        serving(tmp_path / "runs", settings=batch_kit.settings(llm.url, api_key=batch_kit.KEY)) as served,
    ):
        yield served, model


def test_the_engine_of_a_list_is_fixed_once_it_has_labels(paid, tmp_path):
    served, _ = paid
    source = batch_kit.write_list(tmp_path / "list.jsonl", 2).read_bytes()
    run = served.upload(source, "list.jsonl", start="true", engine="openai").json()["id"]
    served.finished(run)
    answer = served.client.post(f"{API}/runs/{run}/start", json={"engine": "offline"})
    assert (answer.status_code, answer.json().get("code")) == (409, "has-labels")
    again = served.client.post(f"/lists/{run}/again")
    copy = again.headers["location"].rpartition("/")[2]
    assert served.client.get(f"{API}/runs/{copy}/list").content == source
    assert served.client.post(f"{API}/runs/{copy}/start", json={"engine": "offline"}).status_code == 202
    assert served.finished(copy)["engine"] == "offline"


@pytest.mark.parametrize(
    ("changes", "cap"),
    [({}, 0.5), ({"reading": "abstract"}, 0.5), ({"max_cost_usd": 2}, 2.0), ({"max_cost_usd": None}, None),
     ({"engine": None, "reading": None}, 0.5)],
)  # fmt: skip
def test_a_limit_stays_changes_or_goes_as_the_request_says(served, changes, cap):
    run = served.upload(LIST, max_cost_usd="0.5").json()["id"]
    assert served.client.post(f"{API}/runs/{run}/start", json=changes).status_code == 202
    served.finished(run)
    assert served.hub.runs.get(run).task.max_cost_usd == cap


def test_a_repeated_retry_with_the_same_key_pays_once(paid, tmp_path):
    served, model = paid
    model.faults = {1: [Behaviour(400, b'{"error": {"message": "no"}}')] * 500}
    source = batch_kit.write_list(tmp_path / "list.jsonl", 3).read_bytes()
    run = served.upload(source, "list.jsonl", start="true", engine="openai").json()["id"]
    assert served.finished(run)["failed"] == 1
    key = {"Idempotency-Key": "retry once"}
    asked = []
    for _ in range(3):
        before = len(model.faults[1])
        assert served.client.post(f"{API}/runs/{run}/retry", headers=key).status_code == 202
        served.finished(run)
        asked.append(before - len(model.faults[1]))
    assert asked[0] > 0
    assert asked[1:] == [0, 0]
    other = served.client.post(f"{API}/runs/{run}/start", headers=key, json={})
    assert (other.status_code, other.json().get("code")) == (422, "key-reused")


def test_answers_of_a_paper_are_read_with_label_cost_and_round(paid, tmp_path):
    served, _ = paid
    source = batch_kit.write_list(tmp_path / "list.jsonl", 2).read_bytes()
    run = served.upload(source, "list.jsonl", start="true", engine="openai").json()["id"]
    served.finished(run)
    folder = served.hub.shelf.folder_of(run, is_paper=False)
    [answer] = read_answers(folder, "e1")
    assert (answer.round, answer.label) == (1, batch_kit.gold(served.hub.workspace, 1))
    assert answer.cost_usd > 0
    assert read_answers(folder, "no-such-key") == ()
    assert read_answers(tmp_path / "nothing", "e1") == ()
