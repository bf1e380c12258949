"""Drafts in a real browser: without JavaScript, accessible, and harmless whatever a model wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.service.kit import serving
from tests.service.test_drafts_page import DRAFTS, TREE


@pytest.fixture
def birds(tmp_path: Path) -> Path:
    root = tmp_path / "birds"
    (root / "gold").mkdir(parents=True)
    (root / "taxonomy.yaml").write_text(TREE)
    (root / "drafts.yaml").write_text(yaml.safe_dump({"drafts": DRAFTS}))
    rows = [f'{{"id": "song{n}", "title": "On song {n}", "label": "song"}}\n' for n in range(2)]
    (root / "gold/labels.jsonl").write_text("".join(rows))
    return root


@pytest.mark.parametrize("script", [False, True], ids=["without scripts", "with scripts"])
def test_a_draft_is_edited_and_accepted_by_mouse(tmp_path, birds, visit, script):
    with serving(tmp_path / "runs", workspace=birds) as served:
        here = visit(served, script=script)
        page = here.page
        here.open("/tree")
        page.get_by_role("link", name="Texts of the taxonomy that no person has accepted").click()
        form = page.get_by_role("form", name="Definition of By song")
        form.get_by_role("textbox").fill("Birds are heard.")
        form.get_by_role("button", name="Accept", exact=True).click()
        assert "+  definition: Birds are heard." in page.locator("pre ins").all_inner_texts()
        page.get_by_role("button", name="Save").click()
        assert "1 decision saved" in page.get_by_role("status").inner_text()
        assert (here.dialogs, here.errors) == ([], [])
    assert (
        yaml.safe_load((birds / "taxonomy.yaml").read_text())["tree"][0]["definition"] == "Birds are heard."
    )


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_both_pages_are_accessible_and_fit(tmp_path, birds, visit, axe, width, dark):
    with serving(tmp_path / "runs", workspace=birds) as served:
        here = visit(served, width=width, dark=dark)
        page = here.page
        here.open("/tree/drafts")
        problems = []
        for step in ("drafts", "difference"):
            page.evaluate(axe)
            found = page.evaluate("axe.run()")["violations"]
            problems += [f"{step}: {each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                problems.append(f"{step}: {wide} pixels wide")
            page.get_by_role("button", name="Accept all 3").click() if step == "drafts" else None
        assert problems == []
        assert (here.dialogs, here.errors) == ([], [])
