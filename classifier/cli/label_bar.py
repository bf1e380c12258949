"""The bar of `classifier label` on standard error: rate, cost, time left, review; silent in a pipe."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from classifier.cli.progress import Shown
from classifier.text.counting import count_of

if TYPE_CHECKING:
    from classifier.batch.run import Run

_EVERY_S = 0.5
"""Seconds between two updates."""


class LabelBar(Shown):
    """Watches a run; shows nothing if standard error is not a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._run: Run | None = None

    def watch(self, run: Run) -> None:
        """Starts to show a run; called in its event loop."""
        if not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.table import Column

        self._run = run
        self._bar = Progress(
            BarColumn(bar_width=10),
            MofNCompleteColumn(table_column=Column(no_wrap=True, min_width=9)),
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
            console=Console(stderr=True),
            transient=True,
            auto_refresh=False,
        )
        self._bar.add_task("", total=None)
        self._bar.start()
        self._tick()

    def say(self, text: str) -> None:
        """Prints a line above the bar; also in a pipe, since hours may pass without other output."""
        line = f"classifier: {text}"
        if self._bar is None:
            print(line, file=sys.stderr, flush=True)
        else:
            self._bar.console.print(line, markup=False, highlight=False)

    def _tick(self) -> None:
        run, bar = self._run, self._bar
        if run is None or bar is None:
            return
        done = run.progress.done + run.progress.failed
        bar.update(bar.task_ids[0], completed=done, total=run.progress.total, description=describe(run))
        bar.refresh()
        self._timer = asyncio.get_running_loop().call_later(_EVERY_S, self._tick)


def describe(run: Run) -> str:
    """A run's state in one line, the most important values first: narrow terminals cut its end."""
    progress, spending, throttle = run.progress, run.spending, run.throttle
    if not progress.total:
        return "starting"
    expected = run.replies.expected
    parts = [f"{progress.per_second:.1f}/s"]
    if progress.here and expected is None:
        parts.append(f"{_duration(progress.waiting / max(progress.per_second, 1e-9))} left")
    if throttle is not None:
        rest = None if expected else spending.rest_usd(progress.waiting)
        cost = "cost unknown" if spending.unpriced else f"${spending.cost_usd:.4f}"
        parts.append(cost if rest is None else f"{cost}, about ${rest:.4f} more expected")
    if expected is not None and expected.out:
        parts.append(f"{expected.ready} of {count_of(expected.out, 'answer')} ready")
    parts += [f"{progress.review} to review"] * bool(progress.review)
    parts += [f"{progress.failed} failed"] * bool(progress.failed)
    if throttle is not None:
        parts.append(f"{throttle.per_minute} requests/min, {len(throttle.in_flight)} in flight")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
