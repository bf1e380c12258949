"""The HTML page of a labelled list: complete, well formed, inert, and loading nothing."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from classifier.export.grouping import group_by_tree
from classifier.export.webpage import render_page
from classifier.model.measurement import Measurement
from classifier.text.characters import shown
from tests.html_page import Page
from tests.labelled_rows import HOSTILE, SCRIPT, filed, row, sample, taxonomy


def source(rows=None, survey=None) -> str:
    survey = survey or taxonomy()
    return "".join(render_page(group_by_tree(filed(rows), survey), survey))


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(source())


def test_the_page_loads_nothing_and_its_policy_admits_its_own_style_and_script_only(page):
    (policy,) = [a["content"] for a in page.found("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        assert len(page.found(tag)) == 1
        digest = base64.b64encode(hashlib.sha256(page.text(tag).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    loading = {"src", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href", "style"}
    assert [attrs for _, attrs in page.elements if loading & attrs.keys()] == []
    assert not re.search(r"url\(|@import|https?:", page.text("style") + page.text("script"))


def test_the_page_is_well_formed_and_its_links_lead_somewhere(page):
    assert page.open == []
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [attrs["href"] for attrs in page.found("a")]
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert all(link.startswith(("#", "https://arxiv.org/abs/")) for link in links)


def test_every_paper_is_there_with_its_quotes_and_their_pages(page):
    papers = [attrs for attrs in page.found("li") if attrs.get("class") == "paper"]
    assert len(papers) == len(sample())
    told = page.text("bdi")
    for each in filed():
        assert each.title in told
        assert all(shown(piece.quote) in told for piece in each.quotes)
    assert "verbatim, page 3" in page.text("span")
    assert "an overruled quote" not in told


def test_what_a_person_set_and_what_needs_a_look_is_said(page):
    statuses = [attrs["data-status"] for attrs in page.found("li") if "data-status" in attrs]
    assert (statuses.count("corrected"), statuses.count("review")) == (1, 1)
    assert page.text("span").count("set by a person") == 1
    assert "Set by Ada: see page 4" in page.text("bdi")
    assert "1 to review, 1 set by a person" in page.text("p")


def test_a_label_says_which_measurement_is_its_engines_accuracy():
    measured = Measurement(
        suite="<b>mine</b>", text="title", n=24, accuracy=0.75, low=0.5, high=0.9, measured_on="2026-01-02"
    )
    made = row("a", rationale="It is a dam.")
    provenance = made.label.provenance.model_copy(update={"accuracy": measured})
    made = made.model_copy(update={"label": made.label.model_copy(update={"provenance": provenance})})
    told = "Engine’s accuracy 0.75 [0.50, 0.90] on 24 items of <b>mine</b> (title, 2026-01-02), not measured"
    assert f"{told} on whole papers" in Page(source([made])).text("p")


@pytest.mark.parametrize("title", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_words_are_text_wherever_they_stand(title):
    hostile = row(
        title,
        title=title,
        authors=(title,),
        quote=title,
        rationale=title,
        attributes={"bridge-type": title, title: title},
        arxiv_id=title,
        doi=title,
        url=title,
        needs_review=True,
    )
    found = source([hostile])
    page = Page(found)
    assert page.open == []
    assert (len(page.found("script")), page.found("img")) == (1, [])
    assert all(not name.startswith("on") for _, attrs in page.elements for name in attrs)
    assert shown(title) in page.text("bdi")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", found)


def test_a_hostile_survey_is_text_too():
    survey = taxonomy()
    node = survey.tree[0].model_copy(update={"title": SCRIPT, "definition": SCRIPT})
    spoilt = survey.model_copy(
        update={"title": SCRIPT, "definition": SCRIPT, "tree": (node,), "source": {"title": SCRIPT}}
    )
    page = Page(source([], spoilt))
    assert page.open == []
    assert (len(page.found("script")), page.found("img")) == (1, [])


def test_papers_open_and_show_without_the_script(page):
    assert len(page.found("details")) >= len(sample()) - 2
    (form,) = page.found("form")
    assert "hidden" in form  # the tools need the script, which shows them
    assert not any("hidden" in attrs for attrs in page.found("li"))


def test_different_papers_are_no_duplicates_of_each_other():
    rows = filed()
    assert group_by_tree(rows, taxonomy()).duplicates == 0
    assert group_by_tree([*rows, *rows], taxonomy()).duplicates == len(rows)
