"""Drafts on the service's pages: accepted, edited and rejected by an owner, with the difference shown first."""

# ruff: noqa: E501

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
import yaml

from classifier.service.config import ServiceConfig
from classifier.service.server import add_user
from classifier.service.store.users import UserRole
from tests.service.kit import serving

EVIL = "<script>alert(1)</script> & “more”"
TREE = """\
# A comment that stays.
schema_version: 1
id: birds
title: Birds in Cities
definition: Birds of towns.
tree:
- id: song
  title: By song   # short
  definition: 'By song. Words that set its papers apart: dawn.'
  drafts:
  - {of: definition, by: words, papers: [song0]}
- id: sight
  title: By sight
  definition: Seen by people.
"""
DRAFTS = [
    {"id": "song:definition", "text": "Birds are counted by ear.", "by": "m", "papers": ["song0", "song1"]},
    {"id": "song:counts.0", "text": EVIL, "by": "m", "papers": ["song1"]},
    {"id": "song:excludes.0", "text": "Photographs: by sight.", "by": "m", "papers": ["song1"]},
    {"id": "@survey:scope", "text": "Wild birds in towns.", "by": "m", "papers": ["song0"]},
]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "birds"
    (root / "gold").mkdir(parents=True)
    (root / "taxonomy.yaml").write_text(TREE)
    (root / "drafts.yaml").write_text(yaml.safe_dump({"drafts": DRAFTS}))
    study = '{{"id": "{0}{1}", "title": "On {0} {1}", "label": "{0}"}}\n'
    rows = [study.format(leaf, n) for leaf in ("song", "sight") for n in range(2)]
    (root / "gold/labels.jsonl").write_text("".join(rows))
    return root


@pytest.fixture
def served(tmp_path, workspace):
    with serving(tmp_path / "runs", workspace=workspace) as service:
        yield service


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the form that saves."""
    form = page[page.index('action="/tree/drafts/save"') :]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


def tree(root: Path) -> dict:
    return yaml.safe_load((root / "taxonomy.yaml").read_text())["tree"][0]


def test_the_page_lists_what_waits_and_the_tree_leads_to_it(served):
    assert 'href="/tree/drafts"' in served.client.get("/tree").text
    page = served.client.get("/tree/drafts").text
    assert "4 texts of the taxonomy wait" in page
    assert html.escape(EVIL, quote=False) in page
    assert "<script>alert" not in page
    assert "On song 1" in page  # what it rests on, by title
    assert page.index("Wild birds in towns") < page.index("counted by ear")  # the survey first, then the tree


def test_it_is_said_when_none_waits(served, workspace):
    link, none = (
        "Texts of the taxonomy that no person has accepted",
        "No text of the taxonomy waits for a person",
    )

    def said(path="/tree"):
        page = served.client.get(path).text
        return link in page, none in page

    assert said() == (True, False)
    for section in ("song", "@survey"):  # the service's own taxonomy keeps the mark until the next start
        page = served.client.post("/tree/drafts/decision", data={"id": section, "decision": "accept"}).text
        served.client.post("/tree/drafts/save", data=fields(page))
    assert (said(), said("/tree/drafts")) == ((False, True), (False, True))
    (workspace / "drafts.yaml").write_text("drafts: [")
    assert said() == (True, False), "the page behind the link says what is wrong"


@pytest.mark.parametrize(
    ("given", "shown", "field", "value"),
    [
        ({"id": "song:definition", "decision": "accept"}, "\n<ins>+  definition: Birds are counted by ear.</ins>\n", "definition", "Birds are counted by ear."),
        ({"id": "song:definition", "decision": "accept", "text": " By   ear: alone. "}, "<ins>+  definition: &#39;By ear: alone.&#39;</ins>", "definition", "By ear: alone."),
        ({"id": "song:counts.0", "decision": "accept", "text": EVIL}, "&lt;script&gt;alert(1)&lt;/script&gt;", "counts", [EVIL]),
        ({"id": "song:definition", "decision": "reject"}, "taxonomy.yaml stays as it is", "definition", "By song. Words that set its papers apart: dawn."),
    ],
    ids=["accept", "edit", "hostile", "reject"],
)  # fmt: skip
def test_a_decision_is_saved_after_its_difference_was_shown(served, workspace, given, shown, field, value):
    before = (workspace / "taxonomy.yaml").read_text()
    page = served.client.post("/tree/drafts/decision", data=given)
    assert page.status_code == 200
    assert shown in page.text
    assert "<script>alert" not in page.text
    assert (workspace / "taxonomy.yaml").read_text() == before
    saved = served.client.post("/tree/drafts/save", data=fields(page.text))
    assert (saved.status_code, saved.headers["location"]) == (303, "/tree/drafts?saved=1")
    assert tree(workspace)[field] == value
    assert (workspace / "taxonomy.yaml").read_text().startswith("# A comment that stays.\n")
    assert "By song   # short" in (workspace / "taxonomy.yaml").read_text()
    state = "accepted" if given["decision"] == "accept" else "rejected"
    row = next(
        r for r in yaml.safe_load((workspace / "drafts.yaml").read_text())["drafts"] if r["id"] == given["id"]
    )
    assert row["state"] == state
    again = served.client.get("/tree/drafts?saved=1").text
    assert "1 decision saved" in again
    assert ("after the service is started again" in again) == (
        (workspace / "taxonomy.yaml").read_text() != before
    )


def test_all_texts_of_a_section_at_once(served, workspace):
    page = served.client.post("/tree/drafts/decision", data={"id": "song", "decision": "accept"})
    assert "Accept 3 texts?" in page.text
    assert served.client.post("/tree/drafts/save", data=fields(page.text)).status_code == 303
    assert tree(workspace)["excludes"] == ["Photographs: by sight."]
    assert "drafts" not in tree(workspace)
    assert "1 text of the taxonomy waits" in served.client.get("/tree/drafts").text


def test_nothing_is_saved_if_a_file_has_changed_since(served, workspace):
    page = served.client.post("/tree/drafts/decision", data={"id": "song:definition", "decision": "accept"})
    path = workspace / "taxonomy.yaml"
    path.write_text(path.read_text() + "# edited by somebody\n")
    edited = path.read_text()
    saved = served.client.post("/tree/drafts/save", data=fields(page.text))
    assert (saved.status_code, saved.json().get("code")) == (409, "changed-since")
    assert path.read_text() == edited


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"id": "song:definition", "decision": "destroy"}, 422, "invalid-request"),
        ({"decision": "accept"}, 422, "invalid-request"),
        ({"id": "all", "decision": "accept"}, 409, "not-waiting"),
        ({"id": "../../etc:passwd", "decision": "accept"}, 409, "not-waiting"),
        ({"id": "song:definition", "decision": "accept", "text": " "}, 409, "config"),
        ({"id": "song:definition", "decision": "accept", "path": "/etc/passwd"}, 422, "invalid-request"),
    ],
)
def test_forms_that_are_not_the_pages_own_are_refused(served, workspace, given, status, code):
    before = (workspace / "taxonomy.yaml").read_text(), (workspace / "drafts.yaml").read_text()
    for path in ("/tree/drafts/decision", "/tree/drafts/save"):
        answer = served.client.post(path, data=given)
        assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert ((workspace / "taxonomy.yaml").read_text(), (workspace / "drafts.yaml").read_text()) == before


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("reviewer", 403), ("owner", 200)])
def test_only_an_owner_decides(tmp_path, workspace, role, status):
    config = ServiceConfig(folder=tmp_path / "runs")
    headers = {"Authorization": f"Bearer {add_user(config, 'ada', UserRole(role))}"}
    with serving(tmp_path / "runs", workspace=workspace, require_login=True) as served:
        assert served.client.get("/tree/drafts").status_code == 401
        page = served.client.get("/tree/drafts", headers=headers)
        assert page.status_code == 200
        assert ("Accept</button>" in page.text) == (role == "owner")
        given = {"id": "song:definition", "decision": "accept"}
        assert served.client.post("/tree/drafts/decision", data=given, headers=headers).status_code == status
        assert served.client.post("/tree/drafts/save", data=given, headers=headers).status_code in (
            status,
            409,
        )


def test_another_sites_form_does_nothing(served, workspace):
    before = (workspace / "drafts.yaml").read_text()
    given = {"id": "song:definition", "decision": "accept"}
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for path in ("/tree/drafts/decision", "/tree/drafts/save"):
        assert served.client.post(path, data=given, headers=headers).status_code == 403
    assert (workspace / "drafts.yaml").read_text() == before
