"""A person's label stands alone: nothing that the engine said for another label is left beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifier.assistants.reading import explain
from classifier.cli.app import run as cli
from classifier.export.filed import Filed, file_row
from classifier.export.jsonl import json_line
from classifier.model.entries import Correction, Row
from classifier.model.record import OUT_OF_SCOPE, UNPLACED, Notice
from tests import review_kit as kit

A, B = kit.LEAVES[:2]
DOUBTS = tuple(
    Notice(code=code, message=f"{code} is so")
    for code in ("low-confidence", "quote-absent", "answers-contradict-leaf", "partial-text", "abstract-only")
)


def filed(engine: str, person: str | None) -> Filed:
    label = kit.label(
        0,
        engine,
        runner_up=B,
        secondary=(kit.LEAVES[2],) if engine in kit.LEAVES else (),
        scope_reason="no-bridge" if engine == OUT_OF_SCOPE else None,
        attributes={"span": "40 m"} if engine in kit.LEAVES else {},
        warnings=DOUBTS,
        needs_review=True,
        review_reasons=("low-confidence", "partial-text"),
    )
    made = person and Correction(key="e0", label=person, by="Ada", note="it is so", at="2026-01-01")
    return file_row(Row(entry=kit.entry(0), label=label, correction=made or None), kit.taxonomy())


@pytest.mark.parametrize("person", [A, B, OUT_OF_SCOPE, UNPLACED])
@pytest.mark.parametrize("engine", [A, OUT_OF_SCOPE, UNPLACED, "failed"])
def test_the_label_of_a_person_has_no_reasons_for_another_one(engine, person):
    one = filed(engine, person)
    ruled, own = one.ruled, one.row.label
    given = {answer.question: answer.answer for answer in ruled.answers}
    assert kit.taxonomy().contradictions(person, given) == () or engine == person
    if engine == person:
        assert (ruled.answers, ruled.evidence, ruled.warnings) == (own.answers, own.evidence, own.warnings)
        assert (ruled.rationale, ruled.secondary, ruled.attributes) == (
            own.rationale,
            own.secondary,
            own.attributes,
        )
        return
    assert (ruled.answers, ruled.evidence, ruled.secondary, ruled.scope_reason) == ((), (), (), None)
    assert ruled.rationale == "Set by Ada: it is so"
    assert [warning.code for warning in ruled.warnings] == ["partial-text", "abstract-only"]
    assert ruled.attributes == (own.attributes if person in kit.LEAVES else {})
    assert one.quotes == ()


def test_it_is_the_same_in_every_export_and_for_assistants():
    one = filed(A, OUT_OF_SCOPE)
    line = json.loads(json_line(one))
    assert line["correction"]["was"] == A
    assert (line["answers"], line["evidence"], line["secondary"], line["leaf"]) == ([], [], [], None)
    told = explain(one, kit.taxonomy())
    assert (told.answers, told.contradictions, told.untrusted.quotes) == ((), (), ())
    assert "low-confidence" not in told.warnings


@pytest.mark.parametrize("form", ["jsonl", "csv", "html", "markdown", "bibtex", "tables"])
def test_no_export_has_the_overruled_reasons(tmp_path: Path, form: str):
    own = kit.label(0, A, rationale="ENGINE-REASON", secondary=(kit.LEAVES[2],))
    quote = own.evidence[0].model_copy(update={"quote": "ENGINE-QUOTE"})
    run = kit.write_run(tmp_path / "run", [own.model_copy(update={"evidence": (quote,)})])
    assert cli(["correct", str(run), "e0", OUT_OF_SCOPE, "--by", "Ada"]) == 0
    out = tmp_path / "out"
    command = ["export", str(run), "-f", form, "--out", str(out), "--workspace", str(kit.BRIDGES)]
    assert cli([*command, *(["--rationale", "annote"] if form == "bibtex" else [])]) == 0
    text = out.read_text(encoding="utf-8") + (run / "labels.jsonl").read_text(encoding="utf-8")
    assert "ENGINE-" not in text
    assert kit.LEAVES[2] not in (run / "labels.jsonl").read_text(encoding="utf-8")


def test_taking_it_back_brings_all_of_the_engines_label_back(tmp_path: Path):
    run = kit.write_run(tmp_path / "run", [kit.label(0, A)])
    before = (run / "labels.jsonl").read_bytes()
    assert cli(["correct", str(run), "e0", OUT_OF_SCOPE]) == 0
    assert (run / "labels.jsonl").read_bytes() != before
    assert cli(["correct", str(run), "e0", "--undo"]) == 0
    assert (run / "labels.jsonl").read_bytes() == before
