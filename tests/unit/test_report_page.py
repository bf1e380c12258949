"""report.html: complete, well formed, inert, and loading nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from classifier.evaluation.records import Confusion, Estimate, Prediction, Report, Spending, System
from classifier.evaluation.report import render_markdown, render_terminal, write_html
from classifier.evaluation.report.figures import shown
from tests.html_page import Page
from tests.sample_report import LABELS, SCRIPT, TITLES, predictions, sample


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return rendered(tmp_path, sample())


def rendered(folder: Path, report: Report, made: tuple[Prediction, ...] | None = None) -> Page:
    write_html(report, predictions() if made is None else made, folder / "report.html")
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_page_loads_nothing_and_has_a_policy_that_forbids_it(page):
    policies = [a["content"] for a in page.found("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    assert "default-src 'none'" in (policies[0] or "")
    assert "unsafe" not in (policies[0] or "")
    loading = {"src", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href"}
    assert [attrs for _, attrs in page.elements if loading & attrs.keys()] == []
    assert [attrs["href"] for attrs in page.found("link")] == ["data:,"]
    assert not re.search(r"url\(|@import|https?:", page.text("style") + page.text("script"))


def test_page_policy_admits_its_own_style_and_script_only(page):
    policy = next(a["content"] or "" for a in page.found("meta") if "http-equiv" in a)
    for tag in ("style", "script"):
        assert len(page.found(tag)) == 1
        digest = base64.b64encode(hashlib.sha256(page.text(tag).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert [
        attrs for _, attrs in page.elements if any(name.startswith("on") or name == "style" for name in attrs)
    ] == []


def test_page_is_well_formed_with_unique_anchors_that_all_links_meet(page):
    assert page.open == []
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [attrs["href"] or "" for attrs in page.found("a")]
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert all(link.startswith(("#", "https://arxiv.org/abs/")) for link in links)


def test_hostile_titles_are_shown_as_text(page, tmp_path):
    source = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.found("img") == []
    assert shown(SCRIPT) in page.text("bdi")
    assert "alert(" not in page.text("script")
    assert "<!-- eval" not in source
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", source)


@pytest.mark.parametrize(
    "field", ["suite", "engine", "model", "examples", "calibration", "classifier_version"]
)
def test_hostile_facts_of_a_run_are_shown_as_text(tmp_path, field):
    run = sample().run.model_copy(update={field: SCRIPT})
    page = rendered(tmp_path, sample(run=run))
    assert (len(page.found("script")), page.found("img")) == (1, [])
    assert "evil.example" in page.text("body") + page.text("td") + page.text("p")


def test_hostile_labels_titles_and_verdicts_are_shown_as_text(tmp_path):
    def spoil(value: Any) -> Any:
        if isinstance(value, str):
            return SCRIPT if value in {"dough/yeast", "verbatim", "quote-absent", "Grain", "heat"} else value
        if isinstance(value, dict):
            return {spoil(key): spoil(entry) for key, entry in value.items()}
        return [spoil(entry) for entry in value] if isinstance(value, list | tuple) else value

    data = spoil(sample().model_dump())
    for item in data["items"]:
        item |= {
            "id": f"{SCRIPT}{item['id']}",
            "error": SCRIPT,
            "rationale": SCRIPT,
            "review_reasons": [SCRIPT],
        }
    page = rendered(tmp_path, Report.model_validate(data))
    assert (len(page.found("script")), page.found("img")) == (1, [])
    assert page.open == []


def test_every_item_is_on_the_page_with_quotes_verdicts_pages_and_error(page):
    bodies = [attrs for attrs in page.found("tbody") if "data-outcome" in attrs]
    assert [attrs["id"] for attrs in bodies] == [f"item-{number}" for number in range(1, 41)]
    assert Counter(attrs["data-outcome"] for attrs in bodies)["failed"] == 3
    told = page.text("bdi")
    for prediction in predictions():
        assert shown(prediction.title) in told
        assert prediction.id in told
        assert all(shown(piece.quote) in told for piece in prediction.result.evidence)
    assert page.text("p").count("no answer in 60 s; try again") == 3
    spans = page.text("span")
    assert ("verbatim, abstract" in spans, "verbatim, page 1" in spans) == (True, False)


def test_an_item_opens_without_the_script(page):
    assert len(page.found("details")) >= 40
    form = page.found("form")
    assert len(form) == 1
    assert "hidden" in form[0]  # the tools need the script, which shows them


def test_sums_of_the_confusion_matrix_are_right(tmp_path):
    rendered(tmp_path, sample())
    source = (tmp_path / "report.html").read_text(encoding="utf-8")
    matrix = source[source.index('<table class="matrix">') :]
    matrix = matrix[: matrix.index("</table>")]
    head, body = matrix.split("<tbody>")
    body, foot = body.split("</tbody>")
    counts = [int(n) for n in re.findall(r'<td class="heat[^"]*">(\d+)</td>', body)]
    totals = [int(n) for n in re.findall(r'<td class="total">(\d+)</td>', body)]
    columns = [int(n) for n in re.findall(r'<td class="total">(\d+)</td>', foot)]
    assert sum(counts) == sum(totals) == columns[-1] == sum(columns[:-1]) == 40
    assert len(re.findall(r'scope="col" class="turned"', head)) == len(columns) - 1 == len(LABELS) + 2
    right = sum(p.correct for p in predictions())
    assert f"{right} of 40 items are right" in source


def test_tables_name_their_rows_and_columns(page):
    heads = page.found("th")
    assert heads
    assert all(attrs.get("scope") in {"row", "col", "rowgroup", "colgroup"} for attrs in heads)
    drawings = page.found("svg")
    assert all(attrs.get("aria-hidden") == "true" or attrs.get("role") == "img" for attrs in drawings)


def test_right_and_wrong_are_shown_by_symbol_and_word(page):
    cells = "".join(page.texts["span"])
    assert {"✓", "✗", "○", "!"} <= set(cells)
    assert {attrs["data-value"] for attrs in page.found("td") if attrs.get("class") == "outcome"} == {
        "right",
        "wrong",
        "unplaced",
        "failed",
    }


def test_labels_are_shown_by_titles_or_by_ids_without_titles(tmp_path):
    with_titles = rendered(tmp_path, sample(), ())
    assert "Grain and dough" in with_titles.text("th")
    from_paths = rendered(tmp_path, sample(label_titles={}))
    assert "With feedback from the oven" in from_paths.text("th")
    bare = rendered(tmp_path, sample(label_titles={}), ())
    assert "with oven feedback" in bare.text("th")


def test_labels_with_equal_last_titles_are_distinguished(tmp_path):
    titles = {**TITLES, "grain/griddle": ("Grain", "Plain"), "dough/yeast": ("Dough", "Plain")}
    page = rendered(tmp_path, sample(label_titles=titles))
    assert "Grain › Plain" in page.text("th")
    assert "Dough › Plain" in page.text("th")


def test_an_empty_report_is_still_a_page_a_table_and_a_row(tmp_path):
    nothing = Estimate(value=None, n=0)
    empty = sample(
        n=0,
        text_kinds={},
        label_titles={},
        systems=(System(name="openai", is_baseline=False, metrics={"accuracy": nothing, "kappa": nothing}),),
        labels=(),
        confusion=Confusion(rows=(), columns=("unplaced", "failed"), counts=()),
        reliability=(),
        coverage=(),
        groups=(),
        quotes={},
        confused=(),
        agreement=None,
        failed=(),
        unplaced=(),
        items=(),
        warnings=(),
        spending=Spending(tokens_in=None, tokens_out=None, tokens_cached=None, cost_usd=None, requests=0),
    )
    page = rendered(tmp_path, empty, ())
    assert page.open == []
    assert "No prediction has a confidence." in page.text("figcaption")
    assert "Accuracy" in render_terminal(empty, False)
    assert "| 0 | **–** |" in render_markdown(empty)


def test_numbers_outside_the_scale_stay_inside_the_drawing(tmp_path):
    system = System(
        name="worse than chance",
        is_baseline=False,
        metrics={"kappa": Estimate(value=-0.31, low=-0.6, high=1.4, n=9, method="bootstrap")},
    )
    page = rendered(tmp_path, sample(systems=(system,)))
    assert "−0.31" in page.text("td")
    whiskers = [attrs["d"] for attrs in page.found("path") if attrs.get("class") == "whisker engine"]
    assert [float(part) for part in re.split("[MH ]", whiskers[0] or "")[1:]] == [4, 8, 164]


def luminance(colour: tuple[float, ...]) -> float:
    """Relative luminance by WCAG 2.2, of sRGB channels in 0..255."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_is_readable_on_every_ground(page, mode):
    first, second = re.findall(r":root \{(.*?)\}", page.text("style"), re.DOTALL)[:2]
    palette = dict(re.findall(r"--([\w-]+): ([^;]+);", first if mode == "light" else second))
    colour = {
        name: tuple(bytes.fromhex(value[1:])) for name, value in palette.items() if value.startswith("#")
    }
    for ground in ("page", "panel", "note"):
        for text in ("text", "soft", "accent", "right", "wrong"):
            assert contrast(colour[text], colour[ground]) >= 4.5, f"{text} on {ground}"
    share, hue = float(palette["heat"]), [int(part) for part in palette["hue"].split()]
    deepest = tuple(
        share * tint + (1 - share) * ground for tint, ground in zip(hue, colour["page"], strict=True)
    )
    assert contrast(colour["text"], deepest) >= 4.5
