"""Papers over HTTP: in by file, reference or abstract; out as Labels, pictures and problems."""

from pathlib import Path

import pytest

from classifier.model.label import Label
from tests.pdfs import write_paper, write_scan
from tests.service.kit import ABSTRACT, API, serving, wait_for


def post_pdf(served, path: Path, **fields: str):
    return served.client.post(
        f"{API}/papers?wait=60", files={"file": (path.name, path.read_bytes())}, data=fields
    )


def test_a_pdf_becomes_a_label_at_once_if_one_waits_for_it(served, tmp_path):
    answer = post_pdf(served, write_paper(tmp_path / "critic.pdf"), engine="offline")
    assert answer.status_code == 200
    label = Label.model_validate_json(answer.content)
    assert label.paper.title == "Learning to Walk by Listening to a Critic"
    assert label.provenance.engine == "offline"


def test_an_abstract_without_waiting_gives_a_job_whose_address_gives_the_label(served):
    answer = served.client.post(f"{API}/papers", json=ABSTRACT)
    assert answer.status_code == 202
    assert answer.json()["state"] in ("queued", "running")
    at = answer.headers["location"]
    found = wait_for(lambda: served.client.get(at), lambda found: found.status_code == 200)
    assert found.json()["paper"]["title"] == ABSTRACT["title"]


def test_a_label_has_an_etag_and_is_not_sent_twice(served):
    answer = served.file_paper()
    paper = served.client.get(f"{API}/papers").json()["items"][0]["id"]
    first = served.client.get(f"{API}/papers/{paper}")
    assert first.json() == answer.json()
    again = served.client.get(f"{API}/papers/{paper}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid-request"),
        ({"ref": ""}, 422, "invalid-request"),
        ({"ref": "x", "more": 1}, 422, "invalid-request"),
        ({"ref": "single"}, 422, "bad-reference"),
        ({"ref": "-"}, 422, "bad-reference"),
        ({"ref": "2203.123"}, 422, "bad-reference"),
        ({"ref": "https://user:word@example.org/a.pdf"}, 422, "bad-reference"),
        ({"title": "A title alone"}, 422, "invalid-request"),
        (ABSTRACT | {"engine": "openai"}, 409, "config"),
        (ABSTRACT | {"engine": "other"}, 422, "invalid-request"),
    ],
)
def test_what_is_no_paper_is_refused_with_a_problem(served, body, status, code):
    answer = served.client.post(f"{API}/papers", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"]
    assert served.client.get(f"{API}/papers").json()["items"] == []


def test_a_file_that_is_no_pdf_is_refused_before_it_is_kept(served, tmp_path):
    answer = served.client.post(f"{API}/papers", files={"file": ("a.pdf", b"<html>no</html>")})
    assert (answer.status_code, answer.json().get("code")) == (422, "not-a-pdf")
    assert list((tmp_path / "runs" / "papers").iterdir()) == []


def test_a_scan_is_a_problem_for_who_waits_and_a_failed_label_afterwards(served, tmp_path):
    answer = post_pdf(served, write_scan(tmp_path / "scan.pdf"))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "needs-ocr")
    label = served.client.get(problem["paper"]).json()
    assert (label["status"], label["error"]["code"]) == ("failed", "needs-ocr")


def test_the_same_request_with_the_same_key_gives_the_same_paper(served):
    header = {"Idempotency-Key": "once"}
    first = served.client.post(f"{API}/papers?wait=60", json=ABSTRACT, headers=header)
    again = served.client.post(f"{API}/papers?wait=60", json=ABSTRACT, headers=header)
    assert first.json() == again.json()
    assert len(served.client.get(f"{API}/papers").json()["items"]) == 1
    other = served.client.post(f"{API}/papers", json=ABSTRACT | {"title": "Another"}, headers=header)
    assert (other.status_code, other.json().get("code")) == (422, "key-reused")


def test_the_same_file_under_the_same_key_is_taken_in_once(served, tmp_path):
    path = write_paper(tmp_path / "critic.pdf")
    sent = [
        served.client.post(
            f"{API}/papers", files={"file": (name, path.read_bytes())}, headers={"Idempotency-Key": "k"}
        )
        for name in ("critic.pdf", "renamed.pdf")
    ]
    assert {answer.json()["id"] for answer in sent} == {sent[0].json()["id"]}


def test_a_page_is_a_png_with_an_etag_and_other_pages_are_not_there(served, tmp_path):
    post_pdf(served, write_paper(tmp_path / "critic.pdf"))
    paper = served.client.get(f"{API}/papers").json()["items"][0]["id"]
    page = served.client.get(f"{API}/papers/{paper}/pages/1.png", params={"width": 300})
    assert page.headers["content-type"] == "image/png"
    assert page.content.startswith(b"\x89PNG")
    etag = {"If-None-Match": page.headers["etag"]}
    again = served.client.get(f"{API}/papers/{paper}/pages/1.png", params={"width": 300}, headers=etag)
    assert again.status_code == 304
    missing = served.client.get(f"{API}/papers/{paper}/pages/99.png")
    assert (missing.status_code, missing.json().get("code")) == (404, "no-such-page")


def test_a_paper_of_which_only_the_abstract_is_known_has_no_pages(served):
    served.file_paper()
    paper = served.client.get(f"{API}/papers").json()["items"][0]["id"]
    assert served.client.get(f"{API}/papers/{paper}/pages/1.png").json().get("code") == "no-pdf"


def test_papers_come_page_by_page_and_each_once(served):
    entries = b"".join(
        b'{"id": "e%d", "title": "Bridge Report Number %d", "abstract": "Seen in %d."}\n' % (n, n, n)
        for n in range(7)
    )
    run = served.upload(entries, "list.jsonl", start="true").json()
    served.finished(run["id"])
    seen, cursor = [], None
    while True:
        given = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = served.client.get(f"{API}/papers", params=given).json()
        seen += [item["key"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert sorted(seen) == [f"e{n}" for n in range(7)]
    assert served.client.get(f"{API}/papers", params={"cursor": "nonsense"}).status_code == 422


def test_a_search_finds_words_of_title_and_quote_and_keeps_to_its_filters(served):
    served.finished(served.upload(start="true").json()["id"])

    def keys(**wanted):
        found = served.client.get(f"{API}/papers", params=wanted).json()["items"]
        return {item["key"] for item in found}

    assert keys() == {"one", "two"}
    assert keys(q="ARCHES age") == {"two"}
    assert keys(q="submarine") == set()
    assert keys(engine="no such") == set()
    assert keys(label="failed") == set()
    assert keys(corrected="false") == {"one", "two"}


def test_a_killed_service_labels_afterwards_what_it_had_accepted(tmp_path):
    """No worker runs at first: as if the process had been killed before it began."""
    folder = tmp_path / "runs"
    with serving(folder, dispatch=False) as first:
        accepted = first.client.post(f"{API}/papers", json=ABSTRACT).json()
    with serving(folder) as second:
        found = wait_for(
            lambda: second.client.get(accepted["links"]["self"]), lambda found: found.status_code == 200
        )
        assert found.json()["paper"]["title"] == ABSTRACT["title"]
