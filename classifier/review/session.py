"""A person's review of a run: the queue, decisions, and the update of the files at the end.

What enters: a folder, a taxonomy, a name, and changes of the plan. What leaves: places of the queue, and
saved decisions. The terminal keeps one session; pages open one per request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classifier.batch.results import refresh
from classifier.errors import ConfigError
from classifier.model.decision import ReviewDecision
from classifier.review.decide import ACCEPT, DecisionWish, checked_name, decide, undo
from classifier.review.papers import ReviewPaper, read_review
from classifier.review.plan import ReviewPlan, open_plan
from classifier.review.queue import QueueFilter, QueuePlace, conflicts, make_queue
from classifier.survey.taxonomy import Taxonomy


@dataclass
class ReviewSession:
    """A person's review session of a run.

    Attributes:
        name: The person's name; empty for read-only use.
        papers: As of the last `reload`.
    """

    folder: Path
    taxonomy: Taxonomy
    name: str
    plan: ReviewPlan
    papers: list[ReviewPaper] = field(default_factory=list)
    _changed: bool = False

    @classmethod
    def open(cls, folder: Path, taxonomy: Taxonomy, name: str, **given: object) -> ReviewSession:
        """Opens a run; see `open_plan` for the arguments.

        Raises:
            ConfigError: There is no ledger, or a value is wrong.
            StoreError: It cannot be read or written.
        """
        session = cls(folder, taxonomy, name, open_plan(folder, **given))
        session.reload()
        return session

    def need_name(self) -> None:
        """Checks that the session has a name that may decide.

        Raises:
            ConfigError: There is no name, or it is not one of the reviewers of a blind review.
        """
        if not self.name.strip():
            raise ConfigError("who decides is not known; give --as NAME")
        self.name = checked_name(self.name)

    def reload(self) -> None:
        """Reads the run again: others may have decided."""
        self.papers = read_review(self.folder, self.plan)

    def queue(self, wanted: QueueFilter | None = None) -> list[QueuePlace]:
        """See `make_queue`."""
        return make_queue(self.papers, self.plan, self.name, wanted)

    def conflicts(self) -> list[ReviewPaper]:
        """See `classifier.review.queue.conflicts`."""
        return conflicts(self.papers)

    def decide(self, place: QueuePlace, wanted: DecisionWish, token: str = "") -> list[ReviewDecision]:
        """Saves a decision; see `classifier.review.decide.decide`."""
        return self._save([place], wanted, token)

    def decide_all(self, places: Sequence[QueuePlace], label: str, note: str = "") -> list[ReviewDecision]:
        """Saves the same decision on many papers as one act.

        Args:
            label: A label, or "accept" for each paper's own.
        """
        return self._save(places, DecisionWish(label=label, note=note))

    def undo(self, act: int | None = None) -> list[ReviewDecision]:
        """Undoes the person's last act; see `classifier.review.decide.undo`."""
        undone = undo(self.folder, self.name, act)
        self._changed |= bool(undone)
        self.reload()
        return undone

    def close(self) -> None:
        """Updates labels.jsonl, failed.jsonl and run.json from the ledger.

        Raises:
            StoreError: They cannot be written; the ledger has everything.
        """
        if self._changed:
            refresh(self.folder)
            self._changed = False

    def _save(
        self, places: Sequence[QueuePlace], wanted: DecisionWish, token: str = ""
    ) -> list[ReviewDecision]:
        asked = [(place.paper, place.why.value) for place in places]
        made = decide(self.folder, self.plan, self.taxonomy, self.name, asked, wanted, token)
        self._changed = True
        self.reload()
        return made


__all__ = ["ACCEPT", "ReviewSession"]
