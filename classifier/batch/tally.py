"""Filed rows -> the totals of a run: papers by label, reviews with reasons, failures, warnings.

What enters: rows in list order, each once. What leaves: counts in which each paper counts once, and a
correction replaces the engine's label. Memory grows by one key per paper.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from classifier.batch.ledger.rows import WAITING, StoredCorrection
from classifier.export.filed import FAILED, Filed
from classifier.verdict.measured import ACCEPTED, UNMEASURED, WEAK

SHOWN_KEYS = 10
"""Keys that are listed for each review reason; the rest is only counted."""
_UNMEASURED = (UNMEASURED, ACCEPTED)
_SHOWN_ASIDE = 100
"""Corrections without a paper that are listed."""


class RunTally:
    """Counts rows and failures as they are written.

    Attributes:
        labelled: Papers with a label.
        review: Papers that need review.
        corrected: Papers that a person labelled.
        decided: Entries that a person labelled before the engine did.
    """

    def __init__(self) -> None:
        self.labelled = self.review = self.corrected = self.decided = 0
        self._duplicates = 0
        self._papers: set[str] = set()  # with a label: the key of the first entry
        self._failed: set[str] = set()  # whose first entry has no label
        self._failed_again: set[str] = set()  # keys of their other entries, and of labelled papers'
        self._labels: Counter[str] = Counter()
        self._warnings: Counter[str] = Counter()
        self._reasons: dict[str, list[str]] = {}
        self._reason_counts: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._failed_duplicates = 0
        self._unmeasured = ""  # that an engine's accuracy is unknown here, and what would measure it
        self._weak = ""  # that an engine's accuracy is low here
        self._first: dict[str, Any] | None = None
        self._corrections = 0
        self._aside: list[dict[str, str]] = []

    def add(self, filed: Filed, twin: str | None = None) -> None:
        """Counts a row.

        Args:
            twin: The key of the entry that was labelled instead of this one.
        """
        row = filed.row
        error = row.label.error
        self.decided += filed.is_corrected and error is not None and error.code == WAITING and twin is None
        if filed.label == FAILED:
            if twin is None and row.duplicate_of is None:
                self._failed.add(row.entry.key)
            else:
                self._duplicates += 1
                self._failed_again.add(row.entry.key)
            return
        paper = row.duplicate_of or row.entry.key
        if paper in self._papers:
            self._duplicates += 1
            return
        self._papers.add(paper)
        self.labelled += 1
        self.corrected += filed.is_corrected
        self._labels[filed.label] += 1
        self._warnings.update(sorted({warning.code for warning in row.label.warnings}))
        if not self._unmeasured and not filed.is_corrected:
            told = (warning.message for warning in row.label.warnings if warning.code in _UNMEASURED)
            self._unmeasured = next(told, "")
        if not self._weak and not filed.is_corrected:
            self._weak = next((w.message for w in row.label.warnings if w.code == WEAK), "")
        if filed.needs_review:
            self.review += 1
            for reason in row.label.review_reasons or ("unknown",):
                self._reason_counts[reason] += 1
                if len(keys := self._reasons.setdefault(reason, [])) < SHOWN_KEYS:
                    keys.append(filed.key)

    @property
    def failed(self) -> int:
        """Papers of which no entry has a label."""
        return len(self._failed - self._papers)

    @property
    def duplicates(self) -> int:
        """Entries of the same paper as another entry, labelled or failed."""
        return self._duplicates + len(self._failed & self._papers)

    def add_failure(self, failure: dict[str, Any]) -> None:
        """Counts a line of failed.jsonl."""
        self._first = self._first or failure
        if failure["duplicate_of"] is None and failure["key"] not in self._failed_again:
            self._failures[failure["code"]] += 1
        else:
            self._failed_duplicates += 1

    def add_correction(self, stored: StoredCorrection) -> None:
        """Counts a correction, and notes it if its paper is not in the lists now."""
        self._corrections += 1
        if stored.aside:
            made, entry = stored.correction, stored.entry
            title = (entry.paper.title if entry else None) or ""
            self._aside.append({"key": made.key, "label": made.label, "title": title, "reason": stored.aside})

    def as_dict(self) -> dict[str, Any]:
        """The parts of run.json that list more than a number.

        `labels`: label -> papers. `review`: reason -> `count` and the first `keys`. `warnings`: code ->
        papers. `unmeasured`: what would measure the engine; empty if it was measured. `weak_engine`: its
        accuracy, if that is low; else empty. `corrections`: how many
        there are (`made`), how many apply to no entry (`kept_aside`), and the list of these. `not_labelled`:
        `reasons`, error code -> entries, the most frequent first, duplicates apart; `duplicates`, entries
        that failed with another one of the same paper; `only`, the line of failed.jsonl if there is just one.
        """
        is_only = self._failures.total() + self._failed_duplicates == 1
        return {
            "labels": dict(self._labels.most_common()),
            "review": {
                reason: {"count": count, "keys": self._reasons[reason]}
                for reason, count in self._reason_counts.most_common()
            },
            "warnings": dict(self._warnings.most_common()),
            "unmeasured": self._unmeasured,
            "weak_engine": self._weak,
            "corrections": {
                "made": self._corrections,
                "kept_aside": len(self._aside),
                "aside": self._aside[:_SHOWN_ASIDE],
            },
            "not_labelled": {
                "reasons": dict(self._failures.most_common()),
                "duplicates": self._failed_duplicates,
                "only": self._first if is_only else None,
            },
        }
