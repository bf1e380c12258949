"""The work of adding papers to a Markdown list, counted in calls instead of seconds."""

import sys

import pytest

from classifier.export.filed import file_rows
from classifier.export.splice import page_entries
from classifier.export.splice.markdown_papers import add_papers
from classifier.survey.section_plan import PlannedSection, SectionPlan
from tests.labelled_rows import row, taxonomy

LEAF = "capacity/with-load-test"
PLAN = SectionPlan(sections=(PlannedSection(section=("A",), role="topic", leaf=LEAF),))
WORDS = ("anchor", "basket", "cactus", "dinghy", "easel", "fender", "gasket", "hammer", "icicle", "jigsaw")
STYLES = {
    "dated": "- [20{y:02}/{m:02}] {t}. [[paper](https://arxiv.org/abs/{a})]",
    "numbered": "{n}. [{t}](https://arxiv.org/abs/{a})",
    "not imitated": '- <a href="https://arxiv.org/abs/{a}">{t}</a>',
}


def title(number):
    return " ".join(WORDS[int(digit)] for digit in f"{number:06}").capitalize()


def a_list(entries, style):
    lines = [
        STYLES[style].format(
            t=title(n * 7919 % 500_000), a=f"{25 - n // 60:02}01.{n:05}", n=n + 1, y=25 - n // 60, m=1
        )
        for n in range(entries)
    ]
    return "\n".join(["## A", *lines, ""]).encode()


def papers(number):
    return list(
        file_rows(
            [
                row(f"n{n}", LEAF, title=title(500_000 + n * 7919), arxiv_id=f"2411.{n:05}", year=2024)
                for n in range(number)
            ],
            taxonomy(),
        )
    )


def calls(data, filed):
    """Calls of Python and C functions while the papers are added."""
    count = 0

    def seen(_frame, event, _value):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        done = add_papers(data, filed, PLAN)
    finally:
        sys.setprofile(None)
    assert done.labelled == len(filed)
    return count


@pytest.mark.parametrize("style", STYLES)
def test_twice_the_entries_and_twice_the_papers_take_twice_the_work(style):
    add_papers(a_list(2, style), papers(1), PLAN)  # imports, and patterns that are compiled once
    small = calls(a_list(60, style), papers(60))
    large = calls(a_list(120, style), papers(120))
    assert large < 2.3 * small


def test_the_list_is_read_once_before_and_once_after(monkeypatch):
    read = []
    monkeypatch.setattr(
        page_entries,
        "item_ends",
        lambda text, ends=page_entries.item_ends: read.append(1) or ends(text),
    )
    add_papers(a_list(30, "dated"), papers(30), PLAN)
    assert len(read) == 2
