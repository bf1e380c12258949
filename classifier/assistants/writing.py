"""The tools that `--allow-write` adds: a decision about a label, and a label by a paid model."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from classifier.assistants import money
from classifier.assistants.config import AssistantConfig
from classifier.assistants.reading import explain
from classifier.assistants.records import DecisionOut, PaidLabelOut
from classifier.assistants.tools import Abstract, PaperId, PathWords, Ref, Title, Tools, answered
from classifier.batch.job import Job, fingerprint
from classifier.batch.ledger.progress import read_progress
from classifier.batch.session import label_lists
from classifier.errors import InputError, StoreError, error_class
from classifier.model.entries import ListEntry
from classifier.model.paper import Paper, PaperFile
from classifier.model.reference import Reference
from classifier.model.task import Prompt
from classifier.pipeline import Classifier
from classifier.review.session import DecisionWish, ReviewSession
from classifier.service.entries import PAPER_FILE
from classifier.service.shelf import PAPERS
from classifier.settings import Settings
from classifier.survey.workspace import Workspace
from classifier.text.characters import shown


class WritingTools:
    """The tools that make changes. Synchronous, since the SDK runs each call in a separate thread."""

    def __init__(self, config: AssistantConfig, workspace: Workspace, tools: Tools) -> None:
        self._config = config
        self._workspace = workspace
        self._tools = tools

    def decide_label(
        self,
        paper_id: PaperId,
        label: Annotated[
            str,
            Field(
                max_length=200,
                description="A leaf id, `out-of-scope` or `unplaced`; empty takes a decision back",
            ),
        ],
        note: Annotated[str, Field(max_length=2000, description="Why, for people who read it later")] = "",
    ) -> DecisionOut:
        """Decide about a paper's label: it replaces the engine's, and any earlier decision, in exports."""
        with answered(self._config.folder):
            card = self._tools.card(paper_id)
            folder, by = self._tools.volume(card).folder, self._config.by
            taxonomy = self._workspace.taxonomy
            if not label:
                session = ReviewSession.view(folder, taxonomy, by)
                if not session.take_back(card.key):
                    raise InputError("there is no decision about this paper; nothing to take back")
            else:
                session = ReviewSession.open(folder, taxonomy, by)
                if label not in taxonomy.labels:
                    raise InputError(
                        f"label '{shown(label)[:100]}' is not known; expected one of "
                        f"{', '.join(taxonomy.labels)}"
                    )
                session.decide(session.place(card.key), DecisionWish(label=label, note=shown(note)))
            session.close()
            self._tools.shelf.renew(card.run, is_paper=self._tools.volume(card).is_paper)
            now = self._tools.card(paper_id)
            return DecisionOut(
                paper_id=card.id,
                run=card.run,
                label=now.label,
                before=card.label,
                decided_by=by if label else None,
            )

    def classify_with_model(
        self, reference: Ref = "", path: PathWords = "", title: Title = "", abstract: Abstract = ""
    ) -> PaidLabelOut:
        """Place one paper with the language model that the user has set up. This costs money.

        The label is kept among the runs; the same question again is answered from there and costs nothing.
        Give exactly one of `reference`, `path`, or `abstract` with `title`.
        """
        folder = self._config.folder
        with answered(folder, *self._config.papers), money.in_line(folder):
            found = self._tools.asked(reference, path, title, abstract)
            changes: dict[str, Any] = {"cascade": None, "allow_private": False}
            settings = self._config.settings.model_copy(update=changes)
            run = folder / PAPERS / self._run_id(found, settings)
            entry = _entry(found, run)
            entry, prompt = asyncio.run(self._look(found, entry, run, settings))
            cost = self._label(entry, prompt, run, settings)
            card = self._tools.card(run.name)
            label = explain(
                self._tools.shelf.filed(card), self._workspace.taxonomy, paper_id=card.id, run=card.run
            )
            return PaidLabelOut(
                label=label,
                cost_usd=round(cost, 6),
                spent_usd=round(money.spent_usd(folder), 6),
                max_cost_usd=self._cap,
            )

    @property
    def _cap(self) -> float:
        return self._config.max_cost_usd or 0.0

    def _run_id(self, found: Reference | Paper, settings: Settings) -> str:
        """The folder of a run; equal for the same question to the same model."""
        what: dict[str, Any] = {"settings": fingerprint(settings, self._workspace)}
        if isinstance(found, Paper):
            what["paper"] = found.model_dump(mode="json")
        elif found.kind == "file":
            what["file"] = hashlib.sha256(Path(found.value).read_bytes()).hexdigest()
        else:
            what["reference"] = [found.kind, found.value, found.version]
        digest = hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()
        return f"p{digest[:16]}"

    async def _look(
        self, found: Reference | Paper, entry: ListEntry, run: Path, settings: Settings
    ) -> tuple[ListEntry, Prompt]:
        """Fetches the paper into the run's folder, and renders the prompt; no model is asked."""
        async with Classifier.from_settings(settings, workspace=self._workspace) as classifier:
            if isinstance(found, Paper):
                file = PaperFile(ref=entry.key, path=None, source="text", paper=found)
            else:
                kept = entry.file if entry.file is not None and entry.file.exists() else None
                file = await classifier.afetch(str(kept) if kept else found)
            document = await classifier.aread(file)
            if file.path is not None and not isinstance(found, Paper) and found.kind in ("file", "url"):
                _keep(file.path, run / PAPER_FILE)
                entry = entry.model_copy(update={"file": run / PAPER_FILE})
            return entry, classifier.render_prompt(file, document)

    def _label(self, entry: ListEntry, prompt: Prompt, run: Path, settings: Settings) -> float:
        """Labels the paper, or finds its existing label; returns the cost.

        Raises:
            BudgetSpent: The worst case does not fit under the cap; nothing was sent.
        """
        before, spent = read_progress(run).spent.cost_usd, money.spent_usd(self._config.folder)
        most = money.most_usd(settings, prompt)
        if not _is_labelled(run):
            money.check(spent, most, self._cap)
        money.mark(run)
        job = Job(sources=(entry.source,), out=run, concurrency=1, max_cost_usd=before + self._cap - spent)
        purse = money.CapPurse(spent, most, self._cap)
        summary = label_lists(job, settings, self._workspace, entries=[entry], purse=purse)
        if (stopped := summary["stopped"]) is not None:
            raise error_class(stopped["code"])(stopped["message"])
        return read_progress(run).spent.cost_usd - before


def _is_labelled(run: Path) -> bool:
    return read_progress(run).counts.done > 0


def _entry(found: Reference | Paper, run: Path) -> ListEntry:
    """The paper as the only entry of its run."""
    if isinstance(found, Paper):
        return ListEntry(key=shown(found.title) or "abstract", source="assistant", line=1, paper=found)
    paper, url, file = Paper(), None, None
    match found.kind:
        case "arxiv":
            paper = Paper(arxiv_id=found.arxiv_id)
        case "doi":
            paper = Paper(doi=found.value)
        case "title":
            paper = Paper(title=found.value)
        case "url":
            url, file = found.value, run / PAPER_FILE
        case _:
            file = Path(found.value)
    return ListEntry(key=shown(found.ref), source="assistant", line=1, paper=paper, url=url, file=file)


def _keep(file: Path, kept: Path) -> None:
    if file == kept:
        return
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, kept)
    except OSError as error:
        raise StoreError(f"{kept}: {error.strerror}; make room, then try again") from error
