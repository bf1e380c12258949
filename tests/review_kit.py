"""Runs with labels as the tests of reviews need them: written into a real ledger, without an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from classifier.batch.ledger.items import ItemOutcome
from classifier.batch.ledger.lock import open_ledger
from classifier.batch.results import write_rows, write_summary
from classifier.model.decision import ReviewDecision
from classifier.model.entries import ListEntry
from classifier.model.label import Evidence, Label, LabelledPaper
from classifier.model.paper import Paper
from classifier.model.record import OUT_OF_SCOPE, UNPLACED, Notice
from classifier.model.reply import GivenAnswer
from classifier.review.decide import DecisionWish, decide
from classifier.review.papers import ReviewPaper, read_review
from classifier.review.plan import ReviewPlan, open_plan
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.workspace import Workspace

BRIDGES = Path(__file__).parent / "workspaces" / "bridges"


def taxonomy() -> Taxonomy:
    return Workspace(BRIDGES).taxonomy


LEAVES = tuple(taxonomy().leaves)


def entry(number: int, **more: Any) -> ListEntry:
    title = f"{'How Bridge Number ' * 2}{number} Was Watched for {number + 2} Years of Traffic"
    facts: dict[str, Any] = {"key": f"e{number}", "source": "list.jsonl", "line": number + 1}
    return ListEntry(**facts | more, paper=Paper(title=title, abstract="Gauges were read.", year=2020))


def label(number: int, value: str = "", **more: Any) -> Label:
    """The engine's label of a paper: a leaf id, "out-of-scope", "unplaced" or "failed"."""
    tree = taxonomy()
    value = value or LEAVES[number % len(LEAVES)]
    status = {OUT_OF_SCOPE: "out_of_scope", UNPLACED: "unplaced", "failed": "failed"}.get(value, "placed")
    leads = tree.leaves[value].answers if value in tree.leaves else {}
    facts: dict[str, Any] = {
        "ref": f"e{number}",
        "paper": LabelledPaper(title=entry(number).paper.title, sha256=f"{number:064x}"),
        "status": status,
        "leaf": value if status == "placed" else None,
        "path": tree.titles(value),
        "error": Notice(code="needs-ocr", message="a scan") if status == "failed" else None,
        "confidence": None if status == "failed" else 0.9,
        "answers": tuple(
            GivenAnswer(question=q.id, answer=leads.get(q.id, ("unclear",))[0]) for q in tree.questions
        ),
        "evidence": (
            Evidence(quote=f"Bridge {number}.", supports="label", page=1, start=0, end=9, verdict="verbatim"),
        ),
        "rationale": "It says so.",
    }
    return Label(**facts | more)


def write_run(folder: Path, labels: list[Label], entries: list[ListEntry] | None = None) -> Path:
    """A run whose n-th entry has the n-th label; again with the same folder, the lists are read again."""
    entries = entries or [entry(number) for number in range(len(labels))]
    tree = taxonomy()
    with open_ledger(folder, {}, tree.labels, relabel=False) as ledger:
        listing = ledger.begin_listing()
        with ledger.transaction():
            for place, one in enumerate(entries, 1):
                ledger.add(listing, place, one)
        ledger.end_listing(listing)
        items = {item.entry.key: item for item in ledger.waiting(0, 10_000)}
        with ledger.transaction():
            ledger.save(
                ItemOutcome(items[one.key], made.model_copy(update={"ref": one.key}), 1)
                for one, made in zip(entries, labels, strict=True)
                if one.key in items
            )
        ledger.keep("titles", {leaf: tree.titles(leaf) for leaf in tree.leaves})
    tally = write_rows(folder)
    write_summary(folder, tally.as_dict())
    return folder


def plan(folder: Path, **given: Any) -> ReviewPlan:
    return open_plan(folder, **{"seed": 7, **given})


def papers(folder: Path, chosen: ReviewPlan) -> dict[str, ReviewPaper]:
    return {paper.key: paper for paper in read_review(folder, chosen)}


def say(
    folder: Path, chosen: ReviewPlan, name: str, keys: str, value: str | None = "accept", **more: Any
) -> list[ReviewDecision]:
    """A decision of a person on papers, by their keys."""
    known = papers(folder, chosen)
    token = more.pop("token", "")
    asked = [(known[key], "") for key in keys.split()]
    return decide(folder, chosen, taxonomy(), name, asked, DecisionWish(label=value, **more), token)
