"""Lists over HTTP: read, estimated, started, paused, watched, exported, given back byte for byte."""

import json
import sqlite3
import subprocess
import sys

import pytest

from classifier.batch.ledger.progress import read_progress
from classifier.service import tasks
from classifier.service.store import schema
from tests import batch_kit
from tests.llm_server import Behaviour, LlmServer
from tests.service.kit import API, BRIDGES, LIST, serving, wait_for


def test_a_list_is_read_and_nothing_is_labelled_before_it_is_started(served):
    run = served.upload().json()
    assert (run["state"], run["title"]) == ("draft", "my list.bib")
    listing = run["listing"]
    assert (listing["entries"], listing["unusable_count"], listing["format"]) == (2, 1, "bibtex")
    assert listing["unusable"][0]["line"] == 3
    assert served.client.get(f"{API}/papers").json()["items"] == []
    started = served.client.post(f"{API}/runs/{run['id']}/start", json={})
    assert started.status_code == 202
    done = served.finished(run["id"])
    assert (done["state"], done["done"], done["failed"]) == ("done", 2, 0)


def test_the_list_comes_back_byte_for_byte_and_with_labels_in_it(served):
    run = served.upload(start="true").json()
    served.finished(run["id"])
    original = served.client.get(f"{API}/runs/{run['id']}/list")
    assert original.content == LIST
    assert original.headers["content-disposition"].startswith('attachment; filename="my_list.bib"')
    spliced = served.client.get(f"{API}/runs/{run['id']}/export?format=bibtex&into=true").content
    assert b"keywords" in spliced
    kept = [line for line in spliced.splitlines() if b"broken" in line]
    assert kept == [line for line in LIST.splitlines() if b"broken" in line]


@pytest.mark.parametrize(
    "form", ["jsonl", "csv", "bibtex", "ris", "csl-json", "markdown", "latex", "html", "svg"]
)
def test_each_export_is_a_download_that_a_browser_does_not_run(served, form):
    run = served.upload(start="true").json()
    served.finished(run["id"])
    answer = served.client.get(f"{API}/runs/{run['id']}/export", params={"format": form})
    assert answer.status_code == 200
    assert answer.content
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"].startswith("sandbox")


def test_an_export_whose_extra_is_missing_is_an_answer_and_not_a_broken_download(served, monkeypatch):
    run = served.upload(start="true").json()
    served.finished(run["id"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    answer = served.client.get(f"{API}/runs/{run['id']}/export?format=parquet")
    assert (answer.status_code, answer.json().get("code")) == (409, "config")
    assert "[parquet]" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "empty.bib", "input"),
        (b"PK\x03\x04zip", "a.docx", "input"),
        (b"@article{a, year = {2020}}", "nothing.bib", "input"),
        (b"[]", "empty.json", "input"),
    ],
)
def test_what_is_no_list_is_refused_in_words_without_a_path_of_this_machine(
    served, tmp_path, content, name, code
):
    answer = served.upload(content, name)
    assert (answer.status_code, answer.json().get("code")) == (422, code)
    assert str(tmp_path) not in answer.text
    assert [path for path in (tmp_path / "runs").iterdir() if path.is_dir()] == []


@pytest.mark.parametrize(
    ("path", "given", "status", "code"),
    [
        ("nothing/start", {"json": {}}, 404, "no-such-run"),
        ("nothing/pause", {}, 404, "no-such-run"),
        ("ID/start", {"json": {"engine": "openai"}}, 409, "config"),
        ("ID/start", {"json": {"max_cost_usd": -1}}, 422, "invalid-request"),
        ("ID/start", {"json": {"unknown": 1}}, 422, "invalid-request"),
    ],
)
def test_wrong_requests_about_runs_are_problems(served, path, given, status, code):
    run = served.upload().json()["id"]
    answer = served.client.post(f"{API}/runs/{path.replace('ID', run)}", **given)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_an_export_before_the_start_says_so(served):
    run = served.upload().json()["id"]
    answer = served.client.get(f"{API}/runs/{run}/export?format=csv")
    assert (answer.status_code, answer.json().get("code")) == (404, "no-labels")
    assert served.client.get(f"{API}/runs/{run}/export?format=nonsense").status_code == 422


def read_events(served, run_id, **headers):
    """The events until the stream ends, as (id, name, data)."""
    found, now = [], {}
    with served.client.stream("GET", f"{API}/runs/{run_id}/events", headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if line == "" and "data" in now:
                found.append((now.get("id"), now.get("event"), json.loads(now["data"])))
                now = {}
            elif name in ("id", "event", "data"):
                now[name] = value
    return found


def test_events_tell_a_run_from_its_start_to_its_end(served):
    run = served.upload(start="true").json()["id"]
    events = read_events(served, run)
    states = [data["state"] for _, name, data in events if name == "state"]
    assert (states[0], states[-1]) == ("running", "done")
    assert events[-1][1:] == ("end", {"state": "done"})
    numbers = [int(number) for number, name, _ in events if name != "end"]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_stream_resumes_behind_the_last_event_that_arrived(served):
    run = served.upload(start="true").json()["id"]
    whole = read_events(served, run)
    rest = read_events(served, run, **{"Last-Event-ID": "1"})
    assert rest == whole[1:]
    wrong = served.client.get(f"{API}/runs/{run}/events", headers={"Last-Event-ID": "x"})
    assert wrong.status_code == 422


def openai_settings(url: str):
    return batch_kit.settings(url, api_key=batch_kit.KEY)


def test_a_run_pauses_and_resumes_and_pays_for_no_reply_twice(tmp_path, bridges_workspace):
    model = batch_kit.Model(bridges_workspace, free=4)
    source = batch_kit.write_list(tmp_path / "list.jsonl", 40)
    with LlmServer(model) as llm, serving(tmp_path / "runs", settings=openai_settings(llm.url)) as served:
        run = served.upload(source.read_bytes(), "list.jsonl", start="true", engine="openai").json()["id"]
        wait_for(lambda: served._status(run), lambda now: now["done"] >= 2)
        served.client.post(f"{API}/runs/{run}/pause")
        model.release()
        paused = served.finished(run)
        assert paused["state"] == "paused"
        assert paused["waiting"] > 0
        served.client.post(f"{API}/runs/{run}/start", json={})
        done = served.finished(run)
    assert (done["state"], done["done"]) == ("done", 40)
    assert max(model.answered.values()) == 1
    assert done["cost_usd"] > 0


def test_a_cap_stops_a_run_and_says_so(tmp_path, bridges_workspace):
    source = batch_kit.write_list(tmp_path / "list.jsonl", 30)
    model = batch_kit.Model(bridges_workspace)
    with LlmServer(model) as llm, serving(tmp_path / "runs", settings=openai_settings(llm.url)) as served:
        run = served.upload(
            source.read_bytes(), "list.jsonl", start="true", engine="openai", max_cost_usd="0.01"
        ).json()["id"]
        ended = served.finished(run)
    assert (ended["state"], ended["code"]) == ("stopped", "budget-spent")
    assert ended["waiting"] > 0


def test_an_estimate_sends_nothing_to_the_model(tmp_path, bridges_workspace):
    source = batch_kit.write_list(tmp_path / "list.jsonl", 5)
    model = batch_kit.Model(bridges_workspace)
    with LlmServer(model) as llm, serving(tmp_path / "runs", settings=openai_settings(llm.url)) as served:
        run = served.upload(source.read_bytes(), "list.jsonl", engine="openai").json()["id"]
        found = served.client.post(f"{API}/runs/{run}/estimate").json()
    assert found["papers"] == 5
    assert 0 < found["cost_usd"][0] <= found["cost_usd"][1]
    assert model.answered.total() == 0


def test_failed_entries_are_tried_again_when_asked(tmp_path, bridges_workspace):
    source = batch_kit.write_list(tmp_path / "list.jsonl", 3)
    model = batch_kit.Model(
        bridges_workspace, faults={1: [Behaviour(400, b'{"error": {"message": "no"}}')] * 50}
    )
    with LlmServer(model) as llm, serving(tmp_path / "runs", settings=openai_settings(llm.url)) as served:
        run = served.upload(source.read_bytes(), "list.jsonl", start="true", engine="openai").json()["id"]
        first = served.finished(run)
        model.faults.clear()
        served.client.post(f"{API}/runs/{run}/retry")
        again = served.finished(run)
    assert (first["done"], first["failed"], again["done"]) == (2, 1, 3)


def test_the_command_line_and_the_service_share_a_folder(served, tmp_path):
    source = batch_kit.write_list(tmp_path / "list.jsonl", 2)
    made = subprocess.run(
        [*(sys.executable, "-m", "classifier", "label", str(source), "--out", str(tmp_path / "runs/by hand")),
         *("--engine", "offline", "--workspace", str(BRIDGES))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    found = wait_for(lambda: served.client.get(f"{API}/papers").json()["items"], bool)
    assert {item["run"] for item in found} == {"by hand"}
    assert "by hand" in served.client.get("/lists").text
    answer = served.client.get(f"{API}/runs/by%20hand/export?format=csv")
    assert answer.status_code == 200


def test_decisions_are_kept_listed_and_taken_back(served):
    run = served.upload(start="true").json()["id"]
    served.finished(run)
    paper = served.client.get(f"{API}/papers").json()["items"][0]
    leaf = next(iter(served.hub.workspace.taxonomy.leaves))
    body = {"paper": paper["id"], "label": leaf, "note": "seen"}
    decided = served.client.post(f"{API}/reviews", json=body).json()
    assert (decided["label"], decided["corrected"]) == (leaf, True)
    labels = served.hub.shelf.volume(run).folder / "labels.jsonl"
    assert wait_for(lambda: f'"leaf":"{leaf}"' in labels.read_text(), bool)  # it follows
    assert served.client.get(f"{API}/papers/{paper['id']}").json()["leaf"] == leaf
    page = served.client.get(f"/papers/{paper['id']}").text
    assert "seen" in page
    back = served.client.post(f"{API}/reviews", json=body | {"label": None}).json()
    assert (back["label"], back["corrected"]) == (paper["label"], False)
    wrong = served.client.post(f"{API}/reviews", json=body | {"label": "no-such-leaf"})
    assert (wrong.status_code, wrong.json().get("code")) == (422, "input")
    assert served.client.post(f"{API}/reviews", json=body | {"paper": "x"}).status_code == 404


def test_the_reviews_are_the_papers_that_a_person_must_look_at(served):
    served.finished(served.upload(start="true").json()["id"])
    papers = served.client.get(f"{API}/papers").json()["items"]
    reviews = served.client.get(f"{API}/reviews").json()["items"]
    assert reviews == [paper for paper in papers if paper["needs_review"]]


def test_a_run_that_has_ended_has_its_papers_on_the_pages_at_once(served, monkeypatch):
    served.client.get("/tree")
    monkeypatch.setattr("classifier.service.shelf._LOOK_S", 1e9)  # nobody looks again
    run = served.upload(start="true").json()["id"]
    served.finished(run)
    assert {paper["run"] for paper in served.client.get(f"{API}/papers").json()["items"]} == {run}
    assert "How Bridge One Was Watched" in served.client.get("/tree").text


def test_a_run_whose_task_was_lost_is_found_again(tmp_path, monkeypatch):
    """The queue cannot be written when the list is started, as on a full disk."""
    monkeypatch.setattr(tasks, "_SWEEP_S", 0.2)
    with serving(tmp_path) as served:
        run = served.upload().json()["id"]
        queues, served.hub.dispatcher._tasks = served.hub.dispatcher._tasks, {}
        assert served.client.post(f"{API}/runs/{run}/start", json={}).status_code == 202
        assert served._status(run)["state"] == "queued"
        served.hub.dispatcher._tasks = queues
        assert served.finished(run)["state"] == "done"


def test_a_database_that_is_locked_while_a_list_runs_delays_it_only(tmp_path, bridges_workspace, monkeypatch):
    """The service cannot note that the list is done, which it is; it notes that when it can."""
    monkeypatch.setattr(tasks, "_SWEEP_S", 0.2)
    model = batch_kit.Model(bridges_workspace, free=2)
    source = batch_kit.write_list(tmp_path / "list.jsonl", 6).read_bytes()
    with LlmServer(model) as llm, serving(tmp_path / "runs", settings=openai_settings(llm.url)) as served:
        run = served.upload(source, "list.jsonl", start="true", engine="openai").json()["id"]
        folder = served.hub.shelf.folder_of(run, is_paper=False)
        wait_for(lambda: -model.free, lambda held: held >= 4)
        lock = sqlite3.connect(tmp_path / "runs" / "service.sqlite", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        with monkeypatch.context() as patch:
            patch.setattr(schema, "BUSY_S", 0.1)
            model.release()
            wait_for(lambda: read_progress(folder).counts.done, lambda done: done == 6)
            wait_for(lambda: served.hub.workshop.is_active(run), lambda active: not active)
            assert served._status(run)["state"] == "running"  # the end of the run met the lock
        lock.execute("ROLLBACK")
        lock.close()
        done = served.finished(run)
        today = served.hub.money.today("local")
    assert (done["state"], done["done"]) == ("done", 6)
    assert max(model.answered.values()) == 1
    assert today.spent + today.held >= done["cost_usd"] - 1e-9
