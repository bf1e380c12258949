"""A workspace -> findings: errors in its taxonomy or gold studies, before a model is asked.

What enters: a workspace of any survey. What leaves: findings, each with a code, the place and one line. The
checks do not know any survey: swapped answers are found because the labelled studies lead to the other leaf,
and swapped definitions because their words fit the other leaf better (`classifier.survey.swaps`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import ValidationError

from classifier.errors import ConfigError
from classifier.model.identity import same_paper
from classifier.model.record import OUT_OF_SCOPE, Record
from classifier.model.study import Study
from classifier.survey.answer_schema import LABEL
from classifier.survey.shape import problems
from classifier.survey.swaps import find_swaps
from classifier.survey.taxonomy import Conditions, Leaf, Node, Taxonomy
from classifier.survey.workspace import GOLD_FILES, TAXONOMY_FILE, Workspace, read_studies, study_problems


class Finding(Record):
    """One error: a stable code, its place, and what to do."""

    code: str
    where: str
    message: str


def lint_workspace(workspace: Workspace) -> tuple[Finding, ...]:
    """All findings, in the order of the files; empty if the workspace has no errors.

    If files have another shape, only those problems are reported: the other checks need the records.

    Raises:
        ConfigError: A file cannot be read, is not YAML, or not UTF-8.
    """
    misshapen = tuple(_check_shapes(workspace))
    if misshapen:
        return misshapen
    taxonomy = workspace.taxonomy
    gold = [
        (f"{name}:{number}", study)
        for name in GOLD_FILES
        if (workspace.root / name).is_file()
        for number, study in read_studies(workspace.root / name)
    ]
    studies = [study for _, study in gold]
    return (
        *_check_names(taxonomy),
        *_check_conditions(taxonomy),
        *_check_paths(taxonomy),
        *_check_definitions(taxonomy, studies),
        *_check_coverage(taxonomy, studies),
        *(finding for where, study in gold for finding in _check_study(taxonomy, where, study)),
        *_check_duplicates(gold),
    )


def measures_nothing(workspace: Workspace) -> str | None:
    """What to know about a workspace without studies; None if it has some."""
    if workspace.studies:
        return None
    why = "no labelled studies: nothing measures an engine here, and prompts have no examples"
    return f"{why}; add papers to {GOLD_FILES[0]}"


def _check_shapes(workspace: Workspace) -> Iterator[Finding]:
    try:
        _ = workspace.taxonomy
    except ConfigError as error:
        if not isinstance(error.__cause__, ValidationError):
            raise
        for place, message in problems(error.__cause__, Taxonomy):
            yield Finding(code="invalid-taxonomy", where=f"{TAXONOMY_FILE}: {place}", message=message)
    for name in GOLD_FILES:
        path = workspace.root / name
        for number, message in study_problems(path) if path.is_file() else ():
            yield Finding(code="invalid-study", where=f"{name}:{number}", message=message)


def _check_names(taxonomy: Taxonomy) -> Iterator[Finding]:
    # "label" is reserved among question ids (a quote supports a question or "label"), and "out-of-scope" and
    # "unplaced" among labels.
    yield from _repeated("taxonomy.yaml: questions", [*(q.id for q in taxonomy.questions), LABEL])
    yield from _repeated("taxonomy.yaml: labels", taxonomy.labels)
    yield from _repeated("taxonomy.yaml: scope rules", [rule.id for rule in taxonomy.scope.rules])
    for question in taxonomy.questions:
        yield from _repeated(f"taxonomy.yaml: question {question.id}", question.answer_ids)
    yield from _check_siblings("taxonomy.yaml: tree", taxonomy.tree)
    meanings: dict[str, str] = {}
    for leaf in taxonomy.leaves.values():
        yield from _repeated(f"taxonomy.yaml: fields of {leaf.id}", [field.id for field in leaf.fields])
        for field in leaf.fields:
            if meanings.setdefault(field.id, field.describe) != field.describe:
                yield Finding(
                    code="duplicate-id",
                    where=f"taxonomy.yaml: {leaf.id}",
                    message=f"field '{field.id}' is described in two ways; give one of them another id",
                )


def _check_siblings(where: str, nodes: Sequence[Node]) -> Iterator[Finding]:
    yield from _repeated(where, [node.id for node in nodes])
    for node in nodes:
        yield from _check_siblings(f"{where}/{node.id}", node.children)


def _repeated(where: str, names: Iterable[str]) -> Iterator[Finding]:
    for name, times in Counter(names).items():
        if times > 1:
            yield Finding(
                code="duplicate-id", where=where, message=f"'{name}' occurs {times} times; ids must be unique"
            )


def _check_conditions(taxonomy: Taxonomy) -> Iterator[Finding]:
    allowed = {question.id: question.answer_ids for question in taxonomy.questions}
    for where, conditions in _all_conditions(taxonomy):
        for question, answers in conditions.items():
            for answer in answers:
                yield from _check_answers(where, {question: answer}, allowed)


def _all_conditions(taxonomy: Taxonomy) -> Iterator[tuple[str, Conditions]]:
    for leaf in taxonomy.leaves.values():
        yield f"taxonomy.yaml: {leaf.id}", leaf.answers
    for rule in taxonomy.scope.rules:
        yield f"taxonomy.yaml: scope rule {rule.id}", rule.answers


def _check_answers(
    where: str, answers: Mapping[str, str], allowed: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
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


def _check_paths(taxonomy: Taxonomy) -> Iterator[Finding]:
    if not taxonomy.questions:
        return
    for rule in taxonomy.scope.rules:
        if not rule.answers:
            where = f"taxonomy.yaml: scope rule {rule.id}"
            yield Finding(
                code="empty-rule", where=where, message="no answers lead to this rule; add `answers`"
            )
    leaves = list(taxonomy.leaves.values())
    for number, leaf in enumerate(leaves):
        where = f"taxonomy.yaml: {leaf.id}"
        if not leaf.answers:
            yield Finding(
                code="empty-leaf", where=where, message="no answers lead to this leaf; add `answers`"
            )
            continue
        for other in leaves[number + 1 :]:
            if other.answers and _compatible(leaf.answers, other.answers):
                yield Finding(
                    code="same-path",
                    where=where,
                    message=f"the same answers lead to {other.id}; add a question that distinguishes the two",
                )
        for rule in taxonomy.scope.rules:
            if rule.answers and _implies(leaf.answers, rule.answers):
                yield Finding(
                    code="unreachable-leaf",
                    where=where,
                    message=f"every paper with this leaf's answers also meets scope rule {rule.id}; "
                    "change one of the two",
                )


def _compatible(left: Conditions, right: Conditions) -> bool:
    """Whether one set of answers can meet both."""
    return all(set(left[question]) & set(right[question]) for question in left.keys() & right.keys())


def _implies(left: Conditions, right: Conditions) -> bool:
    """Whether answers that meet `left` always meet `right`."""
    return all(question in left and set(left[question]) <= set(right[question]) for question in right)


def _check_definitions(taxonomy: Taxonomy, studies: Sequence[Study]) -> Iterator[Finding]:
    for leaf in taxonomy.leaves.values():
        if not leaf.node.definition:
            yield Finding(
                code="empty-leaf", where=f"taxonomy.yaml: {leaf.id}", message="the definition is empty"
            )
    for swap in find_swaps(taxonomy, studies):
        why = {
            "answers": f"the answers of this leaf's studies lead to {swap.other.id}",
            "definitions": f"the definition fits the name, answers and studies of {swap.other.id} better",
        }
        yield Finding(
            code=f"swapped-{swap.what}",
            where=f"taxonomy.yaml: {swap.leaf.id}",
            message=f"{why[swap.what]}, and vice versa; check whether the {swap.what} of the two leaves were "
            f"swapped",
        )


def _check_coverage(taxonomy: Taxonomy, studies: Sequence[Study]) -> Iterator[Finding]:
    if not studies:
        return
    labels = {study.label for study in studies}
    for leaf in taxonomy.leaves.values():
        if leaf.id not in labels:
            yield Finding(
                code="no-example",
                where=f"taxonomy.yaml: {leaf.id}",
                message="no labelled study; add one to gold/labels.jsonl",
            )


def _check_study(taxonomy: Taxonomy, where: str, study: Study) -> Iterator[Finding]:
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
    for name in ("title", "summary", "rationale"):
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
    yield from _check_answers(where, study.answers, allowed)
    missing = [question for question in allowed if question not in study.answers]
    if missing:
        yield Finding(code="missing-field", where=where, message=f"no answer to {', '.join(missing)}")
    if not allowed:
        return
    led_to = taxonomy.labels_led_to(study.answers)
    if led_to != (study.label,):
        yield Finding(
            code="answers-lead-elsewhere",
            where=where,
            message=f"labelled {study.label}, but its answers lead to {' and '.join(led_to) or 'no label'}",
        )
    elif study.scope_reason != taxonomy.scope_reason(study.answers):
        yield Finding(
            code="answers-lead-elsewhere",
            where=where,
            message=f"scope_reason is {study.scope_reason}, but its answers lead to "
            f"{taxonomy.scope_reason(study.answers)}",
        )


def _check_duplicates(gold: Sequence[tuple[str, Study]]) -> Iterator[Finding]:
    yield from _repeated("gold", [study.id for _, study in gold])
    for number, (where, study) in enumerate(gold):
        for _, other in gold[number + 1 :]:
            if study.id != other.id and same_paper(study, other):
                yield Finding(
                    code="duplicate-paper",
                    where=f"{where} ({study.id})",
                    message=f"the same paper as {other.id}; keep one",
                )
