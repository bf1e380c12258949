"""Progress bars on standard error; none if that is not a terminal."""

from __future__ import annotations

import asyncio
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import rich.progress

_QUIET_S = 2.0
"""Seconds before a bar appears; shorter work needs none."""


class Shown:
    """A context with a bar and its timer; both are removed at the end."""

    def __init__(self) -> None:
        self._bar: rich.progress.Progress | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._bar is not None:
            self._bar.stop()


class Progress(Shown):
    """Counts papers. The bar appears only after two seconds, so quick runs stay clean.

    Args:
        total: Number of papers.
    """

    def __init__(self, total: int) -> None:
        super().__init__()
        self._total = total
        self._done = 0
        self._ref = ""

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._timer = asyncio.get_running_loop().call_later(_QUIET_S, self._show)
        return self

    def starts(self, ref: str) -> None:
        """Call when work on a paper starts."""
        self._ref = ref
        self._update()

    def ends(self) -> None:
        """Call when a paper is done, also if it failed."""
        self._done += 1
        self._update()

    def write(self, text: str) -> None:
        """Prints a result to standard output without damaging the bar."""
        if not text:
            return
        if self._bar is not None:
            self._bar.stop()
        print(text, flush=True)
        if self._bar is not None and self._done < self._total:
            self._bar.start()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            SpinnerColumn(),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.add_task(self._ref[-60:], total=self._total, completed=self._done)
        self._bar.start()

    def _update(self) -> None:
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, completed=self._done, description=self._ref[-60:])
