"""Continues runs in worker threads: a submission becomes entries, and `label_lists` labels them.

What enters: a run's id. What leaves: its folder's ledger, events, and its state. Everything here may be
interrupted at any moment: the ledger contains what was done, the service's database what should be done.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from classifier.batch.job import Job
from classifier.batch.ledger.progress import costs_of, read_progress
from classifier.batch.purse import ReplyId
from classifier.batch.run import Run
from classifier.batch.session import label_lists
from classifier.errors import ClassifierError, InternalError, StoreError
from classifier.files import replace_bytes
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.pipeline import Classifier
from classifier.service.config import ServiceConfig
from classifier.service.entries import PAPER_FILE, list_entries, paper_entry, reference_of
from classifier.service.purse import DayPurse, RunLimit
from classifier.service.shelf import Shelf
from classifier.service.store.events import Events
from classifier.service.store.money import Money
from classifier.service.store.runs import Runs, RunState, StoredRun
from classifier.service.words import in_service_words
from classifier.settings import Settings
from classifier.survey.workspace import Workspace

_EVENT_S = 0.5
"""Seconds between two checks of a run's progress; an event is stored only if it has changed."""


class _InWork(NamedTuple):
    loop: asyncio.AbstractEventLoop
    run: Run


class Workshop:
    """Runs the background work. Thread-safe; a run is active at most once."""

    def __init__(
        self,
        config: ServiceConfig,
        workspace: Workspace,
        runs: Runs,
        events: Events,
        money: Money,
        shelf: Shelf,
    ) -> None:
        self._config = config
        self._workspace = workspace
        self._runs = runs
        self._events = events
        self._money = money
        self._shelf = shelf
        self._claimed: set[str] = set()
        self._again: set[str] = set()
        self._in_work: dict[str, _InWork] = {}
        self._reports: dict[str, asyncio.Task[None]] = {}
        self._lock = threading.Lock()
        self._stopping = False

    def settings_for(self, engine: str) -> Settings:
        """The settings of the service for a job: private addresses are never allowed."""
        changes: dict[str, Any] = {"engine": engine, "allow_private": False}
        if engine == "offline":
            changes["cascade"] = None
        return self._config.settings.model_copy(update=changes)

    def job_for(self, run: StoredRun, *, max_cost_usd: float | None = None) -> Job:
        """The job for a run."""
        return Job(
            sources=(run.title,),
            out=self.folder_of(run),
            reading=run.task.reading,
            max_cost_usd=max_cost_usd,
            retry_failed=run.retry,
        )

    def folder_of(self, run: StoredRun) -> Path:
        """The folder of a run."""
        return self._shelf.folder_of(run.id, is_paper=run.kind == "paper")

    def entries_of(self, run: StoredRun) -> Iterator[ListEntry | BrokenEntry]:
        """The submitted entries, one by one. Paths in a list are not accessed.

        Raises:
            InputError: It is not a list.
        """
        if run.kind == "paper":
            return iter((paper_entry(run, self.folder_of(run)),))
        return list_entries(run, self.folder_of(run))

    def continue_run(self, run_id: str) -> None:
        """Continues a run that should run; if called again meanwhile, it checks again at the end."""
        with self._lock:
            if run_id in self._claimed:
                self._again.add(run_id)
                return
            self._claimed.add(run_id)
        again = True
        try:
            while again:
                self._step(run_id)
                with self._lock:  # a call after this line starts another worker
                    again = run_id in self._again or self._is_wanted(run_id)
                    self._again.discard(run_id)
                    if not again:
                        self._claimed.discard(run_id)
        finally:
            with self._lock:
                self._claimed.discard(run_id)

    def pause(self, run_id: str) -> None:
        """Ends the work on a run cleanly: replies in flight are awaited."""
        with self._lock:
            in_work = self._in_work.get(run_id)
        if in_work is not None:
            with suppress(RuntimeError):  # it has already ended
                in_work.loop.call_soon_threadsafe(in_work.run.interrupt)

    def stop(self) -> None:
        """Pauses everything; runs that should run are resumed at the next start."""
        self._stopping = True
        for run_id in list(self._in_work):
            self.pause(run_id)

    @property
    def active(self) -> int:
        """The number of active runs."""
        return len(self._claimed)

    def is_active(self, run_id: str) -> bool:
        """Whether a worker has this run."""
        return run_id in self._claimed

    def _step(self, run_id: str) -> None:
        """Labels until the run ends."""
        run = self._runs.get(run_id)
        if run is None or run.wanted != "run" or self._stopping:
            return
        self._note(run, RunState.running)
        try:
            summary = self._label(run)
        except ClassifierError as error:
            self._note(run, RunState.stopped, error)
        except Exception as error:
            logging.getLogger(__name__).exception("run %s", run.id)
            self._note(
                run, RunState.stopped, InternalError(f"internal error: {type(error).__name__}; see the log")
            )
        else:
            self._end(run, summary)

    def _is_wanted(self, run_id: str) -> bool:
        run = self._runs.get(run_id)
        return run is not None and run.wanted == "run" and not self._stopping

    def _end(self, run: StoredRun, summary: dict[str, Any]) -> None:
        stopped = summary["stopped"]
        if summary["interrupted"]:
            wanted = self._is_wanted(run.id) or self._stopping
            self._note(run, RunState.queued if wanted else RunState.paused)
        elif stopped is not None:
            self._note(run, RunState.stopped, stopped["code"], stopped["message"])
        else:
            self._note(run, RunState.done)

    def _label(self, run: StoredRun) -> dict[str, Any]:
        settings = self.settings_for(run.task.engine)
        folder, limit = self.folder_of(run), self._config.usd_per_day
        cap, purse = None, None
        if run.task.engine != "offline" or settings.embedding_model is not None:
            before = read_progress(folder).spent.cost_usd
            cap = self._cap(run, before)
            has_own = run.kind == "paper" or run.task.max_cost_usd is not None
            own = RunLimit(cap, before) if cap is not None and has_own else None
            if cap is not None:
                purse = DayPurse(self._money, run.id, run.user, limit, own)
        self._bring(run, folder, settings)
        try:
            return label_lists(
                self.job_for(run, max_cost_usd=cap),
                settings,
                self._workspace,
                entries=self.entries_of(run),
                on_start=lambda started: self._watch(run, started),
                purse=purse,
            )
        finally:
            with self._lock:
                self._in_work.pop(run.id, None)
                self._reports.pop(run.id, None)

    def _cap(self, run: StoredRun, before: float) -> float | None:
        """What the folder's replies may cost together; the purse keeps the user's day besides.

        If the user has a daily limit, the run has a cap too, so that a model without a known price is
        rejected.
        """
        limit, own = self._config.usd_per_day, run.task.max_cost_usd
        if limit is None:
            return own
        if run.kind == "paper":
            return before + self._config.paper_usd
        return before + limit if own is None else min(own, before + limit)

    def settle_after_kill(self) -> None:
        """Settles the holds of requests in flight when the service was killed; called before any run."""
        holds = self._money.open_holds()
        for run_id in dict.fromkeys(hold.run for hold in holds):
            run, own = self._runs.get(run_id), [hold for hold in holds if hold.run == run_id]
            costs: dict[ReplyId, float] = {}
            if run is not None:
                with suppress(StoreError):  # a damaged ledger: all requests may have been paid for
                    costs = costs_of(self.folder_of(run), [hold.reply for hold in own])
            self._money.settle_after_kill(own, costs)

    def _bring(self, run: StoredRun, folder: Path, settings: Settings) -> None:
        """Saves the PDF of an address, so that its pages can be shown later."""
        reference = reference_of(run)
        if reference is None or reference.kind != "url" or (folder / PAPER_FILE).exists():
            return

        async def fetch() -> None:
            async with Classifier.from_settings(settings, workspace=self._workspace) as classifier:
                file = await classifier.afetch(reference)
                if file.path is not None:
                    replace_bytes(folder / PAPER_FILE, (file.path.read_bytes(),))

        with suppress(ClassifierError, OSError):  # labelling meets the same error and reports it in the label
            asyncio.run(fetch())

    def _watch(self, run: StoredRun, started: Run) -> None:
        """Called in the run's event loop before it starts."""
        loop = asyncio.get_running_loop()
        with self._lock:
            self._in_work[run.id] = _InWork(loop, started)
        stored = self._runs.get(run.id)
        if self._stopping or (stored is not None and stored.wanted != "run"):
            loop.call_soon(started.interrupt)
        # asyncio itself keeps only weak references to tasks.
        self._reports[run.id] = loop.create_task(self._report(run, started))

    async def _report(self, run: StoredRun, started: Run) -> None:
        told: dict[str, Any] = {}
        while True:
            await asyncio.sleep(_EVENT_S)
            now = _progress(started)
            if now != told:
                told = now
                with suppress(ClassifierError):  # if the database is locked, an event is lost, not the run
                    await asyncio.to_thread(self._events.add, run.id, "progress", now)

    def _note(
        self,
        run: StoredRun,
        state: RunState,
        error: ClassifierError | str | None = None,
        message: str | None = None,
    ) -> None:
        code = error.code if isinstance(error, ClassifierError) else error
        said = error.message if isinstance(error, ClassifierError) else message
        said = said and in_service_words(said.replace(f"{self._config.folder}/", ""))
        if not state.is_active:
            self._shelf.renew(run.id, is_paper=run.kind == "paper")
        with suppress(ClassifierError):
            counts, spent, _ = read_progress(self.folder_of(run))
            data = {"state": state, "code": code, "message": said, "cost_usd": round(spent.cost_usd, 6)}
            data |= {"total": counts.total - counts.twins, "done": counts.done, "failed": counts.failed}
            data |= {"review": counts.review, "waiting": counts.waiting}
            self._events.add(run.id, "state", data)  # stored before the state, since the state ends streams
        self._runs.set_state(run.id, state, code, said)


def _progress(run: Run) -> dict[str, Any]:
    progress = run.progress
    speed = progress.per_second
    return {
        "total": progress.total,
        "done": progress.done,
        "failed": progress.failed,
        "review": progress.review,
        "waiting": progress.waiting,
        "per_second": round(speed, 2),
        "seconds_left": round(progress.waiting / speed) if progress.here and speed > 0 else None,
    }
