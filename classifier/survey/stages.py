"""A tree too large for one question -> smaller trees: first the branches, then the leaves of the chosen ones.

What enters: a taxonomy, and the most that a question may contain. What leaves: stages. A stage has a taxonomy
of its own, a part of the whole tree with the same ids, in which branches that are not opened yet are leaves.
So prompt, answer schema and validation are those of any taxonomy (ADR 22). What it does not do: ask anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from classifier.errors import ConfigError
from classifier.model.record import OUT_OF_SCOPE, UNPLACED
from classifier.model.study import Study
from classifier.survey.room import Excess, Room, excess, fits, label_tokens
from classifier.survey.taxonomy import Node, SurveyField, Taxonomy

ROOT = ("",)
"""In a list of branches: the top of the tree."""

_MAX_PARTS_CHARS = 600
"""Length of the list of parts that describes a branch: about the definition of two leaves."""


class TreeStage(NamedTuple):
    """One question about a part of the tree.

    Attributes:
        taxonomy: The part; its `sha256` is that of the whole.
        closed: The leaves of this stage that are branches of the whole tree.
    """

    taxonomy: Taxonomy
    closed: frozenset[str] = frozenset()

    def decides(self, label: str, runner_up: str | None) -> bool:
        """Whether an answer is about the whole tree's labels, so that no further stage is needed.

        Out of scope and unplaced are final in every stage.
        """
        if label in (OUT_OF_SCOPE, UNPLACED):
            return True
        return label not in self.closed and runner_up not in self.closed

    def study(self, study: Study) -> Study | None:
        """A study with the label that is right in this stage; None if the part does not contain its leaf."""
        if study.label in self.taxonomy.leaves or study.label == OUT_OF_SCOPE:
            return study
        above = (branch for branch in self.closed if study.label.startswith(f"{branch}/"))
        label = next(above, None)
        return study.model_copy(update={"label": label}) if label else None


def first_stage(taxonomy: Taxonomy, room: Room) -> TreeStage:
    """The whole tree if it fits; else the part above the branches that are opened later.

    Raises:
        ConfigError: A branch, or the top of the tree, has more parts than one question can hold.
    """
    if fits(taxonomy, room):
        return TreeStage(taxonomy)
    for branch in crowded(taxonomy, room):
        raise ConfigError(too_many_parts(taxonomy, branch, room))
    return _cut(taxonomy, ROOT, room)


def next_stage(
    taxonomy: Taxonomy, stage: TreeStage, label: str, runner_up: str | None, room: Room
) -> TreeStage | None:
    """The stage after an answer that does not decide: the parts of the label, and of the runner-up.

    If the parts of both do not fit one question, but those of the label do, the runner-up is left out. If the
    label is a leaf beside which the runner-up's parts do not fit, there is nothing to ask: None.
    """
    both = [name for name in (label, runner_up) if name and name in stage.taxonomy.leaves]
    part = _part_of(taxonomy, both)
    if fits(part, room):
        return TreeStage(part)
    alone = _part_of(taxonomy, [label]) if label in stage.closed else None
    if alone is not None and fits(alone, room):
        return TreeStage(alone)
    if fits(_collapsed(part, _opened(part, both)), room):
        return _cut(part, both, room)
    return None if alone is None else _cut(alone, [label], room)


def crowded(taxonomy: Taxonomy, room: Room) -> Iterator[str]:
    """The branches (empty for the root) with more parts than one question can hold; none if the tree fits."""
    if fits(taxonomy, room):
        return
    for branch in ("", *taxonomy.branches):
        part = _part_of(taxonomy, [branch]) if branch else taxonomy
        if not fits(_collapsed(part, _opened(part, [branch])), room):
            yield branch


def _cut(taxonomy: Taxonomy, branches: Sequence[str], room: Room) -> TreeStage:
    """Opens branches, the largest first, if that makes this stage and the next one smaller together.

    A branch with one leaf is opened if it fits, since there would be nothing to choose in the next stage.

    Args:
        branches: Opened before all others.
    """
    closed = _opened(taxonomy, branches)
    found = _collapsed(taxonomy, closed)
    parts = {id_: _part_of(taxonomy, [id_]) for id_ in taxonomy.branches}
    leaves = {id_: len(part.leaves) for id_, part in parts.items()}
    tokens = {id_: label_tokens(part) for id_, part in parts.items()}

    def both(stage: Taxonomy, shut: frozenset[str]) -> float:
        """Tokens of a stage and of the next one, which shows two branches of mean size."""
        below = sum(leaves[id_] for id_ in shut)
        return label_tokens(stage) + 2 * sum(leaves[id_] * tokens[id_] for id_ in shut) / max(1, below)

    waiting = sorted(closed, key=lambda id_: (-tokens[id_], id_))
    while waiting:
        id_ = waiting.pop(0)
        opened = _opened(taxonomy, [id_])
        wider = _collapsed(taxonomy, (closed - {id_}) | opened)
        smaller = leaves[id_] == 1 or both(wider, (closed - {id_}) | opened) < both(found, closed)
        if smaller and fits(wider, room):
            closed, found = (closed - {id_}) | opened, wider
            waiting = sorted([*waiting, *opened], key=lambda one: (-tokens[one], one))
    return TreeStage(found, closed)


def too_many_parts(taxonomy: Taxonomy, branch: str, room: Room) -> str:
    """Says that a branch cannot be cut, and what to do."""
    part = _part_of(taxonomy, [branch]) if branch else taxonomy
    found = excess(_collapsed(part, _opened(part, [branch])), room) or Excess("", "")
    parts = len(taxonomy.branches[branch].children) if branch else len(taxonomy.tree)
    name = f"'{branch}'" if branch else "the top of the tree"
    return (
        f"{name} has {parts} parts, more than a model can be asked about at once ({found.what}); group them "
        f"under branches{f', or {found.remedy}' if found.remedy else ''}"
    )


def _opened(taxonomy: Taxonomy, branches: Iterable[str]) -> frozenset[str]:
    """The branches directly below these."""
    above = {*branches}
    return frozenset(id_ for id_ in taxonomy.branches if id_.rpartition("/")[0] in above)


def _collapsed(taxonomy: Taxonomy, closed: frozenset[str]) -> Taxonomy:
    """The taxonomy with branches as leaves. Their fields wait for a later stage; those of leaves do not."""

    def change(node: Node, id_: str, above: tuple[SurveyField, ...]) -> Node:
        if id_ in closed:
            return _as_leaf(node)
        fields = (*above, *node.fields)
        children = tuple(change(child, f"{id_}/{child.id}", fields) for child in node.children)
        return node.model_copy(update={"children": children, "fields": () if children else fields})

    return _with_tree(taxonomy, tuple(change(node, node.id, ()) for node in taxonomy.tree))


def _as_leaf(node: Node) -> Node:
    """A branch as a leaf: with the names of its parts, and the answers that lead to one of its leaves."""
    parts = f"Contains: {_short('; '.join(_part(child) for child in node.children))}"
    return node.model_copy(
        update={"children": (), "fields": (), "counts": (*node.counts, parts), "answers": _answers(node)}
    )


def _part(node: Node) -> str:
    inner = ", ".join(child.title for child in node.children)
    return f"{node.title} ({inner})" if inner else node.title


def _short(text: str) -> str:
    return text if len(text) <= _MAX_PARTS_CHARS else f"{text[: _MAX_PARTS_CHARS - 2].rstrip()} …"


def _answers(node: Node) -> Mapping[str, tuple[str, ...]]:
    """Question -> every answer that a leaf below allows; only questions for which all leaves have one."""
    if not node.children:
        return node.answers
    below = [_answers(child) for child in node.children]
    shared = [question for question in below[0] if all(question in other for other in below)]
    return {
        question: tuple(dict.fromkeys(answer for other in below for answer in other[question]))
        for question in shared
    }


def _kept(nodes: Iterable[Node], above: str, ids: Sequence[str]) -> tuple[Node, ...]:
    found = []
    for node in nodes:
        id_ = f"{above}{node.id}"
        if id_ in ids:
            found.append(node)
        elif any(one.startswith(f"{id_}/") for one in ids):
            found.append(node.model_copy(update={"children": _kept(node.children, f"{id_}/", ids)}))
    return tuple(found)


def _part_of(taxonomy: Taxonomy, ids: Sequence[str]) -> Taxonomy:
    """The nodes with these ids, everything below them, and the way to them."""
    return _with_tree(taxonomy, _kept(taxonomy.tree, "", ids))


def _with_tree(taxonomy: Taxonomy, tree: tuple[Node, ...]) -> Taxonomy:
    # Not `model_copy`: it would copy the cached leaves of the whole tree.
    values = {name: getattr(taxonomy, name) for name in Taxonomy.model_fields}
    return Taxonomy.model_construct(**values | {"tree": tree})
