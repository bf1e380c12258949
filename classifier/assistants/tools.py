"""The tools that every server offers: classify offline, explain, search, list. None of them writes a label.

The methods' signatures are what clients see: their annotations become the input and output schemas.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from classifier.assistants import tree
from classifier.assistants.config import AssistantConfig
from classifier.assistants.papers import allowed_file, outside_reference
from classifier.assistants.reading import explain, explain_new, summarize
from classifier.assistants.records import LabelOut, PapersOut, RunOut, RunsOut, TreeOut, bounded
from classifier.batch.ledger.items import Counts, Spent
from classifier.batch.ledger.progress import read_progress
from classifier.errors import ClassifierError, InputError
from classifier.model.paper import Paper
from classifier.model.reference import Reference
from classifier.pipeline import Classifier
from classifier.service.shelf import Card, Shelf, Volume
from classifier.survey.workspace import Workspace
from classifier.text.characters import shown

Item = TypeVar("Item")

Ref = Annotated[
    str,
    Field(max_length=2000, description="An arXiv id, an http(s) address of a PDF, a DOI, or a title"),
]
PathWords = Annotated[
    str,
    Field(max_length=4000, description="A PDF below a folder that the user named at start"),
]
Title = Annotated[str, Field(max_length=2000, description="With `abstract`: the paper's title")]
Abstract = Annotated[str, Field(max_length=50_000, description="Instead of a file or reference")]
PaperId = Annotated[str, Field(max_length=100, description="`paper_id` of `list_papers` or `list_reviews`")]
RunId = Annotated[str, Field(max_length=200, description="`run` of `list_runs`; empty for all")]
Offset = Annotated[int, Field(ge=0, le=10_000_000)]
Limit = Annotated[int, Field(ge=1, le=100)]


@contextmanager
def answered(*folders: object) -> Iterator[None]:
    """Turns errors of the classifier into answers that help a model, without this machine's paths."""
    try:
        yield
    except ClassifierError as error:
        message = error.message
        for folder in folders:
            message = message.replace(f"{folder}/", "")
        raise ToolError(bounded(f"{error.code}: {shown(message)}")) from error


class Tools:
    """The tools of every server; opened at the first call."""

    def __init__(self, config: AssistantConfig, workspace: Workspace) -> None:
        self._config = config
        self._workspace = workspace
        self._shelf = Shelf(config.folder, workspace.taxonomy)
        self._classifier: Classifier | None = None

    async def classify_paper(
        self, reference: Ref = "", path: PathWords = "", title: Title = "", abstract: Abstract = ""
    ) -> LabelOut:
        """Place one paper in the taxonomy with the offline engine: free, and kept nowhere.

        Give exactly one of `reference`, `path`, or `abstract` with `title`.
        """
        with answered(*self._config.papers):
            found = self.asked(reference, path, title, abstract)
            if isinstance(found, Paper):
                label = await self._offline().aclassify_text(found)
            else:
                label = await self._offline().aclassify(found.value if found.kind == "file" else found.ref)
            return explain_new(label, self._workspace.taxonomy)

    def explain_label(self, paper_id: PaperId) -> LabelOut:
        """Explain the label of a paper of a run: definitions, answers, quotes and why it needs review."""
        with answered(self._config.folder):
            card = self.card(paper_id)
            return explain(self._shelf.filed(card), self._workspace.taxonomy, paper_id=card.id, run=card.run)

    def search_tree(
        self,
        query: Annotated[str, Field(max_length=200, description="Words that all occur; empty for all")] = "",
        limit: Limit = tree.SHOWN,
    ) -> TreeOut:
        """Search the taxonomy: branches, leaves and scope rules with definitions and decision questions."""
        return tree.search(self._workspace.taxonomy, query, limit)

    def list_runs(self, offset: Offset = 0, limit: Limit = 50) -> RunsOut:
        """List the runs: labelled lists and single papers, with what was labelled and what it cost."""
        with answered(self._config.folder):
            volumes = self._shelf.volumes()
            shown_ones = tuple(self._run(volume) for volume in volumes[offset : offset + limit])
            return RunsOut(
                total=len(volumes), runs=shown_ones, next_offset=_next(offset, limit, len(volumes))
            )

    def list_papers(
        self,
        run: RunId = "",
        label: Annotated[
            str,
            Field(max_length=200, description="A leaf or branch id, `out-of-scope`, `unplaced` or `failed`"),
        ] = "",
        query: Annotated[str, Field(max_length=200, description="Words of title, authors or quotes")] = "",
        offset: Offset = 0,
        limit: Limit = 20,
    ) -> PapersOut:
        """List labelled papers, newest first. What is given must all hold."""
        with answered(self._config.folder):
            words = query.lower().split()
            found = [
                card
                for card in self._cards(run)
                if (not label or card.label == label or card.label.startswith(f"{label}/"))
                and all(word in card.words for word in words)
            ]
            found.sort(key=lambda card: (-(card.year or 0), card.title.casefold(), card.id))
            return _page(found, offset, limit)

    def list_reviews(self, run: RunId = "", offset: Offset = 0, limit: Limit = 20) -> PapersOut:
        """List papers that a person must look at, unknown and lowest confidence first."""
        with answered(self._config.folder):
            found = [card for card in self._cards(run) if card.needs_review]
            found.sort(key=lambda card: (card.confidence if card.confidence is not None else -1.0, card.id))
            return _page(found, offset, limit)

    def asked(self, reference: str, path: str, title: str, abstract: str) -> Reference | Paper:
        """The paper that a client wants to classify.

        Raises:
            InputError: It named no paper, more than one, or one that may not be read.
        """
        given = [
            name
            for name, value in (("reference", reference), ("path", path), ("abstract", abstract))
            if value.strip()
        ]
        if len(given) != 1:
            found = f"found {' and '.join(given)}" if given else "found none of them"
            raise InputError(f"expected exactly one of reference, path, or abstract with title; {found}")
        if path:
            return allowed_file(path, self._config.papers)
        if reference:
            return outside_reference(reference, fetch=self._config.fetch)
        return Paper(title=title.strip() or None, abstract=abstract)

    def card(self, paper_id: str) -> Card:
        """The paper of this id.

        Raises:
            InputError: There is none.
        """
        found = self._shelf.card(paper_id)
        if found is None:
            raise InputError(f"there is no paper '{shown(paper_id)[:80]}'; list_papers has the ids")
        return found

    def volume(self, card: Card) -> Volume:
        """The run of a paper.

        Raises:
            InputError: It does not exist any more.
        """
        found = self._shelf.volume(card.run)
        if found is None:
            raise InputError(f"the run '{card.run}' is gone; list_runs has those that are there")
        return found

    @property
    def shelf(self) -> Shelf:
        """The shelf with all runs."""
        return self._shelf

    async def aclose(self) -> None:
        """Ends worker processes and connections."""
        if self._classifier is not None:
            await self._classifier.aclose()

    def _offline(self) -> Classifier:
        if self._classifier is None:
            free: dict[str, Any] = {"engine": "offline", "cascade": None, "allow_private": False}
            if self._config.settings.embedding_model is not None:
                free["embeddings"] = None
            settings = self._config.settings.model_copy(update=free)
            self._classifier = Classifier.from_settings(settings, workspace=self._workspace)
        return self._classifier

    def _cards(self, run: str) -> list[Card]:
        if not run:
            return self._shelf.cards()
        volume = self._shelf.volume(run)
        if volume is None:
            raise InputError(f"there is no run '{shown(run)[:80]}'; list_runs has those that are there")
        if volume.error:
            raise InputError(f"the papers of '{run}' cannot be shown: {volume.error}")
        return list(volume.cards.values())

    def _run(self, volume: Volume) -> RunOut:
        problem = volume.error
        try:
            counts, spent, _ = read_progress(volume.folder)
        except ClassifierError as error:  # one damaged ledger does not hide the other runs
            counts, spent, problem = Counts(), Spent(), error.message
        return RunOut(
            run=volume.id,
            kind="paper" if volume.is_paper else "list",
            total=counts.total,
            labelled=counts.done,
            failed=counts.failed,
            waiting=counts.waiting,
            need_review=sum(card.needs_review for card in volume.cards.values()),
            cost_usd=round(spent.cost_usd, 6),
            problem=bounded(shown(problem.replace(f"{self._config.folder}/", ""))),
        )


def _page(found: Sequence[Card], offset: int, limit: int) -> PapersOut:
    return PapersOut(
        total=len(found),
        papers=tuple(map(summarize, found[offset : offset + limit])),
        next_offset=_next(offset, limit, len(found)),
    )


def _next(offset: int, limit: int, total: int) -> int | None:
    return offset + limit if offset + limit < total else None
