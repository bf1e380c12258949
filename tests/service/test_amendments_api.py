"""Amendments in the service: by API and form, in exports, undone, asked again at a known cost, by role."""

import re
from contextlib import ExitStack

import httpx
import pytest

from classifier.service.store.users import UserRole
from tests.service.kit import API, client_of, serving

NAME = "How Bridge One Was Watched"
BIB = (
    b"@article{one, title = {How Bridge One Was Watched}, abstract = {Gauges were read hourly.},"
    b" year = 2019}\n"
    b"@article{two, title = {On the Age of Arches}, abstract = {Arches were counted, aged and drawn.}}\n"
)


def labelled_list(served) -> tuple[str, dict[str, str]]:
    """A run of two papers, and their ids by key."""
    run = served.upload(BIB, start="true").json()["id"]
    assert served.finished(run)["done"] == 2
    return run, {one["key"]: one["id"] for one in served.client.get(f"{API}/papers").json()["items"]}


def titles(served) -> dict[str, str]:
    return {one["key"]: one["title"] for one in served.client.get(f"{API}/papers").json()["items"]}


def test_an_amendment_shows_everywhere_is_undone_and_asked_again(served):
    run, ids = labelled_list(served)
    at = f"{API}/papers/{ids['one']}"
    made = served.client.post(f"{at}/amendments", json={"title": "Of Cables", "year": None, "note": "typo"})
    assert made.status_code == 200
    assert (made.json()["title"], made.json()["year"]) == ("Of Cables", None)
    assert titles(served) == {"one": "Of Cables", "two": "On the Age of Arches"}
    label = served.client.get(at).json()
    assert (label["paper"]["title"], label["paper"]["year"]) == ("Of Cables", None)
    assert "amended-since" in [warning["code"] for warning in label["warnings"]]
    export = f"{API}/runs/{run}/export?format="
    assert "Of Cables" in served.client.get(f"{export}csv").text
    into = served.client.get(f"{export}bibtex&into=true").text
    assert "title = {Of Cables}" in into
    assert "2019" not in into
    assert into.count("\n") == BIB.decode().count("\n")
    (told,) = served.client.get(f"{at}/amendments").json()
    assert told["changes"] == {"title": "Of Cables", "year": None}
    assert (told["by"], told["note"], told["undone_at"]) == ("local", "typo", None)

    cost = served.client.post(f"{at}/ask/estimate").json()
    assert (cost["papers"], cost["done"], cost["engine"]) == (1, 1, "offline")
    assert served.client.post(f"{at}/ask").status_code == 202
    assert served.finished(run)["done"] == 2
    assert [one["code"] for one in served.client.get(at).json()["warnings"]].count("amended-since") == 0
    assert served.client.post(f"{at}/ask/estimate").json()["papers"] == 0

    assert served.client.post(f"{at}/amendments/undo").json()["title"] == NAME
    assert served.client.post(f"{at}/amendments/undo").status_code == 409
    assert titles(served)["one"] == NAME


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "nothing to change"),
        ({"year": 1066}, "year"),
        ({"year": "2019"}, "year"),
        ({"doi": "no"}, "'no' is not a DOI"),
        ({"arxiv_id": "2013.1"}, "is not an arXiv id"),
        ({"title": "x" * 1001}, "title"),
        ({"key": "x"}, "key"),
        ({"title": None, "abstract": None}, "would have no title"),
    ],
)
def test_what_cannot_be_used_is_a_problem_and_changes_nothing(served, body, message):
    _, ids = labelled_list(served)
    answer = served.client.post(f"{API}/papers/{ids['one']}/amendments", json=body)
    assert answer.status_code == 422
    assert message in answer.json()["detail"]
    assert titles(served)["one"] == NAME


@pytest.mark.parametrize("path", ["amendments", "amendments/undo", "ask", "ask/estimate"])
def test_a_paper_that_does_not_exist_is_404(served, path):
    answer = served.client.post(f"{API}/papers/none/{path}", json={"title": "x"})
    assert (answer.status_code, answer.json().get("code")) == (404, "no-such-paper")


def test_the_form_works_without_a_script(served):
    run, ids = labelled_list(served)
    page = f"/papers/{ids['one']}"
    assert f'href="{page}/amend"' in served.client.get(page).text
    form = served.client.get(f"{page}/amend").text
    assert f'value="{NAME}"' in form
    sent = {"title": "<b>Of & Cables</b>", "year": "2019", "doi": "", "arxiv_id": "", "note": "why"}
    sent["abstract"] = re.search(r"<textarea[^>]*>(.*?)</textarea>", form, re.DOTALL)[1]
    saved = served.client.post(f"{page}/amend", data=sent)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{page}/amend")
    (told,) = served.client.get(f"{API}{page}/amendments").json()
    assert told["changes"] == {"title": "<b>Of & Cables</b>"}
    shown = served.client.get(f"{page}/amend").text
    assert "<b>Of" not in shown
    assert "&lt;b&gt;Of &amp; Cables" in shown
    assert "made from the data before the change" in shown
    assert NAME in served.client.get(page).text
    # nothing changed: nothing is saved
    served.client.post(f"{page}/amend", data=sent)
    assert len(served.client.get(f"{API}{page}/amendments").json()) == 1
    wrong = served.client.post(f"{page}/amend", data=sent | {"year": "soon"})
    assert wrong.status_code == 422
    assert "is not a year" in wrong.text
    assert 'value="soon"' in wrong.text

    first = served.client.post(f"{page}/ask", data={"confirmed": ""})
    assert "Cost: nothing; the offline engine sends nothing" in first.text
    assert "1 paper of this run" in first.text
    then = served.client.post(f"{page}/ask", data={"confirmed": "true"})
    assert (then.status_code, then.headers["location"]) == (303, f"/lists/{run}")
    served.finished(run)
    assert "before the change" not in served.client.get(f"{page}/amend").text
    served.client.post(f"{page}/amend", data={"undo": "true"})
    assert titles(served)["one"] == NAME
    assert "taken back" in served.client.get(f"{page}/amend").text


def test_a_reader_may_not_amend_and_a_reviewer_may_not_spend(tmp_path):
    with serving(tmp_path / "runs", require_login=True) as served, ExitStack() as opened:
        users = served.hub.users
        tokens = {role: users.add(f"a-{role}", UserRole(role)) for role in ("reader", "reviewer", "owner")}

        def as_(role: str) -> httpx.Client:
            headers = {"Authorization": f"Bearer {tokens[role]}"}
            return opened.enter_context(client_of(served.url, headers=headers))

        served.client.close()
        served.client = as_("owner")
        _, ids = labelled_list(served)
        at = f"{API}/papers/{ids['one']}"
        expected = {"reader": (403, 403, 403), "reviewer": (200, 200, 403), "owner": (200, 200, 202)}
        for role, statuses in expected.items():
            client = as_(role)
            answers = (
                client.post(f"{at}/amendments", json={"year": 2001}),
                client.post(f"{at}/amendments/undo"),
                client.post(f"{at}/ask"),
            )
            assert tuple(answer.status_code for answer in answers) == statuses, role
            assert client.get(f"{at}/amendments").status_code == 200
        by = {one["by"] for one in client.get(f"{at}/amendments").json()}
        assert by == {"a-reviewer", "a-owner"}
