"""The one place where the steps meet: a reference goes in, a Label comes out.

    reference > sources > pdf > excerpt > prompt > engine > evidence > Label

`Classifier` holds what is worth keeping between papers (worker processes, connections, templates) and
offers each operation once as a coroutine and once as a plain call. What it does not do: lists, ledgers
and exports, which are built on top of it.
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
from classifier.prompting.prompt import PromptBuilder
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
        first: The engine that a cascade asks first; None makes the one that `Settings.cascade` names, if any.
        workspace: A workspace or its folder; None for the built-in one.
        on_wait: Called before each wait for a busy server or source: seconds, and why.
        overrides: Single settings by name, e.g. `model="gpt-5-mini"`. All others come from environment and
            file.

    Examples:
        >>> with Classifier(engine="offline") as classifier:  # doctest: +SKIP
        ...     label = classifier.classify("paper.pdf")
        ...     print(label.leaf, label.confidence)

    Without `with` or `close`, processes and connections end with the object, or with the program.

    Raises:
        ConfigError: A setting or the workspace is wrong.
        TypeError: `engine` is neither a name nor an engine; whole settings go to `from_settings`.
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
        """A classifier under exactly these settings; neither environment nor file is read.

        Args:
            settings: To change one, give `settings.model_copy(update={...})`.
            engine: An engine instead of the one that the settings name.
            first, workspace, on_wait: As for `Classifier`.

        Raises:
            ConfigError: The workspace is wrong.
            TypeError: `settings` are none, or `engine` is a name: the settings have that already.
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
        prompts = PromptBuilder(self.workspace.taxonomy, self.workspace.prompt_dir())
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
            claimed: What a list says about the paper; compared with what the source says.
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
        """Labels a paper of which only an abstract (or plain text) is known.

        Args:
            paper: The abstract, or metadata whose `abstract` is read where `text` is None.
            text: Plain text to judge by instead of the abstract; only with metadata.
            ref: The label's `ref`; None takes arXiv id or title, else "text".
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
        """What would be sent for this paper (`--show-prompt`); no model is asked."""
        file = await self.afetch(ref, claimed=claimed)
        return self.render_prompt(file, await self.aread(file))

    def render_prompt(self, file: PaperFile, document: Document) -> Prompt:
        """What would be sent for a document that was read already."""
        return self._asking.prompt(_subject(file, document))

    async def afetch(self, ref: Ref | Reference, *, claimed: Paper | None = None) -> PaperFile:
        """Brings one paper to disk; see `aclassify`.

        Raises:
            InputError, SourceError: It is not available or not readable.
        """
        claimed = arguments.optional(claimed, Paper, "claimed")
        file = await self._connections.sources.fetch(arguments.reference(ref), claimed=claimed)
        if claimed is not None and file.paper == Paper():
            file = file.model_copy(update={"paper": claimed})
        return file

    async def aread(self, file: PaperFile) -> Document:
        """Reads a paper that was fetched.

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
        """Labels a document that was read already; see `aclassify`."""
        task, reply = await self._asking.answer(_subject(file, document, leave_out))
        evidence = check_quotes(quotes_of(reply.answer), document)
        taxonomy, settings = self.workspace.taxonomy, self.settings
        accuracy = self._asking.accuracy(reply)
        doubts = measured.doubts(settings, self.workspace, file, reply, accuracy)
        review = review_reply(taxonomy, file, document, reply, evidence, settings.review_below, doubts)
        return assemble_label(taxonomy, file, task, reply, evidence, review, accuracy)

    async def aescalates(self, file: PaperFile, document: Document) -> bool:
        """Whether the first engine of the cascade would hand this paper on; no other one is asked.

        Raises:
            ModelError, ReplyError: It did not answer, which hands the paper on as well.
        """
        return await self._asking.escalates(_subject(file, document))

    def classify(self, ref: Ref, *, claimed: Paper | None = None) -> Label:
        """`aclassify` for callers without an event loop (or inside a notebook's)."""
        return self._connections.run(lambda: self.aclassify(ref, claimed=claimed))

    def classify_text(self, paper: Paper | str, text: str | None = None, *, ref: str | None = None) -> Label:
        """`aclassify_text` for callers without an event loop."""
        return self._connections.run(lambda: self.aclassify_text(paper, text, ref=ref))

    def prompt(self, ref: Ref, *, claimed: Paper | None = None) -> Prompt:
        """`aprompt` for callers without an event loop."""
        return self._connections.run(lambda: self.aprompt(ref, claimed=claimed))

    @property
    def engine(self) -> Engine:
        """The engine in use; built on first access."""
        return self._connections.engine

    @property
    def first_engine(self) -> Engine | None:
        """The engine that is asked before `engine`; None without a cascade.

        Raises:
            ConfigError: The settings' cascade makes no sense.
        """
        return self._connections.first_engine

    # -- opening and closing -------------------------------------------------------------------

    async def aclose(self) -> None:
        """Ends worker processes and connections."""
        await self._connections.aclose()

    def close(self) -> None:
        """`aclose` for callers without an event loop."""
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
