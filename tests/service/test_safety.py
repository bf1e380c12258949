"""One test for each promise of docs/service.md about safety; each fails without its guard."""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import re
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from classifier.errors import ConfigError
from classifier.service import files
from classifier.service.config import ServiceConfig
from classifier.service.problems import HttpProblem, problem_response
from classifier.service.server import add_user, check_address
from classifier.service.store.users import UserRole
from classifier.settings import load_settings
from tests import batch_kit
from tests.llm_server import Behaviour, LlmServer, reply
from tests.pdfs import write_paper
from tests.service.kit import ABSTRACT, API, WAIT_S, serving, wait_for

OWN, OTHER = {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "cross-site"}


# -- other sites ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "is_refused"),
    [
        ({}, False),  # a program
        (OWN, False),
        ({"Sec-Fetch-Site": "none"}, False),
        (OTHER, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Origin": "http://evil.test"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "http://127.0.0.1:1"}, True),  # another port is another site
        (OWN | {"Origin": "http://evil.test"}, True),
        ({"Origin": "OWN"}, False),
        (OWN | {"Origin": "null"}, False),  # a form of a page without referrer
        (OTHER | {"Origin": "null"}, True),
    ],
)
@pytest.mark.parametrize("path", [f"{API}/papers", "/papers", "/lists", f"{API}/reviews"])
def test_a_write_that_another_site_starts_is_refused(served, path, headers, is_refused):
    headers = {name: served.url if value == "OWN" else value for name, value in headers.items()}
    answer = served.client.post(path, json=ABSTRACT, headers=headers)
    assert (answer.status_code == 403) == is_refused
    if is_refused:
        assert answer.json().get("code") == "other-site"


def test_another_site_cannot_put_parts_of_a_page_into_its_own(served):
    embedded = OTHER | {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert served.client.get(f"{API}/papers", headers=embedded).status_code == 403
    linked = OTHER | {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert served.client.get("/tree", headers=linked).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:8017", 200),
        ("LOCALHOST", 200),
        ("[::1]:8017", 200),
        ("evil.test", 421),
        ("evil.test:8017", 421),
        ("127.0.0.1.evil.test", 421),
        ("localhost.evil.test", 421),
        ("10.0.0.7", 421),
        ("", 421),
    ],
)
def test_a_foreign_host_is_refused(served, host, status):
    assert served.client.get("/healthz", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    "path", ["/", "/healthz", f"{API}/papers", "/nothing", f"{API}/papers/none", "/docs"]
)
def test_every_answer_has_the_headers_that_keep_a_browser_in_bounds(served, path):
    headers = served.client.get(path, headers={"Accept": "text/html"}).headers
    policy = headers.get("content-security-policy", "")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers.get("x-content-type-options") == "nosniff"
    assert headers.get("referrer-policy") == "no-referrer"
    assert headers.get("cross-origin-resource-policy") == "same-origin"


@pytest.mark.parametrize("path", ["/", "/lists", "/tree", "/evaluation", "/docs", "/login"])
def test_pages_have_nothing_inline_and_nothing_from_elsewhere(served, path):
    page = served.client.get(path).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert not re.search(r"<script(?![^>]*\ssrc=\"/static/)", page)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


# -- who may come in -----------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "classifier.example.org"])
def test_another_address_is_not_served_while_nobody_could_log_in(tmp_path, host):
    config = ServiceConfig(folder=tmp_path, host=host)
    with pytest.raises(ConfigError, match="--add-user"):
        check_address(config)
    add_user(config, "ada", "owner")
    check_address(config)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_the_command_refuses_to_start_for_others_without_a_user(tmp_path, host):
    command = [sys.executable, "-m", "classifier", "serve", str(tmp_path), "--host", host, "--port", "0"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WAIT_S)
    assert ran.returncode == 2
    assert "--add-user" in ran.stderr
    assert " at http://" not in ran.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.3.2.1"])
def test_loopback_is_served_without_users(tmp_path, host):
    check_address(ServiceConfig(folder=tmp_path, host=host))


def test_a_public_name_on_loopback_means_that_a_proxy_lets_others_in(tmp_path):
    with pytest.raises(ConfigError):
        check_address(ServiceConfig(folder=tmp_path, allow_hosts=("papers.example.org",)))


@pytest.mark.parametrize("more", [{"proxy_header": "X-User"}, {"peers": ("10.0.0.1",)}])
def test_a_proxys_header_needs_named_peers(tmp_path, more):
    with pytest.raises(ConfigError, match="require each other"):
        ServiceConfig(folder=tmp_path, **more)


@pytest.fixture
def guarded(tmp_path):
    """A service that wants a token, and the tokens of three users."""
    config = ServiceConfig(folder=tmp_path / "runs")
    tokens = {role: add_user(config, f"the-{role}", role) for role in UserRole}
    with serving(tmp_path / "runs", require_login=True) as served:
        yield served, tokens


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "path", ["/", "/tree", f"{API}/papers", f"{API}/taxonomy", "/metrics", f"{API}/runs"]
)
def test_without_a_token_nothing_is_shown(guarded, path):
    served, _ = guarded
    for headers in ({}, bearer("wrong"), {"Cookie": "classifier_session=wrong"}, {"X-User": "the-owner"}):
        answer = served.client.get(path, headers=headers)
        assert (answer.status_code, answer.json().get("code")) == (401, "login-needed")
    assert served.client.get("/healthz").status_code == 200


def test_tokens_and_sessions_are_kept_as_hashes_only(guarded, tmp_path):
    served, tokens = guarded
    answer = served.client.post("/login", data={"token": tokens["owner"]}, headers=OWN)
    session = answer.cookies["classifier_session"]
    stored = b"".join(path.read_bytes() for path in (tmp_path / "runs").glob("service.sqlite*"))
    for secret in (*tokens.values(), session):
        assert secret.encode() not in stored
    assert stat.S_IMODE((tmp_path / "runs" / "service.sqlite").stat().st_mode) == 0o600


def test_a_session_cookie_is_for_this_site_and_not_for_scripts(guarded):
    served, tokens = guarded
    answer = served.client.post("/login", data={"token": tokens["owner"]}, headers=OWN)
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert served.client.get("/tree").status_code == 200  # the client sends it back
    silent = served.client.post(
        f"{API}/papers", json=ABSTRACT
    )  # a browser that does not say which page it is on
    assert (silent.status_code, silent.json().get("code")) == (403, "other-site")
    served.client.post("/logout", headers=OWN)
    assert served.client.get("/tree").status_code == 401


@pytest.fixture
def one_minute(monkeypatch):
    """Requests a minute are counted as if no time passed: a minute may end within a test."""
    monkeypatch.setattr("limits.storage.memory.time", SimpleNamespace(time=lambda: 1e9))


@pytest.mark.usefixtures("one_minute")
def test_guessing_tokens_is_slowed_down(guarded):
    served, _ = guarded
    codes = [served.client.post("/login", data={"token": f"guess {n}"}).status_code for n in range(12)]
    assert codes == [401] * 10 + [429] * 2


@pytest.mark.parametrize(
    ("role", "paper", "review"), [("reader", 403, 403), ("reviewer", 403, 404), ("owner", 202, 404)]
)
def test_a_role_bounds_what_a_user_may_do(guarded, role, paper, review):
    served, tokens = guarded
    headers = bearer(tokens[role])
    assert served.client.get(f"{API}/papers", headers=headers).status_code == 200
    assert served.client.post(f"{API}/papers", json=ABSTRACT, headers=headers).status_code == paper
    asked = {"paper": "none", "label": None}
    assert served.client.post(f"{API}/reviews", json=asked, headers=headers).status_code == review


def test_a_proxys_word_counts_only_from_its_own_address(tmp_path):
    add_user(ServiceConfig(folder=tmp_path), "ada", "reader")
    given = {"X-User": "ada"}
    for peer, status in (("127.0.0.1", 200), ("10.0.0.1", 401)):
        with serving(tmp_path, proxy_header="X-User", peers=(peer,)) as served:
            assert served.client.get("/tree", headers=given).status_code == status
            assert served.client.get("/tree", headers={"X-User": "eve"}).status_code == 401


# -- keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (Behaviour(401, json.dumps({"error": {"message": f"bad key {batch_kit.KEY}"}}).encode()), 502),
        (Behaviour(400, json.dumps({"error": {"message": f"no {batch_kit.KEY}"}}).encode()), 502),
        (None, 200),
    ],
    ids=["refused", "rejected", "echoed in the answer"],
)
def test_the_servers_key_never_reaches_an_answer_a_page_or_a_file(
    tmp_path, caplog, bridges_workspace, said, status
):
    echo = batch_kit.answer(bridges_workspace, 0, rationale=f"The key is {batch_kit.KEY}.")
    behaviour = said or reply(echo, usage={"prompt_tokens": 1000, "completion_tokens": 100})
    with LlmServer(lambda _: behaviour) as llm:
        settings = batch_kit.settings(llm.url, api_key=batch_kit.KEY)
        with serving(tmp_path / "runs", settings=settings) as served:
            answer = served.file_paper(engine="openai")
            assert answer.status_code == status
            run = served.upload(start="true", engine="openai").json()["id"]
            served.finished(run)
            paths = [
                "/",
                "/lists",
                f"/lists/{run}",
                "/tree",
                "/metrics",
                "/openapi.json",
                "/docs",
                f"{API}/papers",
            ]
            seen = [answer.text, *(served.client.get(path).text for path in paths)]
    files = [path.read_bytes() for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert not any(batch_kit.KEY in text for text in (*seen, caplog.text))
    assert not any(batch_kit.KEY.encode() in data for data in files)


# -- limits --------------------------------------------------------------------------------------


def test_an_upload_that_is_too_large_is_refused_before_it_is_sent(tmp_path):
    with serving(tmp_path, upload_bytes=100_000, body_wait_s=60.0) as served:
        answer = raw(
            served, f"POST {API}/runs", "Content-Type: multipart/form-data; boundary=b", length=3 << 30
        )
    assert answer.startswith("HTTP/1.1 413")
    assert '"too-large"' in answer


def raw(served, first: str, *headers: str, length: int, body: str = "") -> str:
    """The answer to a request of which only so much is sent."""
    with sent(served, first, *headers, length=length, body=body) as connection:
        answer = b""
        with contextlib.suppress(TimeoutError):  # no answer is none: the test says what was expected
            while b"}" not in answer and (piece := connection.recv(65536)):
                answer += piece
    return answer.decode()


def sent(served, first: str, *headers: str, length: int, body: str) -> socket.socket:
    """The connection over which that much was sent."""
    host, port = served.url.removeprefix("http://").split(":")
    lines = [f"{first} HTTP/1.1", f"Host: {host}", *headers, f"Content-Length: {length}", "", body]
    connection = socket.create_connection((host, int(port)), timeout=WAIT_S)
    connection.sendall("\r\n".join(lines).encode())
    return connection


def test_an_upload_without_a_size_is_cut_off_while_it_streams(tmp_path):
    sent = 0

    def endless():
        nonlocal sent
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bib"\r\n\r\n'
        yield head
        while sent < 50_000_000:
            sent += 10_000
            yield b"x" * 10_000

    with serving(tmp_path, upload_bytes=100_000) as served:
        try:
            answer = served.client.post(
                f"{API}/runs", content=endless(), headers={"Content-Type": "multipart/form-data; boundary=b"}
            )
            assert answer.status_code == 413
        except httpx.TransportError:  # the connection was closed while it was being sent
            pass
        assert sent < 50_000_000
        assert served.client.get("/healthz").status_code == 200
        assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


def test_other_requests_may_be_only_small(served):
    answer = served.client.post(f"{API}/reviews", content=b"x" * 2_000_000)
    assert (answer.status_code, answer.json().get("code")) == (413, "too-large")


@pytest.mark.usefixtures("one_minute")
def test_who_asks_too_often_is_told_to_wait(tmp_path):
    with serving(tmp_path, requests_per_minute=5) as served:
        answers = [served.client.get(f"{API}/papers") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert answers[-1].headers.get("retry-after")


def test_too_many_waiting_papers_are_refused(tmp_path):
    with serving(tmp_path, dispatch=False, waiting_runs=2) as served:
        codes = [served.client.post(f"{API}/papers", json=ABSTRACT).status_code for _ in range(3)]
    assert codes == [202, 202, 429]


def test_only_so_many_lists_are_in_work_at_once(tmp_path, bridges_workspace):
    lists = [batch_kit.write_list(tmp_path / f"{n}.jsonl", 3, start=10 * n).read_bytes() for n in range(3)]
    model = batch_kit.Model(bridges_workspace, wait_s=0.3)
    with (
        LlmServer(model) as llm,
        serving(tmp_path / "runs", settings=batch_kit.settings(llm.url), runs_at_once=1) as served,
    ):
        ids = [
            served.upload(source, f"{n}.jsonl", start="true").json()["id"] for n, source in enumerate(lists)
        ]
        assert [served.finished(run)["done"] for run in ids] == [3, 3, 3]
        asked = [batch_kit.number_of(body) // 10 for body in llm.requests]
    assert [(run, len([*papers])) for run, papers in itertools.groupby(asked)] == [(0, 3), (1, 3), (2, 3)]


def test_a_user_spends_no_more_in_a_day_than_the_limit_allows(tmp_path, bridges_workspace):
    source = batch_kit.write_list(tmp_path / "list.jsonl", 30).read_bytes()
    model = batch_kit.Model(bridges_workspace)
    with LlmServer(model) as llm:
        settings = batch_kit.settings(llm.url)
        with serving(tmp_path / "runs", settings=settings, usd_per_day=0.02) as served:
            first = served.finished(served.upload(source, start="true", name="a.jsonl").json()["id"])
            answered = model.answered.total()
            second = served.finished(served.upload(source, start="true", name="b.jsonl").json()["id"])
            paper = served.file_paper()
    assert (first["state"], first["code"]) == ("stopped", "budget-spent")
    assert (second["state"], second["done"]) == ("stopped", 0)
    assert (paper.status_code, paper.json().get("code")) == (402, "budget-spent")
    assert model.answered.total() == answered


# -- files and addresses -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../../escape.bib", "/etc/cron.d/x.bib", "..\\..\\x.bib", "a\0b.bib", f"{'x' * 300}.bib"]
)
def test_an_uploaded_name_is_never_a_path(served, tmp_path, name):
    before = {path for path in tmp_path.rglob("*") if "runs" not in path.parts}
    answer = served.client.post(
        f"{API}/runs", files={"file": (name, b"@misc{a, title={A Bridge Seen Twice}}")}
    )
    assert answer.status_code == 201
    folder = tmp_path / "runs" / answer.json()["id"]
    assert sorted(path.name for path in folder.iterdir()) == ["list.bib", "listing.json"]
    assert {path for path in tmp_path.rglob("*") if "runs" not in path.parts} == before


def test_files_that_a_list_names_are_not_looked_at(served, tmp_path):
    secret = write_paper(tmp_path / "secret.pdf")
    named = f"@misc{{a, title={{A Bridge Seen Twice}}, abstract={{Seen.}}, file={{:{secret}:PDF}}}}"
    missing = named.replace("secret.pdf", "missing.pdf")
    labels = []
    for text in (named, missing):
        run = served.upload(text.encode(), start="true").json()["id"]
        served.finished(run)
        asked = {"params": {"run": run}}
        [found] = wait_for(
            lambda asked=asked: served.client.get(f"{API}/papers", **asked).json()["items"], bool
        )
        paper = found["id"]
        label = served.client.get(f"{API}/papers/{paper}").json()
        labels.append({name: label[name] for name in ("paper", "warnings", "evidence", "status")})
        assert served.client.get(f"{API}/papers/{paper}/pages/1.png").json().get("code") == "no-pdf"
    assert labels[0] == labels[1]  # not even whether it is there can be seen
    assert labels[0]["paper"]["sha256"] is None


def test_a_reference_never_names_a_file_of_this_machine(served, tmp_path):
    there = write_paper(tmp_path / "there.pdf")
    answers = [
        served.client.post(f"{API}/papers", json={"ref": str(path)})
        for path in (there, tmp_path / "missing.pdf")
    ]
    told = [
        answer.json()["detail"].replace("there.pdf", "X").replace("missing.pdf", "X") for answer in answers
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:{port}/a.pdf", "http://localhost:{port}/a.pdf", "http://169.254.169.254/a.pdf"],
)
def test_references_never_fetch_private_addresses_whatever_the_settings_say(tmp_path, address):
    asked = []
    with LlmServer(lambda body: asked.append(body) or Behaviour(200, b"%PDF-1.4")) as llm:
        port = llm.url.split(":")[2].split("/")[0]
        settings = load_settings(engine="offline", allow_private=True)
        with serving(tmp_path, settings=settings) as served:
            ref = address.format(port=port)
            answer = served.client.post(f"{API}/papers?wait=60", json={"ref": ref})
    assert (answer.status_code, answer.json().get("code")) == (502, "source")
    assert asked == []


def test_a_ledgers_word_does_not_make_another_file_a_paper(served, tmp_path):
    """A page is drawn only of the file whose sha256 was labelled."""
    pdf = write_paper(tmp_path / "a.pdf")
    served.client.post(f"{API}/papers?wait=60", files={"file": ("a.pdf", pdf.read_bytes())})
    paper = served.client.get(f"{API}/papers").json()["items"][0]["id"]
    assert served.client.get(f"{API}/papers/{paper}/pages/1.png").status_code == 200
    kept = tmp_path / "runs" / "papers" / paper / "paper.pdf"
    kept.write_bytes(pdf.read_bytes() + b"%changed")
    assert served.client.get(f"{API}/papers/{paper}/pages/1.png").status_code == 404


HOSTILE = "<script>alert(1)</script>\u202e\"'><img src=x onerror=alert(2)>{{7*7}}"


def test_words_of_papers_lists_and_people_are_inert_in_every_page(served):
    entry = {"id": HOSTILE, "title": HOSTILE, "authors": [HOSTILE], "abstract": HOSTILE}
    run = served.upload(json.dumps(entry).encode(), f"{HOSTILE}.jsonl", start="true").json()["id"]
    served.finished(run)
    paper = served.client.get(f"{API}/papers").json()["items"][0]["id"]
    label = next(iter(served.hub.workspace.taxonomy.leaves))
    served.client.post(f"{API}/reviews", json={"paper": paper, "label": label, "note": HOSTILE})
    paths = [
        "/",
        "/lists",
        f"/lists/{run}",
        "/tree",
        f"/papers/{paper}",
        "/evaluation",
        f"/evaluation/gold?run={run}",
    ]
    paths += [f"/tree?q={HOSTILE}", f"/papers/{HOSTILE}", f"/lists/{HOSTILE}"]
    for path in paths:
        page = served.client.get(path, headers={"Accept": "text/html"}).text
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
        assert "49" not in re.sub(r"[0-9a-f]{10,}|\d\d:\d\d", "", page) or "{{7*7}}" in page, path
        assert "\u202e" not in re.sub(r'value="[^"]*"', "", page), path


# -- when things go wrong ------------------------------------------------------------------------


def test_many_slow_connections_do_not_keep_others_out(tmp_path):
    with serving(tmp_path, body_wait_s=60.0) as served:
        host, port = served.url.removeprefix("http://").split(":")
        slow = []
        for number in range(200):
            connection = socket.create_connection((host, int(port)))
            start = f"POST {API}/papers HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            whole = start + "Content-Length: 100\r\n\r\n{"
            connection.sendall((whole if number % 2 else start).encode())
            slow.append(connection)
        assert served.client.get("/healthz").status_code == 200
        assert served.file_paper().status_code == 200
        for connection in slow:
            connection.close()


def test_a_body_that_stops_coming_is_given_up(tmp_path):
    with serving(tmp_path, body_wait_s=0.2) as served:
        answer = raw(served, f"POST {API}/papers", "Content-Type: application/json", length=100, body="{")
    assert answer.startswith("HTTP/1.1 408")


def test_a_locked_database_is_a_clear_answer_and_loses_nothing(tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        lock = sqlite3.connect(tmp_path / "service.sqlite", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        with monkeypatch.context() as patch:
            patch.setattr("classifier.service.store.schema.BUSY_S", 0.1)
            answer = served.client.post(f"{API}/papers", json=ABSTRACT)
        assert (answer.status_code, answer.json().get("code")) == (503, "store")
        assert answer.headers.get("retry-after")
        assert str(tmp_path) not in answer.text
        lock.execute("ROLLBACK")
        lock.close()
        assert served.file_paper().status_code == 200
        assert len(list((tmp_path / "papers").iterdir())) == 1


def test_a_full_disk_is_a_clear_answer_and_nothing_is_half_kept(tmp_path, monkeypatch):
    """`make test-full-disk` fills a real one; here writing fails as it does then."""

    def full(*_: object, **__: object):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with serving(tmp_path) as served:
        with monkeypatch.context() as patch:
            patch.setattr(files, "replacing", full)
            answer = served.upload()
        assert (answer.status_code, answer.json().get("code")) == (507, "disk-full")
        assert [path for path in tmp_path.iterdir() if path.is_dir()] == []
        assert served.upload().status_code == 201


def test_little_room_on_the_disk_refuses_new_papers_early(tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        monkeypatch.setattr("classifier.service.desk.free_bytes", lambda _: 1000)
        answer = served.client.post(f"{API}/papers", json=ABSTRACT)
    assert (answer.status_code, answer.json().get("code")) == (507, "disk-full")


def test_a_client_that_goes_away_while_it_waits_costs_nothing(tmp_path, bridges_workspace):
    model = batch_kit.Model(bridges_workspace, free=0)
    paper = {"title": batch_kit.title(0), "abstract": batch_kit.abstract(0), "engine": "openai"}
    body = json.dumps(paper)
    settings = batch_kit.settings
    with LlmServer(model) as llm, serving(tmp_path, settings=settings(llm.url)) as served:
        head = f"POST {API}/papers?wait=60", "Content-Type: application/json"
        with sent(served, *head, length=len(body), body=body):
            wait_for(lambda: model.answered.total())  # its paper is in work, and its answer held back
        assert served.client.get("/healthz").status_code == 200
        assert threading.active_count() < 100
        model.release()
        wait_for(lambda: len(served.client.get(f"{API}/papers").json()["items"]), (1).__eq__)
    assert model.answered == {0: 1}


@pytest.mark.parametrize("path", [f"{API}/papers", f"{API}/reviews", "/papers", f"{API}/runs"])
def test_a_client_that_goes_away_while_it_sends_is_no_failure_of_the_service(served, caplog, path):
    kind = "multipart/form-data; boundary=b" if path in ("/papers", f"{API}/runs") else "application/json"
    with sent(
        served, f"POST {path}", f"Content-Type: {kind}", "Sec-Fetch-Site: same-origin", length=100, body="{"
    ):
        pass
    counted = re.compile(rf'requests_total{{method="POST",route="{path}",status="(\d+)"}}')
    page = wait_for(lambda: served.client.get("/metrics").text, counted.search)
    assert counted.search(page)[1] == "400"
    assert "internal error" not in caplog.text


def test_own_failures_are_told_without_their_trace(served, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("classifier.service.api.papers.find_cards", broken)
    answer = served.client.get(f"{API}/papers")
    assert (answer.status_code, answer.json().get("code")) == (500, "internal-error")
    assert "secret" not in answer.text


def test_no_problem_names_the_services_folder(served, tmp_path):
    run = served.upload(start="true").json()["id"]
    served.finished(run)
    (tmp_path / "runs" / run / "listing.json").unlink()
    page = served.client.get(f"/lists/{run}", headers={"Accept": "text/html"})
    assert str(Path(tmp_path)) not in page.text
    assert wait_for(lambda: served.client.get("/healthz").status_code, lambda code: code == 200)


@pytest.mark.parametrize(
    ("folder", "said", "expected"),
    [
        (
            "runs",
            "see GET /api/v1/runs, and runs/l1/labels.jsonl",
            "see GET /api/v1/runs, and l1/labels.jsonl",
        ),
        ("/srv/runs", "/srv/runs/l1: no space", "l1: no space"),
        ("/srv/runs", "cannot write /srv/runs (full)", "cannot write the service's folder (full)"),
        ("/srv/runs", "not /srv/runs-2 or /other/srv/runs", "not /srv/runs-2 or /other/srv/runs"),
    ],
)
def test_the_services_folder_is_hidden_as_a_whole_path_only(folder, said, expected):
    answer = problem_response(None, HttpProblem(409, "x", said), folder)
    assert json.loads(answer.body)["detail"] == expected
