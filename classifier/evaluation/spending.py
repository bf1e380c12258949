"""Predictions -> their tokens and cost; for a cascade, what each engine decided and what that saved.

What enters: predictions with the provenance of their labels. What leaves: sums; a sum is None if one of its
parts is unknown. This module knows no prices: labels and failed items include their costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from classifier.evaluation.records import Cascade, Prediction, RunFacts, Spending, Stage
from classifier.model.label import Provenance
from classifier.model.reply import FirstOpinion, Usage


def spending_of(predictions: Sequence[Prediction]) -> Spending:
    """The spending of all items, including failed ones; None if a reply has no value."""
    failed = [p for p in predictions if p.result.provenance is None]
    spent = _sum(
        [
            *(_whole(p.result.provenance) for p in predictions if p.result.provenance),
            *(_wasted(p.usage, p.attempts) for p in failed if p.usage not in (None, Usage())),
        ]
    )
    unanswered = sum(p.attempts for p in failed if p.usage in (None, Usage()))
    return spent.model_copy(update={"requests": spent.requests + unanswered})


def cascade_of(run: RunFacts, predictions: Sequence[Prediction]) -> Cascade | None:
    """The two stages of a cascade; None without one."""
    if run.cascade is None:
        return None
    from classifier.evaluation.metrics.resampling import wilson

    made = {p.id: p.result.provenance for p in predictions if p.result.provenance}
    opinions = {name: one.first_opinion for name, one in made.items() if one.first_opinion}
    kept = [p for p in predictions if p.id in made and p.id not in opinions]
    rest = [p for p in predictions if p.id not in made or p.id in opinions]
    first_right = [opinions[p.id].label == p.label for p in rest if p.id in opinions]
    after = _sum(_second(made[name]) for name in opinions)
    without = _times(after, len(predictions) / len(opinions)) if opinions else _sum(())
    spent = spending_of(predictions)
    return Cascade(
        first=Stage(
            engine=run.cascade,
            share=wilson(len(kept), len(predictions)),
            accuracy=wilson(sum(p.correct for p in kept), len(kept)),
            spending=_sum(_whole(opinions.get(name, one)) for name, one in made.items()),
        ),
        second=Stage(
            engine=f"{run.engine} ({run.model})" if run.model else run.engine,
            share=wilson(len(rest), len(predictions)),
            accuracy=wilson(sum(p.correct for p in rest), len(rest)),
            spending=after,
        ),
        first_on_rest=wilson(sum(first_right), len(first_right)),
        without=without,
        saved_usd=_less(without.cost_usd, spent.cost_usd),
        saved_tokens=_whole_number(_less(_tokens(without), _tokens(spent))),
    )


def _whole(made: Provenance | FirstOpinion) -> Spending:
    return Spending(
        tokens_in=made.tokens_in,
        tokens_out=made.tokens_out,
        tokens_cached=made.tokens_cached,
        cost_usd=made.cost_usd,
        requests=made.attempts,
    )


def _wasted(usage: Usage | None, attempts: int) -> Spending:
    """The spending of a failed item."""
    return Spending(**(usage or Usage()).model_dump(), requests=attempts)


def _second(made: Provenance) -> Spending:
    """The spending of the second engine; the provenance has the sum of both."""
    first = made.first_opinion or FirstOpinion(engine="")
    return Spending(
        tokens_in=_whole_number(_less(made.tokens_in, first.tokens_in or 0)),
        tokens_out=_whole_number(_less(made.tokens_out, first.tokens_out or 0)),
        tokens_cached=_whole_number(_less(made.tokens_cached, first.tokens_cached or 0)),
        cost_usd=_less(made.cost_usd, first.cost_usd or 0.0),
        requests=made.attempts - first.attempts,
    )


def _sum(parts: Iterable[Spending]) -> Spending:
    # Parts without a request have no tokens and no cost.
    asked = [part for part in parts if part.requests or part.tokens_in is not None]
    return Spending(
        tokens_in=_whole_number(_total([part.tokens_in for part in asked])),
        tokens_out=_whole_number(_total([part.tokens_out for part in asked])),
        tokens_cached=_whole_number(_total([part.tokens_cached for part in asked])),
        cost_usd=_rounded(_total([part.cost_usd for part in asked])),
        requests=sum(part.requests for part in asked),
    )


def _times(one: Spending, factor: float) -> Spending:
    def times(value: float | None) -> float | None:
        return None if value is None else value * factor

    return Spending(
        tokens_in=_whole_number(times(one.tokens_in)),
        tokens_out=_whole_number(times(one.tokens_out)),
        tokens_cached=_whole_number(times(one.tokens_cached)),
        cost_usd=_rounded(times(one.cost_usd)),
        requests=round(one.requests * factor),
    )


def _tokens(spending: Spending) -> float | None:
    return _total([spending.tokens_in, spending.tokens_out])


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else _rounded(one - other)


def _total(values: Sequence[float | None]) -> float | None:
    numbers = [value for value in values if value is not None]
    return sum(numbers) if values and len(numbers) == len(values) else None


def _whole_number(value: float | None) -> int | None:
    return None if value is None else round(value)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
