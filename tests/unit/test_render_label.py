"""A label on a terminal: the answers with their quotes, each quote once, and where the label came from."""

from __future__ import annotations

import pytest

from classifier.cli.render import render_label
from classifier.model.label import Evidence, Label, LabelledPaper, Provenance
from classifier.model.measurement import Measurement
from classifier.model.reply import FirstOpinion, GivenAnswer

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


def shown(made=MADE, **changes) -> list[str]:
    values = {
        "ref": "a.pdf",
        "paper": LabelledPaper(title="A dam", pages=2),
        "status": "placed",
        "leaf": "x/y",
        "path": ("X", "Y"),
        "confidence": 0.6,
        "provenance": made,
    }
    return render_label(Label(**(values | changes)), colour=False).splitlines()


def answers(**given):
    return tuple(GivenAnswer(question=name, answer=answer) for name, answer in given.items())


def test_each_answer_stands_on_a_line_beside_its_quote_and_a_shared_quote_stands_once():
    lines = shown(
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
def test_a_quote_says_where_it_was_found(found, line):
    assert line in shown(answers=answers(load="absent"), evidence=(found,))


def test_a_second_quote_names_its_answer_again():
    lines = shown(answers=answers(load="absent"), evidence=(quote("One.", "load"), quote("Two.", "load")))
    assert [line for line in lines if "load" in line] == [
        "  load = absent  p. 1  “One.”",
        "  load = absent  p. 1  “Two.”",
    ]


@pytest.mark.parametrize(
    ("confidence", "source", "line"),
    [
        (0.6, "stated", "  confidence  0.60 (stated, unmeasured)"),
        (None, "unknown", "  confidence  unknown"),
    ],
)
def test_the_confidence_says_where_it_comes_from(confidence, source, line):
    made = MADE.model_copy(update={"confidence": source})
    assert line in shown(made, confidence=confidence)


def test_the_branch_is_surer_than_the_leaf():
    line = "  confidence  0.31 (stated, unmeasured); 0.74 for Animals"
    assert line in shown(MADE, confidence=0.31, branch_confidence=0.74, path=("Animals", "Birds"))


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ({"label": "x/z", "confidence": 0.41}, "escalated from offline (x/z, confidence 0.41)"),
        ({"label": "x/z"}, "escalated from offline (x/z, confidence unknown)"),
        ({"error": "not-json"}, "escalated from offline (no label: not-json)"),
        ({}, "escalated from offline (no label)"),
    ],
)
def test_a_cascade_says_what_the_first_engine_answered(first, said):
    made = MADE.model_copy(update={"first_opinion": FirstOpinion(engine="offline", **first)})
    assert said in " ".join(" ".join(shown(made)).split())


def test_an_engine_that_was_not_measured_here_says_so():
    made = MADE.model_copy(update={"engine": "offline", "model": None})
    assert "engine: offline; a baseline; not measured on this taxonomy" in " ".join(shown(made))


def test_a_measured_engine_shows_its_accuracy_once():
    measured = Measurement(
        suite="gold", text="abstract", n=24, accuracy=0.75, low=0.5, high=0.9, measured_on="2026-01-02"
    )
    lines = shown(MADE.model_copy(update={"accuracy": measured, "confidence": "calibrated"}))
    assert "  confidence  0.60 (calibrated)" in lines
    assert "accuracy 0.75 [0.50, 0.90] on 24 items of gold (abstract, 2026-01-02)" in " ".join(lines)
