"""Review in a browser: two people on 30 papers, ten papers by keys alone, no JavaScript, axe.

The papers come from the folder named in SHARED (`make test-service SHARED=DIR`); without it these tests fail.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from classifier.review.agreement import krippendorff_of
from classifier.settings import load_settings
from classifier.survey.workspace import Workspace
from tests.service.kit import API, Served, serving

PAPERS = 30
FORMATS = ("jsonl", "csv", "bibtex", "ris", "csl-json", "markdown", "html")

# Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C: four observers, twelve units.
OBSERVERS = """
    1 2 3 3 2 1 4 1 2 . . .
    1 2 3 3 2 2 4 1 2 5 . 3
    . 3 3 3 2 3 4 2 2 5 1 .
    1 2 3 3 2 4 4 1 2 5 1 .
"""


@pytest.fixture(scope="session")
def dev_set() -> list[dict[str, Any]]:
    """Labelled papers; where they are missing the tests fail."""
    file = Path(os.environ.get("SHARED", "../shared")) / "dev_set" / "papers.jsonl"
    assert file.is_file(), f"{file}: not found; set SHARED to the folder that holds dev_set/"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return rows[:PAPERS]


@pytest.fixture
def reviewed(tmp_path: Path, dev_set: list[dict[str, Any]]) -> Iterator[tuple[Served, str]]:
    """A service with these papers, labelled offline, and the list's id."""
    kept = ("id", "title", "abstract", "year", "arxiv")
    lines = "".join(json.dumps({name: row.get(name) for name in kept}) + "\n" for row in dev_set)
    settings = load_settings(engine="offline")
    with serving(tmp_path / "runs", workspace=None, settings=settings, requests_per_minute=10**6) as served:
        run = served.upload(lines.encode(), "dev.jsonl", start="true", reading="abstract").json()["id"]
        assert served.finished(run)["done"] == PAPERS
        yield served, run


def exports(served: Served, run: str) -> dict[str, bytes]:
    found = {}
    for form in FORMATS:
        answer = served.client.get(f"{API}/runs/{run}/export", params={"format": form})
        assert answer.status_code == 200, answer.text
        found[form] = answer.content
    return found


def enter(visit: Any, served: Served, run: str, name: str, **more: Any) -> Any:
    """A visit of somebody who has given a name."""
    here = visit(served, **more)
    here.open(f"/review/{run}")
    page = here.page
    if page.get_by_label("Your name").count():
        page.get_by_label("Your name").fill(name)
    else:
        page.get_by_role("radio", name=name).check()
    with page.expect_navigation():
        page.get_by_role("button", name="Use this name").click()
    return here


def begin(visit: Any, served: Served, run: str, *, hide: bool = False, reviewers: str = "") -> None:
    here = visit(served)
    here.open(f"/review/{run}")
    page = here.page
    if not reviewers:
        page.get_by_role("button", name="Begin", exact=False).first.click()
        return
    page.locator("#reviewers").fill(reviewers)
    page.locator("#seed").fill("7")
    if hide:
        page.get_by_label("Hide the engine's labels").check()
    page.get_by_role("button", name="Begin with these reviewers").click()


def choose(page: Any, label: str) -> None:
    """Gives a label by keys: the search for a leaf, or the reasons for out of scope."""
    if label == "out-of-scope":
        page.keyboard.press("o")
        page.keyboard.press("Enter")
        return
    if not page.locator("#change").evaluate("fold => fold.open"):
        page.keyboard.press("c")
    page.locator("#find").fill(label)
    page.locator(".hit").wait_for()
    page.keyboard.press("Enter")


def title_of(page: Any) -> str:
    return " ".join(page.locator("h1").inner_text().split())


def say(labels: dict[str, str], place: int, title: str, others: list[str]) -> str:
    """What a scripted reviewer thinks: the true label, but for some papers another one."""
    number = sorted(labels).index(title)
    is_wrong = number % 5 == place or number % 7 == place
    return others[number % len(others)] if is_wrong else labels[title]


@pytest.mark.parametrize("hide", [True, False], ids=["hidden", "shown"])
def test_two_people_decide_blind_and_their_agreement_conflicts_and_exports_are_right(
    reviewed, dev_set, visit, hide
):
    served, run = reviewed
    taxonomy = Workspace().taxonomy
    true = {" ".join(row["title"].split()): row["label"] for row in dev_set}
    others = list(taxonomy.leaves)
    begin(visit, served, run, hide=hide, reviewers="Ada, Bo")
    said: dict[str, dict[str, str]] = {"Ada": {}, "Bo": {}}
    for place, name in enumerate(said):
        here = enter(visit, served, run, name)
        here.page.keyboard.press("b")
        here.page.wait_for_url("**/next*")
        while len(said[name]) < PAPERS:
            title = title_of(here.page)
            assert title not in said[name]
            text = here.page.locator("main").inner_text()
            assert "Ada was here" not in text
            assert ("The engine's label is hidden" in text) is hide
            assert (here.page.locator(".quotes").count() == 0) is hide
            label = say(true, place, title, others)
            here.page.locator("#note").fill(f"{name} was here")
            here.page.keyboard.press("Escape")
            with here.page.expect_navigation():
                choose(here.page, label)
            said[name][title] = label
        assert (here.errors, here.strangers()) == ([], [])
    titles = sorted(true)
    ada, bo = ([said[name][title] for title in titles] for name in ("Ada", "Bo"))
    here = enter(visit, served, run, "Ada")
    page = here.page
    page.get_by_role("link", name="Agreement").click()
    kappa = float(page.locator("[data-kappa]").get_attribute("data-kappa"))
    assert kappa == pytest.approx(cohen_kappa_score(ada, bo))
    alpha = float(page.locator("[data-alpha]").get_attribute("data-alpha"))
    assert alpha == pytest.approx(krippendorff_of([list(pair) for pair in zip(ada, bo, strict=True)], None))
    tree = float(page.locator("[data-tree-alpha]").get_attribute("data-tree-alpha"))
    assert tree != pytest.approx(alpha)
    differ = {title for title in titles if said["Ada"][title] != said["Bo"][title]}
    assert len(differ) > 5
    resolve(visit, served, run, true)
    conflicts = served.client.get(f"{API}/runs/{run}/review/conflicts").json()["items"]
    assert conflicts == []
    lines = served.client.get(f"{API}/runs/{run}/export?format=jsonl").text.splitlines()
    rows = [json.loads(line) for line in lines]
    found = {" ".join(row["paper"]["title"].split()): row["leaf"] or "out-of-scope" for row in rows}
    expected = {title: true[title] if title in differ else said["Ada"][title] for title in titles}
    assert found == expected
    page.goto(f"{served.url}/review/{run}/stop")
    accuracy = served.client.get(f"{API}/runs/{run}/review/stopping").json()["stopping"]["accuracy"]
    interval = binomtest(accuracy["right"], PAPERS).proportion_ci(0.95, method="exact")
    shown = page.locator(".interval")
    assert float(shown.get_attribute("data-low")) == pytest.approx(interval.low)
    assert float(shown.get_attribute("data-high")) == pytest.approx(interval.high)
    for link in page.locator(".methods a").all():
        assert served.client.get(link.get_attribute("href").partition("#")[0]).status_code == 200
    with page.expect_download() as download:
        page.get_by_role("link", name="Download SVG").click()
    assert b"Papers included" in download.value.path().read_bytes()


def resolve(visit: Any, served: Served, run: str, true: dict[str, str]) -> None:
    """Cy resolves by a third decision; then nothing is left."""
    here = visit(served)
    here.page.context.add_cookies([{"name": "classifier_reviewer", "value": "Cy", "url": served.url}])
    here.open(f"/review/{run}/conflicts")
    while here.page.locator("section.first .paper").count():
        with here.page.expect_navigation():
            here.page.keyboard.press("b")
        text = here.page.locator(".decide").inner_text()
        assert "Ada was here" in text
        assert "Bo was here" in text
        with here.page.expect_navigation():
            choose(here.page, true[title_of(here.page)])


def test_the_published_example_of_alpha():
    rows = [line.split() for line in OBSERVERS.strip().splitlines()]
    units = [[None if value == "." else value for value in unit] for unit in zip(*rows, strict=True)]
    assert krippendorff_of(units, None) == pytest.approx(0.743, abs=5e-4)


def test_ten_papers_by_keys_alone_one_press_each_where_the_proposal_is_right(reviewed, dev_set, visit):
    served, run = reviewed
    true = {" ".join(row["title"].split()): row["label"] for row in dev_set}
    begin(visit, served, run)
    here = enter(visit, served, run, "Ada")
    page, presses = here.page, []
    page.keyboard.press("b")
    page.wait_for_url("**/next*")
    proposals = {
        " ".join(item["title"].split()): item["label"]
        for item in served.client.get(f"{API}/runs/{run}/review/queue?limit=200").json()["items"]
    }
    for _ in range(10):
        title = title_of(page)
        is_right = proposals[title] == true[title]
        count = 0

        def press(key: str) -> None:
            nonlocal count
            count += 1
            page.keyboard.press(key)

        with page.expect_navigation():
            if is_right:
                press("a")
            else:
                press("u")
        presses.append((is_right, count))
    assert sum(is_right for is_right, _ in presses) >= 5
    assert {count for is_right, count in presses if is_right} == {1}
    state = served.client.get(f"{API}/runs/{run}/review").json()
    assert state["decided"] == 10
    page.wait_for_load_state("networkidle")
    with page.expect_navigation():
        page.keyboard.press("z")
    assert served.client.get(f"{API}/runs/{run}/review").json()["decided"] == 9
    assert (here.errors, here.strangers()) == ([], [])


def test_a_bulk_is_previewed_confirmed_and_undone_to_the_byte(reviewed, visit):
    served, run = reviewed
    begin(visit, served, run)
    here = enter(visit, served, run, "Ada")
    page = here.page
    before = exports(served, run)
    page.locator("select[name=what]").select_option("unplaced")
    page.get_by_role("button", name="Preview").click()
    assert f"{PAPERS} papers: Unplaced" in page.locator("h2").first.inner_text()
    assert exports(served, run) == before
    page.keyboard.press("k")
    page.get_by_role("button", name="Undo your bulk of 30").wait_for()
    after = exports(served, run)
    assert all(after[form] != before[form] for form in FORMATS)
    with page.expect_navigation():
        page.keyboard.press("z")
    assert exports(served, run) == before


def test_every_single_decision_works_without_javascript(reviewed, visit):
    served, run = reviewed
    begin(visit, served, run)
    here = enter(visit, served, run, "Ada", script=False)
    page = here.page
    page.get_by_role("link", name="Decide", exact=False).first.click()
    for act in ("accept", "leaf", "scope", "unplaced", "skip"):
        if act == "leaf":
            page.get_by_text("Change: choose a leaf").click()
            page.locator("input[name=leaf]").first.check()
            page.get_by_role("button", name="Take the chosen leaf").click()
        elif act == "scope":
            page.get_by_text("Out of scope: give a reason").click()
            page.locator("#take-scope").click()
        else:
            page.locator(f"button[name=do][value={act}]").click()
    page.locator("#note").fill("a note alone")
    page.get_by_role("button", name="Save only the note").click()
    assert "a note alone" in page.locator("main").inner_text()
    listed = served.client.get(f"{API}/runs/{run}/review/decisions").json()["items"]
    assert [made["kind"] for made in listed][2:] == ["out-of-scope", "unplaced", "skip", "note"]
    page.get_by_role("button", name="Undo").click()
    assert "a note alone" not in page.locator("main").inner_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_review_page_is_accessible_and_fits(reviewed, visit, axe, width, dark):
    served, run = reviewed
    review = f"{API}/runs/{run}/review"
    paths = ["/review", f"/review/{run}"]
    wrong = look(visit, served, axe, paths, width, dark)
    served.client.post(review, json={"reviewers": ["Ada", "Bo"], "seed": 7, "hide_machine": True})
    papers = [item["paper"] for item in served.client.get(f"{review}/queue?as=Ada").json()["items"]]
    wrong |= look(visit, served, axe, [f"/review/{run}/next", f"/review/{run}"], width, dark)
    for name, label in (("Ada", "llm4rl/goal"), ("Bo", "llm4rl/policy")):
        served.client.post(f"{review}/decisions?as={name}", json={"papers": papers, "label": label})
    pages = ("", "/conflicts", "/agreement", "/decisions", "/stop", "/gold", f"/papers/{papers[0]}")
    wrong |= look(visit, served, axe, [f"/review/{run}{page}" for page in pages], width, dark)
    assert wrong == {}


def look(visit: Any, served: Served, axe: str, paths: list[str], width: int, dark: bool) -> dict[str, Any]:
    wrong = {}
    for path in paths:
        here = visit(served, width=width, dark=dark)
        here.page.context.add_cookies([{"name": "classifier_reviewer", "value": "Ada", "url": served.url}])
        here.open(path)
        here.page.wait_for_load_state("networkidle")
        here.page.evaluate(axe)
        found = here.page.evaluate("axe.run()")["violations"]
        problems = [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]
        problems += here.errors + here.strangers()
        if (wide := here.page.evaluate("document.documentElement.scrollWidth")) > width:
            problems.append(f"{wide} pixels wide")
        if problems:
            wrong[path] = problems
        here.page.close()
    return wrong
