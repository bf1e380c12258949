"""Words -> branches, leaves and scope rules of the taxonomy whose text contains all of them."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.assistants.records import NodeOut, QuestionOut, TreeOut
from classifier.survey.taxonomy import Node, Precedent, Taxonomy

SHOWN = 60


def search(taxonomy: Taxonomy, query: str, limit: int) -> TreeOut:
    """The nodes that contain all words of the query, in the tree's order; all nodes for an empty query."""
    words = query.lower().split()
    found = [node for node in _nodes(taxonomy) if _has(node, words)][:limit]
    asked = {question for node in found for question in node.leads_here}
    return TreeOut(
        taxonomy=taxonomy.title,
        definition=taxonomy.definition,
        nodes=tuple(found),
        questions=tuple(
            QuestionOut(
                id=question.id,
                ask=question.ask,
                answers={choice.id: choice.means for choice in question.choices},
            )
            for question in taxonomy.questions
            if question.id in asked
        ),
    )


def _nodes(taxonomy: Taxonomy) -> Iterator[NodeOut]:
    leaves = {leaf_id: leaf.titles for leaf_id, leaf in taxonomy.leaves.items()}
    for node in taxonomy.tree:
        yield from _below(node, node.id, (node.title,), leaves)
    for rule in taxonomy.scope.rules:
        yield NodeOut(
            id=rule.id,
            kind="scope-rule",
            titles=(rule.title,),
            definition=rule.definition,
            counts=(),
            excludes=(),
            precedents=_precedents(rule.precedents),
            leads_here=dict(rule.answers),
        )


def _below(
    node: Node, node_id: str, titles: tuple[str, ...], leaves: dict[str, tuple[str, ...]]
) -> Iterator[NodeOut]:
    yield NodeOut(
        id=node_id,
        kind="leaf" if node_id in leaves else "branch",
        titles=titles,
        definition=node.definition,
        counts=node.counts,
        excludes=node.excludes,
        precedents=_precedents(node.precedents),
        leads_here=dict(node.answers),
    )
    for child in node.children:
        yield from _below(child, f"{node_id}/{child.id}", (*titles, child.title), leaves)


def _precedents(precedents: tuple[Precedent, ...]) -> tuple[str, ...]:
    return tuple(f"{precedent.case}: {precedent.because}" for precedent in precedents)


def _has(node: NodeOut, words: list[str]) -> bool:
    text = "\n".join(
        (node.id, *node.titles, node.definition, *node.counts, *node.excludes, *node.precedents)
    ).lower()
    return all(word in text for word in words)
