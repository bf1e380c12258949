"""The HTML pages in a real browser: hostile text does nothing, and what a person would click works."""

from pathlib import Path

from classifier.evaluation.report.page import write_html
from classifier.export.grouping import group_by_tree
from classifier.export.webpage import render_page
from tests import sample_report
from tests.browser.conftest import Watched
from tests.labelled_rows import HOSTILE, filed, sample, taxonomy


def open_page(watched: Watched, path: Path) -> None:
    watched.page.goto(path.as_uri())
    watched.page.wait_for_load_state("networkidle")


def exported(tmp_path: Path) -> Path:
    page = tmp_path / "tree.html"
    tree = group_by_tree(filed(), taxonomy())
    page.write_text("".join(render_page(tree, taxonomy())), encoding="utf-8")
    return page


def test_titles_that_are_scripts_and_formulas_are_shown_as_text_and_do_nothing(tmp_path, watched):
    path = exported(tmp_path)
    open_page(watched, path)
    assert (watched.dialogs, watched.errors) == ([], [])
    assert watched.requests == [path.as_uri()]
    assert watched.page.locator("img, iframe, object, embed").count() == 0
    titles = watched.page.locator(".paper .name").all_inner_texts()
    assert any("<script>alert(1)</script>" in title for title in titles)
    assert any(title.startswith("=HYPERLINK(") for title in titles)


def test_the_search_shows_what_was_asked_for_and_nothing_else(tmp_path, watched):
    open_page(watched, exported(tmp_path))
    everything = watched.page.locator(".paper:visible").count()
    watched.page.fill("#search", "hyperlink")
    shown = watched.page.locator(".paper:visible").all_inner_texts()
    assert 0 < len(shown) < everything
    assert all("hyperlink" in text.lower() for text in shown)
    watched.page.fill("#search", "")
    assert watched.page.locator(".paper:visible").count() == everything
    watched.page.select_option("#status", "review")
    assert 0 < watched.page.locator(".paper:visible").count() < everything


def test_one_click_opens_all_quotes(tmp_path, watched):
    open_page(watched, exported(tmp_path))
    assert watched.page.locator("blockquote:visible").count() == 0
    watched.page.click("#toggle")
    assert watched.page.locator("blockquote:visible").count() >= len(HOSTILE)


def test_the_page_can_be_read_without_its_script(tmp_path, browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(exported(tmp_path).as_uri())
    assert page.locator(".paper:visible").count() == len(sample())
    page.close()


def test_a_report_does_nothing_but_show_itself(tmp_path, watched):
    path = tmp_path / "report.html"
    write_html(sample_report.sample(), sample_report.predictions(), path)
    open_page(watched, path)
    assert (watched.dialogs, watched.errors, watched.requests) == ([], [], [path.as_uri()])
    assert watched.page.locator("svg:visible").count() > 0


def test_no_page_is_wider_than_a_telephone(tmp_path, watched):
    watched.page.set_viewport_size({"width": 390, "height": 800})
    report = tmp_path / "report.html"
    write_html(sample_report.sample(), sample_report.predictions(), report)
    for path in (exported(tmp_path), report):
        open_page(watched, path)
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= 390
