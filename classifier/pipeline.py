"""Connects all steps: a reference goes in, a Label comes out.

    reference > sources > pdf > excerpt > prompt > engine > evidence > Label

`Classifier` keeps worker processes, connections and templates between papers, and offers each operation as a
coroutine and as a plain call. What it does not do: lists, ledgers and exports, which are built on top of it.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from classifier import arguments
from classifier.arguments import Ref
from classifier.asking import Asking, Subject
from classifier.connections import Connections
from classifier.engines.base import Engine
from classifier.model.document import Document
from classifier.model.label import Label
from classifier.model.paper import Paper, PaperFile
from classifier.model.task import Prompt
from classifier.pdf.abstracts import document_from_text
from classifier.prompting.staged import StagedPrompts
from classifier.settings import Settings, load_settings
from classifier.survey.workspace import Workspace
from classifier.verdict import measured
from classifier.verdict.evidence import check_quotes
from classifier.verdict.labelling import assemble_label, quotes_of
from classifier.verdict.review import review_reply

if TYPE_CHECKING:
    from classifier.model.reference import Reference
    from classifier.waiting import OnWait


class Classifier:
    """Places papers in a workspace's taxonomy.

    Args:
        engine: "auto", "offline", "openai", or any object that implements `classifier.engines.base.Engine`.
        first: The engine that a cascade asks first; None creates the one that `Settings.cascade` names, if
            any.
        workspace: A workspace or its folder; None for the built-in one.
        on_wait: Called before each wait for a busy server or source, with the seconds and the reason.
        overrides: Single settings by name, e.g. `model="gpt-5-mini"`. All others come from the environment
            and the settings file.

    Examples:
        >>> with Classifier(engine="offline") as classifier:  # doctest: +SKIP
        ...     label = classifier.classify("paper.pdf")
        ...     print(label.leaf, label.confidence)

    Without `with` or `close`, processes and connections are closed when the object is garbage-collected or
    the program exits.

    Raises:
        ConfigError: A setting or the workspace is wrong.
        TypeError: `engine` is neither a name nor an engine. Use `from_settings` for a `Settings` object.
    """

    def __init__(
        self,
        engine: str | Engine | None = None,
        *,
        first: Engine | None = None,
        workspace: Workspace | Path | str | None = None,
        on_wait: OnWait | None = None,
        **overrides: Any,
    ) -> None:
        if "settings" in overrides:
            raise TypeError(arguments.WHOLE_SETTINGS)
        named = engine if isinstance(engine, str) else None
        own = None if isinstance(engine, str) else arguments.engine_object(engine, "engine")
        self._set_up(load_settings(engine=named, **overrides), workspace, own, first, on_wait)

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        engine: Engine | None = None,
        first: Engine | None = None,
        workspace: Workspace | Path | str | None = None,
        on_wait: OnWait | None = None,
    ) -> Self:
        """A classifier with exactly these settings; the environment and the settings file are not read.

        Args:
            settings: To change one, pass `settings.model_copy(update={...})`.
            engine: An engine instead of the one that the settings name.
            first, workspace, on_wait: As for `Classifier`.

        Raises:
            ConfigError: The workspace is wrong.
            TypeError: `settings` is not a `Settings`, or `engine` is a name (names belong in the settings).
        """
        made = cls.__new__(cls)
        own = arguments.engine_object(engine, "from_settings()")
        made._set_up(arguments.whole_settings(settings), workspace, own, first, on_wait)
        return made

    def _set_up(
        self,
        settings: Settings,
        workspace: Workspace | Path | str | None,
        engine: Engine | None,
        first: Engine | None,
        on_wait: OnWait | None,
    ) -> None:
        self.settings = settings
        self.workspace = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
        prompts = StagedPrompts.of(settings, self.workspace)
        self._connections = Connections(
            settings,
            self.workspace,
            engine=engine,
            first=arguments.engine_object(first, "first"),
            repair=prompts.repair,
            on_wait=on_wait,
        )
        self._asking = Asking(settings, self.workspace, self._connections, prompts)
        weakref.finalize(self, self._connections.abandon)

    # -- the operations ------------------------------------------------------------------------

    async def aclassify(
        self, ref: Ref, *, claimed: Paper | None = None, leave_out: frozenset[str] = frozenset()
    ) -> Label:
        """Labels one paper.

        Args:
            ref: Path (also as `pathlib.Path`), "-" for standard input, arXiv id or URL, any PDF's URL, DOI,
                or a title.
            claimed: Metadata from a list; compared with the source's metadata.
            leave_out: Ids of studies that must not be examples; the paper's own study never is.

        Raises:
            InputError, SourceError, ModelError, ReplyError: See `classifier.errors`.
            TypeError: `ref` is neither text nor a path.
        """
        file = await self.afetch(ref, claimed=claimed)
        return await self.alabel(file, await self.aread(file), leave_out=leave_out)

    async def aclassify_text(
        self,
        paper: Paper | str,
        text: str | None = None,
        *,
        ref: str | None = None,
        leave_out: frozenset[str] = frozenset(),
    ) -> Label:
        """Labels a paper from its abstract or plain text alone.

        Args:
            paper: The abstract, or metadata; without `text`, its `abstract` is classified.
            text: Plain text to classify instead of the abstract; only with metadata.
            ref: The label's `ref`; if None, the arXiv id or title, else "text".
            leave_out: As for `aclassify`.

        Raises:
            InputError, ModelError, ReplyError: See `classifier.errors`.
            TypeError: `paper` is neither an abstract nor a `Paper`, or `text` is given with an abstract.
        """
        paper = arguments.known_paper(paper, text)
        name = arguments.optional(ref, str, "ref") or paper.arxiv_id or paper.title or "text"
        file = PaperFile(ref=name, path=None, source="text", paper=paper)
        return await self.alabel(file, document_from_text(paper, text), leave_out=leave_out)

    async def aprompt(self, ref: Ref, *, claimed: Paper | None = None) -> Prompt:
        """The prompt that would be sent first for this paper (`--show-prompt`); no model is asked."""
        file = await self.afetch(ref, claimed=claimed)
        return self.render_prompt(file, await self.aread(file))

    def render_prompt(self, file: PaperFile, document: Document) -> Prompt:
        """The prompt that would be sent first for a document that was already read."""
        return self.render_prompts(file, document)[0]

    def render_prompts(self, file: PaperFile, document: Document) -> tuple[Prompt, ...]:
        """The prompts that would be sent for a document that was already read; see `Asking.prompts`."""
        return self._asking.prompts(_subject(file, document))

    async def afetch(self, ref: Ref | Reference, *, claimed: Paper | None = None) -> PaperFile:
        """Fetches one paper to disk; see `aclassify`.

        Raises:
            InputError, SourceError: The paper is not available or not readable.
        """
        claimed = arguments.optional(claimed, Paper, "claimed")
        file = await self._connections.sources.fetch(arguments.reference(ref), claimed=claimed)
        if claimed is not None and file.paper == Paper():
            file = file.model_copy(update={"paper": claimed})
        return file

    async def aread(self, file: PaperFile) -> Document:
        """Reads a fetched paper.

        Raises:
            InputError: It is not a paper, or cannot be read.
        """
        path = arguments.fetched(file).path
        if path is None:
            return document_from_text(file.paper)
        return await self._connections.reader.aread(path)

    async def alabel(
        self, file: PaperFile, document: Document, *, leave_out: frozenset[str] = frozenset()
    ) -> Label:
        """Labels a document that was already read; see `aclassify`."""
        task, reply = await self._asking.answer(_subject(file, document, leave_out))
        evidence = check_quotes(quotes_of(reply.answer), document)
        taxonomy, settings = self.workspace.taxonomy, self.settings
        accuracy = self._asking.accuracy(reply, document.read_kind)
        doubts = measured.doubts(settings, self.workspace, file, reply, accuracy)
        review = review_reply(taxonomy, file, document, reply, evidence, settings.review_below, doubts)
        return assemble_label(taxonomy, file, task, reply, evidence, review, accuracy)

    async def aescalates(self, file: PaperFile, document: Document) -> bool:
        """Whether the first engine of the cascade would escalate this paper; no other engine is asked.

        Raises:
            ModelError, ReplyError: The engine did not answer; in a run, this escalates the paper too.
        """
        return await self._asking.escalates(_subject(file, document))

    def classify(self, ref: Ref, *, claimed: Paper | None = None) -> Label:
        """`aclassify` as a plain call; it also works in a notebook."""
        return self._connections.run(lambda: self.aclassify(ref, claimed=claimed))

    def classify_text(self, paper: Paper | str, text: str | None = None, *, ref: str | None = None) -> Label:
        """`aclassify_text` as a plain call."""
        return self._connections.run(lambda: self.aclassify_text(paper, text, ref=ref))

    def prompt(self, ref: Ref, *, claimed: Paper | None = None) -> Prompt:
        """`aprompt` as a plain call."""
        return self._connections.run(lambda: self.aprompt(ref, claimed=claimed))

    @property
    def engine(self) -> Engine:
        """The engine in use; created on first access."""
        return self._connections.engine

    @property
    def first_engine(self) -> Engine | None:
        """The engine that is asked before `engine`; None without a cascade.

        Raises:
            ConfigError: The cascade's settings are contradictory.
        """
        return self._connections.first_engine

    # -- opening and closing -------------------------------------------------------------------

    async def aclose(self) -> None:
        """Closes worker processes and connections."""
        await self._connections.aclose()

    def close(self) -> None:
        """`aclose` as a plain call."""
        self._connections.close()

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


def _subject(file: PaperFile, document: Document, leave_out: frozenset[str] = frozenset()) -> Subject:
    return Subject(arguments.fetched(file), arguments.read(document), arguments.ids(leave_out))
