"""Predictions -> Report: all numbers of a run in one record.

What enters: the run's description, the taxonomy, one prediction per item, the baselines' metrics, and the
times. What leaves: a `Report`; equal predictions give equal bytes, except for `times`. It runs no engine and
writes no file.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from classifier.evaluation.metrics import need_packages
from classifier.evaluation.records import (
    Agreement,
    ConfusedPair,
    Confusion,
    Group,
    ItemRow,
    Prediction,
    Report,
    RunFacts,
    System,
    Times,
)
from classifier.evaluation.spending import cascade_of, spending_of
from classifier.model.record import OUT_OF_SCOPE, UNPLACED
from classifier.survey.taxonomy import Taxonomy
from classifier.text.counting import count_of, plural

FAILED = "failed"

_MOST_PAIRS = 10
"""Most confused pairs in the report."""
_FEW = 100
"""With fewer items, a 95 % interval can be wider than .2, and most changes may be due to chance."""


def score(
    run: RunFacts,
    taxonomy: Taxonomy,
    predictions: Sequence[Prediction],
    baselines: Sequence[System] = (),
    times: Times | None = None,
    *,
    seed: int = 0,
) -> Report:
    """Scores a run; items without a label stay in every denominator as wrong.

    Args:
        predictions: One per item, in any order; the order decides only that of `items`. Without predictions,
            the report's numbers are None.
        baselines: See `classifier.evaluation.baselines`.
        times: The times of the run; None for empty ones.
        seed: Seed of the bootstrap.

    Raises:
        ConfigError: The packages of the extra "eval" are missing.
    """
    need_packages()
    from classifier.evaluation.metrics.calibration_error import reliability
    from classifier.evaluation.metrics.cases import case_of
    from classifier.evaluation.metrics.f1 import label_scores
    from classifier.evaluation.metrics.measure import measure
    from classifier.evaluation.metrics.selective import coverage_curve

    # Resamples are drawn by position, so the order must not depend on that of the file.
    by_id = sorted(predictions, key=lambda prediction: prediction.id)
    cases = [case_of(prediction) for prediction in by_id]
    labels = _labels(taxonomy, by_id)
    engine = System(name=_name(run), is_baseline=False, metrics=measure(cases, taxonomy, seed))
    return Report(
        run=run,
        n=len(by_id),
        text_kinds=dict(sorted(Counter(prediction.text_kind for prediction in by_id).items())),
        systems=(engine, *baselines),
        labels=label_scores(cases, labels),
        confusion=_confusion(by_id, labels),
        reliability=reliability(cases),
        coverage=coverage_curve(cases),
        groups=_groups(by_id),
        quotes=_quotes(by_id),
        confused=_confused(by_id, taxonomy, labels),
        agreement=_agreement(by_id, taxonomy, labels, seed),
        cascade=cascade_of(run, by_id),
        spending=spending_of(by_id),
        failed=tuple(p.id for p in by_id if p.result.status == "failed"),
        unplaced=tuple(p.id for p in by_id if p.result.status == "unplaced"),
        items=tuple(_row(prediction) for prediction in predictions),
        label_titles={label: taxonomy.titles(label) for label in labels if label in taxonomy.leaves},
        warnings=_warnings(by_id),
        times=times or Times(started_at="", seconds=0.0, latency_median_s=None, latency_p95_s=None),
    )


def _name(run: RunFacts) -> str:
    name = f"{run.engine} {run.model}" if run.model else run.engine
    return f"{run.cascade}, then {name}" if run.cascade else name


def _labels(taxonomy: Taxonomy, predictions: Iterable[Prediction]) -> tuple[str, ...]:
    """The labels that occur, in the tree's order; then out of scope, then unknown labels."""
    used = {label for p in predictions for label in (p.label, p.leaf, *p.labels) if label is not None}
    known = [label for label in taxonomy.labels if label in used]
    return (*known, *sorted(used.difference(known)))


def _confusion(predictions: Sequence[Prediction], labels: Sequence[str]) -> Confusion:
    gold = {prediction.label for prediction in predictions}
    answered = {prediction.leaf for prediction in predictions}
    rows = tuple(label for label in labels if label in gold)
    columns = (*(label for label in labels if label in gold | answered), UNPLACED, FAILED)
    cells = Counter((prediction.label, _column(prediction)) for prediction in predictions)
    return Confusion(
        rows=rows,
        columns=columns,
        counts=tuple(tuple(cells[row, column] for column in columns) for row in rows),
    )


def _column(prediction: Prediction) -> str:
    if prediction.leaf is not None:
        return prediction.leaf
    return FAILED if prediction.result.status == "failed" else UNPLACED


def _groups(predictions: Sequence[Prediction]) -> tuple[Group, ...]:
    """Accuracy by difficulty and by contested, if the suite has these, and by kind of text."""
    from classifier.evaluation.metrics.resampling import wilson

    members: dict[tuple[str, str], list[bool]] = defaultdict(list)
    any_contested = any(prediction.contested for prediction in predictions)
    for prediction in predictions:
        right = prediction.leaf == prediction.label
        if prediction.difficulty is not None:
            members["difficulty", prediction.difficulty].append(right)
        if any_contested:
            members["contested", "yes" if prediction.contested else "no"].append(right)
        members["text_kind", prediction.text_kind].append(right)
    return tuple(
        Group.model_validate({"by": by, "value": value, "accuracy": wilson(sum(right), len(right))})
        for (by, value), right in sorted(members.items())
    )


def _quotes(predictions: Iterable[Prediction]) -> Mapping[str, int]:
    found = Counter(quote.verdict for p in predictions for quote in p.result.evidence)
    return {verdict: found[verdict] for verdict in ("verbatim", "near", "absent")}


def _confused(
    predictions: Iterable[Prediction], taxonomy: Taxonomy, labels: Sequence[str]
) -> tuple[ConfusedPair, ...]:
    wrong = [(p.label, p.leaf, p.id) for p in predictions if p.leaf is not None and p.leaf != p.label]
    return _pairs(wrong, taxonomy, labels)


def _pairs(
    differing: Iterable[tuple[str, str, str]], taxonomy: Taxonomy, labels: Sequence[str]
) -> tuple[ConfusedPair, ...]:
    """The most frequent pairs of (label, other label, item id), with both definitions."""
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one, other, item_id in differing:
        ids[one, other].add(item_id)
    place = {label: index for index, label in enumerate(labels)}
    order = sorted(ids, key=lambda pair: (-len(ids[pair]), place[pair[0]], place[pair[1]]))
    return tuple(
        ConfusedPair(
            gold=one,
            predicted=other,
            n=len(ids[one, other]),
            gold_definition=_definition(taxonomy, one),
            predicted_definition=_definition(taxonomy, other),
            item_ids=tuple(sorted(ids[one, other])),
        )
        for one, other in order[:_MOST_PAIRS]
    )


def _definition(taxonomy: Taxonomy, label: str) -> str:
    if label in taxonomy.leaves:
        return taxonomy.leaves[label].node.definition
    return taxonomy.scope.definition if label == OUT_OF_SCOPE else ""


def _agreement(
    predictions: Sequence[Prediction], taxonomy: Taxonomy, labels: Sequence[str], seed: int
) -> Agreement | None:
    from classifier.evaluation.metrics.agreement import measure_agreement

    found = measure_agreement([p.labels for p in predictions], [p.leaf for p in predictions], seed)
    if found is None:
        return None
    place = {label: index for index, label in enumerate(labels)}
    differing = [
        (min(pair, key=place.__getitem__), max(pair, key=place.__getitem__), prediction.id)
        for prediction in predictions
        for pair in combinations(prediction.labels, 2)
        if pair[0] != pair[1]
    ]
    return found.model_copy(update={"confused": _pairs(differing, taxonomy, labels)})


def _row(prediction: Prediction) -> ItemRow:
    result = prediction.result
    return ItemRow(
        id=prediction.id,
        title=prediction.title,
        label=prediction.label,
        leaf=prediction.leaf,
        correct=prediction.leaf == prediction.label,
        runner_up=result.runner_up,
        confidence=result.confidence,
        status=result.status,
        error=result.error.message if result.error else None,
        text_kind=prediction.text_kind,
        difficulty=prediction.difficulty,
        contested=prediction.contested,
        review_reasons=result.review_reasons,
        rationale=result.rationale,
        quotes=tuple((quote.page, quote.verdict, quote.quote) for quote in result.evidence),
        answers=tuple((given.question, given.answer) for given in result.answers),
    )


def _warnings(predictions: Sequence[Prediction]) -> tuple[str, ...]:
    """What a reader should know before relying on the numbers.

    Old recordings must replay to equal reports (tests/test_old_data.py), so these texts are stored ones.
    """
    found = []
    if not predictions:
        found.append("no items were scored")
    elif len(predictions) < _FEW:
        found.append(
            f"{count_of(len(predictions), 'item')} {plural(len(predictions), 'is', 'are')} "
            "few: compare the intervals, not the numbers"
        )
    rare = [label for label, n in sorted(Counter(p.label for p in predictions).items()) if n < 5]
    if rare:
        found.append(f"fewer than 5 items: {', '.join(rare)}; their scores, and macro-F1, are unsteady")
    without = sum(prediction.leaf is None for prediction in predictions)
    if without:
        found.append(
            f"{without} of {count_of(len(predictions), 'item')} got no label; "
            f"{plural(without, 'it counts', 'they count')} as wrong in every score"
        )
    unknown = sum(p.leaf is not None and p.result.confidence is None for p in predictions)
    if unknown:
        found.append(
            f"{unknown} of {count_of(len(predictions), 'label')} {plural(unknown, 'has', 'have')} no usable "
            f"confidence; {plural(unknown, 'it counts', 'they count')} as the least confident "
            f"{plural(unknown, 'one', 'ones')}, and as the worst case in Brier score and calibration error"
        )
    if any(p.result.provenance and p.result.provenance.confidence == "stated" for p in predictions):
        found.append("confidences are the model's own words, not calibrated")
    return tuple(found)
