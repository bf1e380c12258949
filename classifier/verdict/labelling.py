"""Reply + verified quotes + review -> Label.

What enters: the results of the pipeline's steps. What leaves: the Label that users keep. Status, path, scope
reason and the class's fields are derived only here, so that they cannot contradict the label that the engine
chose.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from classifier.__about__ import __version__
from classifier.errors import ClassifierError
from classifier.model.document import Document
from classifier.model.label import Evidence, Label, LabelledPaper, Provenance, Status
from classifier.model.measurement import Measurement
from classifier.model.paper import PaperFile
from classifier.model.record import OUT_OF_SCOPE, UNPLACED, Notice
from classifier.model.reply import Answer, Quote, Reply
from classifier.model.task import Task
from classifier.survey.taxonomy import Taxonomy
from classifier.verdict.review import Review


def assemble_label(
    taxonomy: Taxonomy,
    file: PaperFile,
    task: Task,
    reply: Reply,
    evidence: tuple[Evidence, ...],
    review: Review,
    accuracy: Measurement | None = None,
) -> Label:
    """The finished label of one paper."""
    answer = reply.answer
    leaf = taxonomy.leaves.get(answer.label)
    given = {item.question: item.answer for item in answer.answers}
    return Label(
        ref=file.ref,
        paper=_labelled_paper(file, task.document),
        status=_status(answer.label),
        leaf=leaf.id if leaf else None,
        path=leaf.titles if leaf else (),
        runner_up=answer.runner_up,
        secondary=answer.secondary if leaf else (),
        scope_reason=taxonomy.scope_reason(given) if answer.label == OUT_OF_SCOPE else None,
        confidence=answer.confidence,
        branch_confidence=_branch_confidence(taxonomy, reply),
        needs_review=bool(review.reasons),
        review_reasons=review.reasons,
        answers=answer.answers,
        evidence=evidence,
        rationale=answer.rationale,
        attributes={field.id: answer.attributes.get(field.id) for field in leaf.fields} if leaf else {},
        warnings=review.warnings,
        provenance=_provenance(taxonomy, task, reply, accuracy),
    )


def failed_label(ref: str, error: ClassifierError) -> Label:
    """The Label of a paper that could not be labelled: every entry of a list gets one."""
    return Label(
        ref=ref,
        paper=LabelledPaper(),
        status="failed",
        error=Notice(code=error.code, message=error.message),
    )


def quotes_of(answer: Answer) -> tuple[Quote, ...]:
    """All quotes of the answer, including those of its decision questions, without repetitions."""
    from_answers = [Quote(quote=item.quote, supports=item.question) for item in answer.answers if item.quote]
    return tuple(dict.fromkeys((*answer.evidence, *from_answers)))


def _branch_confidence(taxonomy: Taxonomy, reply: Reply) -> float | None:
    """The probability of all leaves of the label's outermost branch; None if it is not known.

    A stated or calibrated confidence has another source; if it is higher, the two cannot be shown together.
    """
    leaf = taxonomy.leaves.get(reply.answer.label)
    if leaf is None or not leaf.ancestors or not reply.probabilities:
        return None
    branch = leaf.ancestors[0]
    share = sum(
        reply.probabilities.get(other.id, 0.0)
        for other in taxonomy.leaves.values()
        if other.ancestors[:1] == (branch,)
    )
    return min(1.0, share) if share >= (reply.answer.confidence or 0.0) else None


def _provenance(taxonomy: Taxonomy, task: Task, reply: Reply, accuracy: Measurement | None) -> Provenance:
    return Provenance(
        engine=reply.engine,
        model=reply.model,
        taxonomy_sha256=taxonomy.sha256,
        prompt_sha256=task.prompt.sha256 if task.prompt else None,
        example_ids=tuple(study.id for study in task.examples),
        confidence=reply.confidence_source,
        **reply.usage.model_dump(),
        latency_s=round(reply.latency_s, 4),
        attempts=reply.attempts,
        reply_sha256=hashlib.sha256(reply.raw.encode()).hexdigest() if reply.raw else None,
        accuracy=accuracy,
        first_opinion=reply.first_opinion,
        stages=reply.stages,
        pdf_engine=task.document.engine,
        sandbox=task.document.sandbox or None,
        classifier_version=__version__,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _status(label: str) -> Status:
    if label == OUT_OF_SCOPE:
        return "out_of_scope"
    return "unplaced" if label == UNPLACED else "placed"


def _labelled_paper(file: PaperFile, document: Document) -> LabelledPaper:
    return LabelledPaper(
        title=file.paper.title or document.title,
        authors=file.paper.authors,
        year=file.paper.year,
        arxiv_id=file.paper.arxiv_id or document.arxiv_id,
        doi=file.paper.doi or document.doi,
        sha256=file.sha256,
        pages=document.page_count if document.engine != "text" else None,
        source=file.source,
    )
