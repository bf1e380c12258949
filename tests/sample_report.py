"""A realistic evaluation report: 40 items, of which some failed, with hostile titles among them."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from typing import Any

from classifier.evaluation.records import (
    Agreement,
    Bin,
    ConfusedPair,
    Confusion,
    CoveragePoint,
    Estimate,
    Group,
    ItemRow,
    LabelScore,
    Prediction,
    Report,
    RunFacts,
    Spending,
    System,
    Times,
)
from classifier.model.label import Evidence, Label, LabelledPaper
from classifier.model.record import OUT_OF_SCOPE, Notice
from classifier.model.reply import GivenAnswer

TITLES = {
    "grain/oven/with-steam": ("Grain", "Oven", "With steam"),
    "grain/oven/without-steam": ("Grain", "Oven", "Without steam"),
    "grain/griddle": ("Grain", "Griddle"),
    "dough/yeast": ("Dough", "Yeast"),
    "dough/leaven": ("Dough", "Leaven"),
    "dough/lamination": ("Dough", "Lamination"),
    "both/with-oven-feedback": ("Grain and dough", "With feedback from the oven"),
    "both/without-oven-feedback": ("Grain and dough", "Without feedback from the oven"),
}
LABELS = (*TITLES, OUT_OF_SCOPE)
SCRIPT = (
    "<script>alert('title')</script></style></title><img src=https://evil.example/x.png onerror=alert(1)>"
)
FORMULA = '=HYPERLINK("https://evil.example","open")|`x` \x1b[31mred\x1b[0m \u202eesrever <!-- eval:main -->'
LONG = "A title of many words that goes on about crumb, crust and everything that lies between: salt"


@cache
def predictions() -> tuple[Prediction, ...]:
    """40 items in all labels: three failed, two unplaced, the rest right three times in four."""
    chance = random.Random(7)
    return tuple(_prediction(number, chance) for number in range(40))


def _prediction(number: int, chance: random.Random) -> Prediction:
    gold = LABELS[number % 8] if number % 4 else LABELS[-1]
    titles = {3: SCRIPT, 11: FORMULA, 17: LONG}
    title = titles.get(number, f"On the {chance.choice(['rise', 'crust', 'crumb'])} of bread, study {number}")
    status = "failed" if number in (5, 18, 33) else "unplaced" if number in (9, 26) else "placed"
    leaf = gold if chance.random() < 0.75 else chance.choice(LABELS)
    if status != "placed":
        leaf = None
    elif leaf == OUT_OF_SCOPE:
        status = "out_of_scope"
    confidence = None if status == "failed" else round(chance.uniform(0.35, 0.99), 3)
    verdict = chance.choice(("verbatim", "verbatim", "near", "absent"))
    page = None if verdict == "absent" else chance.randint(1, 12)
    quote = f"We let the dough rest for {number} hours before it is <b>baked</b> & weighed."
    error = (
        Notice(code="model-timeout", message="no answer in 60 s; try again") if status == "failed" else None
    )
    return Prediction(
        id=f"paper-{number}",
        title=title,
        label=gold,
        leaf=leaf,
        correct=leaf == gold,
        text_kind="abstract" if number % 3 else "summary",
        difficulty=("easy", "medium", "hard")[number % 3],
        contested=number % 7 == 0,
        labels=(gold, chance.choice(LABELS)),
        result=Label(
            ref=f"paper-{number}",
            paper=LabelledPaper(
                title=title, arxiv_id=f"24{number:02}.01234" if number != 3 else 'x"><script>'
            ),
            status=status,
            error=error,
            leaf=leaf if status == "placed" else None,
            path=TITLES.get(leaf or "", ()),
            runner_up=chance.choice(LABELS) if leaf else None,
            confidence=confidence,
            needs_review=verdict == "absent" or (confidence or 0) < 0.5,
            review_reasons=tuple(
                reason
                for reason, holds in (
                    ("low-confidence", (confidence or 0) < 0.5 and status != "failed"),
                    ("quote-absent", verdict == "absent" and status != "failed"),
                )
                if holds
            ),
            answers=()
            if error
            else tuple(
                GivenAnswer(question=q, answer=a)
                for q, a in (("heat", "dry"), ("rise", "slow"), ("fat", "none"))
            ),
            evidence=()
            if error
            else (
                Evidence(quote=quote, supports="heat", page=page, verdict=verdict),
                Evidence(quote="A stone keeps the heat.", supports="rise", page=1, verdict="verbatim"),
            ),
            rationale=""
            if error
            else "The dough is what is improved; the oven only serves it, as the method says.",
            warnings=(Notice(code="abstract-only", message="decided from the abstract alone"),)
            if not error
            else (),
        ),
    )


def _row(prediction: Prediction) -> ItemRow:
    result = prediction.result
    return ItemRow(
        **{
            name: getattr(prediction, name)
            for name in ("id", "title", "label", "leaf", "correct", "text_kind")
        },
        runner_up=result.runner_up,
        confidence=result.confidence,
        status=result.status,
        error=f"{result.error.code}: {result.error.message}" if result.error else None,
        difficulty=prediction.difficulty,
        contested=prediction.contested,
        review_reasons=result.review_reasons,
        rationale=result.rationale,
        quotes=tuple((piece.page, piece.verdict, piece.quote) for piece in result.evidence),
        answers=tuple((given.question, given.answer) for given in result.answers),
    )


def _estimate(value: float | None, spread: float = 0.14, n: int = 40, method: Any = "bootstrap") -> Estimate:
    if value is None:
        return Estimate(value=None, n=0)
    return Estimate(value=value, low=value - spread, high=min(1.0, value + spread * 0.8), n=n, method=method)


def _system(name: str, base: float, is_baseline: bool) -> System:
    metrics = {
        "accuracy": _estimate(base, method="wilson"),
        "kappa": _estimate(base - 0.08),
        "macro_f1": _estimate(base - 0.11),
        "class_accuracy": _estimate(base + 0.13, method="wilson"),
        "out_of_scope_f1": _estimate(base + 0.06),
        "subclass_accuracy": _estimate(base + 0.04, method="wilson"),
        "hierarchical_f1": _estimate(base + 0.1),
    }
    if not is_baseline:
        metrics |= {
            "top2": _estimate(base + 0.15),
            "brier": _estimate(0.21, 0.06),
            "ece": _estimate(0.09, 0.04),
            "review_rate": _estimate(0.3),
        }
    return System(name=name, is_baseline=is_baseline, metrics=metrics)


def _confusion(made: tuple[Prediction, ...]) -> Confusion:
    columns = (*LABELS, "unplaced", "failed")
    counts = Counter((p.label, p.leaf or p.result.status) for p in made)
    return Confusion(
        rows=LABELS,
        columns=columns,
        counts=tuple(tuple(counts[row, col] for col in columns) for row in LABELS),
    )


def _label_score(label: str, made: tuple[Prediction, ...]) -> LabelScore:
    right = sum(p.correct and p.label == label for p in made)
    given, support = sum(p.leaf == label for p in made), sum(p.label == label for p in made)
    precision, recall = (right / given if given else None), (right / support if support else None)
    f1 = 2 * right / (given + support) if given + support else None
    return LabelScore(label=label, precision=precision, recall=recall, f1=f1, support=support)


def _reliability(made: tuple[Prediction, ...]) -> tuple[Bin, ...]:
    bins = []
    for step in range(10):
        held = [p for p in made if p.result.confidence is not None and int(p.result.confidence * 10) == step]
        sure = sum(p.result.confidence or 0 for p in held) / len(held) if held else None
        share = sum(p.correct for p in held) / len(held) if held else None
        bins.append(Bin(low=step / 10, high=(step + 1) / 10, n=len(held), confidence=sure, accuracy=share))
    return tuple(bins)


def _coverage(made: tuple[Prediction, ...]) -> tuple[CoveragePoint, ...]:
    surest = sorted(made, key=lambda p: -(p.result.confidence or 0))
    cuts = (4, 8, 12, 16, 20, 24, 28, 32, 36, 40)
    return tuple(
        CoveragePoint(
            coverage=cut / 40,
            n=cut,
            accuracy=sum(p.correct for p in surest[:cut]) / cut,
            threshold=surest[cut - 1].result.confidence or 0,
        )
        for cut in cuts
    )


def _groups(made: tuple[Prediction, ...]) -> tuple[Group, ...]:
    found = []
    for by, value in [
        *(("difficulty", value) for value in ("easy", "medium", "hard")),
        ("contested", "true"),
        ("contested", "false"),
        ("text_kind", "abstract"),
        ("text_kind", "summary"),
    ]:
        part = [p for p in made if str(getattr(p, by)).lower() == value]
        accuracy = _estimate(sum(p.correct for p in part) / len(part), 0.2, len(part), "wilson")
        found.append(Group(by=by, value=value, accuracy=accuracy))
    return tuple(found)


def sample(**changes: Any) -> Report:
    """A report as an evaluation of 40 items would give it; `changes` replace whole fields."""
    made = predictions()
    pair = ConfusedPair(
        gold="dough/yeast",
        predicted="dough/leaven",
        n=2,
        gold_definition="Dough raised by cultivated yeast. The agent of the rise decides.",
        predicted_definition="Dough raised by a kept culture of wild yeasts and bacteria.",
        item_ids=("paper-3", "paper-11"),
    )
    values: dict[str, Any] = {
        "run": RunFacts(
            suite="gold",
            suite_sha256="5e0c" * 16,
            protocol="loo",
            engine="openai",
            model="baker-large-2026",
            examples="nearest:8",
            taxonomy_sha256="a1b2" * 16,
            prompt_sha256="c3d4" * 16,
            classifier_version="0.1.0",
        ),
        "n": len(made),
        "text_kinds": dict(Counter(p.text_kind for p in made)),
        "label_titles": TITLES,
        "systems": (
            _system("openai", 0.68, False),
            _system("majority class", 0.25, True),
            _system("TF-IDF centroid", 0.48, True),
        ),
        "labels": tuple(_label_score(label, made) for label in LABELS),
        "confusion": _confusion(made),
        "reliability": _reliability(made),
        "coverage": _coverage(made),
        "groups": _groups(made),
        "quotes": dict(Counter(piece.verdict for p in made for piece in p.result.evidence)),
        "confused": (pair,),
        "agreement": Agreement(
            annotators=2,
            cohen_human_human=_estimate(0.74),
            krippendorff_human=_estimate(0.73),
            cohen_human_engine=_estimate(0.61),
            confused=(pair.model_copy(update={"item_ids": ("paper-13", "not in the table")}),),
        ),
        "spending": Spending(
            tokens_in=182340, tokens_out=20411, tokens_cached=120000, cost_usd=0.4312, requests=43
        ),
        "failed": tuple(p.id for p in made if p.result.status == "failed"),
        "unplaced": tuple(p.id for p in made if p.result.status == "unplaced"),
        "items": tuple(_row(p) for p in made),
        "warnings": (
            "40 items are few: compare the intervals, not the numbers",
            "5 of 40 items got no label",
        ),
        "times": Times(
            started_at="2026-11-22T08:00:00Z", seconds=212.4, latency_median_s=3.21, latency_p95_s=9.8
        ),
    }
    return Report.model_validate({**values, **changes})
