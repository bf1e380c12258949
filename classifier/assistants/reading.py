"""The shelf's labels -> the tools' records. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping

from classifier.assistants.records import AnswerOut, LabelOut, PaperOut, QuoteOut, UntrustedText, bounded
from classifier.export.filed import Filed, file_row
from classifier.model.entries import ListEntry, Row
from classifier.model.label import Label
from classifier.model.record import OUT_OF_SCOPE, UNCLEAR, UNPLACED
from classifier.service.shelf import Card
from classifier.survey.taxonomy import Taxonomy
from classifier.text.characters import shown

_UNCLEAR = "the paper does not say"


def definition_of(label: str, taxonomy: Taxonomy) -> str:
    """The definition of a label in the taxonomy."""
    if label in taxonomy.leaves:
        return taxonomy.leaves[label].node.definition
    if label == OUT_OF_SCOPE:
        return f"outside of: {taxonomy.scope.definition}"
    return "in scope, and fits no leaf" if label == UNPLACED else ""


def explain(
    filed: Filed, taxonomy: Taxonomy, *, paper_id: str | None = None, run: str | None = None
) -> LabelOut:
    """A label with definitions, answers, quotes and doubts."""
    label, ruled, correction = filed.row.label, filed.ruled, filed.row.correction
    made = label.provenance
    given = {answer.question: answer.answer for answer in ruled.answers}
    return LabelOut(
        paper_id=paper_id,
        run=run,
        label=filed.label,
        path=filed.path,
        definition=definition_of(filed.label, taxonomy),
        runner_up=ruled.runner_up,
        runner_up_definition=definition_of(ruled.runner_up or "", taxonomy),
        scope_reason=ruled.scope_reason,
        confidence=ruled.confidence,
        confidence_from=made.confidence if made and not filed.is_corrected else "",
        accuracy=_accuracy(label),
        needs_review=filed.needs_review,
        review_reasons=ruled.review_reasons,
        warnings=tuple(dict.fromkeys(warning.code for warning in ruled.warnings)),
        contradictions=tuple(map(str, taxonomy.contradictions(filed.label, given))),
        answers=_answers(given, taxonomy),
        decided_by_person=correction.at if correction else None,
        engine=shown(made.model or made.engine) if made else "",
        cost_usd=made.cost_usd if made else None,
        error=label.error.code if label.error and not filed.is_corrected else None,
        untrusted=UntrustedText(
            title=bounded(filed.title),
            authors=bounded(filed.short_authors),
            key=bounded(filed.key),
            rationale=bounded(filed.rationale),
            quotes=_quotes(ruled),
            messages=tuple(bounded(shown(warning.message)) for warning in ruled.warnings),
        ),
    )


def explain_new(label: Label, taxonomy: Taxonomy) -> LabelOut:
    """As `explain`, for a new label that is not stored."""
    entry = ListEntry(key=label.paper.title or "", source="", line=1)
    return explain(file_row(Row(entry=entry, label=label), taxonomy), taxonomy)


def summarize(card: Card) -> PaperOut:
    """The summary of a paper."""
    return PaperOut(
        paper_id=card.id,
        run=card.run,
        label=card.label,
        confidence=card.confidence,
        year=card.year,
        needs_review=card.needs_review,
        review_reasons=card.review_reasons,
        decided_by_person=card.corrected,
        untrusted=UntrustedText(
            title=bounded(card.title), authors=bounded(card.authors), key=bounded(shown(card.key))
        ),
    )


def _accuracy(label: Label) -> str:
    measured = label.provenance.accuracy if label.provenance else None
    return "" if measured is None else measured.model_dump_json()


def _answers(given: Mapping[str, str], taxonomy: Taxonomy) -> tuple[AnswerOut, ...]:
    return tuple(
        AnswerOut(
            question=question.id,
            ask=question.ask,
            answer=given[question.id],
            means=next((choice.means for choice in question.choices if choice.id == given[question.id]), "")
            or (_UNCLEAR if given[question.id] == UNCLEAR else ""),
        )
        for question in taxonomy.questions
        if question.id in given
    )


def _quotes(label: Label) -> tuple[QuoteOut, ...]:
    return tuple(
        QuoteOut(
            quote=bounded(shown(piece.quote)),
            supports=shown(piece.supports),
            place=label.place_of(piece),
            verdict=piece.verdict,
        )
        for piece in label.evidence
    )
