"""`classifier init --from URL`: fetched once, asked for again conditionally, refused in one line."""

# ruff: noqa: E501

import json
import re
from pathlib import Path

import pytest

from tests.arxiv_server import PDF, ArxivServer, Reply, entry, feed, pdf_reply, redirect
from tests.pdfs import Style, write_paper
from tests.test_cli import run

LIST = """\
# Bird songs

## Counting

- [Counting birds by song in cities](https://arxiv.org/abs/2401.00001)
- [A second way of counting birds](https://arxiv.org/abs/2401.00002)

## Nesting

- [Where swifts nest in old towers](https://arxiv.org/abs/2401.00003)
- [How swifts choose their towers](https://arxiv.org/abs/2401.00004)
"""
BIB = """\
@article{a, title = {Counting birds by song in cities}, abstract = {Counted.}, year = {2024}, keywords = {counting, song}}
@article{b, title = {A second way of counting birds}, abstract = {Counted.}, year = {2023}, keywords = {counting}}
@article{c, title = {Where swifts nest in old towers}, abstract = {Found.}, year = {2022}, keywords = {song}}
"""


@pytest.fixture
def server():
    with ArxivServer() as running:
        yield running


def init(tmp_path, *options, **environment):
    allowed = {"CLASSIFIER_ALLOW_PRIVATE": "true", "CLASSIFIER_CACHE_DIR": str(tmp_path / "cache")}
    return run("init", str(tmp_path / "ws"), *options, **(allowed | environment))


def text(body, **headers):
    return Reply(body=body.encode(), headers={"Content-Type": "text/plain", **headers})


def arxiv_on(server):
    """arXiv, on the same server, knows the list's papers: one request, so that no test waits for its pace."""
    found = re.findall(r"\[(.+)\]\(https://arxiv.org/abs/(.+)\)", LIST)
    ids = "%2C".join(arxiv_id for _, arxiv_id in found)
    known = feed(*(entry(f"{arxiv_id}v1", title) for title, arxiv_id in found))
    server.on(f"/api/query?id_list={ids}&max_results=100", known)
    return {"CLASSIFIER_ARXIV_URL": server.url}


def test_a_repository_becomes_a_workspace_and_is_asked_again_only_if_it_changed(server, tmp_path):
    raw = "/owner/bird-songs/-/raw/main/README.md"
    server.on(raw, text(LIST, ETag='"one"'), Reply(status=304), text(LIST.replace(
        "## Nesting", "- [A third way of counting birds](https://arxiv.org/abs/2401.00009)\n\n## Nesting"
    ), ETag='"two"'))  # fmt: skip
    address = f"{server.url}/owner/bird-songs/-/blob/main/README.md"
    env = arxiv_on(server)
    done = init(tmp_path, "--from", address, **env)
    assert "Bird songs: 2 leaves, 4 labelled papers, from 4 entries of " + address in done.stdout
    state = json.loads((tmp_path / "ws/init/state.json").read_text())
    assert state["fetched"]["etag"] == '"one"'
    assert state["fetched"]["address"] == address
    assert state["fetched"]["place"] == server.url + raw
    again = init(tmp_path, **env)  # the address is remembered
    assert "since the last init: no entry has changed" in again.stdout
    assert "Nothing changed" in again.stdout
    grown = init(tmp_path, "--from", address, **env)
    assert "since the last init: 1 new" in grown.stdout
    assert "new: A third way of counting birds" in grown.stdout
    asked = [
        headers["If-None-Match"]
        for path, headers in zip(server.seen, server.headers, strict=True)
        if path == raw
    ]
    assert asked == [None, '"one"', '"one"']
    assert json.loads((tmp_path / "ws/init/state.json").read_text())["fetched"]["etag"] == '"two"'


def test_the_name_of_the_readme_is_tried_in_all_usual_forms_and_names_the_survey(server, tmp_path):
    server.on("/owner/bird-songs/-/raw/main/Readme.md", text(LIST.partition("\n")[2]))
    done = init(tmp_path, "--from", f"{server.url}/owner/bird-songs/-/tree/main", **arxiv_on(server))
    assert done.stdout.startswith("Bird songs: 2 leaves"), done.stderr
    assert server.seen[:3] == [
        f"/owner/bird-songs/-/raw/main/{name}" for name in ("README.md", "readme.md", "Readme.md")
    ]


@pytest.mark.parametrize(
    ("path", "reply", "form"),
    [
        ("/a/refs.bib", text(BIB), "bibtex"),
        ("/dl?id=3", text(BIB), "bibtex"),
        ("/raw/0123", text(LIST), "Markdown"),
        ("/page.php", text(LIST), "Markdown"),
        ("/tree.yaml", text("title: Birds\nchildren: [{name: Song}, {name: Sight}]\n"), "tree"),
        ("/a/survey.pdf", pdf_reply(PDF), "PDF"),
        ("/a/data", text("title,category,abstract\nCounting birds by song,Song,Counted.\nOld towers and swifts,Nests,Found.\n"), "csv"),
        ("/moved", redirect("/a/refs2.bib"), "bibtex"),
    ],
)  # fmt: skip
def test_the_type_comes_from_the_content_and_the_name(path, reply, form, server, tmp_path):
    server.on("/a/refs2.bib", text(BIB))
    if form == "PDF":
        reply = pdf_reply(numbered_pdf(tmp_path))
    server.on(path, reply)
    done = init(tmp_path, "--from", server.url + path, "--json", **arxiv_on(server))
    assert done.returncode in (0, 6), done.stderr
    state = json.loads((tmp_path / "ws/init/state.json").read_text())
    assert state["form"] == form or (form == "tree" and "YAML" in state["form"]), state["form"]


def numbered_pdf(tmp_path: Path) -> bytes:
    style = Style(sections=("1 Introduction", "2 Birds by song", "3 Birds by sight", "4 Conclusion"))
    return write_paper(tmp_path / "made.pdf", style).read_bytes()


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(body=b"<!DOCTYPE html><html><body>Sign in</body></html>"), "is a web page, not a list; expected the address"),
        (Reply(body=b"\n<!-- x -->\n<html lang=en>" + b" " * 5_000_000), "is a web page, not a list"),
        (Reply(body=b"  \n"), "is empty"),
        (Reply(status=404), "there is no such file, or it is not public"),
        (Reply(status=403), "refused with status 403"),
        (redirect("file:///etc/passwd"), "not http"),
        (redirect("/a.md"), "give the list's own address"),
        (text("x" * 5000), "larger than the limit of 4,000 bytes"),
        (Reply(body=b"\x89PNG\r\n\x1a\n" + bytes(100)), "a binary file, not a reading list"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_in_one_line_and_nothing_is_left_behind(reply, said, server, tmp_path):
    server.on("/a.md?token=hunter2", reply)
    server.on("/a.md", reply)
    limit = {"CLASSIFIER_FETCH_BYTES": "4000"} if "limit" in said else {}
    done = init(tmp_path, "--from", f"{server.url}/a.md?token=hunter2", **limit)
    assert done.returncode not in (0, 6)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "hunter2" not in done.stderr
    assert not (tmp_path / "ws").exists()
    assert "cache/lists" not in done.stderr


def test_private_addresses_are_refused_unless_the_settings_allow_them(server, tmp_path):
    server.on("/a.md", text(LIST))
    done = init(tmp_path, "--from", f"{server.url}/a.md", CLASSIFIER_ALLOW_PRIVATE="false")
    assert "is at the private address 127.0.0.1" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (server.seen, (tmp_path / "ws").exists()) == ([], False)


def test_offline_uses_what_was_fetched_before_and_else_says_so(server, tmp_path):
    server.on("/a.md", text(LIST))
    address = f"{server.url}/a.md"
    refused = init(tmp_path, "--from", address, "--offline")
    assert refused.returncode != 0
    assert "--offline fetches nothing" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert server.seen == []
    assert init(tmp_path, "--from", address, **arxiv_on(server)).returncode in (0, 6)
    asked = len(server.seen)
    done = init(tmp_path, "--from", address, "--offline")
    assert (done.returncode, len(server.seen)) == (0, asked), done.stderr


def test_without_a_network_there_is_one_line_and_no_folder(tmp_path):
    done = init(tmp_path, "--from", "https://lists.invalid/a.md")
    assert done.returncode != 0
    assert "cannot fetch from lists.invalid" in done.stderr.splitlines()[-1]
    assert "check the network" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "ws").exists()
    assert not (tmp_path / "cache").exists()


def test_no_key_of_the_address_or_the_environment_reaches_a_file_or_a_server(server, tmp_path):
    server.on("/a.md?token=hunter2", text(LIST))
    environment = {"GITHUB_TOKEN": "ghp_hunter3", "GH_TOKEN": "ghp_hunter3", **arxiv_on(server)}
    done = init(tmp_path, "--from", f"{server.url}/a.md?token=hunter2", **environment)
    assert done.returncode in (0, 6), done.stderr
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"hunter" not in written + done.stdout.encode() + done.stderr.encode()
    assert all("hunter3" not in str(headers) for headers in server.headers)


def test_a_damaged_cache_is_fetched_again(server, tmp_path):
    server.on("/a.md", text(LIST, ETag='"one"'))
    address = f"{server.url}/a.md"
    assert init(tmp_path, "--from", address, **arxiv_on(server)).returncode in (0, 6)
    (copy,) = (tmp_path / "cache/lists").rglob("a.md")
    copy.write_text("# something else\n")
    assert init(tmp_path, "--from", address, **arxiv_on(server)).returncode in (0, 6)
    asked = [h["If-None-Match"] for p, h in zip(server.seen, server.headers, strict=True) if p == "/a.md"]
    assert asked == [None, None]
