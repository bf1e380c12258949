"""How much one question to a model may contain: labels, texts, and what servers accept as a schema.

What enters: a taxonomy (whole, or a part of it) and the limits of the settings. What leaves: whether one
question can hold all its labels, and if not, why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from classifier.survey.answer_schema import answer_schema
from classifier.survey.taxonomy import Node, Taxonomy

CHARS_PER_TOKEN = 4
"""The estimate that all budgets use."""

MAX_ENUM_VALUES = 1000
"""Most enum values in one schema. This and the next three: OpenAI's guide to structured outputs, 2026-11."""
MAX_SCHEMA_CHARS = 120_000
"""Most characters of names and enum values in one schema."""
LONG_ENUM = 250
"""An enum with more values than this may have at most `MAX_LONG_ENUM_CHARS` characters."""
MAX_LONG_ENUM_CHARS = 15_000


class Room(NamedTuple):
    """The most that one question may contain.

    Attributes:
        tokens: Of the labels' texts; characters / 4.
        labels: Including out of scope and unplaced.
    """

    tokens: int
    labels: int


USUAL_ROOM = Room(tokens=16_000, labels=250)
"""The defaults of the settings `question_tokens` and `question_labels`."""


class Excess(NamedTuple):
    """The limit that a question would exceed, and what helps besides fewer labels (empty: nothing)."""

    what: str
    remedy: str


def fits(taxonomy: Taxonomy, room: Room) -> bool:
    """Whether one question can hold all labels of a taxonomy, and servers accept its schema."""
    return excess(taxonomy, room) is None


def excess(taxonomy: Taxonomy, room: Room) -> Excess | None:
    """The first limit that one question about all labels of a taxonomy exceeds; None if it fits."""
    labels, tokens = len(taxonomy.labels), label_tokens(taxonomy)
    if labels > room.labels:
        return Excess(f"{labels:,} labels; at most {room.labels:,}", "raise question_labels")
    if tokens > room.tokens:
        return Excess(f"{tokens:,} tokens of their texts; at most {room.tokens:,}", "raise question_tokens")
    names, enums = _strings(answer_schema(taxonomy))
    values, chars = sum(map(len, enums)), [sum(map(len, enum)) for enum in enums]
    if values > MAX_ENUM_VALUES:
        return Excess(f"{values:,} enum values; servers accept {MAX_ENUM_VALUES:,}", "")
    if (total := sum(map(len, names)) + sum(chars)) > MAX_SCHEMA_CHARS:
        return Excess(f"{total:,} characters of ids; servers accept {MAX_SCHEMA_CHARS:,}", "shorten the ids")
    for size, enum in zip(chars, enums, strict=True):
        if len(enum) > LONG_ENUM and size > MAX_LONG_ENUM_CHARS:
            limit = f"servers accept {MAX_LONG_ENUM_CHARS:,} for more than {LONG_ENUM} labels"
            return Excess(f"{size:,} characters of their ids; {limit}", "shorten the ids")
    return None


def label_tokens(taxonomy: Taxonomy) -> int:
    """Estimate of the tokens that the labels' ids and texts take in a prompt."""
    leaves = sum(
        len(leaf.id) + sum(map(len, leaf.titles)) + _text_chars(leaf.node)
        for leaf in taxonomy.leaves.values()
    )
    branches = sum(len(id_) + len(node.title) + _text_chars(node) for id_, node in taxonomy.branches.items())
    return (leaves + branches) // CHARS_PER_TOKEN


def _text_chars(node: Node) -> int:
    precedents = sum(len(one.case) + len(one.because) for one in node.precedents)
    return len(node.definition) + sum(map(len, (*node.counts, *node.excludes))) + precedents


def _strings(schema: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """All property names and all enums of a schema."""
    names, enums = list(schema.get("properties", ())), [list(schema["enum"])] if "enum" in schema else []
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    for one in (*inner, *([schema["items"]] if "items" in schema else ())):
        more_names, more_enums = _strings(one)
        names += more_names
        enums += more_enums
    return names, enums
