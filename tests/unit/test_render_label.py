"""A label on a terminal: the answers with their quotes, each quote once, and where the label came from."""

from __future__ import annotations

import pytest

from classifier.cli.render import render_label
from classifier.model.label import Evidence, Label, LabelledPaper, Provenance
from classifier.model.reply import FirstOpinion, GivenAnswer
from classifier.survey.workspace import Workspace

MADE = Provenance(
    engine="openai",
    model="m",
    taxonomy_sha256="0" * 64,
    confidence="stated",
    tokens_in=100,
    tokens_out=20,
    classifier_version="0",
    created_at="2026-01-01T00:00:00Z",
)


def quote(text, supports, page=1, verdict="verbatim"):
    return Evidence(quote=text, supports=supports, page=page, start=0, end=len(text), verdict=verdict)


def shown(workspace, made=MADE, **changes) -> list[str]:
    values = {
        "ref": "a.pdf",
        "paper": LabelledPaper(title="A dam", pages=2),
        "status": "placed",
        "leaf": "x/y",
        "path": ("X", "Y"),
        "confidence": 0.6,
        "provenance": made,
    }
    return render_label(Label(**(values | changes)), Workspace(workspace), colour=False).splitlines()


@pytest.fixture
def workspace(bridges):
    return bridges


def answers(**given):
    return tuple(GivenAnswer(question=name, answer=answer) for name, answer in given.items())


def test_each_answer_is_on_a_line_next_to_its_quote_and_a_shared_quote_is_shown_once(workspace):
    lines = shown(
        workspace,
        answers=answers(load="absent", span="long", deck="steel", rail="none"),
        evidence=(
            quote("No load is applied.", "load"),
            quote("A long span of steel.", "span", page=2),
            quote("A long span  of steel.", "deck", page=2),
        ),
    )
    assert lines[6:11] == [
        "  load = absent  p. 1  “No load is applied.”",
        "  span = long    p. 2  “A long span of steel.”",
        "  deck = steel",
        "  without quote  rail = none",
        "",
    ]


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (quote("A dam.", "load", verdict="near"), "  load = absent  p. 1  “A dam.”  (nearly verbatim)"),
        (quote("A dam.", "load", None, "absent"), "  load = absent  not in the paper: “A dam.”"),
        (quote("A dam.", "label"), "  label          p. 1  “A dam.”"),
    ],
)
def test_a_quote_is_shown_with_its_page(workspace, found, line):
    assert line in shown(workspace, answers=answers(load="absent"), evidence=(found,))


def test_a_second_quote_names_its_answer_again(workspace):
    lines = shown(
        workspace, answers=answers(load="absent"), evidence=(quote("One.", "load"), quote("Two.", "load"))
    )
    assert [line for line in lines if "load" in line] == [
        "  load = absent  p. 1  “One.”",
        "  load = absent  p. 1  “Two.”",
    ]


@pytest.mark.parametrize(
    ("confidence", "source", "line"),
    [
        (0.6, "calibrated", "  confidence  0.60 (calibrated)"),
        (0.6, "stated", "  confidence  0.60 (stated)"),
        (None, "unknown", "  confidence  unknown"),
    ],
)
def test_the_confidence_is_shown_with_its_source(workspace, confidence, source, line):
    made = MADE.model_copy(update={"confidence": source})
    assert line in shown(workspace, made, confidence=confidence)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ({"label": "x/z", "confidence": 0.41}, "escalated from offline (x/z, confidence 0.41)"),
        ({"label": "x/z"}, "escalated from offline (x/z, confidence unknown)"),
        ({"error": "not-json"}, "escalated from offline (no label: not-json)"),
        ({}, "escalated from offline (no label)"),
    ],
)
def test_a_cascade_shows_the_answer_of_the_first_engine(workspace, first, said):
    made = MADE.model_copy(update={"first_opinion": FirstOpinion(engine="offline", **first)})
    assert said in " ".join(" ".join(shown(workspace, made)).split())


def test_an_engine_without_measured_accuracy_is_shown_as_not_measured(workspace):
    made = MADE.model_copy(update={"engine": "offline", "model": None})
    assert "engine: offline; a baseline, not measured on this taxonomy" in " ".join(shown(workspace, made))
