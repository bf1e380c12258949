"""Labels of runs are brought up to date with what was measured since, before a page or a program reads them.

What enters: a run's folder. What leaves: its ledger, renewed (`classifier.batch.ledger.measurements`). A
folder is looked at again only if its ledger or the measurements have changed. Thread-safe.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

from classifier.batch.ledger.measurements import Measurements
from classifier.batch.ledger.progress import file_state_of
from classifier.errors import ClassifierError
from classifier.settings import Settings
from classifier.survey.workspace import Workspace

_State = tuple[int, ...]


class RecentMeasurements:
    """The measurements of the service's workspace."""

    def __init__(self, workspace: Workspace, settings: Settings) -> None:
        self._measurements = Measurements(workspace, settings)
        self._seen: dict[Path, tuple[_State, _State]] = {}
        self._lock = threading.Lock()

    def state(self) -> _State:
        """See `Measurements.state`."""
        return self._measurements.state()

    def take_up(self, folder: Path) -> None:
        """Renews the labels of a folder; what cannot be done hides no paper, and is tried again later."""
        with suppress(ClassifierError), self._lock:
            now = self.state(), file_state_of(folder)
            if self._seen.get(folder) == now:
                return
            self._measurements.take_up(folder)
            self._seen[folder] = now[0], file_state_of(folder)
