"""Starts background work: two queues in one SQLite file, and their workers as threads of this process.

A task contains only the run to continue. It may be lost or come twice: at start and every few seconds, runs
that should run and are neither queued nor active are queued, so that a full disk or a locked file costs time
only. Why huey: docs/adr/0015-service.md.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from huey import SqliteHuey
from huey.consumer import Consumer

from classifier.errors import ClassifierError
from classifier.service.store.schema import QUEUE

_LOOK_S = 0.1
"""Least seconds between two checks of the queue by an idle worker."""
_LOOK_MAX_S = 0.5
_SWEEP_S = 5.0
"""Between two looks for runs whose task was lost."""
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
        unfinished: The runs that should run and are not active: kind and id, oldest first.
        workers: Kind of run -> how many of them may run at the same time.
    """

    def __init__(
        self,
        folder: Path,
        continue_run: Callable[[str], None],
        unfinished: Callable[[], Iterable[tuple[str, str]]],
        workers: dict[str, int],
    ) -> None:
        logging.getLogger("huey").setLevel(logging.ERROR)
        self._continue_run = continue_run
        self._unfinished = unfinished
        self._queued: set[str] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep_often, name="sweeper", daemon=True)
        self._tasks: dict[str, Any] = {}
        self._consumers: list[Any] = []
        for kind, count in workers.items():
            queue = SqliteHuey(f"classifier-{kind}", filename=str(folder / QUEUE), results=False)
            self._tasks[kind] = queue.task(name=f"continue-{kind}")(self._work)
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
        """Starts the workers, and queues what should run."""
        for consumer in self._consumers:
            consumer.start()
        self.sweep()
        self._sweeper.start()

    def wake(self, kind: str, run_id: str) -> None:
        """Queues a run that is not queued yet; if the queue cannot be written, the sweep does it later."""
        with self._lock:
            if run_id in self._queued:
                return
            self._queued.add(run_id)
        try:
            self._tasks[kind](run_id)
        except Exception:
            with self._lock:
                self._queued.discard(run_id)
            logging.getLogger(__name__).warning("run %s cannot be queued now", run_id, exc_info=True)

    def sweep(self) -> None:
        """Queues the runs whose task was lost."""
        for kind, run_id in self._unfinished():
            self.wake(kind, run_id)

    def stop(self) -> None:
        """Ends the workers after their current run."""
        self._ended.set()
        for consumer in self._consumers:
            consumer.stop_flag.set()
        for consumer in self._consumers:
            consumer.stop(graceful=True)

    def _work(self, run_id: str) -> None:
        with self._lock:
            self._queued.discard(run_id)
        self._continue_run(run_id)

    def _sweep_often(self) -> None:
        while not self._ended.wait(_SWEEP_S):
            try:
                self.sweep()
            except ClassifierError as error:  # the database is locked or full: look again later
                logging.getLogger(__name__).warning("%s", error)
