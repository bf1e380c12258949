"""A run on a cluster: waiting items are written as Parquet, labelled by Ray Data, and read back.

What enters: an open ledger. What leaves: labels and replies in it, and the outcome. The ledger makes it
resumable: only waiting items are sent. Ray Data streams blocks through a pool of workers, restarts workers
that died, assigns their blocks again, and writes each finished block as a file.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from classifier.batch.cluster.connection import connected
from classifier.batch.cluster.parts import Taken, take_in, write_entries
from classifier.batch.cluster.shared_budget import SharedBudget, Terms
from classifier.batch.cluster.worker import Assignment, LabelWorker
from classifier.batch.job import Job
from classifier.batch.ledger.ledger import Ledger
from classifier.errors import ConfigError, StoreError
from classifier.settings import Settings
from classifier.survey.workspace import Workspace

_LEAST_REQUESTS = 8
"""One worker is started for this many concurrent requests."""
_MOST_ROWS = 64
"""Rows per block; a block is repeated if its worker dies, and written as one file."""
_BLOCKS_A_WORKER = 8
"""Blocks of a short list, so that the workers finish at about the same time."""
_RAISED = {kind.code: kind for kind in (ConfigError, StoreError)}
_CPU_SHARE = 0.5
"""Share of a core per worker, for Ray's scheduler; the rest is for its tasks that read and write."""


@dataclass(frozen=True)
class Plan:
    """How the work is divided.

    Attributes:
        workers: Processes on the whole cluster.
        rows: In a block.
        blocks: Blocks that one worker processes at a time.
        concurrency: Most requests at a time per worker.
    """

    workers: int
    rows: int
    blocks: int
    concurrency: int


def plan(engine: str, cores: int, waiting: int, concurrency: int) -> Plan:
    """Divides the work among workers.

    Offline: one worker per core, one block at a time. With a server: as many workers as the requests justify.
    With two blocks per worker, the next block's requests are sent while the first block's last replies are
    awaited.
    """
    if engine == "offline":
        rows = -(-waiting // (cores * _BLOCKS_A_WORKER))
        return Plan(cores, max(1, min(_MOST_ROWS, rows)), 1, 1)
    workers = max(1, min(cores, concurrency // _LEAST_REQUESTS))
    share = max(1, concurrency // workers)
    rows = min(_MOST_ROWS, share)
    return Plan(workers, rows, max(2, -(-3 * share // (2 * rows))), share)


def label_on_cluster(
    job: Job, settings: Settings, workspace: Workspace, ledger: Ledger, fingerprint: Mapping[str, Any]
) -> dict[str, Any]:
    """Labels all waiting items.

    Returns:
        The outcome, as returned by `summary.outcome_totals`.

    Raises:
        ConfigError: Ray is not installed, its cluster cannot be reached, or its machines cannot label.
        StoreError: The cluster failed, or something cannot be written. Everything written before is in the
            ledger.
    """
    before, started, requests, interrupted = ledger.counts(), time.monotonic(), 0, False
    assignment = Assignment(job, workspace.root.absolute(), fingerprint, job.concurrency)
    taken = Taken()
    with connected() if _goes_on(ledger) else nullcontext() as ray:
        while not (interrupted or taken.stopped) and _goes_on(ledger):
            waiting, folder = ledger.counts().waiting, write_entries(ledger, job.out, fingerprint)
            ended = False
            try:
                _label(ray, settings, assignment, ledger, folder)
                ended = True
            except KeyboardInterrupt:
                interrupted = True
            finally:
                taken = take_in(ledger, job.out, fingerprint, ended=ended)
            requests += taken.requests
            if ledger.counts().waiting == waiting:  # no results: another pass would not help
                break
    if taken.stopped and taken.stopped.code in _RAISED:
        raise _RAISED[taken.stopped.code](taken.stopped.message)
    counts = ledger.counts()
    here = counts.done + counts.failed - before.done - before.failed
    return {
        "stopped": taken.stopped and asdict(taken.stopped),
        "interrupted": interrupted,
        "labelled_now": counts.done - before.done,
        "per_second": round(here / (time.monotonic() - started), 3),
        "requests": requests,
    }


def _goes_on(ledger: Ledger) -> bool:
    """Whether items are waiting; duplicates of unreadable entries are set to waiting first."""
    return bool(ledger.counts().waiting or ledger.promote_duplicates())


def _label(ray: Any, settings: Settings, assignment: Assignment, ledger: Ledger, folder: Path) -> None:
    """One pass over the entries of a run's folder; its labels are below the same folder."""
    cores = int(ray.cluster_resources().get("CPU", 1))
    work = plan(settings.chosen_engine, cores, ledger.counts().waiting, assignment.concurrency)
    shared_budget = _shared_budget(ray, Terms(settings, ledger.spent(), assignment.job.max_cost_usd))
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = sys.stderr.isatty()
    context.enable_rich_progress_bars, context.use_ray_tqdm = True, False
    context.print_on_execution_start = False
    try:
        with _ended_by_signals():
            ray.data.read_parquet(str(folder / "entries"), num_cpus=_CPU_SHARE).repartition(
                target_num_rows_per_block=work.rows
            ).map_batches(
                LabelWorker,
                fn_constructor_args=(replace(assignment, concurrency=work.concurrency), shared_budget),
                batch_size=work.rows,
                batch_format="pyarrow",
                num_cpus=_CPU_SHARE if cores > 1 else 0,
                compute=ray.data.ActorPoolStrategy(
                    size=work.workers,
                    max_tasks_in_flight_per_actor=work.blocks + 1,
                    max_concurrent_calls_per_actor=work.blocks,
                    enable_true_multi_threading=True,
                ),
            ).write_parquet(str(folder / "labels"))
    except Exception as error:
        # Any error of a machine, its disk or Ray itself, in one of Ray's many wrappers.
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise StoreError(
            f"the cluster ended the run ({said[-1].strip()}); finished papers are saved; rerun to resume"
        ) from error


def _shared_budget(ray: Any, terms: Terms) -> Any:
    """A `SharedBudget` on the driver's machine: if that machine fails, the run ends anyway."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    shared_budget = ray.remote(SharedBudget).options(num_cpus=0, scheduling_strategy=here).remote()
    ray.get(shared_budget.open.remote(terms))
    return shared_budget


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does; Ray would end the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
