"""`classifier compare RUN_A RUN_B`: which run is better, and whether the sample is large enough to decide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import exits
from classifier.cli.options import JsonOption
from classifier.text.counting import count_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classifier.evaluation.comparison import Comparison, Moved, Side
    from classifier.evaluation.records import Estimate

_REASON_CHARS = 160


def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="Folder of a run of `classifier eval`.")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="Folder of the other run.")],
    json: JsonOption = False,
) -> int:
    """Compare two runs item by item: exact McNemar test, differences with intervals, items that changed."""
    from classifier.evaluation.comparison import compare_runs

    comparison = compare_runs(run_a, run_b)
    print(comparison.model_dump_json() if json else "\n".join(render_comparison(comparison)))
    return exits.DONE


def render_comparison(comparison: Comparison) -> Iterator[str]:
    """The comparison as lines of text, without control characters from papers or models."""
    from classifier.evaluation.report.figures import shown

    c = comparison
    yield (
        f"{count_of(c.n, 'item')} in "
        f"common{'' if c.same_suite else f' of two suites, {c.a.suite} and {c.b.suite}'}"
    )
    if c.relabelled:
        yield f"skipped, because their gold labels differ: {', '.join(c.relabelled)}"
    if c.differences:
        yield f"A -> B: {shown('; '.join(c.differences))}"
    yield ""
    yield from _table(c)
    yield ""
    yield f"B - A: accuracy {_signed(c.accuracy_difference)}, kappa {_signed(c.kappa_difference)}"
    yield f"only A right: {c.only_a_right}, only B right: {c.only_b_right}; exact McNemar p = {c.p_value:.3g}"
    yield _verdict(c)
    if c.moved:
        yield ""
        yield f"Items with different labels ({len(c.moved)}):"
    for moved in c.moved:
        yield from _moved(moved)


def _verdict(c: Comparison) -> str:
    discordant = c.only_a_right + c.only_b_right
    if c.can_tell:
        return f"{c.better.upper()} is better on this sample (p < .05)."
    start = "This sample cannot tell A from B"
    if not discordant:
        return f"{start}: both are right on the same items."
    items = count_of(discordant, "discordant item")
    if c.needed_discordant is None:
        return f"{start}: {items}, (nearly) evenly split."
    return (
        f"{start}: {items}; with the same split, {count_of(c.needed_discordant, 'discordant item')} "
        f"would be needed, about {count_of(c.needed_items or 0, 'item')} in total."
    )


def _table(c: Comparison) -> Iterator[str]:
    rows = [("", "A", "B"), *((name, of(c.a), of(c.b)) for name, of in _ROWS)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _moved(moved: Moved) -> Iterator[str]:
    from classifier.evaluation.report.figures import shown

    yield ""
    yield shown(f"{moved.id}  {moved.title}")
    yield f"  gold  {moved.label}"
    for name, label, right, reason in (
        ("A", moved.a, moved.a_correct, moved.a_reason),
        ("B", moved.b, moved.b_correct, moved.b_reason),
    ):
        words = shown(reason)
        start = f"{words[:_REASON_CHARS]}…" if len(words) > _REASON_CHARS else words
        yield f"  {name} {'+' if right else '-'}   {label or 'no label'}: {start}"


def _signed(estimate: Estimate) -> str:
    if estimate.value is None:
        return "unknown"
    interval = f" [{estimate.low:+.3f}, {estimate.high:+.3f}]" if estimate.low is not None else ""
    return f"{estimate.value:+.3f}{interval}"


def _share(estimate: Estimate) -> str:
    if estimate.value is None:
        return "unknown"
    interval = f" [{estimate.low:.3f}, {estimate.high:.3f}]" if estimate.low is not None else ""
    return f"{estimate.value:.3f}{interval}"


def _cost(side: Side) -> str:
    from classifier.evaluation.report.figures import cost

    return cost(side.spending)


def _tokens(side: Side) -> str:
    spent = side.spending
    return "none" if spent.tokens_in is None else f"{spent.tokens_in} in, {spent.tokens_out or 0} out"


_ROWS = (
    ("run", lambda side: side.folder),
    ("engine", lambda side: f"{side.engine} {side.model or ''}".strip()),
    ("accuracy", lambda side: _share(side.accuracy)),
    ("kappa", lambda side: _share(side.kappa)),
    ("failed", lambda side: str(side.failed)),
    ("cost", _cost),
    ("tokens", _tokens),
    ("requests", lambda side: str(side.spending.requests)),
    (
        "median latency",
        lambda side: "unknown" if side.latency_median_s is None else f"{side.latency_median_s:.3f} s",
    ),
)
