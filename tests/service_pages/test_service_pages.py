"""The service as people use it: by mouse, by keys alone, without JavaScript, on a telephone, in the dark."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from classifier.survey.workspace import Workspace
from tests import batch_kit
from tests.llm_server import LlmServer, reply
from tests.service.kit import API
from tests.service_pages.conftest import EXAMPLE, Visit

DONE = 60_000
"""Milliseconds that a busy machine may need."""


def example_paper(served) -> str:
    found = served.client.get(f"{API}/papers").json()["items"]
    return next(item["id"] for item in found if item["key"] == "paper.pdf")


def every_page(served) -> dict[str, str]:
    run = served.client.get(f"{API}/runs").json()["items"][0]["id"]
    draft = served.client.post("/lists", data={"example": "true"}).headers["location"]
    report = re.search(r"/evaluation/[0-9a-f]{16}", served.client.get("/evaluation").text)
    return {
        "home": "/",
        "example": "/?example=true",
        "paper": f"/papers/{example_paper(served)}",
        "lists": "/lists",
        "draft": draft,
        "list": f"/lists/{run}",
        "tree": "/tree",
        "leaf": "/tree?label=llm4rl%2Freward",
        "nothing": "/tree?q=submarine",
        "evaluation": "/evaluation",
        "report": report[0] if report else "",
        "gold": f"/evaluation/gold?run={run}",
        "docs": "/docs",
        "missing": "/papers/none",
    }


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_accessible_fits_and_asks_nobody_else(filled, visit, axe, width, dark):
    wrong = {}
    for name, path in every_page(filled).items():
        here: Visit = visit(filled, width=width, dark=dark)
        here.open(path)
        here.page.wait_for_load_state("networkidle")
        here.page.evaluate(axe)
        rules = {"rules": {"color-contrast-enhanced": {"enabled": False}}}
        found = here.page.evaluate("rules => axe.run(document, rules)", rules)["violations"]
        problems = [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]
        problems += [f"from elsewhere: {url}" for url in here.strangers()]
        problems += [error for error in here.errors if not (name == "missing" and "404" in error)]
        if (wide := here.page.evaluate("document.documentElement.scrollWidth")) > width:
            problems.append(f"{wide} pixels wide")
        if problems:
            wrong[name] = problems
        here.page.close()
    assert wrong == {}


@pytest.mark.parametrize("path", ["/", "/lists", "/tree", "/evaluation", "/docs", "/login"])
def test_an_empty_service_says_what_to_do_first(served, visit, axe, path):
    here = visit(served)
    here.open(path)
    here.page.evaluate(axe)
    assert here.page.evaluate("axe.run()")["violations"] == []
    if path in ("/", "/lists", "/tree"):
        assert here.page.locator(".empty").count() == 1


def test_a_paper_by_mouse_from_the_example_to_a_decision(served, visit):
    here = visit(served)
    page = here.page
    here.open("/")
    page.get_by_role("link", name="Fill in an example").first.click()
    page.get_by_role("button", name="File it").click()
    page.locator(".place").wait_for(timeout=DONE)
    assert "Reward" in page.locator(".place").inner_text()
    page.locator("#decision").select_option(label="Out of scope")
    page.get_by_label("Note").fill("no robot was trained")
    page.get_by_role("button", name="Keep this label").click()
    assert page.locator(".place").inner_text() == "Out of scope"
    page.get_by_text("History").click()
    assert "no robot was trained" in page.locator(".history").inner_text()
    page.get_by_role("button", name="Undo the decision").click()
    assert "Reward" in page.locator(".place").inner_text()
    assert (here.errors, here.strangers()) == ([], [])


def test_a_paper_by_keys_alone(served, visit):
    here = visit(served)
    page = here.page
    here.open("/tree")
    page.keyboard.press("p")
    page.wait_for_url("**/")
    page.keyboard.press("x")
    page.wait_for_url("**example=true")
    page.keyboard.press("f")
    page.locator(".place").wait_for(timeout=DONE)
    page.keyboard.press("d")
    assert page.evaluate("document.activeElement.id") == "decision"
    page.keyboard.press("End")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.locator(".place", has_text="Unplaced").wait_for()
    page.keyboard.press("u")
    page.locator(".place", has_text="Reward").wait_for()


def test_a_list_by_mouse_from_the_example_to_its_papers(served, visit):
    here = visit(served)
    page = here.page
    here.open("/lists")
    page.get_by_role("button", name="Try the example list").click()
    assert "8 usable entries" in page.locator("main").inner_text()
    page.get_by_role("button", name="Estimate the cost first").click()
    assert "nothing; the offline engine sends nothing" in page.locator(".estimate").inner_text()
    page.get_by_role("button", name="Start").click()
    page.locator(".state-done").wait_for(timeout=DONE)
    assert "7 of 7 papers" in page.locator("#progress").inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="with labels").click()
    assert b"classifier:" in download.value.path().read_bytes()
    page.get_by_role("link", name="See the papers").click()
    assert page.locator(".paper").count() == 8
    assert (here.errors, here.strangers()) == ([], [])


def test_a_list_by_keys_alone(served, visit):
    here = visit(served)
    page = here.page
    here.open("/")
    page.keyboard.press("l")
    page.wait_for_url("**/lists")
    page.keyboard.press("x")
    page.wait_for_url("**/lists/l*")
    page.keyboard.press("s")
    page.locator(".state-done").wait_for(timeout=DONE)
    page.keyboard.press("v")
    page.wait_for_url("**/tree?run=*")
    page.keyboard.press("/")
    page.keyboard.type("ferries")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=ferries*")
    assert page.locator(".paper").count() == 1


def test_keys_can_be_switched_off_and_do_nothing_while_one_types(served, visit):
    here = visit(served)
    page = here.page
    here.open("/")
    page.get_by_label("or a reference").fill("")
    page.keyboard.type("tle")
    assert page.url == served.url + "/"
    assert page.get_by_label("or a reference").input_value() == "tle"
    page.keyboard.press("Escape")
    page.get_by_label("single keys work").uncheck()
    page.keyboard.press("t")
    page.reload()
    page.keyboard.press("t")
    assert page.url == served.url + "/"


def test_a_dropped_pdf_becomes_a_label_beside_its_page_with_the_quotes_where_they_stand(served, visit):
    here = visit(served)
    page = here.page
    here.open("/")
    data = page.evaluate_handle(
        """bytes => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "dropped.pdf", {type: "application/pdf"}));
          return data;
        }""",
        list(EXAMPLE.read_bytes()),
    )
    page.dispatch_event("body", "drop", {"dataTransfer": data})
    page.get_by_role("button", name="File it").click()
    page.locator("svg.page image").wait_for(timeout=DONE)
    page.wait_for_load_state("networkidle")
    marks = page.locator(".quote-mark")
    assert marks.count() == page.locator("ol.quotes > li").count() == 4
    assert all(box["width"] > 20 for box in (marks.nth(k).bounding_box() for k in range(4)))
    page.keyboard.press("]")
    page.wait_for_url("**page=2*")
    assert page.locator(".quote-mark").count() == 0
    assert (here.errors, here.strangers()) == ([], [])


def test_reading_and_single_decisions_work_without_javascript(filled, visit):
    here = visit(filled, script=False)
    page = here.page
    here.open("/tree")
    page.locator(".tree-nav a", has_text="Reward").click()
    page.locator(".paper a").first.click()
    page.locator("#decision").select_option(label="Unplaced")
    page.get_by_role("button", name="Keep this label").click()
    assert page.locator(".place").inner_text() == "Unplaced"
    here.open("/lists")
    page.get_by_role("button", name="Try the example list").click()
    page.get_by_role("button", name="Start").click()
    page.locator(".state-done").wait_for(timeout=DONE)  # the page loads itself again


def test_the_tree_is_boxes_side_by_side_and_a_nested_list_on_a_telephone(filled, visit):
    places = {}
    for width in (1280, 390):
        here = visit(filled, width=width)
        here.open("/tree")
        branch = here.page.locator(".tree-nav a").nth(0).bounding_box()
        child = here.page.locator(".tree-nav a").nth(1).bounding_box()
        places[width] = child["x"] > branch["x"] + branch["width"]
        here.page.locator(".tree-nav a", has_text="Goal").click()
        assert "label=llm4rl" in here.page.url
    assert places == {1280: True, 390: False}


def test_titles_that_are_scripts_do_nothing(served, visit):
    title = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    served.client.post(f"{API}/papers?wait=60", json={"title": title, "abstract": f"{title} seen."})
    paper = served.client.get(f"{API}/papers").json()["items"][0]["id"]
    here = visit(served)
    for path in ("/", "/tree", f"/papers/{paper}"):
        here.open(path)
        assert title in here.page.locator("main").inner_text()
    assert (here.dialogs, here.errors, here.strangers()) == ([], [], [])


def evaluate(out, url: str = "") -> None:
    """Runs `classifier eval` on the gold studies, with the offline engine or the server's model."""
    engine = "openai" if url else "offline"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "classifier",
            "eval",
            "--no-record",
            "--suite",
            "gold",
            "--engine",
            engine,
            "--out",
            str(out),
        ],
        env=batch_kit.environment(url) if url else dict(os.environ),
        check=True,
        capture_output=True,
    )


@pytest.mark.parametrize("by", ["mouse", "keys"])
@pytest.mark.parametrize("width", [1280, 390])
def test_two_evaluations_are_compared_item_by_item(served, visit, axe, tmp_path, by, width):
    answer = batch_kit.answer(Workspace(), 0, label="llm4rl/reward")
    evaluate(tmp_path / "runs" / "baseline")
    with LlmServer(lambda _: reply(answer)) as llm:
        evaluate(tmp_path / "runs" / "always reward", llm.url)
    here = visit(served, width=width)
    page = here.page
    if by == "mouse":
        here.open("/evaluation")
        box = page.get_by_label("baseline as B").bounding_box()
        assert box["x"] + box["width"] <= width  # nothing to scroll to the side for
        page.get_by_label("baseline as A").check()
        page.get_by_label("always reward as B").check()
        page.get_by_role("button", name="Compare A and B").click()
    else:
        here.open("/")
        page.keyboard.press("e")
        page.wait_for_url("**/evaluation")
        for name in ("baseline as A", "always reward as B"):
            page.get_by_label(name).focus()
            page.keyboard.press("Space")
        page.keyboard.press("Escape")
        page.keyboard.press("c")
    page.wait_for_url("**/compare?*")
    main = page.locator("main").inner_text()
    assert "baseline and always reward" in main
    assert "38 items in common" in main
    moved = page.locator(".paper").count()
    assert moved > 10
    assert f"Items with different labels ({moved})" in main
    assert "llm4rl/reward" in page.locator(".paper").first.inner_text()
    page.evaluate(axe)
    assert page.evaluate("axe.run()")["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (here.errors, here.strangers()) == ([], [])


def test_a_comparison_with_one_side_missing_is_a_page_that_says_so(served, visit):
    here = visit(served)
    here.open("/evaluation/compare?a=none")
    assert "there is no such evaluation" in here.page.locator("main").inner_text()
