"""`classifier backup` while the service works, and `classifier restore`: everything, or an error message."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from classifier.batch.ledger.rows import read_rows
from classifier.errors import ConfigError, InputError
from classifier.service.backup import CONTENTS, back_up
from classifier.service.restore import restore
from classifier.service.store import snapshot
from classifier.service.store.schema import ServiceDatabase
from classifier.service.store.users import UserRole, Users
from classifier.survey.workspace import Workspace
from tests import batch_kit
from tests.llm_server import LlmServer
from tests.service import kit

COUNT = 24


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "classifier", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def labels_of(folder: Path) -> dict[str, str]:
    return {row.entry.key: row.label.model_dump_json() for row in read_rows(folder)}


def contents(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """A service's folder with a finished list, a paper and a decision."""
    folder = tmp_path / "runs"
    with kit.serving(folder) as service:
        run_id = service.upload(start="true").json()["id"]
        service.finished(run_id)
        assert service.file_paper().status_code == 200
        decided = service.client.get(f"{kit.API}/papers").json()["items"][0]
        body = {"paper": decided["id"], "label": "out-of-scope", "note": "why"}
        assert service.client.post(f"{kit.API}/reviews", json=body).status_code == 200
    return folder


def test_what_is_restored_is_what_was_saved(served, tmp_path):
    done = run("backup", served, tmp_path / "b.tar.gz")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o777 == 0o600
    done = run("restore", tmp_path / "b.tar.gz", tmp_path / "new")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr

    def plain(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and ".sqlite" not in path.name and not path.name.endswith(".lock")
        }

    assert plain(tmp_path / "new") == plain(served) != {}
    for ledger in served.rglob("ledger.sqlite"):
        copy = tmp_path / "new" / ledger.relative_to(served)
        assert labels_of(copy.parent) == labels_of(ledger.parent) != {}
    with kit.serving(served) as before, kit.serving(tmp_path / "new") as after:
        for path in ("papers", "runs", "reviews"):
            first, second = (service.client.get(f"{kit.API}/{path}").json() for service in (before, after))
            assert first == second, path
    assert not any(tmp_path.glob("classifier-backup-*"))


def test_backups_made_while_a_run_writes_hold_whole_labels_and_resume_without_buying_twice(tmp_path):
    folder, workspace = tmp_path / "runs", Workspace(kit.BRIDGES)
    rows = batch_kit.write_list(tmp_path / "list.jsonl", COUNT).read_bytes()
    model = batch_kit.Model(workspace, free=8)
    with LlmServer(model) as server:
        settings = batch_kit.settings(server.url)
        archives = []
        with kit.serving(folder, settings=settings) as service:
            run_id = service.upload(rows, "list.jsonl", start="true").json()["id"]
            kit.wait_for(lambda: sum(model.answered.values()), lambda count: count >= 8)
            kit.wait_for(lambda: len(labels_of(folder / run_id)), lambda count: count >= 8)
            for number in range(3):  # eight labels are there, the next requests are out
                archives.append(tmp_path / f"{number}.tar.gz")
                report = back_up(folder, archives[-1])
                assert report.problems == []
            model.release()
            number = 3
            while service._status(run_id)["state"] == "running" and number < 12:  # and while it writes
                archives.append(tmp_path / f"{number}.tar.gz")
                back_up(folder, archives[-1])
                number += 1
            assert service.finished(run_id)["state"] == "done"
        final = labels_of(folder / run_id)
        assert len(final) == COUNT
        for archive in archives:
            copy = tmp_path / f"{archive.name}.new"
            restore(archive, copy)
            saved = labels_of(copy / run_id)
            assert saved.items() <= final.items()
            assert len(saved) >= 8
        # The oldest copy goes on where it was: what it has is not asked for again.
        had = len(labels_of(tmp_path / f"{archives[0].name}.new" / run_id))
        asked = len(server.requests)
        with kit.serving(tmp_path / f"{archives[0].name}.new", settings=settings) as service:
            assert service.finished(run_id)["state"] == "done"
        assert len(server.requests) - asked == COUNT - had
        assert labels_of(tmp_path / f"{archives[0].name}.new" / run_id).keys() == final.keys()


def test_no_secret_is_in_an_archive(tmp_path):
    folder = tmp_path / "runs"
    users = Users(ServiceDatabase(folder))
    token = users.add("ada", UserRole.owner)
    ada = users.named("ada")
    assert ada is not None
    session = users.open_session(ada)
    settings = batch_kit.settings("http://127.0.0.1:9/v1")
    with kit.serving(folder, settings=settings, require_login=True) as service:
        service.client.headers["authorization"] = f"Bearer {token}"
        assert service.upload().status_code == 201
    back_up(folder, tmp_path / "b.tar.gz")
    saved = contents(tmp_path / "b.tar.gz")
    assert "service.sqlite" in saved
    for secret in (token, session, batch_kit.KEY):
        assert [name for name, content in saved.items() if secret.encode() in content] == []
    restore(tmp_path / "b.tar.gz", tmp_path / "new")
    again = Users(ServiceDatabase(tmp_path / "new"))
    assert again.by_token(token) == ada
    assert again.by_session(session) is None
    assert users.by_session(session) == ada, "the folder itself was changed"


def test_a_damaged_database_is_named_and_the_rest_is_saved(served, tmp_path):
    ledgers = sorted(served.rglob("ledger.sqlite"))
    content = bytearray(ledgers[0].read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    ledgers[0].write_bytes(content)
    (served / "notes.sqlite").write_text("no database at all")
    (served / "elsewhere").symlink_to(tmp_path)
    done = run("backup", served, tmp_path / "b.tar.gz")
    assert done.returncode == 6
    for name in (ledgers[0].relative_to(served), "notes.sqlite", "elsewhere"):
        assert f"not in the backup: {name}: " in done.stderr
    saved = contents(tmp_path / "b.tar.gz")
    assert {str(ledger.relative_to(served)) for ledger in ledgers[1:]} <= saved.keys()
    assert str(ledgers[0].relative_to(served)) not in saved
    assert restore(tmp_path / "b.tar.gz", tmp_path / "new")


def test_a_database_that_stays_locked_is_named(served, tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "BUSY_S", 0.1)
    with closing(sqlite3.connect(served / "other.sqlite", isolation_level=None)) as other:
        other.execute("CREATE TABLE t (x)")
        other.execute("BEGIN EXCLUSIVE")
        report = back_up(served, tmp_path / "b.tar.gz")
    assert report.problems == ["other.sqlite: database is locked"]
    assert "service.sqlite" in contents(tmp_path / "b.tar.gz")


def test_locks_queues_and_halves_are_left_out(served, tmp_path):
    run_folder = next(served.rglob("ledger.sqlite")).parent
    (run_folder / ".lock").touch()
    (run_folder / ".labels.jsonl.x.part").write_text("half")
    back_up(served, tmp_path / "b.tar.gz")
    names = contents(tmp_path / "b.tar.gz").keys()
    assert not [name for name in names if name.endswith((".lock", ".part", "-wal", "-shm"))]
    assert "queue.sqlite" not in names
    assert next(iter(names)) == "service.sqlite"
    assert list(names)[-1] == CONTENTS


@pytest.mark.parametrize(
    ("folder", "archive", "said"),
    [
        ("runs", "runs/b.tar.gz", "lies in"),
        ("runs", "runs/deep/../b.tar.gz", "lies in"),
        ("runs", "there.tar.gz", "exists"),
        ("nowhere", "b.tar.gz", "no such folder"),
        ("there.tar.gz", "b.tar.gz", "no such folder"),
        ("empty", "b.tar.gz", "no runs found"),
        ("runs", "no/such/../../runs", "exists"),
    ],
)
def test_a_backup_that_makes_no_sense_is_refused(tmp_path, folder, archive, said):
    ServiceDatabase(tmp_path / "runs")
    (tmp_path / "empty").mkdir()
    (tmp_path / "there.tar.gz").write_text("mine")
    with pytest.raises(ConfigError, match=said):
        back_up(tmp_path / folder, tmp_path / archive)
    assert (tmp_path / "there.tar.gz").read_text() == "mine"


# -- hostile and damaged archives ------------------------------------------------------------------


def packed(path: Path, members: list[tuple[Any, bytes]]) -> Path:
    """An archive with these members; its list of files agrees with them."""
    import hashlib

    listed = []
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
            listed.append(
                {"path": info.name, "size": info.size, "sha256": hashlib.sha256(content).hexdigest()}
            )
        data = json.dumps({"format": 1, "files": listed}).encode()
        last = tarfile.TarInfo(CONTENTS)
        last.size = len(data)
        tar.addfile(last, io.BytesIO(data))
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "members",
    [
        [("../evil", b"x")],
        [("a/../../evil", b"x")],
        [("/tmp/evil", b"x")],
        [("a/./b", b"x")],
        [("./b", b"x")],
        [("a//b", b"x")],
        [("..", b"x")],
        [("a\\..\\evil", b"x")],
        [("C:evil", b"x")],
        [(special("link", tarfile.SYMTYPE, "/etc"), b""), ("link/evil", b"x")],
        [(special("link", tarfile.SYMTYPE, ".."), b"")],
        [(special("hard", tarfile.LNKTYPE, "/etc/passwd"), b"")],
        [(special("pipe", tarfile.FIFOTYPE), b"")],
        [(special("disk", tarfile.CHRTYPE), b"")],
        [("twice", b"x"), ("twice", b"y")],
        [("broken.sqlite", b"this is no database, however long it may be" * 100)],
    ],
    ids=lambda members: getattr(members[0][0], "name", members[0][0])[:30],
)
def test_an_archive_that_leads_out_of_the_folder_is_refused_whole(tmp_path, members):
    archive = packed(tmp_path / "evil.tar.gz", [("good.txt", b"good"), *members])
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError):
        restore(archive, tmp_path / "in" / "new")
    assert sorted(tmp_path.rglob("*")) == [*before, tmp_path / "in"] or sorted(tmp_path.rglob("*")) == before


def test_an_archive_without_faults_is_taken(tmp_path):
    """The control of the test above."""
    archive = packed(tmp_path / "good.tar.gz", [("good.txt", b"good"), ("a/b/c.txt", b"x")])
    assert len(restore(archive, tmp_path / "new")) == 2
    assert (tmp_path / "new" / "a" / "b" / "c.txt").read_bytes() == b"x"
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a", "good.txt"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: found.update({"run/labels.jsonl": b"{ }"}), "is not as the list"),
        (lambda found: found.pop("run/labels.jsonl"), "is not as the list"),
        (lambda found: found.update({"more.txt": b"x"}), "twice or after the list"),
        (lambda found: found.pop(CONTENTS), "cut off"),
        (lambda found: found.update({CONTENTS: b"{"}), "cannot be read"),
        (lambda found: found.update({CONTENTS: b"[]"}), "cannot be read"),
        (lambda found: found.update({CONTENTS: b'{"format": 1, "files": [1]}'}), "cannot be read"),
        (lambda found: found.update({CONTENTS: b'{"format": 2, "files": []}'}), "has format 2"),
    ],
)
def test_an_archive_that_was_changed_is_refused(tmp_path, change, said):
    ServiceDatabase(tmp_path / "runs")
    (tmp_path / "runs" / "run").mkdir()
    (tmp_path / "runs" / "run" / "labels.jsonl").write_bytes(b"{}\n")
    back_up(tmp_path / "runs", tmp_path / "b.tar.gz")
    found = contents(tmp_path / "b.tar.gz")
    change(found)
    with tarfile.open(tmp_path / "c.tar.gz", "w:gz") as tar:
        for name, content in found.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    with pytest.raises(InputError, match=said):
        restore(tmp_path / "c.tar.gz", tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_an_archive_that_was_cut_off_is_refused(served, tmp_path, share):
    back_up(served, tmp_path / "b.tar.gz")
    whole = (tmp_path / "b.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match=r"damaged|cut off"):
        restore(tmp_path / "cut.tar.gz", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_not_empty_stays_as_it_is(tmp_path):
    ServiceDatabase(tmp_path / "runs")
    back_up(tmp_path / "runs", tmp_path / "b.tar.gz")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "paper.txt").write_text("mine")
    for folder in ("mine", "mine/paper.txt", "runs"):
        with pytest.raises(ConfigError, match="not empty"):
            restore(tmp_path / "b.tar.gz", tmp_path / folder)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["paper.txt"]
    done = run("restore", tmp_path / "no.tar.gz", tmp_path / "new")
    assert done.returncode == 2
    assert "no such file" in done.stderr
    (tmp_path / "empty").mkdir()
    assert restore(tmp_path / "b.tar.gz", tmp_path / "empty")


def test_a_single_run_of_the_command_line_can_be_saved_too(tmp_path):
    source = batch_kit.write_list(tmp_path / "list.jsonl", 3)
    label = ("label", source, "--out", tmp_path / "run", "--engine", "offline", "--workspace", kit.BRIDGES)
    assert run(*label).returncode == 0
    back_up(tmp_path / "run", tmp_path / "b.tar.gz")
    shutil.rmtree(tmp_path / "run")
    restore(tmp_path / "b.tar.gz", tmp_path / "run")
    assert run(*label).returncode == 0  # resumes: nothing is left to do
    assert len(labels_of(tmp_path / "run")) == 3
    with closing(sqlite3.connect(tmp_path / "run" / "ledger.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM item WHERE state = 'done'").fetchone() == (3,)
