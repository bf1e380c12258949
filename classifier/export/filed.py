"""Row -> Filed: a paper's final label, with its correction applied, in text that is safe to display.

What enters: a row of a labelled list, and the taxonomy it was labelled with. What leaves: a view with the
label that counts. Titles, names and quotes come from hostile lists, papers and models: they become single
lines without control and direction characters. Each format does its own escaping.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from classifier.errors import ConfigError
from classifier.export.engines import is_unmeasured
from classifier.model.entries import PersonName, Row
from classifier.model.label import Evidence, Label, Status
from classifier.model.names import family_name
from classifier.model.record import OUT_OF_SCOPE, UNPLACED
from classifier.survey.taxonomy import Taxonomy
from classifier.text.characters import shown

FAILED = "failed"
"""Shown instead of a label if there is none."""

_REASONS = {
    "bad-reference": "no paper was found for the reference",
    "paper-not-found": "there is no such paper",
    "wrong-paper": "its id and its title belong to different papers",
    "source": "it could not be fetched",
    "source-unavailable": "it could not be fetched",
    "not-a-pdf": "its file is not a PDF",
    "encrypted-pdf": "its PDF is encrypted",
    "needs-ocr": "its PDF is a scan without text",
    "not-a-paper": "its text is not a paper's",
    "unreadable-pdf": "its PDF cannot be read",
    "input": "the list's text of it cannot be read",
    "context-overflow": "its text is too long for the model",
    "refused": "the model refused",
    "budget-spent": "the budget was spent",
    **dict.fromkeys(
        ("model", "rate-limited", "model-timeout", "model-unavailable"), "the model did not answer"
    ),
    **dict.fromkeys(
        ("reply", "not-json", "schema-mismatch", "unknown-label", "truncated"),
        "the model gave no valid answer",
    ),
}
"""Reasons for a missing label, for readers; the original messages contain hosts, paths and attempts."""
_NO_REASON = "it could not be processed"

_ABOUT_ANSWER = frozenset(("low-confidence", "quote-absent", "answers-contradict-leaf"))
"""Warnings about the engine's answer, not about the paper."""

_BY_STATUS = {"out_of_scope": OUT_OF_SCOPE, "unplaced": UNPLACED, "failed": FAILED}
_BY_LABEL: dict[str, Status] = {OUT_OF_SCOPE: "out_of_scope", UNPLACED: "unplaced"}


@dataclass(frozen=True)
class Filed:
    """A paper and its label.

    Attributes:
        label: A leaf id, "out-of-scope", "unplaced" or "failed".
        path: Titles from the root's child to the leaf; empty for the others.
    """

    row: Row
    label: str
    path: tuple[str, ...]

    @property
    def key(self) -> str:
        """The entry's key in its list, on one line."""
        return shown(self.row.entry.key)

    @property
    def is_corrected(self) -> bool:
        """Whether a person corrected the label."""
        return self.row.correction is not None

    @property
    def status(self) -> Status:
        """The label's status, with the correction applied."""
        return _BY_LABEL.get(self.label, "placed") if self.is_corrected else self.row.label.status

    @property
    def needs_review(self) -> bool:
        """Whether the label needs review; False if a person has decided."""
        return self.row.label.needs_review and not self.is_corrected

    @property
    def is_overruled(self) -> bool:
        """Whether a person gave another label than the engine."""
        return self.is_corrected and self.label != label_of(self.row)

    @cached_property
    def ruled(self) -> Label:
        """The Label with the correction applied.

        Its runner-up, confidence and need for review are removed. What the engine gave as reasons for
        another label (answers, quotes, rationale, further leaves, doubts) would contradict the person's and
        is removed, too. Table fields describe the paper, and remain if it is in a leaf.
        """
        label = self.row.label
        if not self.is_corrected:
            return label
        update: dict[str, object] = {
            "status": self.status,
            "leaf": self.label if self.status == "placed" else None,
            "path": self.path,
            "error": None,
            "runner_up": None,
            "confidence": None,
            "needs_review": False,
            "review_reasons": (),
        }
        if self.is_overruled:
            update |= dict.fromkeys(("secondary", "answers", "evidence"), ())
            update |= {"scope_reason": None, "rationale": self.rationale}
            update["attributes"] = label.attributes if self.status == "placed" else {}
            update["warnings"] = tuple(one for one in label.warnings if one.code not in _ABOUT_ANSWER)
        return label.model_copy(update=update)

    @cached_property
    def title(self) -> str:
        """The list's title, else the paper's; the key if neither has one."""
        entry, label = self.row.entry, self.row.label
        return shown(entry.paper.title) or shown(label.paper.title) or shown(entry.key)

    @cached_property
    def authors(self) -> tuple[str, ...]:
        """Names as in the list, else as in the paper."""
        return tuple(map(shown, self.row.entry.paper.authors or self.row.label.paper.authors))

    @cached_property
    def names(self) -> tuple[PersonName, ...]:
        """The authors' names in parts if the list gives them.

        A name in one part is a group or an unsplit name.
        """
        names = self.row.entry.names
        return tuple(
            PersonName(family=shown(name.family), given=shown(name.given), suffix=shown(name.suffix))
            for name in names
        )

    @property
    def short_authors(self) -> str:
        """One name, two, or "Ada Li et al."; empty if unknown."""
        return _shortened(self.authors, self.has_more_authors)

    @property
    def cited_authors(self) -> str:
        """Family names as in a citation: one, two, or "Li et al."; empty if unknown."""
        return _shortened(
            [name.family for name in self.names] or [family_name(name) for name in self.authors],
            self.has_more_authors,
        )

    @property
    def has_more_authors(self) -> bool:
        """Whether the list says that there are others than these."""
        return self.row.entry.more_authors

    @property
    def kind(self) -> str:
        """The work's type in CSL's terms, or in the list's own; empty if unknown."""
        return shown(self.row.entry.type) or ("article-journal" if self.journal else "")

    @property
    def journal(self) -> str:
        """The journal, proceedings or book that contains it; empty if unknown."""
        return shown(self.row.entry.journal)

    @property
    def abstract(self) -> str:
        """The list's abstract; empty if it has none."""
        return shown(self.row.entry.paper.abstract)

    @property
    def year(self) -> int | None:
        """Year, by the list or else the paper."""
        return self.row.entry.paper.year or self.row.label.paper.year

    @property
    def arxiv_id(self) -> str | None:
        """ArXiv id, by the list or else the paper; not checked for its form."""
        return self.row.entry.paper.arxiv_id or self.row.label.paper.arxiv_id

    @property
    def doi(self) -> str | None:
        """DOI, by the list or else the paper; not checked for its form."""
        return self.row.entry.paper.doi or self.row.label.paper.doi

    @property
    def rationale(self) -> str:
        """The reason: the person's note if a person decided, else the engine's rationale or the error."""
        correction, label = self.row.correction, self.row.label
        if correction is not None:
            who = f"by {shown(correction.by)}" if correction.by.strip() else "by a person"
            return shown(f"Set {who}{': ' + correction.note if correction.note.strip() else ''}")
        return _REASONS.get(label.error.code, _NO_REASON) if label.error else shown(label.rationale)

    @property
    def is_unmeasured(self) -> bool:
        """Whether the confidence comes from an engine that was not measured on this taxonomy."""
        return is_unmeasured(self.ruled)

    @property
    def quotes(self) -> tuple[Evidence, ...]:
        """Quotes that are in the paper, each once; those of an overruled label are left out."""
        found = (piece for piece in self.ruled.evidence if piece.verdict != "absent")
        return tuple({piece.quote: piece for piece in found}.values())

    @property
    def marks(self) -> tuple[str, ...]:
        """Marks for readers besides the label: "set by a person" or "needs review"."""
        if self.is_corrected:
            return ("set by a person",)
        return ("needs review",) if self.needs_review else ()


def _shortened(names: Sequence[str], more: bool) -> str:
    return f"{names[0]} et al." if len(names) > 2 or (names and more) else " and ".join(names)


def label_of(row: Row) -> str:
    """The engine's label: a leaf id, "out-of-scope", "unplaced" or "failed"."""
    return row.label.leaf or _BY_STATUS.get(row.label.status, FAILED)


def file_row(row: Row, taxonomy: Taxonomy) -> Filed:
    """The row with its correction applied.

    Raises:
        ConfigError: Label or correction is not in this taxonomy: the rows belong to another one.
    """
    label = row.correction.label if row.correction is not None else label_of(row)
    if label not in taxonomy.leaves and label not in (OUT_OF_SCOPE, UNPLACED, FAILED):
        raise ConfigError(
            f"'{shown(row.entry.key)}' is labelled '{shown(label)}', which '{taxonomy.title}' does not have; "
            "add --workspace DIR of the survey that it was labelled with"
        )
    return Filed(row=row, label=label, path=tuple(map(shown, taxonomy.titles(label))))


def file_rows(rows: Iterable[Row], taxonomy: Taxonomy) -> Iterator[Filed]:
    """`file_row` of each, as a stream."""
    return (file_row(row, taxonomy) for row in rows)
