"""A tree of uneven depth, and predictions as a run leaves them."""

from __future__ import annotations

from typing import Any

from classifier.evaluation.records import Prediction, RunFacts
from classifier.model.label import Label, LabelledPaper, Provenance
from classifier.model.record import OUT_OF_SCOPE, Notice
from classifier.survey.taxonomy import Taxonomy


def _node(name: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "title": name.title(), "definition": f"All of {name}.", "children": children}


TREE = Taxonomy.model_validate(
    {
        "schema_version": 1,
        "id": "food",
        "title": "Food",
        "definition": "What is eaten.",
        "tree": [
            _node("grain", _node("wheat", _node("pan"), _node("hard")), _node("rye")),
            _node("fruit", _node("apple"), _node("pear")),
        ],
        "scope": {"definition": "Whatever grows on a field or a tree."},
    }
)
PAN, HARD, RYE, APPLE, PEAR = TREE.leaves
LABELS = (*TREE.leaves, OUT_OF_SCOPE)

RUN = RunFacts(
    suite="food",
    suite_sha256="0" * 64,
    protocol="loo",
    engine="scripted",
    model=None,
    examples="all",
    taxonomy_sha256="1" * 64,
    prompt_sha256=None,
    classifier_version="0",
)


def prediction(
    name: str,
    gold: str,
    predicted: str | None,
    *,
    confidence: float | None = 0.5,
    status: str | None = None,
    model: str | None = None,
    source: str = "stated",
    result: dict[str, Any] | None = None,
    provenance: dict[str, Any] | None = None,
    **more: Any,
) -> Prediction:
    """A line of predictions.jsonl; without a label it is failed, unless `status` says "unplaced"."""
    status = status or {None: "failed", OUT_OF_SCOPE: "out_of_scope"}.get(predicted, "placed")
    failed = status == "failed"
    facts = {
        "engine": "scripted",
        "model": model,
        "taxonomy_sha256": "1" * 64,
        "confidence": source,
        "classifier_version": "0",
        "created_at": "2026-01-01T00:00:00+00:00",
    }
    label = Label(
        ref=name,
        paper=LabelledPaper(),
        status=status,  # type: ignore[arg-type]
        error=Notice(code="model", message="no reply") if failed else None,
        leaf=predicted if status == "placed" else None,
        confidence=None if failed else confidence,
        provenance=None if failed else Provenance(**(facts | (provenance or {}))),
        **(result or {}),
    )
    return Prediction(
        id=name,
        title=f"On {name}",
        label=gold,
        leaf=predicted,
        correct=gold == predicted,
        text_kind=more.pop("text_kind", "abstract"),
        result=label,
        **more,
    )
