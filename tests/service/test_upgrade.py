"""Folders and archives that earlier versions made are taken up by this one (tests/data/service_*)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from classifier.errors import StoreError
from classifier.service.backup import back_up
from classifier.service.restore import restore
from classifier.service.store.schema import DATABASE, ServiceDatabase
from tests.service import kit

DATA = Path(__file__).parent.parent / "data"
ARCHIVES = sorted(DATA.glob("service_*/backup.tar.gz"))
TOKEN = "3lFBUWpZpS9oqb1hbCiqC4F4x3L9Hh8P7MmMv0fDxsE"
LISTED, DRAFT = "la3eb2472cdb3bef9", "l6b7e524eee9b91af"
LABELS = {"How Bridge One Was Watched": "out-of-scope", "On the Age of Arches": "upkeep/fixed-schedule"}


def version_of(folder: Path) -> int:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda archive: archive.parent.name)
def test_an_older_folder_is_served_with_users_papers_decisions_and_unfinished_lists(tmp_path, archive):
    folder = tmp_path / "runs"
    restore(archive, folder)
    assert f"service_{version_of(folder)}" == archive.parent.name
    with kit.serving(folder, require_login=True) as service:
        assert service.client.get(f"{kit.API}/papers").status_code == 401
        service.client.headers["authorization"] = f"Bearer {TOKEN}"
        papers = service.client.get(f"{kit.API}/papers?run={LISTED}").json()["items"]
        assert {paper["title"]: paper["label"] for paper in papers} == LABELS
        (decided,) = (paper for paper in papers if paper["corrected"])
        assert "seen" in service.client.get(f"/papers/{decided['id']}").text
        assert service.client.post(f"{kit.API}/runs/{DRAFT}/start").status_code in (200, 202)
        assert service.finished(DRAFT)["state"] == "done"
        kit.wait_for(
            lambda: service.client.get(f"{kit.API}/papers").json()["items"], lambda papers: len(papers) == 5
        )
    (tmp_path / "fresh").mkdir()
    ServiceDatabase(tmp_path / "fresh")
    assert version_of(folder) == version_of(tmp_path / "fresh")


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda archive: archive.parent.name)
def test_a_backup_of_an_older_folder_does_not_upgrade_it(tmp_path, archive):
    restore(archive, tmp_path / "runs")
    before = {path: path.read_bytes() for path in sorted((tmp_path / "runs").rglob("*.sqlite"))}
    back_up(tmp_path / "runs", tmp_path / "b.tar.gz")
    assert {path: path.read_bytes() for path in sorted((tmp_path / "runs").rglob("*.sqlite"))} == before
    restore(tmp_path / "b.tar.gz", tmp_path / "again")
    assert version_of(tmp_path / "again") == version_of(tmp_path / "runs")


def test_there_is_an_archive_to_try():
    assert "service_1" in {archive.parent.name for archive in ARCHIVES}


def test_a_folder_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path):
    ServiceDatabase(tmp_path)
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = (tmp_path / DATABASE).read_bytes()
    with pytest.raises(StoreError, match="has version 99"):
        ServiceDatabase(tmp_path)
    assert (tmp_path / DATABASE).read_bytes() == before
