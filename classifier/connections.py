"""What a `Classifier` keeps open between papers, and how it is closed however the program ends.

What enters: settings and a workspace. What leaves: a PDF reader with its worker processes, sources and
engines with their connections, and an event loop in a thread for callers without one. Each is made when it is
first used. `Connections` holds no reference to its classifier, so that a forgotten classifier is closed too:
when it is garbage-collected, and at the latest when the program exits.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from threading import Thread, get_ident
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

    from classifier.engines.base import Engine
    from classifier.pdf import PdfReader
    from classifier.settings import Settings
    from classifier.sources import Sources
    from classifier.survey.workspace import Workspace
    from classifier.waiting import OnWait

T = TypeVar("T")


class Connections:
    """Worker processes, connections and engines of one classifier.

    Args:
        engine, first: Engines to use instead of those that the settings name.
        repair: Makes a re-ask's text from the validation message.
        on_wait: Called before each wait for a busy server or source: seconds, and why.
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
        self._engine = engine
        self._first = first
        self._repair = repair
        self._on_wait = on_wait
        self._reader: PdfReader | None = None
        self._sources: Sources | None = None
        self._portal: BlockingPortal | None = None
        self._thread_id: int | None = None
        self._stack = ExitStack()

    @property
    def engine(self) -> Engine:
        """The engine that decides.

        Raises:
            ConfigError: It cannot be made from these settings.
        """
        if self._engine is None:
            self._engine = self._build(self._settings)
        return self._engine

    @property
    def first_engine(self) -> Engine | None:
        """The engine that a cascade asks first; None without a cascade.

        Raises:
            ConfigError: The settings' cascade makes no sense.
        """
        from classifier.settings import first_stage

        if self._first is None and (settings := first_stage(self._settings)):
            self._first = self._build(settings)
        return self._first

    @property
    def sources(self) -> Sources:
        """Where papers are fetched from."""
        if self._sources is None:
            from classifier.sources import Sources

            self._sources = Sources.from_settings(self._settings, on_wait=self._on_wait)
        return self._sources

    @property
    def reader(self) -> PdfReader:
        """What reads PDFs."""
        if self._reader is None:
            from classifier.pdf import PdfLimits, PdfReader

            limits = PdfLimits(
                wall_s=self._settings.pdf_wall_s,
                memory_bytes=self._settings.pdf_memory_mb * 2**20,
                pages=self._settings.pdf_pages,
            )
            self._reader = PdfReader(workers=self._settings.workers, limits=limits)
        return self._reader

    def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """Runs a coroutine function in the event loop's thread and waits for its result."""
        if self._portal is None:
            from anyio.from_thread import start_blocking_portal

            self._portal = self._stack.enter_context(start_blocking_portal())
            self._thread_id = self._portal.call(get_ident)
        return self._portal.call(call)

    async def aclose(self) -> None:
        """Ends worker processes and connections; they are made again if they are needed again."""
        if self._reader is not None:
            self._reader.close()
        if self._sources is not None:
            await self._sources.aclose()
        for engine in (self._first, self._engine):
            if engine is not None:
                await engine.aclose()

    def close(self) -> None:
        """`aclose` for callers without an event loop; the event loop's thread ends."""
        self.run(self.aclose)
        self._stack.close()
        self._portal = None

    def abandon(self) -> None:
        """Closes what nobody has closed: at garbage collection, or when the program exits.

        Connections that belong to the caller's own event loop are left to it: they hold nothing that outlives
        the process. Never raises and never waits for the event loop's own thread.
        """
        with suppress(Exception):
            if self._portal is None:
                if self._reader is not None:
                    self._reader.close()
            elif get_ident() == self._thread_id:  # collected in the loop's own thread
                Thread(target=self.close, daemon=True).start()
            else:
                self.close()

    def _build(self, settings: Settings) -> Engine:
        from classifier.engines.build import build_engine

        return build_engine(settings, self._workspace, repair=self._repair, on_wait=self._on_wait)
