"""The gold studies of a workspace -> what is wrong with them under its taxonomy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from classifier.model.identity import bare_arxiv_id, same_paper, title_words
from classifier.model.paper import Paper
from classifier.model.record import OUT_OF_SCOPE
from classifier.model.study import Study
from classifier.model.traits import traits_of
from classifier.survey.finding import Finding
from classifier.survey.taxonomy import Leaf, Taxonomy


def check_study(taxonomy: Taxonomy, where: str, study: Study) -> Iterator[Finding]:
    """What is wrong with one study; `where` is its file and line."""
    where = f"{where} ({study.id})"
    leaf = taxonomy.leaves.get(study.label)
    if leaf is None and study.label != OUT_OF_SCOPE:
        yield Finding(
            code="unknown-label",
            where=where,
            message=f"'{study.label}' is not a leaf; expected one of "
            f"{', '.join((*taxonomy.leaves, OUT_OF_SCOPE))}",
        )
        return
    for secondary in study.secondary:
        if secondary not in taxonomy.leaves:
            yield Finding(
                code="unknown-label", where=where, message=f"secondary leaf '{secondary}' is not a leaf"
            )
    # If no answers lead to leaves, or a list named the study, title and leaf are enough; the rest is advice.
    needs_all = taxonomy.asks_about_leaves and not _listed(study)
    for name in ("title", "summary", "rationale") if needs_all else ("title",):
        if not getattr(study, name).strip():
            yield Finding(code="missing-field", where=where, message=f"'{name}' is empty")
    yield from _check_attributes(where, study, leaf)
    yield from _check_study_answers(taxonomy, where, study)


def _check_attributes(where: str, study: Study, leaf: Leaf | None) -> Iterator[Finding]:
    declared = {field.id for field in leaf.fields} if leaf else set()
    for name in sorted(declared - study.attributes.keys()):
        yield Finding(
            code="missing-field", where=where, message=f"attribute '{name}' is missing; write null if unknown"
        )
    for name in sorted(study.attributes.keys() - declared):
        yield Finding(
            code="unknown-field", where=where, message=f"attribute '{name}' is not declared for this class"
        )


def _check_study_answers(taxonomy: Taxonomy, where: str, study: Study) -> Iterator[Finding]:
    allowed = {question.id: question.answer_ids for question in taxonomy.questions}
    yield from check_answers(where, study.answers, allowed)
    if not study.answers and (study.label in taxonomy.leaves or taxonomy.allows(study.label, {})):
        return  # its leaf says which answers hold, or none are needed
    missing = [question for question in allowed if question not in study.answers]
    if missing:
        yield Finding(code="missing-field", where=where, message=f"no answer to {', '.join(missing)}")
    if not allowed:
        return
    led_to = taxonomy.labels_led_to(study.answers)
    reasons = taxonomy.scope_reasons(study.answers) if study.label == OUT_OF_SCOPE else ()
    if not taxonomy.allows(study.label, study.answers):
        yield Finding(
            code="answers-lead-elsewhere",
            where=where,
            message=f"labelled {study.label}, but its answers lead to {' and '.join(led_to) or 'no label'}",
        )
    elif study.scope_reason not in (reasons or (None,)):
        yield Finding(
            code="answers-lead-elsewhere",
            where=where,
            message=f"scope_reason is {study.scope_reason}, but its answers lead to "
            f"{' or '.join(reasons) or None}",
        )


def _listed(study: Study) -> bool:
    """Whether `classifier init` took the study from a list, which says of it only where it belongs."""
    return "list" in study.provenance


def check_duplicates(gold: Sequence[tuple[str, Study]]) -> Iterator[Finding]:
    """Ids and papers that occur more than once."""
    yield from repeated("gold", [study.id for _, study in gold])
    places: dict[Hashable, list[int]] = {}
    blocks = [_blocks(study) for _, study in gold]
    for number, own in enumerate(blocks):
        for block in own:
            places.setdefault(block, []).append(number)
    for number, (where, study) in enumerate(gold):
        near = sorted({place for block in blocks[number] for place in places[block] if place > number})
        for _, other in (gold[place] for place in near):
            if study.id != other.id and same_paper(study, other) and not _are_parts(study, other):
                yield Finding(
                    code="duplicate-paper",
                    where=f"{where} ({study.id})",
                    message=f"the same paper as {other.id}; keep one",
                )


def _are_parts(study: Study, other: Study) -> bool:
    """Whether two papers with similar titles have different arXiv ids, as "Part I" and "Part II"."""
    one, two = (bare_arxiv_id(each.arxiv or "") for each in (study, other))
    return bool(one and two and one != two) and title_words(study.title) != title_words(other.title)


def _blocks(study: Study) -> set[Hashable]:
    """Keys that two studies of one paper share; only studies with a common key are compared."""
    titles = (study.title, *study.other_titles)
    found: set[Hashable] = set()
    for title in titles:
        paper = Paper(title=title, arxiv_id=study.arxiv, doi=study.doi)
        traits = traits_of(paper)
        found |= {*traits.anchors(), *traits.folded.blocks(near=1)}
    return found


def check_answers(
    where: str, answers: Mapping[str, str], allowed: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    """Answers that no question declares."""
    for question, answer in answers.items():
        if question not in allowed:
            yield Finding(
                code="unknown-question",
                where=where,
                message=f"'{question}' is not a question; expected one of {', '.join(allowed)}",
            )
        elif answer not in allowed[question]:
            yield Finding(
                code="unknown-answer",
                where=where,
                message=f"'{answer}' is not an answer to {question}; "
                f"expected one of {', '.join(allowed[question])}",
            )


def repeated(where: str, names: Iterable[str]) -> Iterator[Finding]:
    """Names that occur more than once."""
    for name, times in Counter(names).items():
        if times > 1:
            yield Finding(
                code="duplicate-id", where=where, message=f"'{name}' occurs {times} times; ids must be unique"
            )
