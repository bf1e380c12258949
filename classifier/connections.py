"""The processes and connections that a `Classifier` keeps open, and how they are closed.

What enters: settings and a workspace. What leaves: a PDF reader with its worker processes, sources and
engines with their connections, and an event loop in a thread for callers without one. Each is created when it
is first used, and again in a forked process. `Connections` has no reference to its classifier, so that a
classifier that was never closed is closed when it is garbage-collected, or when the program exits.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from classifier.engines.base import Engine
    from classifier.loop_thread import LoopThread
    from classifier.pdf import PdfReader
    from classifier.settings import Settings
    from classifier.sources import Sources
    from classifier.survey.workspace import Workspace
    from classifier.waiting import OnWait

T = TypeVar("T")

_PARTING_S = 2.0
"""Seconds that the end of a program waits for an engine that blocks the event loop."""


class Connections:
    """Worker processes, connections and engines of one classifier.

    Args:
        engine, first: Engines to use instead of those in the settings.
        repair: Creates the text of a re-ask from the validation message.
        on_wait: Called before each wait for a busy server or source, with the seconds and the reason.
    """

    def __init__(
        self,
        settings: Settings,
        workspace: Workspace,
        *,
        engine: Engine | None,
        first: Engine | None,
        repair: Callable[[str], str],
        on_wait: OnWait | None,
    ) -> None:
        self._settings = settings
        self._workspace = workspace
        self._given = (engine, first)
        self._engine, self._first = self._given
        self._repair = repair
        self._on_wait = on_wait
        self._reader: PdfReader | None = None
        self._sources: Sources | None = None
        self._loop: LoopThread | None = None
        self._lock = Lock()
        self._pid = os.getpid()

    @property
    def engine(self) -> Engine:
        """The engine that decides.

        Raises:
            ConfigError: It cannot be created from these settings.
        """
        self._release_parents()
        if self._engine is None:
            self._engine = self._build(self._settings)
        return self._engine

    @property
    def first_engine(self) -> Engine | None:
        """The engine that a cascade asks first; None without a cascade.

        Raises:
            ConfigError: The cascade's settings are contradictory.
        """
        from classifier.settings import first_stage

        self._release_parents()
        if self._first is None and (settings := first_stage(self._settings)):
            self._first = self._build(settings)
        return self._first

    @property
    def sources(self) -> Sources:
        """Fetches papers."""
        self._release_parents()
        if self._sources is None:
            from classifier.sources import Sources

            self._sources = Sources.from_settings(self._settings, on_wait=self._on_wait)
        return self._sources

    @property
    def reader(self) -> PdfReader:
        """Reads PDFs."""
        self._release_parents()
        if self._reader is None:
            from classifier.pdf import PdfLimits, PdfReader

            limits = PdfLimits(
                wall_s=self._settings.pdf_wall_s,
                memory_bytes=self._settings.pdf_memory_mb * 2**20,
                pages=self._settings.pdf_pages,
            )
            self._reader = PdfReader(workers=self._settings.workers, limits=limits)
        return self._reader

    def run(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Runs a coroutine function in the event loop's thread and waits for its result."""
        self._release_parents()
        with self._lock:
            if self._loop is None or not self._loop.is_alive:
                from classifier.loop_thread import LoopThread

                self._loop = LoopThread()
            loop = self._loop
        return loop.run(call)

    async def aclose(self) -> None:
        """Closes worker processes and connections; they are created again if needed."""
        self._release_parents()
        if self._reader is not None:
            self._reader.close()
        if self._sources is not None:
            await self._sources.aclose()
        for engine in (self._first, self._engine):
            if engine is not None:
                await engine.aclose()

    def close(self) -> None:
        """`aclose` as a plain call; it also ends the event loop's thread."""
        self.run(self.aclose)
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.close()

    def abandon(self) -> None:
        """Closes what is still open, at garbage collection or when the program exits.

        Connections of the caller's own event loop, and of calls that other threads wait for, are not closed:
        they end with the process. It never raises and never waits for long.
        """
        if self._pid != os.getpid():
            return
        with suppress(Exception):
            if self._loop is not None and self._loop.is_current:  # garbage-collected in the loop's own thread
                Thread(target=self._part, daemon=True).start()
            else:
                self._part()

    def _part(self) -> None:
        with suppress(Exception):
            if self._reader is not None:
                self._reader.close()  # needs no event loop
            if self._loop is not None and not self._loop.is_busy:
                self._loop.run(self.aclose, _PARTING_S)
                self._loop.close(_PARTING_S)

    def _release_parents(self) -> None:
        """After a fork: what the parent process has opened must be neither used nor closed."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._lock = Lock()
            self._reader = self._sources = self._loop = None
            self._engine, self._first = self._given

    def _build(self, settings: Settings) -> Engine:
        from classifier.engines.build import build_engine

        return build_engine(settings, self._workspace, repair=self._repair, on_wait=self._on_wait)
