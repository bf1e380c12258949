"""One damaged ledger is named on the pages and in answers; everything else of the service works."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.service.kit import API, serving

LEDGER = "ledger.sqlite"


def overwrite_pages(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


def drop_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DROP TABLE broken")
        connection.commit()


DAMAGES = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "text file": lambda path: path.write_text("these are not the bytes of a database\n" * 200),
    "overwritten pages": overwrite_pages,
    "missing table": drop_table,
    "empty": lambda path: path.write_bytes(b""),
}


def damage(folder: Path, how: str) -> None:
    with closing(sqlite3.connect(folder / LEDGER)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for name in (f"{LEDGER}-wal", f"{LEDGER}-shm"):
        (folder / name).unlink(missing_ok=True)
    DAMAGES[how](folder / LEDGER)


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_ledger_is_one_line_and_the_rest_works(tmp_path, how):
    with serving(tmp_path) as served:
        bad, good = (served.upload(start="true", name=f"{name}.bib").json()["id"] for name in ("bad", "good"))
        assert [served.finished(run)["state"] for run in (bad, good)] == ["done", "done"]
    damage(tmp_path / bad, how)
    with serving(tmp_path) as served:
        for page in ("/", "/lists", f"/lists/{bad}", f"/lists/{good}", "/tree", "/evaluation"):
            answer = served.client.get(page)
            assert answer.status_code == 200, (page, answer.text)
            assert str(tmp_path) not in answer.text, page
        status = served.client.get(f"{API}/runs/{bad}").json()
        assert (status["state"], status["code"], status["done"]) == ("stopped", "store", 0)
        assert "ledger" in status["message"]
        assert str(tmp_path) not in status["message"]
        assert "\n" not in status["message"]
        assert "Cannot be read" in served.client.get(f"/lists/{bad}").text
        export = served.client.get(f"{API}/runs/{bad}/export?format=jsonl")
        assert (export.status_code, export.json()["code"]) == (503, "store")
        assert str(tmp_path) not in export.text
        # Starting it again changes nothing of the file, and says the same.
        before = (tmp_path / bad / LEDGER).read_bytes()
        served.client.post(f"{API}/runs/{bad}/start", json={})
        again = served.finished(bad)
        assert (again["state"], again["code"]) == ("stopped", "store")
        assert (tmp_path / bad / LEDGER).read_bytes() == before
        # The other list, its papers and new work are as they were.
        assert served.client.get(f"{API}/runs/{good}").json()["done"] == 2
        assert len(served.client.get(f"{API}/papers?run={good}").json()["items"]) == 2
        assert served.client.get(f"{API}/runs/{good}/export?format=jsonl").status_code == 200
        assert served.finished(served.upload(start="true", name="new.bib").json()["id"])["done"] == 2


def test_a_single_paper_with_a_damaged_ledger_is_a_clear_answer(tmp_path):
    with serving(tmp_path) as served:
        paper = served.file_paper().json()
        paper_id = paper.get("id") or next(iter((tmp_path / "papers").iterdir())).name
    [folder] = (tmp_path / "papers").iterdir()
    damage(folder, "text file")
    with serving(tmp_path) as served:
        answer = served.client.get(f"{API}/papers/{folder.name}")
        assert (answer.status_code, answer.json()["code"]) == (503, "store")
        page = served.client.get(f"/papers/{folder.name}", headers={"accept": "text/html"})
        assert page.status_code == 503
        assert str(tmp_path) not in page.text + answer.text
        assert served.client.get("/").status_code == 200
        assert paper_id
