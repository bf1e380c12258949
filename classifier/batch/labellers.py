"""Items -> labels: in this process for engines that wait for a server, in several for the offline engine.

What enters: a few items at a time. What leaves: an `ItemOutcome` each. An entry that cannot be labelled gets
a failed label, so that one bad row never ends a run. What it does not do: save, or choose the items.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from classifier.batch.ledger.items import Item, ItemOutcome, as_json
from classifier.batch.reading import Reading, read_entry
from classifier.batch.replies import Deferred, asking
from classifier.errors import ClassifierError, Concern, StoreError
from classifier.model.entries import ListEntry
from classifier.model.label import Label, LabelledPaper
from classifier.pipeline import Classifier
from classifier.settings import Settings
from classifier.survey.workspace import Workspace
from classifier.verdict.labelling import failed_label

_CHUNK = 4
"""Items per call of a process: enough to hide the overhead, few enough to finish at the same time."""


class Labeller(Protocol):
    """Labels items.

    Attributes:
        chunk: The best number of items per call.
        at_once: The best number of concurrent calls.
    """

    chunk: int
    at_once: int

    async def label(self, items: Sequence[Item]) -> list[ItemOutcome]:
        """Returns one outcome per item, in their order; none for items whose reply will come from a batch.

        Raises:
            BudgetSpent, ConfigError, StoreError: Not caused by the item: the next one would fail too.
        """
        ...

    async def aclose(self) -> None:
        """Releases processes and connections."""
        ...


async def label_entry(classifier: Classifier, entry: ListEntry, reading: Reading) -> Label:
    """Reads and labels one entry; returns a failed label if that is not possible.

    Raises:
        BudgetSpent, ConfigError, StoreError: The fault is not the entry's.
        Deferred: Its reply will come from a batch.
    """
    try:
        return await classifier.alabel(*await read_entry(classifier, entry, reading))
    except Deferred:
        raise
    except ClassifierError as error:
        if error.concerns is Concern.run:
            raise
        return _failed(entry, error)
    except Exception as error:  # noqa: BLE001 - lists and papers are hostile: their row fails, not the run
        return _failed(entry, ClassifierError(f"internal error: {type(error).__name__}: {error}"))


class LocalLabeller:
    """Labels in this process's event loop.

    Args:
        classifier: Closed with it.
        at_once: Number of items that are labelled concurrently.
    """

    chunk = 1

    def __init__(self, classifier: Classifier, reading: Reading, at_once: int) -> None:
        self.at_once = at_once
        self._classifier = classifier
        self._reading = reading

    async def label(self, items: Sequence[Item]) -> list[ItemOutcome]:
        """See `Labeller.label`."""
        outcomes = []
        for item in items:
            with asking(item) as conversation, suppress(Deferred):
                label = await label_entry(self._classifier, item.entry, self._reading)
                passed = tuple(conversation.passed)
                outcomes.append(ItemOutcome(item, label, conversation.sent, conversation.cost_usd, passed))
        await asyncio.sleep(0)  # an engine that never waits must not block an interrupt
        return outcomes

    async def aclose(self) -> None:
        """Closes the classifier."""
        await self._classifier.aclose()


class ProcessLabeller:
    """Labels in separate processes, each with its own pipeline: for the offline engine, which only computes.

    Args:
        settings, workspace: Each process creates its classifier from these.
        processes: Number of processes.
    """

    chunk = _CHUNK

    def __init__(self, settings: Settings, workspace: Workspace, reading: Reading, processes: int) -> None:
        import multiprocessing

        self.at_once = 2 * processes  # one in progress and one waiting for each
        self._reading = reading
        self._pool = ProcessPoolExecutor(
            processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_open,
            initargs=(settings.model_copy(update={"workers": 1}), workspace.root, reading),
        )

    async def label(self, items: Sequence[Item]) -> list[ItemOutcome]:
        """See `Labeller.label`."""
        from concurrent.futures.process import BrokenProcessPool

        entries = [as_json(item.entry) for item in items]
        try:
            with _interrupts_held_back():  # the first call starts the processes
                future = asyncio.get_running_loop().run_in_executor(self._pool, _label, entries)
            labels = await future
        except BrokenProcessPool as error:
            raise StoreError(
                "a labelling process was ended from outside (out of memory?); rerun to resume"
            ) from error
        return [
            ItemOutcome(item, Label.model_validate_json(label))
            for item, label in zip(items, labels, strict=True)
        ]

    async def aclose(self) -> None:
        """Ends the processes; waiting chunks are dropped."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Processes that are started inside never see Ctrl-C, not even before `_open` ignores it."""
    if not hasattr(signal, "pthread_sigmask"):  # not on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass
class _Worker:
    """The state that a process of the pool keeps between chunks."""

    classifier: Classifier
    reading: Reading
    runner: asyncio.Runner


_worker: _Worker | None = None


def _open(settings: Settings, root: Path, reading: Reading) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    classifier = Classifier.from_settings(settings, workspace=root)
    _worker = _Worker(classifier, reading, asyncio.Runner())


def _end_with_parent() -> None:
    """Ends this process when its parent ends: a killed parent cannot do that."""
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _label(entries: list[str]) -> list[str]:
    assert _worker is not None  # noqa: S101
    worker = _worker

    async def all_of_them() -> list[str]:
        # Together, so that one paper is read while another is labelled.
        read = map(ListEntry.model_validate_json, entries)
        labels = await asyncio.gather(
            *(label_entry(worker.classifier, entry, worker.reading) for entry in read)
        )
        return [as_json(label) for label in labels]

    return worker.runner.run(all_of_them())


def _failed(entry: ListEntry, error: ClassifierError) -> Label:
    """The label of an entry that could not be labelled, with the paper's data from the list."""
    paper = LabelledPaper(
        **entry.paper.model_dump(include={"title", "authors", "year", "arxiv_id", "doi"}), source="list"
    )
    return failed_label(entry.key, error).model_copy(update={"paper": paper, "warnings": entry.notices})
