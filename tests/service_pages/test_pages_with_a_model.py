"""Lists and papers that a language model labels, in a browser: cost before, limits, what failed, history."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import batch_kit
from tests.hidden_pdfs import ORDER, VISIBLE, hidden_tricks, page_pdf, text
from tests.llm_server import Behaviour, LlmServer, reply
from tests.service.kit import API, Served, serving
from tests.service_pages.conftest import EXAMPLE

DONE = 60_000
NO = Behaviour(400, b'{"error": {"message": "no such thing"}}')


@pytest.fixture
def model(bridges_workspace: Any) -> batch_kit.Model:
    return batch_kit.Model(bridges_workspace)


@pytest.fixture
def paid(tmp_path: Path, model: batch_kit.Model) -> Iterator[Served]:
    """A service whose first engine is a model that costs money."""
    with (
        LlmServer(model) as llm,
        serving(tmp_path / "runs", settings=batch_kit.settings(llm.url, api_key=batch_kit.KEY)) as served,
    ):
        yield served


def choose_list(page: Any, tmp_path: Path, count: int) -> None:
    source = batch_kit.write_list(tmp_path / "list.jsonl", count)
    page.keyboard.press("l")
    page.wait_for_url("**/lists")
    page.set_input_files("#file", str(source))
    page.keyboard.press("f")
    page.wait_for_url("**/lists/l*")


def test_the_cost_range_is_there_before_anything_is_sent(paid, model, visit, axe, tmp_path):
    here = visit(paid)
    here.open("/")
    choose_list(here.page, tmp_path, 5)
    cost = here.page.locator("#estimate strong")
    cost.wait_for(timeout=DONE)
    assert re.fullmatch(r"Cost: \$0\.\d{4} to \$\d\.\d+", cost.inner_text())
    assert "spent $0 of $10.00 today" in here.page.locator("main").inner_text()
    assert model.answered.total() == 0
    here.page.evaluate(axe)
    assert here.page.evaluate("axe.run()")["violations"] == []
    assert (here.errors, here.strangers()) == ([], [])


def test_a_list_that_its_limit_has_stopped_is_resumed_with_a_higher_one_by_keys_alone(
    paid, model, visit, axe, tmp_path
):
    here = visit(paid)
    page = here.page
    here.open("/")
    choose_list(page, tmp_path, 30)
    page.locator("#cap").fill("0.06")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.locator(".state-stopped").wait_for(timeout=DONE)
    words = page.locator(".notes").inner_text()
    assert "the limit of $0.06 for this list" in words
    assert "--" not in words
    assert "all labels of a list are of one engine" in page.locator("main").inner_text()
    page.evaluate(axe)
    assert page.evaluate("axe.run()")["violations"] == []
    page.locator("#cap").fill("")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.locator(".state-done").wait_for(timeout=DONE)
    assert "30 of 30 papers" in page.locator("#progress").inner_text()
    page.keyboard.press("m")  # the same list for another engine
    page.locator(".state-draft").wait_for()
    page.get_by_label("offline baseline").check()
    page.keyboard.press("s")
    page.locator(".state-done").wait_for(timeout=DONE)
    assert max(model.answered.values()) == 1
    assert (here.errors, here.strangers()) == ([], [])


def test_a_paper_that_failed_is_tried_again_and_its_history_has_every_answer(paid, model, visit):
    wrong = batch_kit.answer(model._workspace, 0, label="no-such-leaf")
    usage = {"prompt_tokens": 1000, "completion_tokens": 100}
    model.faults = {0: [reply(wrong, usage=usage)] * 9}
    here = visit(paid)
    page = here.page
    here.open("/")
    page.keyboard.press("a")
    page.locator("#title").fill(batch_kit.title(0))
    page.locator("#abstract").fill(batch_kit.abstract(0))
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.get_by_text("Not labelled").first.wait_for(timeout=DONE)
    model.faults.clear()
    page.get_by_role("button", name="Try again").click()
    page.locator(".place a").wait_for(timeout=DONE)
    page.keyboard.press("h")
    told = page.locator(".history li").all_inner_texts()
    assert all("answered no-such-leaf" in line and "round 1" in line for line in told[:-2])
    assert len(told) >= 4  # the answer, the one to the re-ask, the later one, and the label
    assert "round 2" in told[-2]
    assert re.search(r"taxonomy [0-9a-f]{12}, prompt [0-9a-f]{12}, classifier \d", told[-1])


def test_a_failed_paper_needs_a_chosen_label_to_be_decided(paid, model, visit):
    model.faults = {0: [NO] * 9}
    paid.client.post(
        f"{API}/papers?wait=60", json={"title": batch_kit.title(0), "abstract": batch_kit.abstract(0)}
    )
    here = visit(paid)
    here.open(f"/papers/{paid.client.get(f'{API}/papers').json()['items'][0]['id']}")
    here.page.keyboard.press("k")  # nothing is chosen yet
    assert here.page.locator(".place").inner_text() == "Not labelled"
    here.page.locator("#decision").select_option(index=2)
    here.page.keyboard.press("Escape")
    here.page.keyboard.press("k")
    here.page.get_by_text("set by a person").wait_for()


@pytest.mark.parametrize("trick", ["render mode 3", "white on white"])
def test_hidden_text_is_marked_and_shown_as_what_it_is(served, visit, trick):
    tricks = hidden_tricks()
    name = trick if trick in tricks else next(name for name in tricks if name != "render mode 3")
    kind, made = tricks[name]
    lines = [text(f"Part {n}. {VISIBLE[n % 5]}", 72, 660 - 14 * n, 10, "F1", "0 g") for n in range(13)]
    more = [text(f"Note {n}. {VISIBLE[n % 5]}", 72, 230 - 14 * n, 10, "F1", "0 g") for n in range(12)]
    pdf = page_pdf(replace(made, before="".join(lines) + made.before, after=made.after + "".join(more)))
    answer = served.client.post(f"{API}/papers?wait=60", files={"file": ("hidden.pdf", pdf)})
    assert answer.status_code == 200, answer.text
    paper = served.client.get(f"{API}/papers").json()["items"][0]["id"]
    here = visit(served)
    here.open(f"/papers/{paper}")
    shown = here.page.locator(".hidden-texts").inner_text()
    assert kind in shown
    assert ORDER[:30] in shown
    assert here.page.locator("rect.hidden-mark").count() >= 1
    assert "hidden-text" in here.page.locator(".verdict-box").inner_text()
    quotes = here.page.locator(".quotes")
    assert quotes.count() == 0 or ORDER[:30] not in quotes.inner_text()


def test_nothing_is_highlighted_if_the_place_of_a_quote_is_uncertain(filled, visit):
    """The ledger's offsets of one quote are moved to other words: that quote is only listed."""
    paper = next(
        item["id"]
        for item in filled.client.get(f"{API}/papers").json()["items"]
        if item["key"] == EXAMPLE.name
    )
    ledger = filled.hub.config.folder / "papers" / paper / "ledger.sqlite"
    with sqlite3.connect(ledger) as db:
        label = json.loads(db.execute("SELECT label FROM item").fetchone()[0])
        moved = next(piece for piece in label["evidence"] if piece["start"] and len(piece["quote"]) > 100)
        moved_quote = moved["quote"]
        for piece in label["evidence"]:
            if piece["quote"] == moved_quote:
                piece["start"], piece["end"] = piece["start"] + 900, piece["end"] + 900
        db.execute("UPDATE item SET label = ?", (json.dumps(label),))
    db.close()
    here = visit(filled)
    here.open(f"/papers/{paper}")
    assert here.page.locator("ol.quotes > li").count() == 4
    assert here.page.locator(".quote-mark").count() == 3
    unsure = here.page.locator("ol.quotes > li", has=here.page.locator(".unsure"))
    assert unsure.count() == 1
    assert moved_quote[:40] in unsure.inner_text()
