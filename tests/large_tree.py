"""A generated tree of up to hundreds of leaves, and a model server that knows each paper's leaf."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifier.model.record import UNPLACED
from classifier.survey.taxonomy import Node, Taxonomy
from classifier.survey.workspace import Workspace
from tests.llm_server import Behaviour, reply, status

SIX_LEVELS = (5, 3, 2, 2, 2, 3)
"""360 leaves."""
_KINDS = ("kitchen", "oven", "bread", "grain", "field", "season")
_MARK = re.compile(r"LEAF=(\S+)")

MAX_ENUM_VALUES, LONG_ENUM, MAX_LONG_ENUM_CHARS = 1000, 250, 15_000
"""Written again, so that a wrong constant in the package fails."""


def tree_of(widths: Sequence[int], level: int = 0) -> tuple[Node, ...]:
    """A regular tree: so many parts at each level."""
    if not widths:
        return ()
    kind = _KINDS[level % len(_KINDS)]
    return tuple(
        Node(
            id=f"{kind}-{number}",
            title=f"{kind.title()} {number}",
            definition=f"Papers about {kind} number {number}, as far as they measure what it does.",
            children=tree_of(widths[1:], level + 1),
        )
        for number in range(1, widths[0] + 1)
    )


def taxonomy_of(tree: tuple[Node, ...]) -> Taxonomy:
    return Taxonomy(schema_version=1, id="large", title="A Survey of Kitchens", tree=tree)


def write_workspace(root: Path, tree: tuple[Node, ...], papers: int = 0) -> Workspace:
    """A workspace with two studies for each of the first leaves."""
    root.mkdir(parents=True, exist_ok=True)
    data = {"schema_version": 1, "id": "large", "title": "A Survey of Kitchens"}
    nodes = [node.model_dump(exclude_defaults=True) for node in tree]
    (root / "taxonomy.yaml").write_text(json.dumps(data | {"tree": nodes}), encoding="utf-8")
    leaves = list(taxonomy_of(tree).leaves)[:papers]
    rows = [
        paper(leaf, number) | {"id": f"s{number}", "label": leaf} for number, leaf in enumerate(leaves * 2)
    ]
    (root / "gold").mkdir(exist_ok=True)
    text = "".join(json.dumps(row | {"summary": row.pop("abstract")}) + "\n" for row in map(dict, rows))
    (root / "gold" / "labels.jsonl").write_text(text, encoding="utf-8")
    return Workspace(root)


def paper(leaf: str, number: int = 0) -> dict[str, Any]:
    """A paper that belongs to a leaf, or that a model finds out of scope, by its abstract."""
    return {
        "title": f"On the Measurement of Thing Number {number} in Its Proper Place and Time",
        "abstract": f"We measure one thing for a year. LEAF={leaf} It is paper {number}.",
    }


def schema_of(body: dict[str, Any]) -> dict[str, Any]:
    """The answer's schema, in whichever way it was sent."""
    if "tools" in body:
        return dict(body["tools"][0]["function"]["parameters"])
    asked = body["response_format"]
    return dict(asked.get("json_schema", asked)["schema"])


class Oracle:
    """A script for `LlmServer`: the paper's leaf, or the branch above it, if the question's enum has it.

    It refuses schemas as OpenAI does.

    Args:
        free: How many requests are answered at once; later ones are held until `gate` is set.

    Attributes:
        asked: For each request, the number of labels it could choose from.
        answered: Leaf and that number -> how many answers were sent or held.
    """

    def __init__(self, confidence: float | None = 0.9, runner_up: int = 1, free: int = sys.maxsize) -> None:
        self.asked: list[int] = []
        self.answered: Counter[tuple[str, int]] = Counter()
        self.gate = threading.Event()
        self._free = free
        self._confidence = confidence
        self._runner_up = runner_up

    def __call__(self, body: dict[str, Any]) -> Behaviour:
        schema = schema_of(body)
        if refusal := _refusal(schema):
            return status(400, refusal, code="invalid_json_schema")
        labels = schema["properties"]["label"]["enum"]
        gold = _MARK.findall(" ".join(one["content"] for one in body["messages"]))[-1]
        label = next((one for one in labels if gold == one or gold.startswith(f"{one}/")), UNPLACED)
        others = [one for one in schema["properties"]["secondary"]["items"]["enum"] if one != label]
        self.asked.append(len(labels))
        self.answered[gold, len(labels)] += 1
        said = {
            "evidence": [{"quote": "We measure one thing for a year.", "supports": "label"}],
            "rationale": "It says so.",
            "label": label,
            "runner_up": others[self._runner_up % len(others)] if others else None,
            "secondary": [],
            "confidence": self._confidence,
        }
        self._free -= 1
        made = reply(said, usage={"prompt_tokens": 1000, "completion_tokens": 100})
        return dataclasses.replace(made, gate=self.gate if self._free < 0 else None)


def _refusal(schema: dict[str, Any]) -> str:
    """What OpenAI says of a schema with too many enum values; empty if it accepts it."""
    enums = list(_enums(schema))
    if (count := sum(map(len, enums))) > MAX_ENUM_VALUES:
        return f"Invalid schema for response_format 'answer': {count} enum values exceed {MAX_ENUM_VALUES}."
    if any(len(one) > LONG_ENUM and sum(map(len, one)) > MAX_LONG_ENUM_CHARS for one in enums):
        return "Invalid schema for response_format 'answer': the enum's values are too long."
    return ""


def _enums(schema: Any) -> Any:
    if isinstance(schema, dict):
        if "enum" in schema:
            yield schema["enum"]
        for inner in schema.values():
            yield from _enums(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _enums(inner)
