"""Starts background work: two queues in one SQLite file, and their workers as threads of this process.

A task contains only the run to continue. It may be lost or occur twice: at start, all runs that should run
are queued again, and a run that is already active is left alone. Why huey: docs/adr/0015-service.md.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import SqliteHuey
from huey.consumer import Consumer

from classifier.service.store.schema import QUEUE

_LOOK_S = 0.1
"""Least seconds between two checks of the queue by an idle worker."""
_LOOK_MAX_S = 0.5
_LEAVE_S = 30.0
"""Seconds that the service waits at its end for replies that are paid for (`batch.run` waits 15 s)."""


class _ThreadConsumer(Consumer):  # type: ignore[misc]
    """A consumer that does not handle signals, which the server does."""

    def _set_signal_handlers(self) -> None:
        pass


class Dispatcher:
    """Queues of lists and of single papers, so that a paper never waits behind a long list.

    Args:
        continue_run: Called with a run's id in a worker's thread.
        workers: Kind of run -> largest number of concurrent runs.
    """

    def __init__(self, folder: Path, continue_run: Callable[[str], None], workers: dict[str, int]) -> None:
        logging.getLogger("huey").setLevel(logging.ERROR)
        self._tasks: dict[str, Any] = {}
        self._consumers: list[Any] = []
        for kind, count in workers.items():
            queue = SqliteHuey(f"classifier-{kind}", filename=str(folder / QUEUE), results=False)
            self._tasks[kind] = queue.task(name=f"continue-{kind}")(continue_run)
            self._consumers.append(
                _ThreadConsumer(
                    queue,
                    workers=count,
                    periodic=False,
                    initial_delay=_LOOK_S,
                    max_delay=_LOOK_MAX_S,
                    worker_type="thread",
                    check_worker_health=False,
                    shutdown_timeout=_LEAVE_S,
                )
            )
            queue.flush()  # the service's database, not the queue, decides what should run

    def start(self) -> None:
        """Starts the workers."""
        for consumer in self._consumers:
            consumer.start()

    def wake(self, kind: str, run_id: str) -> None:
        """Queues a run."""
        self._tasks[kind](run_id)

    def stop(self) -> None:
        """Ends the workers after their current run."""
        for consumer in self._consumers:
            consumer.stop_flag.set()
        for consumer in self._consumers:
            consumer.stop(graceful=True)
