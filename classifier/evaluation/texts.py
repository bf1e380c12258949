"""Chooses the text of each item, and asks the classifier about it.

What enters: a suite, and optionally a wanted kind of text. What leaves: for each item one kind, one text or
path, and the metadata that a reading list would have. Label, rationale, answers, secondary labels and the
other texts are withheld, so that an engine cannot see the right answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, get_args

from classifier.errors import InputError
from classifier.evaluation.records import Suite, SuiteItem, TextKind
from classifier.model.paper import Paper
from classifier.text.counting import count_of, plural

if TYPE_CHECKING:
    from classifier.model.label import Label
    from classifier.pipeline import Classifier

KINDS: tuple[TextKind, ...] = get_args(TextKind)
_ORDER: tuple[TextKind, ...] = ("pdf", "text", "abstract", "summary", "arxiv", "title")
_SHOWN = 5


class ItemText(NamedTuple):
    """One item with its chosen text: by `kind`, `content` is a text, a PDF's path or an arXiv id."""

    item: SuiteItem
    kind: TextKind
    content: str

    @property
    def paper(self) -> Paper:
        """The metadata that a list would have: without abstract and without label."""
        return Paper(
            title=self.item.title,
            authors=self.item.authors,
            year=self.item.year,
            arxiv_id=self.item.arxiv,
            doi=self.item.doi,
        )

    @property
    def sha256(self) -> str:
        """Hash of the PDF's bytes, else of the text or id."""
        raw = Path(self.content).read_bytes() if self.kind == "pdf" else self.content.encode()
        return hashlib.sha256(raw).hexdigest()

    async def ask(self, classifier: Classifier, leave_out: frozenset[str] = frozenset()) -> Label:
        """Asks the classifier; in the returned label, `ref` is the item's id.

        Args:
            leave_out: Ids of studies that must not be examples.

        Raises:
            ClassifierError: As `Classifier.aclassify`.
        """
        if self.kind in ("pdf", "arxiv"):
            label = await classifier.aclassify(self.content, claimed=self.paper, leave_out=leave_out)
        elif self.kind in ("text", "title"):
            label = await classifier.aclassify_text(self.paper, self.content, leave_out=leave_out)
        else:  # a summary is as short as an abstract, so it is treated as one
            paper = self.paper.model_copy(update={"abstract": self.content})
            label = await classifier.aclassify_text(paper, leave_out=leave_out)
        return label.model_copy(update={"ref": self.item.id})


def choose_texts(suite: Suite, wanted: TextKind | None = None, *, fetch: bool = True) -> tuple[ItemText, ...]:
    """The text of each item, in the suite's order.

    Args:
        wanted: The kind that each item must have; None for the first of pdf, text, abstract, summary, arxiv
            and title that the item has.
        fetch: Without it, `arxiv` is not chosen unless it is wanted: those papers would have to be fetched.

    Raises:
        InputError: Items do not have the wanted kind. They are not skipped, since that would change the
            score.
    """
    order = (wanted,) if wanted else tuple(kind for kind in _ORDER if fetch or kind != "arxiv")
    lacking = [item.id for item in suite.items if not any(getattr(item, kind) for kind in order)]
    if lacking:
        more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
        raise InputError(
            f"{len(lacking)} of {count_of(len(suite.items), 'item')} of {suite.name} "
            f"{plural(len(lacking), 'has', 'have')} no {wanted}: "
            f"{', '.join(lacking[:_SHOWN])}{more}; choose another --text, or leave it out"
        )
    return tuple(_question(item, order) for item in suite.items)


def text_kinds(questions: Sequence[ItemText]) -> Mapping[str, int]:
    """The number of items for each kind of text."""
    kinds = [question.kind for question in questions]
    return {kind: kinds.count(kind) for kind in _ORDER if kind in kinds}


def _question(item: SuiteItem, order: Sequence[TextKind]) -> ItemText:
    kind = next(kind for kind in order if getattr(item, kind))
    return ItemText(item, kind, getattr(item, kind))
