"""Decided drafts -> a taxonomy's new text: what accepting and rejecting means for each field.

What enters: the text of taxonomy.yaml, and drafts with their states. What leaves: the new text, in which only
the changed entries differ. Decisions that were carried out before change nothing, so that all of them can be
carried out again on the file of a later `init`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from classifier.drafting.material import branch_paths, question_id
from classifier.survey.drafts import QUESTIONS, SURVEY, DraftedText
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.yaml_edit import rewrite

_ELSEWHERE = "not-applicable"
"""The answer to a question about parts of a section to which a paper does not belong."""


def apply_drafts(
    text: str, taxonomy: Taxonomy, decided: Iterable[DraftedText], rows: Sequence[DraftedText]
) -> tuple[str, int]:
    """A taxonomy's text after decisions, and how many texts of questions are not accepted yet.

    Decisions that were carried out before change nothing; those about nodes that are gone are passed over.

    Args:
        taxonomy: The taxonomy of `text`.
        decided: What to carry out.
        rows: All drafts with their states.
    """
    old = yaml.safe_load(text)
    new = copy.deepcopy(old)
    owners = _owners(new)
    for row in decided:
        if row.node in owners:
            _decide(owners[row.node], row)
    waiting = _put_questions(new, taxonomy, rows) if any(r.node == QUESTIONS for r in decided) else 0
    return (text if new == old else rewrite(text, new)), waiting


def _owners(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Path -> mapping of the node, in the data of a taxonomy."""
    found = {SURVEY: data}

    def walk(nodes: Iterable[dict[str, Any]], above: str) -> None:
        for node in nodes:
            path = f"{above}{node['id']}"
            found[path] = node
            walk(node.get("children") or (), f"{path}/")

    walk(data["tree"], "")
    return found


def _decide(owner: dict[str, Any], row: DraftedText) -> None:
    marks = owner.get("drafts") or []
    mark = next((each for each in marks if each["of"] == row.of), None)
    if row.field in ("counts", "excludes"):
        _decide_item(owner, row, is_marked=mark is not None)
        marks = owner.get("drafts") or []
    elif row.field == "scope":
        scope = owner.get("scope") or {}
        if row.state == "accepted" and not scope.get("definition"):
            owner["scope"] = {"definition": row.text, **scope}
    elif row.field == "definition":
        if row.state == "accepted" and (mark is not None or not owner.get("definition")):
            owner["definition"] = row.text
        elif row.state == "rejected" and mark is not None and owner.get("definition") == row.text:
            owner.pop("definition")
        elif row.state == "rejected":
            return  # another text is there, from headings or words: it stays, under its mark
    rest = [each for each in marks if each["of"] != row.of]
    if rest:
        owner["drafts"] = rest
    else:
        owner.pop("drafts", None)


def _decide_item(owner: dict[str, Any], row: DraftedText, *, is_marked: bool) -> None:
    texts = list(owner.get(row.field) or ())
    number = int(row.of.partition(".")[2])
    if row.state == "accepted" and is_marked and number < len(texts):
        texts[number] = row.text
    elif row.state == "accepted" and row.text not in texts:
        texts.append(row.text)
    elif row.state == "rejected" and is_marked and texts[number : number + 1] == [row.text]:
        del texts[number]
        owner["drafts"] = [_shifted(mark, row, number) for mark in owner["drafts"] if mark["of"] != row.of]
    if texts:
        owner[row.field] = texts
    else:
        owner.pop(row.field, None)


def _shifted(mark: dict[str, Any], row: DraftedText, removed: int) -> dict[str, Any]:
    """A mark, with the number that its text has after one before it was removed."""
    field, _, number = mark["of"].partition(".")
    if field != row.field or int(number) < removed:
        return mark
    return {**mark, "of": f"{field}.{int(number) - 1}"}


def _put_questions(data: dict[str, Any], taxonomy: Taxonomy, rows: Sequence[DraftedText]) -> int:
    """Puts the decision questions in, if each of their texts is accepted; else the number that is not."""
    known = {row.of: row.text for row in rows if row.node == QUESTIONS and row.state == "accepted"}
    owners, paths = _owners(data), branch_paths(taxonomy)
    missing = sum(name not in known for path in paths for name in _texts_of_question(path, owners[path]))
    if missing or data.get("questions"):
        return missing
    questions = [_question(path, owners[path], known) for path in paths]
    tree, scope = data.pop("tree"), data.pop("scope", None)
    data |= {"questions": questions, "tree": tree} | ({} if scope is None else {"scope": scope})
    for leaf in taxonomy.leaves:
        parts = leaf.split("/")
        owners[leaf]["answers"] = {
            question_id(path): [parts[0 if path == SURVEY else path.count("/") + 1]]
            for path in paths
            if path == SURVEY or leaf.startswith(f"{path}/")
        }
    return 0


def _question(path: str, owner: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    name = question_id(path)
    choices = [{"id": c["id"], "means": known[f"{name}.{c['id']}"]} for c in _children(path, owner)]
    if path != SURVEY:
        means = f"The paper does not belong in “{owner.get('title', path)}”."
        choices.append({"id": _ELSEWHERE, "means": means})
    return {"id": name, "ask": known[name], "choices": choices}


def _texts_of_question(path: str, owner: dict[str, Any]) -> list[str]:
    name = question_id(path)
    return [name, *(f"{name}.{child['id']}" for child in _children(path, owner))]


def _children(path: str, owner: dict[str, Any]) -> list[dict[str, Any]]:
    return owner.get("tree" if path == SURVEY else "children") or []
