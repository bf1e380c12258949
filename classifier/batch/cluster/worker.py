"""A process that labels: blocks of entries in, blocks of labels and replies out, as Arrow tables.

Ray Data starts as many as the runner requests, restarts those that died, and assigns their blocks again. Each
has its own pipeline and, with a server, its own connections and throttle; it may process several blocks at a
time. A fault that does not belong to an entry (a wrong key, another workspace on this machine) is returned as
`stopped` in the rows.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from classifier.batch.assembly import asking_classifier, open_line
from classifier.batch.cluster.shared_budget import SharedSpending, Terms
from classifier.batch.cluster.tables import KeptReply, arrow, label_row, labels_schema
from classifier.batch.job import Job, fingerprint
from classifier.batch.labellers import label_entry
from classifier.batch.ledger.items import Item, ReplyKey
from classifier.batch.replies import asking
from classifier.batch.throttle import Throttle
from classifier.errors import ClassifierError, ConfigError, error_class
from classifier.model.entries import ListEntry
from classifier.model.label import Label
from classifier.model.reply import Usage
from classifier.pipeline import Classifier
from classifier.runs.fingerprint import differences
from classifier.runs.streak import FailureStreak, stop_message
from classifier.survey.workspace import Workspace

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")


@dataclass(frozen=True)
class Assignment:
    """What a worker is created from; it contains no secret.

    Attributes:
        root: The workspace's folder.
        fingerprint: The run's fingerprint; a worker that computes another one (other files on its machine)
        labels nothing.
        concurrency: Largest number of concurrent requests of this worker.
    """

    job: Job
    root: Path
    fingerprint: Mapping[str, Any]
    concurrency: int


class Replies:
    """Keeps the replies of items in progress until their rows are written; a `ReplyStore`."""

    def __init__(self) -> None:
        self._kept: defaultdict[int, list[KeptReply]] = defaultdict(list)

    async def save_reply(self, item: Item, key: ReplyKey, body: bytes, usage: Usage) -> None:
        """See `ReplyStore.save_reply`."""
        self._kept[item.id].append((key, body, usage))

    def take(self, item: Item) -> list[KeptReply]:
        """Removes and returns an item's replies."""
        return self._kept.pop(item.id, [])


class LabelWorker:
    """The class that Ray Data's `map_batches` creates and calls.

    Args:
        shared_budget: Handle of an `SharedBudget`.
    """

    def __init__(self, assignment: Assignment, shared_budget: Any) -> None:
        import ray

        terms: Terms = ray.get(shared_budget.terms.remote())
        self._job = assignment.job
        self._replies = Replies()
        self._classifier: Classifier | None = None
        self._throttle: Throttle | None = None
        self._stopped: ClassifierError | None = None
        self._streak = FailureStreak[int]()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        try:
            self._classifier = self._open(assignment, terms, shared_budget)
        except ClassifierError as error:
            self._stopped = error

    def __call__(self, block: pa.Table) -> pa.Table:
        """One row of `labels_schema` for each row of `entries_schema`; none for items without any result.

        May be called in several threads at a time.
        """
        rows = self._run(self._label(block.to_pylist()))
        return arrow().Table.from_pylist(rows, labels_schema())

    def _open(self, assignment: Assignment, terms: Terms, shared_budget: Any) -> Classifier:
        settings = terms.settings.model_copy(update={"workers": 1})
        workspace = Workspace(assignment.root)
        changed = differences(assignment.fingerprint, fingerprint(settings, workspace))
        if changed:
            raise ConfigError(
                f"a machine of the cluster has other settings or files ({', '.join(changed)}); --workspace "
                "and CLASSIFIER_DATA_DIR must be folders that all machines share, with the same "
                "version installed"
            )
        if settings.chosen_engine == "offline":
            return Classifier.from_settings(settings, workspace=workspace)
        spending = SharedSpending(terms, shared_budget)
        line = open_line(settings, assignment.concurrency, spending, self._replies)
        self._throttle = line.throttle
        return asking_classifier(settings, workspace, line, line.throttle)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _label(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        labelled = await asyncio.gather(*(self._label_one(_item(entry)) for entry in entries))
        rows: list[dict[str, Any]] = []
        for item, label, sent in labelled:
            replies = self._replies.take(item)
            if self._stopped is not None and label is not None and label.error is not None:
                label = None if error_class(label.error.code).is_unanswered() else label
            if label is not None or replies or not rows:  # so that the first row reports the reason
                rows.append(label_row(item, label, sent, replies, self._stopped))
        return rows

    async def _label_one(self, item: Item) -> tuple[Item, Label | None, int]:
        """The item's label (None if it remains waiting), and the number of requests sent for it."""
        if self._stopped is not None or self._classifier is None:
            return item, None, 0
        with asking(item) as conversation:
            try:
                label = await label_entry(self._classifier, item.entry, self._job.reading)
            except ClassifierError as error:  # not caused by an entry
                self._stop(error)
                return item, None, conversation.sent
        self._count(item, label)
        return item, label, conversation.sent

    def _count(self, item: Item, label: Label) -> None:
        if self._streak.add(item.id, label.error) and label.error is not None:
            self._stop(ClassifierError(stop_message(label.error.message)))

    def _stop(self, reason: ClassifierError) -> None:
        self._stopped = self._stopped or reason
        if self._throttle is not None:
            self._throttle.stop(reason.message)


def _item(row: dict[str, Any]) -> Item:
    return Item(
        id=row["item"],
        place=row["place"],
        round=row["round"],
        entry=ListEntry.model_validate_json(row["entry"]),
        replies={(reply["request"], reply["nth"]): reply["body"] for reply in row["replies"]},
    )
