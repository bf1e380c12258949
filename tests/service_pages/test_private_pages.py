"""Private runs in a browser: the form without scripts, and what another person sees of it."""

from __future__ import annotations

import pytest

from classifier.service.config import ServiceConfig
from classifier.service.server import add_user
from classifier.settings import load_settings
from tests.service.kit import serving


@pytest.fixture
def team(tmp_path):
    """A service in which ada and bob log in, and their tokens."""
    folder = tmp_path / "runs"
    tokens = {name: add_user(ServiceConfig(folder=folder), name, "owner") for name in ("ada", "bob")}
    settings = load_settings(engine="offline")
    with serving(folder, workspace=None, settings=settings, require_login=True) as served:
        yield served, tokens


def logged_in(visit, served, token, **options):
    here = visit(served, **options)
    here.open("/login")
    here.page.locator("[name=token]").fill(token)
    here.page.locator("main button").click()
    here.page.wait_for_url(f"{served.url}/")
    return here


def test_a_list_is_uploaded_privately_shown_to_one_more_person_and_shared_without_scripts(team, visit):
    served, tokens = team
    ada, bob = (logged_in(visit, served, tokens[name], script=False) for name in ("ada", "bob"))
    ada.open("/lists")
    ada.page.get_by_label("A list").set_input_files(
        {"name": "zebra.bib", "mimeType": "text/plain", "buffer": b"@misc{a, title = {The Zebra Span}}"}
    )
    ada.page.get_by_label("private: only you see it").check()
    ada.page.get_by_role("button", name="Read it").click()
    address = ada.page.url.removeprefix(served.url)
    assert "Only ada sees it" in ada.page.inner_text("main")
    for expected, people in ((404, "bob"), (200, None)):
        assert bob.page.goto(served.url + address).status == expected
        if people:
            ada.page.get_by_label("Other people who may see it").fill(people)
            ada.page.get_by_role("button", name="Save").click()
            assert "Only ada, bob see it" in ada.page.inner_text("main")
    bob.page.get_by_role("button", name="Share with everyone").click()
    assert "Everyone who may log in." in bob.page.inner_text("main")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_with_the_form_are_accessible_and_fit(team, visit, axe, width):
    served, tokens = team
    ada = logged_in(visit, served, tokens["ada"], width=width)
    ada.open("/lists")
    ada.page.get_by_role("button", name="Try the example list").click()
    ada.page.get_by_role("button", name="Make it private").click()
    assert "Only ada sees it" in ada.page.inner_text("main")
    listed = ada.page.url.removeprefix(served.url)
    for path in (listed, "/lists", "/"):
        ada.open(path)
        ada.page.evaluate(axe)
        assert ada.page.evaluate("axe.run()")["violations"] == [], path
        assert ada.page.evaluate("document.documentElement.scrollWidth") <= width, path
