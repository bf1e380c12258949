"""Reviews of all runs: papers are kept while their ledger is as it was; the run's files follow decisions.

What enters: a run's folder and a name. What leaves: a session for one request. Thread-safe.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from pathlib import Path

from classifier.batch.ledger.progress import state_of
from classifier.batch.results import refresh
from classifier.errors import ClassifierError
from classifier.review.papers import ReviewPaper, read_review
from classifier.review.plan import ReviewPlan
from classifier.review.session import ReviewSession
from classifier.service.measuring import RecentMeasurements
from classifier.survey.taxonomy import Taxonomy

_KEPT = 8
"""Runs whose papers are kept: those that are reviewed at the same time."""
_State = tuple[object, ...]


class ReviewRooms:
    """Opens sessions, and writes a run's files after decisions, in the background."""

    def __init__(self, taxonomy: Taxonomy, measurements: RecentMeasurements) -> None:
        self._taxonomy = taxonomy
        self._measurements = measurements
        self._papers: OrderedDict[Path, tuple[_State, list[ReviewPaper]]] = OrderedDict()
        self._behind: queue.Queue[Path | None] = queue.Queue()
        self._waiting: set[Path] = set()
        self._worker: threading.Thread | None = None
        self._lock = threading.Lock()

    def view(self, folder: Path, name: str) -> ReviewSession:
        """A session that writes nothing until somebody decides.

        Raises:
            ConfigError: There is no ledger.
            StoreError: It cannot be read.
        """
        return ReviewSession.view(folder, self._taxonomy, name, read=self._read)

    def follow(self, folder: Path) -> None:
        """Lets labels.jsonl, failed.jsonl and run.json follow the ledger, soon; exports read the ledger."""
        with self._lock:
            if folder in self._waiting:
                return
            self._waiting.add(folder)
            self._behind.put(folder)
            if self._worker is None:
                self._worker = threading.Thread(target=self._refresh, daemon=True)
                self._worker.start()

    def stop(self) -> None:
        """Ends when all files have followed."""
        if self._worker is not None:
            self._behind.put(None)
            self._worker.join()
            self._worker = None

    def _refresh(self) -> None:
        while (folder := self._behind.get()) is not None:
            with self._lock:  # a decision after this line is another round
                self._waiting.discard(folder)
            try:
                refresh(folder)
            except ClassifierError as error:  # the ledger has the decision: the next one writes the files
                logging.getLogger(__name__).warning("files of %s are behind: %s", folder.name, error.message)

    def _read(self, folder: Path, plan: ReviewPlan) -> list[ReviewPaper]:
        self._measurements.take_up(folder)
        state = (plan, *state_of(folder))
        with self._lock:
            kept = self._papers.get(folder)
            if kept is not None and kept[0] == state:
                self._papers.move_to_end(folder)
                return kept[1]
        papers = read_review(folder, plan)
        with self._lock:
            self._papers[folder] = (state, papers)
            while len(self._papers) > _KEPT:
                self._papers.popitem(last=False)
        return papers
