"""Where a quote was found, and who made a label, in the words of every output."""

from __future__ import annotations

import pytest

from classifier.export.engines import engine_lines
from classifier.model.label import Evidence, Label, LabelledPaper, Provenance
from classifier.model.measurement import Measurement
from classifier.model.record import Notice

FOUND = Evidence(quote="A dam.", supports="label", page=3, start=0, end=6, verdict="verbatim")
MEASURED = Measurement(
    suite="gold", text="abstract", n=24, accuracy=0.75, low=0.5, high=0.9, measured_on="2026-01-02"
)


def label(pdf_engine="pypdfium2", codes=(), **made) -> Label:
    values = {
        "engine": "offline",
        "taxonomy_sha256": "0" * 64,
        "confidence": "calibrated",
        "pdf_engine": pdf_engine,
        "classifier_version": "0",
        "created_at": "2026-03-04T05:06:07+00:00",
    }
    return Label(
        ref="a",
        paper=LabelledPaper(),
        status="unplaced",
        warnings=tuple(Notice(code=code, message="") for code in codes),
        provenance=Provenance(**(values | made)),
    )


@pytest.mark.parametrize(
    ("made", "found", "place"),
    [
        (label(), FOUND, "page 3"),
        (label("pypdf"), FOUND, "page 3"),
        (label(None), FOUND, "page 3"),
        (label("text", ["abstract-only"]), FOUND, "abstract"),
        (label("text"), FOUND, "text"),
        (label(), FOUND.model_copy(update={"page": None, "verdict": "absent"}), None),
        (label("text"), FOUND.model_copy(update={"page": None, "verdict": "absent"}), None),
    ],
)
def test_a_quote_of_an_abstract_has_no_page(made, found, place):
    assert made.place_of(found) == place


@pytest.mark.parametrize(
    ("made", "text", "more"),
    [
        (label("text", ["abstract-only"]), "abstract", ""),
        (label("pypdf"), "arxiv, pdf", ""),
        (label("text"), "text", ""),
        (label("pypdf"), "abstract", ", not measured on whole papers"),
        (label("text", ["abstract-only"]), "abstract, pdf", ", not measured on abstracts"),
        (label("text", ["abstract-only"]), "summary", ", not measured on abstracts"),
        (label("text"), "title", ", not measured on plain text"),
    ],
)
def test_an_accuracy_says_what_it_was_measured_on_and_if_that_is_something_else(made, text, more):
    measured = MEASURED.model_copy(update={"text": text})
    made = made.model_copy(update={"provenance": made.provenance.model_copy(update={"accuracy": measured})})
    expected = f"accuracy 0.75 [0.50, 0.90] on 24 items of gold ({text}, 2026-01-02){more}"
    assert made.accuracy_in_words == expected


def test_each_engine_is_named_with_its_accuracy_and_its_days():
    labels = [
        label(accuracy=MEASURED),
        label(accuracy=MEASURED, created_at="2026-03-09T00:00:00+00:00"),
        label(engine="openai", model="m", codes=("unmeasured",)),
        label(engine="openai", model="old"),
        Label(ref="failed", paper=LabelledPaper(), status="failed"),
    ]
    assert engine_lines(labels) == [
        f"2 labels by offline, {MEASURED}, not measured on whole papers; 2026-03-04 to 2026-03-09",
        "1 label by openai (m), not measured; 2026-03-04",
        "1 label by openai (old); 2026-03-04",
    ]
