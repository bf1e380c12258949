"""Decides whether a person must review a label, and why.

What enters: a reply, its verified quotes, the document, and the metadata of the source. What leaves: review
reasons (closed codes) and warnings. Each reason has a message in the warning with the same code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, get_args

from classifier.model.document import Document
from classifier.model.identity import title_similarity
from classifier.model.label import Evidence, ReviewReason
from classifier.model.paper import PaperFile
from classifier.model.record import Notice
from classifier.model.reply import Reply
from classifier.survey.taxonomy import Taxonomy
from classifier.verdict.guard import find_visible_orders

_SHOWN_CHARS = 120
_TITLE_DIFFERS = 0.8
"""Below this similarity, a printed title and the source's title belong to different papers. It is below 1
because printed titles wrap and lose symbols."""
_REASONS: tuple[ReviewReason, ...] = get_args(ReviewReason)


class Review(NamedTuple):
    """The reasons in the order of `ReviewReason`, each once, and all warnings."""

    reasons: tuple[ReviewReason, ...]
    warnings: tuple[Notice, ...]


def review_reply(
    taxonomy: Taxonomy,
    file: PaperFile,
    document: Document,
    reply: Reply,
    evidence: Sequence[Evidence],
    review_below: float,
    doubts: Iterable[Notice] = (),
) -> Review:
    """Collects everything that a user should know before relying on the label.

    Args:
        review_below: Confidence under which a label goes to review, in [0, 1]; an unknown one always does.
        doubts: Notices about the engine (`measured.doubts`).
    """
    warnings = (
        *_about_answer(taxonomy, reply, evidence, review_below),
        *_about_document(document),
        *_about_title(file, document),
        *file.notices,
        *reply.notices,
        *doubts,
    )
    codes = {warning.code for warning in warnings}
    return Review(tuple(reason for reason in _REASONS if reason in codes), warnings)


def _about_answer(
    taxonomy: Taxonomy, reply: Reply, evidence: Sequence[Evidence], review_below: float
) -> Iterator[Notice]:
    answer = reply.answer
    runner_up = f"; the runner-up is {answer.runner_up}" if answer.runner_up else ""
    if answer.confidence is None:
        yield Notice(code="low-confidence", message=f"the confidence is unknown{runner_up}")
    elif answer.confidence < review_below:
        yield Notice(
            code="low-confidence",
            message=f"confidence {answer.confidence:.2f} is below {review_below:.2f}{runner_up}",
        )
    for quote in evidence:
        if quote.verdict == "absent":
            yield Notice(
                code="quote-absent",
                message=f'the quote for {quote.supports} is not in the paper: "{_short(quote.quote)}"',
            )
    given = {item.question: item.answer for item in answer.answers}
    contradictions = taxonomy.contradictions(answer.label, given)
    if contradictions:
        yield Notice(
            code="answers-contradict-leaf",
            message=f"{answer.label} contradicts the answers: {'; '.join(map(str, contradictions))}",
        )
    if answer.secondary and answer.label not in taxonomy.leaves:
        leaves = ", ".join(answer.secondary)
        yield Notice(
            code="answers-contradict-leaf",
            message=f"{answer.label} contradicts the further leaves that the engine named: {leaves}",
        )


def _about_document(document: Document) -> Iterator[Notice]:
    for hidden in document.hidden:
        yield Notice(
            code="hidden-text",
            message=f'page {hidden.page}: {hidden.kind} text was removed: "{_short(hidden.text)}"',
        )
    if not document.hidden_checked:
        yield Notice(code="hidden-text-unchecked", message="the check for hidden text could not run")
    for sign in document.partial:
        yield Notice(code="partial-text", message=sign)
    for order in find_visible_orders(document):
        yield Notice(
            code="visible-orders",
            message=f"page {order.page} contains instructions to a language model: "
            f'"{_short(order.text)}" (the text was marked as data in the prompt)',
        )
    if document.abstract_only:
        yield Notice(code="abstract-only", message="decided from the abstract alone; no full text was read")


def _about_title(file: PaperFile, document: Document) -> Iterator[Notice]:
    """A warning if the PDF seems to be a different paper from the one that the source or list names."""
    expected, printed = file.paper.title, document.title
    if not expected or not printed or not document.pages or document.engine == "text":
        return
    # If the printed title was not read completely (a stamp, a symbol), it may still be on page 1.
    first_page = " ".join(document.pages[0].text.split()).casefold()
    if " ".join(expected.split()).casefold() in first_page:
        return
    if title_similarity(expected, printed) < _TITLE_DIFFERS:
        yield Notice(
            code="title-mismatch", message=f"expected '{expected}', but the PDF is titled '{printed}'"
        )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"
