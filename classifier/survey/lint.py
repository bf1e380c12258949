"""A workspace -> findings: errors in its taxonomy or gold studies, before a model is asked.

What enters: a workspace of any survey. What leaves: findings, each with a code, the place and one line. The
checks do not know any survey: swapped answers are found because the labelled studies lead to the other leaf,
and swapped definitions because their words fit the other leaf better (`classifier.survey.swaps`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from classifier.errors import ConfigError
from classifier.model.study import Study
from classifier.survey.advice import ENOUGH, advice
from classifier.survey.answer_schema import LABEL
from classifier.survey.conditions import Conditions
from classifier.survey.drafts import (
    DRAFTS_FILE,
    QUESTIONS,
    SURVEY,
    DraftedText,
    all_nodes,
    load_drafts,
)
from classifier.survey.finding import Finding
from classifier.survey.lint_studies import check_answers, check_duplicates, check_study, repeated
from classifier.survey.shape import problems
from classifier.survey.swaps import find_swaps
from classifier.survey.taxonomy import Node, Taxonomy, TextDraft
from classifier.survey.workspace import GOLD_FILES, TAXONOMY_FILE, Workspace, study_problems


def lint_workspace(workspace: Workspace) -> tuple[Finding, ...]:
    """All findings, in the order of the files, then advice; without errors if the workspace can be used.

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
        for name, number, study in workspace.gold_lines
        if isinstance(study, Study)
    ]
    studies = [study for _, study in gold]
    drafts = load_drafts(workspace.root)
    return (
        *_check_names(taxonomy),
        *_check_conditions(taxonomy),
        *_check_paths(taxonomy),
        *_check_definitions(taxonomy, studies),
        *_check_coverage(taxonomy, studies),
        *(finding for where, study in gold for finding in check_study(taxonomy, where, study)),
        *check_duplicates(gold),
        *_check_drafted(taxonomy, drafts, studies),
        *advice(workspace.root, taxonomy, studies, drafts),
    )


def measures_nothing(workspace: Workspace) -> str | None:
    """The finding about a workspace without studies; None if it has some."""
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
        for place, message in problems(error.__cause__, Taxonomy, is_yaml=True):
            yield Finding(code="invalid-taxonomy", where=f"{TAXONOMY_FILE}: {place}", message=message)
    for name, number, found in workspace.gold_lines:
        for message in () if isinstance(found, Study) else study_problems(found):
            yield Finding(code="invalid-study", where=f"{name}:{number}", message=message)


def _check_names(taxonomy: Taxonomy) -> Iterator[Finding]:
    # "label" is reserved among question ids (a quote supports a question or "label"), and "out-of-scope" and
    # "unplaced" among labels.
    yield from repeated("taxonomy.yaml: questions", [*(q.id for q in taxonomy.questions), LABEL])
    yield from repeated("taxonomy.yaml: labels", taxonomy.labels)
    yield from repeated("taxonomy.yaml: scope rules", [rule.id for rule in taxonomy.scope.rules])
    for question in taxonomy.questions:
        yield from repeated(f"taxonomy.yaml: question {question.id}", question.answer_ids)
    yield from _check_siblings("taxonomy.yaml: tree", taxonomy.tree)
    meanings: dict[str, str] = {}
    for leaf in taxonomy.leaves.values():
        yield from repeated(f"taxonomy.yaml: fields of {leaf.id}", [field.id for field in leaf.fields])
        for field in leaf.fields:
            if meanings.setdefault(field.id, field.describe) != field.describe:
                yield Finding(
                    code="duplicate-id",
                    where=f"taxonomy.yaml: {leaf.id}",
                    message=f"field '{field.id}' is described in two ways; give one of them another id",
                )


def _check_siblings(where: str, nodes: Sequence[Node]) -> Iterator[Finding]:
    yield from repeated(where, [node.id for node in nodes])
    for node in nodes:
        yield from _check_siblings(f"{where}/{node.id}", node.children)


def _check_conditions(taxonomy: Taxonomy) -> Iterator[Finding]:
    allowed = {question.id: question.answer_ids for question in taxonomy.questions}
    for where, conditions in _all_conditions(taxonomy):
        for question, answers in conditions.items():
            for answer in answers:
                yield from check_answers(where, {question: answer}, allowed)


def _all_conditions(taxonomy: Taxonomy) -> Iterator[tuple[str, Conditions]]:
    for leaf in taxonomy.leaves.values():
        yield f"taxonomy.yaml: {leaf.id}", leaf.answers
    for rule in taxonomy.scope.rules:
        yield f"taxonomy.yaml: scope rule {rule.id}", rule.answers


def _check_paths(taxonomy: Taxonomy) -> Iterator[Finding]:
    if not taxonomy.questions:
        return
    without = [rule.id for rule in taxonomy.scope.rules if not rule.answers]
    if len(without) > 1:
        yield Finding(
            level="advice",
            code="empty-rule",
            where="taxonomy.yaml: scope",
            message=f"no answers lead to the rules {', '.join(without)}, so a label cannot say which of them "
            "excludes the paper; add `answers` to all but one, or make one rule of them",
        )
    leaves = list(taxonomy.leaves.values())
    for number, leaf in enumerate(leaves):
        where = f"taxonomy.yaml: {leaf.id}"
        if not leaf.answers:
            if taxonomy.asks_about_leaves:
                message = "no answers lead to this leaf, but to others; add `answers`"
                yield Finding(code="empty-leaf", where=where, message=message)
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
    """Whether one set of answers can meet both conditions."""
    return all(set(left[question]) & set(right[question]) for question in left.keys() & right.keys())


def _implies(left: Conditions, right: Conditions) -> bool:
    """Whether all answers that meet `left` also meet `right`."""
    return all(question in left and set(left[question]) <= set(right[question]) for question in right)


def _check_definitions(taxonomy: Taxonomy, studies: Sequence[Study]) -> Iterator[Finding]:
    examples = Counter(study.label for study in studies)
    for leaf in taxonomy.leaves.values():
        asks = taxonomy.asks_about_leaves
        if not leaf.node.definition and (asks or examples[leaf.id] < ENOUGH):
            needed = "" if asks else f", and there are fewer than {ENOUGH} studies; add either"
            yield Finding(
                code="empty-leaf",
                where=f"taxonomy.yaml: {leaf.id}",
                message=f"the definition is empty{needed}",
            )
    for where, node in (
        *taxonomy.branches.items(),
        *((leaf.id, leaf.node) for leaf in taxonomy.leaves.values()),
    ):
        yield from _check_drafts(f"taxonomy.yaml: {where}", node, node.drafts, studies)
    yield from _check_drafts("taxonomy.yaml", taxonomy, taxonomy.drafts, studies)
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
            # Without answers only words are compared, and an author's definitions may share them.
            level="error" if swap.what == "answers" or taxonomy.questions else "advice",
        )


def _check_drafts(
    where: str, owner: Node | Taxonomy, drafts: Sequence[TextDraft], studies: Sequence[Study]
) -> Iterator[Finding]:
    """Reports drafts of missing texts, and drafts that were made from missing studies."""
    known = {study.id for study in studies}
    for draft in drafts:
        name, _, number = draft.of.partition(".")
        texts = getattr(owner, name, None) if name in ("definition", "counts", "excludes") else None
        there = bool(texts) and (not number if name == "definition" else number.isdecimal())
        if not there or (number and int(number) >= len(texts or ())):
            message = f"a draft of '{draft.of}', which is not there; remove it from `drafts`"
            yield Finding(code="unknown-draft", where=where, message=message)
        lost = [paper for paper in draft.papers if paper not in known]
        if lost:
            message = f"the draft of '{draft.of}' rests on '{lost[0]}', which is no study; remove it"
            yield Finding(code="unknown-draft", where=where, message=message)


def _check_drafted(
    taxonomy: Taxonomy, drafts: Sequence[DraftedText], studies: Sequence[Study]
) -> Iterator[Finding]:
    """Drafts of a model about nodes or papers that are not there."""
    nodes = {SURVEY, QUESTIONS, *all_nodes(taxonomy)}
    known = {study.id for study in studies}
    for draft in drafts:
        lost = [paper for paper in draft.papers if paper not in known]
        what = f"rests on '{lost[0]}', which is no study" if lost else "is about a node that is not there"
        if draft.state == "draft" and (lost or draft.node not in nodes):
            message = f"the draft '{draft.id}' {what}; remove it"
            yield Finding(code="unknown-draft", where=DRAFTS_FILE, message=message)


def _check_coverage(taxonomy: Taxonomy, studies: Sequence[Study]) -> Iterator[Finding]:
    if not studies:
        return
    labels = {label for study in studies for label in (study.label, *study.secondary)}
    for leaf in taxonomy.leaves.values():
        if leaf.id not in labels:
            yield Finding(
                code="no-example",
                where=f"taxonomy.yaml: {leaf.id}",
                message="no labelled study; add one to gold/labels.jsonl",
            )
