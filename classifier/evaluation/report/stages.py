"""A cascade's part of a report as text: what each engine decided, its accuracy, its cost, and the savings.

What enters: a Report. What leaves: rows and sentences, the same in all forms of the report; empty without a
cascade.
"""

from __future__ import annotations

from typing import NamedTuple

from classifier.evaluation.records import Cascade, Report, Spending, Stage
from classifier.evaluation.report.figures import amount, cost, money, share, shown, with_interval

TITLES = ("Stage", "Decided", "Accuracy of these", "Requests", "Tokens in", "Tokens out", "Cost")


class StageRow(NamedTuple):
    """One engine, in the order of `TITLES`."""

    engine: str
    decided: str
    accuracy: str
    requests: str
    tokens_in: str
    tokens_out: str
    cost: str


def stage_rows(report: Report) -> tuple[StageRow, ...]:
    """The first engine, then the second."""
    found = report.cascade
    return () if found is None else (_row(found.first, report.n), _row(found.second, report.n))


def stage_notes(report: Report) -> tuple[str, ...]:
    """The rule, the first engine's accuracy on the escalated items, and the savings."""
    found = report.cascade
    if found is None:
        return ()
    first, second = shown(found.first.engine), shown(found.second.engine)
    notes = [f"Items are escalated if {first} fails or its confidence is below {report.run.cascade_below}."]
    if found.first_on_rest.n:
        notes.append(f"Its own accuracy on the escalated items: {with_interval(found.first_on_rest)}.")
    if found.without.requests:
        needed = _tokens_and_cost(found.without)
        notes.append(
            f"{second} alone would have needed about {needed} (its mean over the items that it answered, "
            f"times {report.n})."
        )
    whole = (found.without.tokens_in or 0) + (found.without.tokens_out or 0)
    if found.saved_tokens is not None and whole:
        notes.append(f"Saved: {100 * found.saved_tokens / whole:.0f}\u00a0% of the tokens{_dollars(found)}.")
    return tuple(notes)


def _dollars(found: Cascade) -> str:
    if found.saved_usd is None or not found.without.cost_usd:
        return ""
    return f", {100 * found.saved_usd / found.without.cost_usd:.0f}\u00a0% of the cost"


def _tokens_and_cost(spent: Spending) -> str:
    return f"{amount(spent.tokens_in)} tokens in, {amount(spent.tokens_out)} out, {money(spent.cost_usd)}"


def _row(stage: Stage, n: int) -> StageRow:
    spent = stage.spending
    return StageRow(
        engine=shown(stage.engine),
        decided=share(stage.accuracy.n, n),
        accuracy=with_interval(stage.accuracy),
        requests=amount(spent.requests),
        tokens_in=amount(spent.tokens_in),
        tokens_out=amount(spent.tokens_out),
        cost=cost(spent),
    )
