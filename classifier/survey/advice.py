"""A valid workspace -> its weak points: drafts, leaves with too few studies, leaves that are too similar.

What enters: a taxonomy and its studies. What leaves: findings of the level "advice", which never fail a
check. To compare two leaves, each of their papers is left out in turn, and its words are compared with both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from classifier.model.study import Study
from classifier.survey.drafts import DRAFTS_FILE, DraftedText, pending_drafts
from classifier.survey.finding import Finding
from classifier.survey.room import USUAL_ROOM, fits, label_tokens
from classifier.survey.stages import crowded, too_many_parts
from classifier.survey.taxonomy import Taxonomy
from classifier.text.commands import command_line
from classifier.text.counting import count_of, plural
from classifier.text.similarity import Centroids

ENOUGH = 2
"""Least number of studies of a leaf: when one is scored it is left out, and another must remain."""
_LEAST_COMPARED = 5
"""Least number of papers per leaf for a comparison; fewer do not show whether two leaves differ."""
_TOLD_APART = 0.6
"""Share of papers that must be nearer to their own leaf than to the other; guessing gives .5."""
_MOST_PAIRS = 10
_SHOWN = 5


def advice(
    root: Path, taxonomy: Taxonomy, studies: Sequence[Study], drafts: Sequence[DraftedText] = ()
) -> Iterator[Finding]:
    """Weak points of the workspace in `root`, the most general first; `drafts` are those of drafts.yaml."""
    yield from _drafts(root, taxonomy, drafts)
    yield from _size(taxonomy)
    if not studies:
        return
    by_label: dict[str, list[Study]] = {}
    for study in studies:
        by_label.setdefault(study.label, []).append(study)
    yield from _texts(studies)
    yield from _few(taxonomy, by_label)
    yield from _alike(taxonomy, by_label)


def _drafts(root: Path, taxonomy: Taxonomy, drafts: Sequence[DraftedText]) -> Iterator[Finding]:
    waiting = pending_drafts(taxonomy, drafts)
    if waiting:
        yield Finding(
            level="advice",
            code="draft",
            where=DRAFTS_FILE if any(draft.state == "draft" for draft in drafts) else "taxonomy.yaml",
            message=f"{count_of(len(waiting), 'text')} "
            f"{plural(len(waiting), 'is a draft', 'are drafts')} that no person has accepted "
            f"({_shown([draft.id for draft in waiting])}); accept, edit or reject each: "
            f"{command_line('draft', root)}",
        )


def _size(taxonomy: Taxonomy) -> Iterator[Finding]:
    if fits(taxonomy, USUAL_ROOM):
        return
    uncut = list(crowded(taxonomy, USUAL_ROOM))
    for branch in uncut:
        yield Finding(
            level="advice",
            code="too-many-parts",
            where=f"taxonomy.yaml: {branch}" if branch else "taxonomy.yaml",
            message=f"{too_many_parts(taxonomy, branch, USUAL_ROOM)}; the offline engine has no such limit",
        )
    if not uncut:
        yield Finding(
            level="advice",
            code="large-tree",
            where="taxonomy.yaml",
            message=f"{len(taxonomy.leaves)} leaves with {label_tokens(taxonomy)} tokens of text are more "
            "than one question to a model should contain: it is asked about the branch first, then about the "
            "leaves below; say in the branches' definitions what belongs there",
        )


def _texts(studies: Sequence[Study]) -> Iterator[Finding]:
    bare = [study.id for study in studies if not study.summary.strip()]
    if bare:
        yield Finding(
            level="advice",
            code="title-only",
            where="gold",
            message=f"{len(bare)} of {count_of(len(studies), 'study', 'studies')} "
            f"{plural(len(bare), 'has', 'have')} only a title ({_shown(bare)}); add a "
            "`summary`: the paper's abstract, or a few sentences of your own",
        )
    # If no study has a rationale, the list had none; if some have one, the others are missing.
    unexplained = [study.id for study in studies if study.summary.strip() and not study.rationale.strip()]
    if unexplained and any(study.rationale.strip() for study in studies):
        yield Finding(
            level="advice",
            code="no-rationale",
            where="gold",
            message=f"{count_of(len(unexplained), 'study says', 'studies say')} nothing of why "
            f"{plural(len(unexplained), 'it is where it is', 'they are where they are')} "
            f"({_shown(unexplained)}); add a `rationale` of one or two sentences",
        )


def _few(taxonomy: Taxonomy, by_label: Mapping[str, Sequence[Study]]) -> Iterator[Finding]:
    second = {leaf for studies in by_label.values() for study in studies for leaf in study.secondary}
    for leaf in taxonomy.leaves:
        if leaf in second and not by_label.get(leaf):
            yield Finding(
                level="advice",
                code="secondary-only",
                where=f"taxonomy.yaml: {leaf}",
                message="all its papers have another leaf as their label: nothing measures this leaf; "
                "make it the `label` of two papers, or remove it",
            )
        if len(by_label.get(leaf, ())) == 1:
            yield Finding(
                level="advice",
                code="one-paper",
                where=f"taxonomy.yaml: {leaf}",
                message="one labelled paper: leave-one-out cannot measure this leaf, since nothing is "
                "left to compare with; add a second paper, or merge it with a neighbour",
            )


def _alike(taxonomy: Taxonomy, by_label: Mapping[str, Sequence[Study]]) -> Iterator[Finding]:
    """Pairs of leaves whose papers are about as near to the other leaf as to their own."""
    groups = {
        leaf: [f"{study.title} {study.summary}" for study in found]
        for leaf in taxonomy.leaves
        if len(found := by_label.get(leaf, ())) >= _LEAST_COMPARED
    }
    nearness = Centroids(groups).leave_one_out()
    pairs: list[tuple[float, str, str, int, int]] = []
    for one, other in combinations(groups, 2):
        rows = [(row[one], row[other]) for row in nearness[one]] + [
            (row[other], row[one]) for row in nearness[other]
        ]
        own = sum(near > far for near, far in rows)
        if own < _TOLD_APART * len(rows):
            pairs.append((own / len(rows), one, other, own, len(rows)))
    for _, one, other, own, total in sorted(pairs)[:_MOST_PAIRS]:
        yield Finding(
            level="advice",
            code="alike",
            where=f"taxonomy.yaml: {one}",
            message=f"by their words, only {own} of {total} papers of this leaf and {other} are nearer to "
            "their own leaf; say in the definitions what tells the two apart, or merge them",
        )
    if len(pairs) > _MOST_PAIRS:
        yield Finding(
            level="advice",
            code="alike",
            where="taxonomy.yaml",
            message=f"{count_of(len(pairs) - _MOST_PAIRS, 'more pair')} of leaves "
            f"{plural(len(pairs) - _MOST_PAIRS, 'is', 'are')} alike",
        )


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + ", …" * (len(names) > _SHOWN)
