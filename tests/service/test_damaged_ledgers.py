"""An unreadable ledger: one line for its run, on pages and over HTTP, and everything else works."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from classifier.model.run_files import LEDGER_FILE
from tests import batch_kit
from tests.llm_server import LlmServer
from tests.service.kit import ABSTRACT, API, LIST, WAIT_S, serving, wait_for


def truncate(ledger: Path) -> None:
    ledger.write_bytes(ledger.read_bytes()[:6000])


def empty(ledger: Path) -> None:
    ledger.write_bytes(b"")


def text(ledger: Path) -> None:
    ledger.write_text("This is a shopping list.\n" * 400)


def drop_table(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("DROP TABLE item")


def bad_label(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("UPDATE item SET label = '{\"status\": 5}'")
        db.commit()


def other_database(ledger: Path) -> None:
    ledger.unlink()
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
        db.execute("PRAGMA user_version = 1")


def newer(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("PRAGMA user_version = 999")


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "truncated": (truncate, "damaged"),
    "zero bytes": (empty, "empty"),
    "a text file": (text, "damaged"),
    "a missing table": (drop_table, "no such table: item"),
    "another program's database": (other_database, "no such table: item"),
    "a newer version": (newer, "version 999"),
}


def in_rest(folder: Path) -> Path:
    """A folder's ledger as one file: what its side files hold is in it."""
    ledger = folder / LEDGER_FILE
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA journal_mode = DELETE")
    return ledger


def two_lists(served) -> tuple[str, str]:
    runs = [served.upload(LIST, f"{name}.bib", start="true").json()["id"] for name in ("good", "bad")]
    for run in runs:
        served.finished(run)
    return runs[0], runs[1]


PAGES = ("/", "/lists", "/tree", "/evaluation", "/healthz", f"{API}/papers", f"{API}/runs", f"{API}/reviews")


@pytest.mark.parametrize("kind", DAMAGE)
@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
def test_a_damaged_ledger_is_one_line_for_its_run_and_the_rest_goes_on(tmp_path, kind, restarted):
    damage, words = DAMAGE[kind]
    folder = tmp_path / "runs"
    with serving(folder) as served:
        good, bad = two_lists(served)
        if not restarted:
            damage(in_rest(folder / bad))
            _look_at(served, tmp_path, good, bad, words)
    if restarted:
        damage(in_rest(folder / bad))
        with serving(folder) as served:
            _look_at(served, tmp_path, good, bad, words)


def _look_at(served, tmp_path: Path, good: str, bad: str, words: str) -> None:
    status = served.client.get(f"{API}/runs/{bad}").json()
    assert status["code"] == "store"
    assert words in status["message"]
    assert "\n" not in status["message"]
    assert str(tmp_path) not in status["message"]
    assert served.client.get(f"{API}/runs/{good}").json()["done"] == 2
    tree = wait_for(lambda: served.client.get("/tree").text, lambda page: "is left out" in page)
    assert words in tree
    for path in (*PAGES, f"/lists/{good}", f"/lists/{bad}"):
        answer = served.client.get(path, headers={"accept": "text/html"} if "api" not in path else {})
        assert answer.status_code == 200, path
        assert str(tmp_path) not in answer.text
    assert words in served.client.get(f"/lists/{bad}").text
    assert {paper["run"] for paper in served.client.get(f"{API}/papers").json()["items"]} == {good}
    assert served.client.get(f"{API}/runs/{good}/export?format=csv").status_code == 200
    refused = served.client.get(f"{API}/runs/{bad}/export?format=csv")
    assert (refused.status_code, refused.json().get("code")) == (503, "store")
    assert words in refused.json()["detail"]
    served.client.post(f"{API}/runs/{bad}/start", json={})
    stopped = served.finished(bad)
    assert (stopped["state"], stopped["code"]) == ("stopped", "store")
    assert served.file_paper().status_code == 200


def test_a_row_that_is_damaged_leaves_its_list_out_and_says_which_row(tmp_path):
    folder = tmp_path / "runs"
    with serving(folder) as served:
        good, bad = two_lists(served)
        bad_label(in_rest(folder / bad))
        tree = wait_for(lambda: served.client.get("/tree").text, lambda page: "is left out" in page)
        assert "is damaged" in tree
        papers = served.client.get(f"{API}/papers").json()["items"]
        assert {paper["run"] for paper in papers} == {good}
        refused = served.client.get(f"{API}/runs/{bad}/export?format=csv")
        assert (refused.status_code, refused.json().get("code")) == (503, "store")


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_ledger_of_a_single_paper_is_a_problem_of_this_paper(tmp_path, kind):
    damage, words = DAMAGE[kind]
    folder = tmp_path / "runs"
    with serving(folder) as served:
        answers = [served.client.post(f"{API}/papers", json=ABSTRACT).json() for _ in range(2)]
        for answer in answers:
            wait_for(lambda at=answer["links"]["self"]: served.client.get(at).status_code, lambda s: s == 200)
        wait_for(lambda: served.hub.workshop.active, lambda active: active == 0)
        damage(in_rest(folder / "papers" / answers[0]["id"]))
        refused = served.client.get(answers[0]["links"]["self"])
        assert (refused.status_code, refused.json().get("code")) == (503, "store")
        assert words in refused.json()["detail"]
        page = served.client.get(f"/papers/{answers[0]['id']}", headers={"accept": "text/html"})
        assert (page.status_code, str(tmp_path) in page.text) == (503, False)
        assert served.client.get(answers[1]["links"]["self"]).status_code == 200
        assert served.client.get("/").status_code == 200


@contextmanager
def locked(ledger: Path):
    """As `sqlite3 ledger.sqlite .recover` or a copying program locks it."""
    with closing(sqlite3.connect(ledger, isolation_level=None)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        yield
        db.execute("ROLLBACK")


def test_a_locked_ledger_is_said_at_once_and_is_there_again_when_it_is_free(tmp_path):
    folder = tmp_path / "runs"
    with serving(folder) as served:
        good, bad = two_lists(served)
        with locked(in_rest(folder / bad)):
            status = served.client.get(f"{API}/runs/{bad}").json()
            assert "locked" in status["message"]
            for path in (*PAGES, f"/lists/{bad}"):
                assert served.client.get(path).status_code == 200
            assert served.client.get(f"{API}/runs/{good}").json()["done"] == 2
            assert served.client.get(f"{API}/runs/{bad}/export?format=csv").status_code == 503
        status = served.client.get(f"{API}/runs/{bad}").json()
        assert (status["done"], status["message"]) == (2, None)
        papers = wait_for(lambda: served.client.get(f"{API}/papers").json()["items"], lambda p: len(p) == 4)
        assert {paper["run"] for paper in papers} == {good, bad}


def test_a_run_of_the_command_line_in_the_same_folder_keeps_the_service_out_until_it_ends(
    tmp_path, bridges_workspace
):
    model = batch_kit.Model(bridges_workspace, free=2)
    source, folder = batch_kit.write_list(tmp_path / "list.jsonl", 6), tmp_path / "runs"
    with LlmServer(model) as llm, serving(folder, settings=_openai(llm.url)) as served:
        run = served.upload(source.read_bytes(), "list.jsonl", engine="openai").json()["id"]
        copy = shutil.copy(source, tmp_path / "same.jsonl")
        process = batch_kit.start(batch_kit.command(Path(copy), folder / run), llm.url)
        try:
            wait_for(lambda: served._status(run)["done"], lambda done: done >= 1)
            for path in (*PAGES, f"/lists/{run}"):
                assert served.client.get(path).status_code == 200
            served.client.post(f"{API}/runs/{run}/start", json={})
            stopped = served.finished(run)
            assert (stopped["state"], stopped["code"]) == ("stopped", "config")
            assert "another" in stopped["message"]
            assert str(tmp_path) not in stopped["message"]
        finally:
            model.release()
            said = process.communicate(timeout=WAIT_S)
        assert process.returncode == 0, said
        served.client.post(f"{API}/runs/{run}/start", json={})
        done = served.finished(run)
        assert (done["state"], done["done"]) == ("done", 6)


def _openai(url: str):
    return batch_kit.settings(url, api_key=batch_kit.KEY)
