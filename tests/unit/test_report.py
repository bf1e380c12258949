"""The report as a file, as a terminal table and as a table in a README."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

import pytest

from classifier.errors import InputError, StoreError
from classifier.evaluation.metrics import TITLES
from classifier.evaluation.records import Estimate, Report, RunFacts, Spending, System
from classifier.evaluation.report import (
    read_json,
    render_markdown,
    render_terminal,
    renew_table,
    write_json,
)
from classifier.evaluation.report.figures import money, number, seconds
from tests.sample_report import sample


def test_json_comes_back_equal_and_byte_equal(tmp_path):
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    report = sample()
    write_json(report, first)
    write_json(read_json(first), second)
    assert read_json(first) == report
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().endswith(b"}\n")


def test_json_does_not_depend_on_the_order_in_which_maps_were_filled(tmp_path):
    report = sample()
    turned = sample(
        text_kinds=dict(reversed(report.text_kinds.items())),
        systems=tuple(
            system.model_copy(update={"metrics": dict(reversed(system.metrics.items()))})
            for system in report.systems
        ),
    )
    assert turned == report
    write_json(report, tmp_path / "a.json")
    write_json(turned, tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_json_has_the_fields_in_the_order_of_the_schema(tmp_path):
    write_json(sample(), tmp_path / "report.json")
    assert list(json.loads((tmp_path / "report.json").read_bytes())) == list(Report.model_fields)


def test_json_writes_null_for_what_is_no_number(tmp_path):
    system = System(name="x", is_baseline=False, metrics={"kappa": Estimate(value=float("nan"), n=0)})
    write_json(sample(systems=(system,)), tmp_path / "report.json")
    assert read_json(tmp_path / "report.json").systems[0].metrics["kappa"].value is None


def test_json_is_replaced_as_a_whole_and_keeps_its_permissions(tmp_path):
    path = tmp_path / "new" / "report.json"
    write_json(sample(), path)
    path.chmod(0o640)
    write_json(sample(n=1), path)
    assert read_json(path).n == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [file.name for file in path.parent.iterdir()] == ["report.json"]


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_json(sample(), tmp_path / "report.json")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) == 0o640


def test_a_file_that_cannot_be_written_is_a_store_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write"):
        write_json(sample(), tmp_path / "file" / "report.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "the whole file"),
        (b"{", "the whole file"),
        (b"[]", "the whole file"),
        (b"\xff\xfe", "the whole file"),
        (b'{"schema_version": 2}', "schema_version"),
    ],
)
def test_what_is_no_report_gives_one_line_that_names_the_file_and_the_fault(tmp_path, content, said):
    path = tmp_path / "report.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"report.json: {said}") as raised:
        read_json(path)
    assert "\n" not in raised.value.message


def test_terminal_table_is_plain_and_narrow_in_a_pipe():
    text = render_terminal(sample(), False)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert "0.68 [0.54, 0.79]" in text
    assert "TF-IDF centroid" in text
    assert "failed: 3 of 40" in text
    assert "paper-18: model-timeout: no answer in 60 s; try again" in text


def test_terminal_table_has_the_same_text_with_and_without_colour():
    coloured = render_terminal(sample(), True)
    assert "\x1b[" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in bare.splitlines()] == render_terminal(sample(), False).splitlines()


def test_terminal_lets_no_text_from_a_file_move_the_cursor():
    run = sample().run.model_copy(update={"suite": "a\x1b[2Jb\u202ec", "model": "[red]x[/red]"})
    text = render_terminal(sample(run=run, failed=("p\x07\x1b]0;t\x07",)), False)
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)
    assert "[red]x[/red]" in text


def test_terminal_ends_long_lists_of_failures():
    text = render_terminal(sample(failed=tuple(f"lost-{n}" for n in range(25))), False)
    assert "and 15 more in report.json" in text


def test_markdown_has_a_row_a_system_with_interval_and_cost():
    lines = render_markdown(sample()).splitlines()
    assert lines[2] == (
        "| **openai (baker-large-2026)** | 40 | **0.68 [0.54, 0.79]** | 0.60 | 0.57 | 0.81 | 0.74 | $0.4312 |"
    )
    assert lines[3].startswith("| majority class | 40 | 0.25 [0.11, 0.36] |")
    assert "3 failed, 2 unplaced" in lines[-1]
    assert {line.count("|") for line in lines if line.startswith("|")} == {9}


def test_markdown_of_several_runs_on_one_suite_has_each_baseline_once():
    other = sample(run=sample().run.model_copy(update={"model": "other"}))
    table = render_markdown([sample(), other])
    assert table.count("majority class") == 1
    assert "openai (other)" in table
    assert "Suite" not in table


def test_markdown_keeps_baselines_apart_that_got_other_numbers():
    report = sample()
    better = report.systems[1].model_copy(update={"metrics": report.systems[2].metrics})
    assert render_markdown([report, sample(systems=(report.systems[0], better))]).count("majority class") == 2


def test_markdown_of_several_suites_names_them():
    other = sample(run=sample().run.model_copy(update={"suite": "dev", "suite_sha256": "0" * 64}))
    table = render_markdown([sample(), other])
    assert table.startswith("| System | Suite | n |")
    assert table.count("majority class") == 2


def test_markdown_escapes_what_would_break_the_table():
    run = sample().run.model_copy(update={"model": "a|b\n<b>*c*</b>"})
    line = render_markdown(sample(run=run)).splitlines()[2]
    assert r"a\|b \<b\>\*c\*\</b\>" in line


def test_markdown_shows_an_unknown_price():
    spending = Spending(tokens_in=1, tokens_out=1, tokens_cached=None, cost_usd=None, requests=40)
    assert "| unknown |" in render_markdown(sample(spending=spending))


def test_markdown_of_nothing_is_nothing():
    assert render_markdown([]) == ""


def test_splicing_replaces_only_the_text_between_the_markers(tmp_path):
    page = tmp_path / "README.md"
    page.write_bytes(
        "# Ä\n<!-- eval:main -->\nold\n<!-- /eval:main -->\n\ttail \n<!-- eval:b --><!-- /eval:b -->".encode()
    )
    renew_table(page, "main", "| new |\n")
    once = page.read_bytes()
    renew_table(page, "main", "| new |\n")
    assert page.read_bytes() == once
    assert once.decode() == (
        "# Ä\n<!-- eval:main -->\n\n| new |\n\n<!-- /eval:main -->\n\ttail \n<!-- eval:b --><!-- /eval:b -->"
    )


def test_splicing_keeps_the_pages_line_ends(tmp_path):
    page = tmp_path / "README.md"
    page.write_bytes(b"a\r\n<!-- eval:x -->\r\n<!-- /eval:x -->\r\n")
    renew_table(page, "x", "| 1 |\n| 2 |\n")
    assert page.read_bytes() == b"a\r\n<!-- eval:x -->\r\n\r\n| 1 |\r\n| 2 |\r\n\r\n<!-- /eval:x -->\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!-- eval:main -->",
        "<!-- /eval:main --><!-- eval:main -->",
        "<!-- eval:main --><!-- eval:main --><!-- /eval:main -->",
        "<!-- /eval:main -->\n<!-- eval:main -->\n",
        "```\n<!-- eval:main -->\n<!-- /eval:main -->\n```\n",
    ],
)
def test_missing_markers_give_one_line_with_the_text_to_add(tmp_path, text):
    page = tmp_path / "README.md"
    page.write_text(text)
    with pytest.raises(InputError, match="<!-- eval:main -->") as raised:
        renew_table(page, "main", "| new |")
    assert "\n" not in raised.value.message
    assert page.read_text() == text


@pytest.mark.parametrize("name", ["", "a b", "-->", "../x"])
def test_a_marker_name_that_would_end_the_comment_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="marker name"):
        renew_table(tmp_path / "README.md", name, "")


def test_a_page_that_is_not_there_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        renew_table(tmp_path / "README.md", "main", "")


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (float("nan"), "–"), (0.835, "0.83"), (1.0, "1.00"), (-0.001, "0.00"), (-0.05, "−0.05")],
)
def test_scores_have_two_digits(value, said):
    assert number(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "unknown"), (0.0, "$0"), (0.00042, "$0.0004"), (0.43, "$0.4300"), (12.345, "$12.35")],
)
def test_unknown_cost_is_never_shown_as_zero(value, said):
    assert money(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (0.0412, "0.04 s"), (12.3, "12 s"), (59.7, "1 min 0 s"), (212.4, "3 min 32 s")],
)
def test_times_are_in_words(value, said):
    assert seconds(value) == said


def test_a_baseline_within_the_interval_is_noted():
    close = tuple(
        system.model_copy(
            update={"metrics": {"accuracy": Estimate(value=v, low=v - 0.1, high=v + 0.1, n=40)}}
        )
        for system, v in zip(sample().systems, (0.6, 0.2, 0.55), strict=True)
    )
    assert "does not show that the engine is better" in render_terminal(sample(systems=close), False).replace(
        "\n  ", " "
    )
    assert "does not show" not in render_terminal(sample(), False)


def test_the_documentation_names_every_field_and_every_metric():
    page = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    names = {*Report.model_fields, *RunFacts.model_fields, *TITLES}
    assert {name for name in names if f"`{name}`" not in page} == set()
