"""The one place where the steps meet: a reference goes in, a Label comes out.

    reference > sources > pdf > excerpt > prompt > engine > evidence > Label

`Classifier` holds what is worth keeping between papers (worker processes, connections, templates) and
offers each operation once as a coroutine and once as a plain call. What it does not do: lists, ledgers
and exports, which are built on top of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from classifier.abstracts import document_from_text
from classifier.calibration import Calibration, apply, load_calibration
from classifier.engines.base import Engine
from classifier.engines.cascade import ask_in_turn, is_sure
from classifier.errors import ContextOverflow
from classifier.evidence import check_quotes
from classifier.examples import choose_examples, eligible_studies
from classifier.excerpt import select_excerpt
from classifier.label import Label
from classifier.labelling import assemble_label, quotes_of
from classifier.prompt import PromptBuilder
from classifier.records import Document, Paper, PaperFile, Prompt, Reply, Study, Task
from classifier.review import review_reply
from classifier.settings import Settings, first_stage, load_settings
from classifier.workspace import Workspace

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

    from classifier.pdf import PdfReader
    from classifier.sources import Sources
    from classifier.sources.reference import Reference

_SMALLEST_BUDGET_TOKENS = 300


class Classifier:
    """Places papers in a workspace's taxonomy.

    Args:
        engine: "auto", "offline", "openai", or any object that speaks `classifier.engines.base.Engine`.
        first: The engine that a cascade asks first; None makes the one that `Settings.cascade` names, if any.
        workspace: A workspace or its folder; None for the built-in one.
        settings: None reads environment and file.
        on_wait: Told before each wait for a busy server or source: seconds, and why.
        overrides: Single settings by name, e.g. `model="gpt-5-mini"`.

    Example:
        >>> with Classifier(engine="offline") as classifier:  # doctest: +SKIP
        ...     label = classifier.classify("paper.pdf")
        ...     print(label.leaf, label.confidence)

    Raises:
        ConfigError: A setting or the workspace is wrong.
    """

    def __init__(
        self,
        engine: str | Engine | None = None,
        *,
        first: Engine | None = None,
        workspace: Workspace | Path | str | None = None,
        settings: Settings | None = None,
        on_wait: Callable[[float, str], None] | None = None,
        **overrides: Any,
    ) -> None:
        named = engine if isinstance(engine, str) else None
        self.settings = settings or load_settings(engine=named, **overrides)
        self.workspace = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
        self._engine = engine if engine is not None and not isinstance(engine, str) else None
        self._first = first
        self._on_wait = on_wait
        self._prompts = PromptBuilder(self.workspace.taxonomy, self.workspace.prompt_dir())
        self._calibrations: dict[tuple[str, str | None], Calibration | None] = {}
        self._reader: PdfReader | None = None
        self._sources: Sources | None = None
        self._portal: BlockingPortal | None = None
        self._stack = ExitStack()

    # -- the operations ------------------------------------------------------------------------

    async def aclassify(self, ref: str, *, claimed: Paper | None = None) -> Label:
        """Labels one paper.

        Args:
            ref: Path, "-" for standard input, arXiv id or URL, any PDF's URL, DOI, or a title.
            claimed: What a list says about the paper; compared with what the source says.

        Raises:
            InputError, SourceError, ModelError, ReplyError: See `classifier.errors`.
        """
        file = await self.afetch(ref, claimed=claimed)
        return await self.alabel(file, await self.aread(file))

    async def aclassify_text(self, paper: Paper, text: str | None = None, *, ref: str | None = None) -> Label:
        """Labels a paper of which only an abstract (or plain text) is known.

        Args:
            paper: Metadata; its `abstract` is read where `text` is None.
            text: Plain text to judge by instead.
        """
        name = ref or paper.arxiv_id or paper.title or "text"
        file = PaperFile(ref=name, path=None, source="text", paper=paper)
        return await self.alabel(file, document_from_text(paper, text))

    async def aprompt(self, ref: str, *, claimed: Paper | None = None) -> Prompt:
        """What would be sent for this paper (`--show-prompt`); no model is asked."""
        file = await self.afetch(ref, claimed=claimed)
        return self.render_prompt(file, await self.aread(file))

    def render_prompt(self, file: PaperFile, document: Document) -> Prompt:
        """What would be sent for a document that was read already."""
        return self._prompt(document, *self._examples(file, document), self.settings.budget_tokens)

    async def afetch(self, ref: str | Reference, *, claimed: Paper | None = None) -> PaperFile:
        """Brings one paper to disk; see `aclassify`.

        Raises:
            InputError, SourceError: It cannot be had.
        """
        if self._sources is None:
            from classifier.sources import Sources

            self._sources = Sources(
                cache_dir=self.settings.cache_dir,
                contact=self.settings.contact,
                arxiv_base_url=self.settings.arxiv_url,
                allow_private=self.settings.allow_private,
                max_bytes=self.settings.fetch_bytes,
                on_wait=self._on_wait,
            )
        file = await self._sources.fetch(ref, claimed=claimed)
        if claimed is not None and file.paper == Paper():
            file = file.model_copy(update={"paper": claimed})
        return file

    async def aread(self, file: PaperFile) -> Document:
        """Reads a paper that was fetched.

        Raises:
            InputError: It is no paper, or cannot be read.
        """
        if file.path is None:
            return document_from_text(file.paper)
        if self._reader is None:
            from classifier.pdf import PdfLimits, PdfReader

            limits = PdfLimits(
                wall_s=self.settings.pdf_wall_s,
                memory_bytes=self.settings.pdf_memory_mb * 2**20,
                pages=self.settings.pdf_pages,
            )
            self._reader = PdfReader(workers=self.settings.workers, limits=limits)
        return await self._reader.aread(file.path)

    async def alabel(self, file: PaperFile, document: Document) -> Label:
        """Labels a document that was read already."""
        task, reply = await self._answer(file, document)
        evidence = check_quotes(quotes_of(reply.answer), document)
        review = review_reply(
            self.workspace.taxonomy, file, document, reply, evidence, self.settings.review_below
        )
        return assemble_label(self.workspace.taxonomy, file, task, reply, evidence, review)

    async def ahands_on(self, file: PaperFile, document: Document) -> bool:
        """Whether the first engine of the cascade would hand this paper on; no other one is asked.

        Raises:
            ModelError, ReplyError: It did not answer, which hands the paper on as well.
        """
        if self.first_engine is None:
            return True
        _, reply = await self._ask(self.first_engine, file, document)
        return not is_sure(reply, self.settings.cascade_below)

    def classify(self, ref: str, *, claimed: Paper | None = None) -> Label:
        """`aclassify` for callers without an event loop (or inside a notebook's)."""
        return self._blocking().call(lambda: self.aclassify(ref, claimed=claimed))

    def classify_text(self, paper: Paper, text: str | None = None, *, ref: str | None = None) -> Label:
        """`aclassify_text` for callers without an event loop."""
        return self._blocking().call(lambda: self.aclassify_text(paper, text, ref=ref))

    def prompt(self, ref: str, *, claimed: Paper | None = None) -> Prompt:
        """`aprompt` for callers without an event loop."""
        return self._blocking().call(lambda: self.aprompt(ref, claimed=claimed))

    @property
    def engine(self) -> Engine:
        """The engine in use; built on first access."""
        if self._engine is None:
            from classifier.engines.build import build_engine

            self._engine = build_engine(
                self.settings, self.workspace, repair=self._prompts.repair, on_wait=self._on_wait
            )
        return self._engine

    @property
    def first_engine(self) -> Engine | None:
        """The engine that is asked before `engine`; None without a cascade.

        Raises:
            ConfigError: The settings' cascade makes no sense.
        """
        if self._first is None and (settings := first_stage(self.settings)):
            from classifier.engines.build import build_engine

            self._first = build_engine(
                settings, self.workspace, repair=self._prompts.repair, on_wait=self._on_wait
            )
        return self._first

    # -- the steps -----------------------------------------------------------------------------

    def _examples(self, file: PaperFile, document: Document) -> tuple[Sequence[Study], Sequence[Study]]:
        eligible = eligible_studies(self.workspace.studies, file.paper, document)
        return choose_examples(self.settings.examples, eligible, document)

    def _prompt(
        self, document: Document, shared: Sequence[Study], nearest: Sequence[Study], budget_tokens: int
    ) -> Prompt:
        excerpt = select_excerpt(document, self.workspace.taxonomy, budget_tokens)
        return self._prompts.build(
            excerpt, examples=shared, nearest=nearest, abstract_only=document.abstract_only
        )

    def _calibration(self, engine: str, model: str | None) -> Calibration | None:
        """What was measured of the model that answered, by the name that the server gives it."""
        if (engine, model) not in self._calibrations:
            found = load_calibration(self.workspace, self.settings, engine, model)
            self._calibrations[engine, model] = found
        return self._calibrations[engine, model]

    async def _answer(self, file: PaperFile, document: Document) -> tuple[Task, Reply]:
        """Asks the engine, in a cascade after the first one."""
        if self.first_engine is None:
            return await self._ask(self.engine, file, document)

        async def ask(engine: Engine) -> tuple[Task, Reply]:
            return await self._ask(engine, file, document)

        return await ask_in_turn(self.first_engine, self.engine, ask, self.settings.cascade_below)

    async def _ask(self, engine: Engine, file: PaperFile, document: Document) -> tuple[Task, Reply]:
        """Asks one engine and calibrates its reply."""
        task, reply = await self._put(engine, file, document)
        if self.settings.calibration:
            reply = apply(self._calibration(reply.engine, reply.model), reply)
        return task, reply

    async def _put(self, engine: Engine, file: PaperFile, document: Document) -> tuple[Task, Reply]:
        """Puts the task; a prompt too long for the model is halved and sent again."""
        shared, nearest = self._examples(file, document)
        task = Task(paper=file.paper, document=document, examples=(*shared, *nearest))
        if not engine.needs_prompt:
            return task, await engine.answer(task)
        overflow: ContextOverflow | None = None
        for budget_tokens in _budgets(self.settings.budget_tokens):
            prompt = self._prompt(document, shared, nearest, budget_tokens)
            task = task.model_copy(update={"prompt": prompt})
            try:
                return task, await engine.answer(task)
            except ContextOverflow as error:
                overflow = error
        raise overflow or ContextOverflow("the prompt does not fit the model's window")

    # -- opening and closing -------------------------------------------------------------------

    def _blocking(self) -> BlockingPortal:
        if self._portal is None:
            from anyio.from_thread import start_blocking_portal

            self._portal = self._stack.enter_context(start_blocking_portal())
        return self._portal

    async def aclose(self) -> None:
        """Ends worker processes and connections."""
        if self._reader is not None:
            self._reader.close()
        if self._sources is not None:
            await self._sources.aclose()
        for engine in (self._first, self._engine):
            if engine is not None:
                await engine.aclose()

    def close(self) -> None:
        """`aclose` for callers without an event loop."""
        self._blocking().call(self.aclose)
        self._stack.close()
        self._portal = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _budgets(start: int) -> Iterator[int]:
    budget = start
    while budget > _SMALLEST_BUDGET_TOKENS:
        yield budget
        budget //= 2
    yield _SMALLEST_BUDGET_TOKENS
