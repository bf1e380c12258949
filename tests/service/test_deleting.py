"""Lists and papers deleted for good: what goes, what stays, who may, and what a kill in the middle leaves."""

import shutil
import sqlite3

import pytest

from classifier.service.store.schema import DATABASE
from tests import batch_kit
from tests.llm_server import LlmServer
from tests.service.kit import API, LIST, serving, wait_for
from tests.service.test_private_runs import teaming

FORM = {"content-type": "application/x-www-form-urlencoded"}
TABLES = ("run", "event", "decision", "replay", "private_run", "deletion")


def rows(folder, run_id: str) -> dict[str, int]:
    """The rows of a run, by table."""
    with sqlite3.connect(folder / DATABASE) as connection:
        return {
            table: connection.execute(
                f"SELECT count(*) FROM {table} WHERE {'id' if table == 'run' else 'run'} = ?", (run_id,)
            ).fetchone()[0]
            for table in TABLES
        }


def test_a_list_is_gone_with_its_folder_its_papers_and_its_rows(served, tmp_path):
    run = served.upload(start="true").json()["id"]
    served.finished(run)
    card = served.client.get(f"{API}/papers", params={"run": run}).json()["items"][0]["id"]
    served.client.put(f"{API}/papers/{card}/decision", json={"label": "capacity/with-load-test"})
    kept = served.upload(start="true", name="other.bib", content=LIST.replace(b"Arches", b"Piers")).json()[
        "id"
    ]
    served.finished(kept)
    assert (tmp_path / "runs" / run).is_dir()
    assert served.client.delete(f"{API}/runs/{run}").status_code == 204
    assert not (tmp_path / "runs" / run).exists()
    assert set(rows(tmp_path / "runs", run).values()) == {0}
    for path in (f"{API}/runs/{run}", f"{API}/papers/{card}", f"/lists/{run}", f"/papers/{card}"):
        assert served.client.get(path).status_code == 404, path
    assert served.client.delete(f"{API}/runs/{run}").status_code == 404
    assert [one["id"] for one in served.client.get(f"{API}/runs").json()["items"]] == [kept]
    assert {one["run"] for one in served.client.get(f"{API}/papers").json()["items"]} == {kept}
    assert "my list.bib" not in served.client.get("/tree").text


def test_a_single_paper_is_deleted_by_its_id(served, tmp_path):
    assert served.file_paper().status_code == 200
    paper = served.client.get(f"{API}/papers").json()["items"][0]["id"]
    assert (tmp_path / "runs" / "papers" / paper).is_dir()
    assert served.client.delete(f"{API}/runs/{paper}").status_code == 204
    assert served.client.get(f"{API}/papers/{paper}").status_code == 404
    assert not (tmp_path / "runs" / "papers" / paper).exists()


def test_a_draft_is_deleted(served):
    run = served.upload().json()["id"]
    assert served.client.delete(f"{API}/runs/{run}").status_code == 204
    assert served.client.get(f"{API}/runs").json()["items"] == []


def test_the_page_says_what_goes_and_its_button_deletes(served):
    run = served.upload(start="true").json()["id"]
    served.finished(run)
    assert f'href="/runs/{run}/delete"' in served.client.get(f"/lists/{run}").text
    page = served.client.get(f"/runs/{run}/delete").text
    assert "This cannot be undone" in page
    assert "2 labels" in page
    answer = served.client.post(f"/runs/{run}/delete", headers=FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/lists")
    assert served.client.get(f"/runs/{run}/delete").status_code == 404


def test_a_list_at_work_is_not_deleted(tmp_path, bridges_workspace):
    model = batch_kit.Model(bridges_workspace, free=1)
    source = batch_kit.write_list(tmp_path / "list.jsonl", 8).read_bytes()
    with (
        LlmServer(model) as llm,
        serving(tmp_path / "runs", settings=batch_kit.settings(llm.url)) as served,
    ):
        run = served.upload(source, "list.jsonl", start="true", engine="openai").json()["id"]
        user = served.hub.runs.get(run).user
        wait_for(lambda: len(llm.requests), lambda sent: sent >= 2)
        answer = served.client.delete(f"{API}/runs/{run}")
        assert (answer.status_code, answer.json().get("code")) == (409, "in-work")
        assert "pause it" in answer.json()["detail"]
        page = served.client.post(f"/runs/{run}/delete", headers=FORM)
        assert (page.status_code, "pause it" in page.text) == (409, True)
        model.release()
        assert served.finished(run)["done"] == 8
        spent = served.hub.money.today(user)
        assert served.client.delete(f"{API}/runs/{run}").status_code == 204
        assert served.hub.money.today(user) == spent
        assert spent.spent > 0


def test_the_same_request_makes_a_new_list_after_the_first_was_deleted(served):
    files, headers = {"file": ("a.bib", LIST)}, {"Idempotency-Key": "once"}
    first = served.client.post(f"{API}/runs", files=files, headers=headers).json()["id"]
    assert served.client.post(f"{API}/runs", files=files, headers=headers).json()["id"] == first
    served.client.delete(f"{API}/runs/{first}")
    again = served.client.post(f"{API}/runs", files=files, headers=headers)
    assert again.status_code == 201
    assert again.json()["id"] != first


def test_a_folder_of_the_command_line_is_not_the_services_to_delete(served, tmp_path):
    run = served.upload(start="true").json()["id"]
    served.finished(run)
    shutil.copytree(tmp_path / "runs" / run, tmp_path / "runs" / "by-hand")
    wait_for(lambda: served.hub.shelf.volume("by-hand"), lambda volume: volume is not None)
    answer = served.client.delete(f"{API}/runs/by-hand")
    assert (answer.status_code, answer.json().get("code")) == (409, "not-ours")
    assert (tmp_path / "runs" / "by-hand").is_dir()


@pytest.mark.parametrize("run_id", ["nothing", "..", "papers", "%2e%2e"])
def test_what_is_no_run_is_not_deleted(served, tmp_path, run_id):
    (tmp_path / "runs" / "papers").mkdir(exist_ok=True)
    assert served.client.delete(f"{API}/runs/{run_id}").status_code in (404, 405)
    assert (tmp_path / "runs" / "papers").is_dir()


def test_only_owners_who_see_a_run_delete_it(tmp_path):
    with teaming(tmp_path / "runs") as team:
        run = team.upload(start="true")
        for name in ("cleo", "dan"):
            assert team.clients[name].delete(f"{API}/runs/{run}").status_code == 403, name
            assert team.clients[name].post(f"/runs/{run}/delete", headers=FORM).status_code == 403, name
            assert "/delete" not in team.get(name, f"/lists/{run}").text
        team.hide(run, "cleo")
        unknown = team.clients["bob"].delete(f"{API}/runs/l0000000000000000")
        answer = team.clients["bob"].delete(f"{API}/runs/{run}")
        assert (answer.status_code, answer.json().get("code")) == (404, unknown.json().get("code"))
        assert team.clients["ada"].delete(f"{API}/runs/{run}").status_code == 204
        assert set(rows(tmp_path / "runs", run).values()) == {0}


@pytest.mark.parametrize("folder_is_gone", [False, True])
def test_a_service_that_was_killed_in_the_middle_finishes_at_its_next_start(tmp_path, folder_is_gone):
    folder = tmp_path / "runs"
    with teaming(folder) as team:
        run = team.upload(start="true")
        team.hide(run)
        assert team.served.hub.deletions.begin(run, "ada")  # and no more
        if folder_is_gone:
            shutil.rmtree(folder / run)
        assert team.get("bob", f"{API}/papers", run=run).json()["items"] == []  # still private
    assert rows(folder, run)["deletion"] == 1
    with serving(folder) as served:
        assert not (folder / run).exists()
        assert served.client.get(f"{API}/runs/{run}").status_code == 404
    assert set(rows(folder, run).values()) == {0}


def test_a_folder_that_cannot_be_removed_is_reported_and_tried_again(served, tmp_path, monkeypatch):
    run = served.upload(start="true").json()["id"]
    served.finished(run)

    def refuse(path):
        raise PermissionError(1, "Operation not permitted", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("classifier.service.deleting.shutil.rmtree", refuse)
        answer = served.client.delete(f"{API}/runs/{run}")
        assert answer.status_code >= 500
        assert "the next start of the service tries again" in answer.json()["detail"]
        with serving(tmp_path / "runs") as other:  # it starts all the same
            assert other.client.get(f"{API}/runs/{run}").status_code == 404
    assert (tmp_path / "runs" / run).is_dir()
    with serving(tmp_path / "runs"):
        assert not (tmp_path / "runs" / run).exists()
