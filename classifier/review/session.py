"""A person's review of a run: the queue, decisions, and the update of the files at the end.

What enters: a folder, a taxonomy, a name, and changes of the plan. What leaves: places of the queue, and
saved decisions. The terminal keeps one session; the service and assistants open one for each request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classifier.batch import decisions as corrections
from classifier.batch.ledger.decisions import read_plan
from classifier.batch.results import refresh
from classifier.errors import ConfigError, InputError
from classifier.model.decision import ReviewDecision
from classifier.review.decide import ACCEPT, DecisionWish, checked_name, decide, undo
from classifier.review.papers import ReviewPaper, read_review, without_machine
from classifier.review.plan import ReviewPlan, as_plan, open_plan
from classifier.review.queue import QueueFilter, QueuePlace, conflicts, make_queue
from classifier.survey.taxonomy import Taxonomy
from classifier.text.characters import shown

Reader = Callable[[Path, ReviewPlan], list[ReviewPaper]]
"""`read_review`, or what keeps its answer while nothing changes."""


@dataclass
class ReviewSession:
    """A person's review session of a run.

    Attributes:
        name: The person's name; empty for read-only use.
        started: Whether the run has a stored plan; without one, the default plan applies.
        papers: As of the last `reload`.
    """

    folder: Path
    taxonomy: Taxonomy
    name: str
    plan: ReviewPlan
    started: bool = True
    papers: list[ReviewPaper] = field(default_factory=list)
    read: Reader = read_review
    _changed: bool = False

    @classmethod
    def open(cls, folder: Path, taxonomy: Taxonomy, name: str, **given: object) -> ReviewSession:
        """Opens a run; see `open_plan` for the arguments.

        Raises:
            ConfigError: There is no ledger, or a value is wrong.
            StoreError: It cannot be read or written.
        """
        session = cls(folder, taxonomy, name, ReviewPlan())
        session.replan(**given)
        return session

    @classmethod
    def view(
        cls, folder: Path, taxonomy: Taxonomy, name: str, *, read: Reader = read_review
    ) -> ReviewSession:
        """Opens a run and writes nothing: without a plan in it, no seed is drawn.

        Raises:
            ConfigError: There is no ledger.
            StoreError: It cannot be read.
        """
        kept = read_plan(folder)
        session = cls(folder, taxonomy, name, as_plan(kept), started=kept is not None, read=read)
        session.reload()
        return session

    def replan(self, **given: object) -> None:
        """Changes the plan and keeps it; see `open_plan`."""
        self.plan = open_plan(self.folder, **given)
        self.started = True
        self.reload()

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
        self.papers = self.read(self.folder, self.plan)

    def queue(self, wanted: QueueFilter | None = None) -> list[QueuePlace]:
        """See `make_queue`."""
        return make_queue(self.papers, self.plan, self.name, wanted)

    def place(self, key: str) -> QueuePlace:
        """The place of an entry's paper, also if it waits for nobody.

        Raises:
            InputError: There is no such entry with a label.
        """
        for place in make_queue(self.papers, self.plan, self.name, QueueFilter(decided=True)):
            if key in place.paper.keys:
                return place
        raise InputError(f"'{shown(key)[:200]}' is no labelled paper of this run; check its key")

    def conflicts(self) -> list[ReviewPaper]:
        """See `classifier.review.queue.conflicts`."""
        return conflicts(self.papers)

    def hides(self) -> bool:
        """Whether the engine's label of some paper is hidden now."""
        return any(not paper.shows_machine(self.plan) for paper in self.papers)

    def last_act(self) -> list[ReviewDecision]:
        """What `undo` would take back: the decisions of the person's last act; none if there is none."""
        own = [made for paper in self.papers for made in paper.decisions if made.by == self.name]
        last = max((made.act for made in own), default=None)
        return [made for made in own if made.act == last]

    def decide(self, place: QueuePlace, wanted: DecisionWish, token: str = "") -> list[ReviewDecision]:
        """Saves a decision; see `classifier.review.decide.decide`."""
        return self.decide_all([place], wanted, token)

    def decide_all(
        self, places: Sequence[QueuePlace], wanted: DecisionWish, token: str = ""
    ) -> list[ReviewDecision]:
        """Saves the same decision on many papers as one act; the label may be "accept" for each one's own."""
        asked = [(place.paper, place.why.value) for place in places]
        made = decide(self.folder, self.plan, self.taxonomy, self.name, asked, wanted, token)
        self._changed = True
        self.reload()
        return self.as_seen(made)

    def undo(self, act: int | None = None) -> list[ReviewDecision]:
        """Undoes the person's last act; see `classifier.review.decide.undo`."""
        undone = undo(self.folder, self.name, act)
        self._changed |= bool(undone)
        self.reload()
        return self.as_seen(undone)

    def take_back(self, key: str) -> bool:
        """Lets the engine's label of a paper count again; returns whether there was a decision.

        The person's own last decision on it is undone; if they made none, a correction by somebody else is
        removed.

        Raises:
            InputError: There is no such paper, or it is reviewed blind: others' decisions are theirs.
            StoreError: The ledger cannot be written.
        """
        paper = self.place(key).paper
        own = [made for made in paper.decisions if made.by == self.name and made.rules]
        if own:
            done = bool(undo(self.folder, self.name, own[-1].act, paper.key))
        elif self.plan.is_double:
            raise InputError(
                f"'{shown(key)[:200]}' is reviewed blind, and '{shown(self.name)}' has not decided on it; "
                "only who decided can take it back"
            )
        else:
            done = corrections.take_back(self.folder, paper.key) is not None
        self._changed |= done
        self.reload()
        return done

    def as_seen(self, made: Sequence[ReviewDecision]) -> list[ReviewDecision]:
        """The person's own decisions, without what is hidden of the engine."""
        hidden = {key for paper in self.papers if not paper.shows_machine(self.plan) for key in paper.keys}
        return [without_machine(one) if one.key in hidden else one for one in made]

    def close(self) -> None:
        """Updates labels.jsonl, failed.jsonl and run.json from the ledger.

        Raises:
            StoreError: They cannot be written; the ledger has everything.
        """
        if self._changed:
            refresh(self.folder)
            self._changed = False


__all__ = ["ACCEPT", "DecisionWish", "ReviewSession"]
