"""Decided papers of a run -> studies of the workspace, with provenance.

What enters: papers under review, and summaries in somebody's own words. What leaves: `gold/labels.jsonl` and
`gold/out_of_scope.jsonl` with new or updated lines; both, or neither. Nothing is written if `classifier lint`
has a new finding. Texts of papers are not copied: if nobody wrote a summary, it is drafted from the title.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from filelock import FileLock, Timeout

from classifier.errors import ConfigError, InputError, StoreError
from classifier.model.names import family_name
from classifier.model.record import OUT_OF_SCOPE, UNCLEAR
from classifier.model.study import Study
from classifier.review.gold_files import GoldFiles, check_files
from classifier.review.papers import ReviewPaper
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.workspace import Workspace, builtin_root
from classifier.text.characters import shown

BY_REVIEW = "review"
"""`provenance.from` of studies that this module wrote; only these are updated."""
DRAFTED, WRITTEN = "drafted from the title; write your own", "written by a person"
_PATIENCE_S = 60.0
_ID_CHARS = 40


@dataclass(frozen=True)
class GoldChange:
    """The changes that adding made, or would make.

    Attributes:
        added, renewed: Ids of studies that are new, or whose label, summary or note was changed.
        known: Ids of existing studies that need no change.
        skipped: Key of a decided paper that cannot become a study -> reason.
        drafted: Ids of these studies that have a drafted summary.
    """

    added: tuple[str, ...]
    renewed: tuple[str, ...]
    known: tuple[str, ...]
    skipped: Mapping[str, str]
    drafted: tuple[str, ...]


def add_gold(
    workspace: Workspace,
    papers: Sequence[ReviewPaper],
    summaries: Mapping[str, str],
    *,
    dry_run: bool = False,
) -> GoldChange:
    """Adds the decided papers to the workspace; repeating it changes nothing.

    Args:
        summaries: Key of a paper -> its summary in somebody's own words, 1 to a few sentences.
        dry_run: Only report what would be done.

    Raises:
        ConfigError: The workspace is the installed program's own, or its gold files cannot be read.
        InputError: A summary for a paper that is not decided, or a new finding of lint; nothing is written.
        StoreError: A file cannot be written; both are as they were.
    """
    root = workspace.root
    if root == builtin_root() and root.name == "_workspace":
        raise ConfigError(
            f"{root}: is part of the installed program; copy the survey's folder and name it with --workspace"
        )
    decided = [paper for paper in papers if paper.decided is not None]
    if unknown := sorted(summaries.keys() - {paper.key for paper in decided}):
        raise InputError(
            f"'{shown(unknown[0])}' has a summary, but is no decided paper of this run; check its key"
        )
    try:
        with FileLock(root / ".gold.lock", timeout=_PATIENCE_S):
            return _add(Workspace(root), decided, summaries, dry_run)
    except Timeout as error:
        raise StoreError(
            f"{root}: another process has been adding studies for {_PATIENCE_S:g} s; rerun"
        ) from error


def _add(
    workspace: Workspace, decided: Sequence[ReviewPaper], summaries: Mapping[str, str], dry_run: bool
) -> GoldChange:
    files = GoldFiles(workspace.root)
    added: list[str] = []
    renewed: list[str] = []
    known: list[str] = []
    drafted: list[str] = []
    skipped: dict[str, str] = {}
    for paper in decided:
        made = _study(workspace.taxonomy, paper, summaries.get(paper.key))
        if isinstance(made, str):
            skipped[paper.key] = made
            continue
        old = files.find(made)
        if old is None:
            made = made.model_copy(update={"id": files.free_id(made)})
            added.append(made.id)
        elif old.provenance.get("from") != BY_REVIEW:
            skipped[paper.key] = f"it is the study '{old.id}' already, which was not added by a review"
            continue
        else:
            made = _renewed(old, made)
            (known if made == old else renewed).append(made.id)
        files.put(made, old)
        if made.provenance.get("summary") == DRAFTED:
            drafted.append(made.id)
    change = GoldChange(tuple(added), tuple(renewed), tuple(known), skipped, tuple(drafted))
    if not dry_run and (added or renewed):
        check_files(workspace, files)
        files.write()
    return change


def _study(taxonomy: Taxonomy, paper: ReviewPaper, summary: str | None) -> Study | str:
    """The study of a decided paper, or the reason why there is none."""
    label = paper.decided or ""
    filed = paper.filed
    if label not in (*taxonomy.leaves, OUT_OF_SCOPE):
        return f"its label is {label}, which is no place in the tree"
    if not (filed.row.entry.paper.title or filed.row.label.paper.title):
        return "it has no title"
    answers = answers_for(taxonomy, paper)
    if answers is None:
        return f"no answers lead to {label}: give the scope rule, or correct the taxonomy"
    leaf = taxonomy.leaves.get(label)
    agreed = label == paper.machine
    fields = [field.id for field in leaf.fields] if leaf else []
    given = filed.row.label.attributes if agreed else {}
    return Study(
        id=_slug(filed.authors, filed.year, filed.title),
        title=filed.title,
        authors=filed.authors,
        year=filed.year,
        arxiv=filed.arxiv_id,
        doi=filed.doi,
        label=label,
        scope_reason=taxonomy.scope_reason(answers) if label == OUT_OF_SCOPE else None,
        summary=" ".join((summary or "").split()) or f"A paper titled '{filed.title}'.",
        rationale=_rationale(paper, agreed),
        answers=answers,
        attributes={name: given.get(name) for name in fields},
        contested=paper.opinions.was_conflict,
        provenance=_provenance(paper, bool(summary and summary.strip()), agreed),
    )


def answers_for(taxonomy: Taxonomy, paper: ReviewPaper) -> dict[str, str] | None:
    """Answers that lead to the people's label; None if there are none.

    The engine's answers are kept if they lead to it. Otherwise, the answers that the label requires are set,
    and the others are the engine's, or `unclear` if they would lead to another label.
    """
    label = paper.decided or ""
    said = {item.question: item.answer for item in paper.filed.row.label.answers}
    questions = {question.id: question.answer_ids for question in taxonomy.questions}
    base = {name: said[name] if said.get(name) in ids else UNCLEAR for name, ids in questions.items()}
    reason = paper.scope_reason if label == OUT_OF_SCOPE else None
    wanted = [taxonomy.rules[reason].answers] if reason is not None and reason in taxonomy.rules else []
    if label in taxonomy.leaves:
        wanted = [taxonomy.leaves[label].answers]
    elif not wanted:
        wanted = [rule.answers for rule in taxonomy.rules.values()]
    unclear = dict.fromkeys(questions, UNCLEAR)
    candidates = [base]
    for conditions in wanted:
        required = {
            name: base[name] if base[name] in allowed else allowed[0] for name, allowed in conditions.items()
        }
        candidates += [base | required, unclear | required]
    for answers in candidates:
        leads = not questions or taxonomy.allows(label, answers)
        if leads and reason in (None, *taxonomy.scope_reasons(answers)):
            return answers
    return None


def _rationale(paper: ReviewPaper, agreed: bool) -> str:
    correction, label = paper.filed.row.correction, paper.filed.row.label
    note = shown(correction.note) if correction else ""
    if note:
        return note
    if agreed and label.rationale.strip():
        return shown(label.rationale)
    return f"Decided by {shown(correction.by) if correction and correction.by.strip() else 'a person'}."


def _provenance(paper: ReviewPaper, is_written: bool, agreed: bool) -> dict[str, Any]:
    """Who decided, when, and the hash of the paper's file (null if only title and abstract were read)."""
    correction, label = paper.filed.row.correction, paper.filed.row.label
    return {
        "from": BY_REVIEW,
        "by": correction.by if correction else "",
        "at": correction.at if correction else "",
        "paper_sha256": label.paper.sha256,
        "source": label.paper.source,
        "engine_agreed": agreed,
        "summary": WRITTEN if is_written else DRAFTED,
    }


def _renewed(old: Study, made: Study) -> Study:
    """The updated study; people's edits in the file are kept if the label is the same."""
    is_written = made.provenance["summary"] == WRITTEN
    if (old.label, old.scope_reason) == (made.label, made.scope_reason):
        if not is_written or old.summary == made.summary:
            return old
        return old.model_copy(
            update={"summary": made.summary, "provenance": {**old.provenance, "summary": WRITTEN}}
        )
    keep: dict[str, Any] = {"id": old.id, "other_titles": old.other_titles, "difficulty": old.difficulty}
    if not is_written and old.summary != made.summary:
        keep |= {"summary": old.summary, "provenance": {**made.provenance, "summary": WRITTEN}}
    return made.model_copy(update=keep)


def _slug(authors: Iterable[str], year: int | None, title: str) -> str:
    """An id such as those of the studies: family name and year, else the title's first word."""
    names = [family_name(name) for name in authors] or title.split()
    folded = unicodedata.normalize("NFKD", names[0]).encode("ascii", "ignore").decode().casefold()
    word = re.sub(r"[^a-z0-9]+", "", folded)[:_ID_CHARS] or "study"
    return f"{word}{year or ''}"
