"""Taxonomy -> the answer's JSON Schema, and a raw reply -> a validated Answer.

The schema uses the portable subset that the structured output of every provider accepts: an object at the
root, all properties required, no additional ones, string enums, `anyOf: [X, null]`, arrays, plain types.
Limits (lengths, ranges, counts) are in descriptions and are checked here. Reasons come before the label, so
that a model argues before it decides. What it does not do: check whether quotes are in the paper
(`classifier.verdict.evidence`) or whether the answers contradict the label (`classifier.verdict.review`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classifier.errors import NotJson, SchemaMismatch, UnknownLabel
from classifier.model.record import OUT_OF_SCOPE
from classifier.model.reply import Answer, GivenAnswer, Quote
from classifier.survey.taxonomy import Taxonomy

LABEL = "label"
"""The value of `supports` for a quote that supports the decision as a whole."""

MAX_QUOTE_CHARS = 600
"""Enough for one to three sentences."""
MAX_RATIONALE_CHARS = 1200
"""Twice the length of one or two sentences, so that no good answer is rejected."""
MAX_EVIDENCE = 8
"""Twice the number that the prompt asks for."""


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    answer: str
    quote: str | None = Field(max_length=MAX_QUOTE_CHARS)


class _Quote(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    quote: str = Field(max_length=MAX_QUOTE_CHARS)
    supports: str


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    answers: dict[str, _Given] = Field(default_factory=dict)
    evidence: list[_Quote] = Field(max_length=MAX_EVIDENCE)
    rationale: str = Field(max_length=MAX_RATIONALE_CHARS)
    attributes: dict[str, str | None] = Field(default_factory=dict)
    label: str
    runner_up: str | None
    secondary: list[str]
    confidence: Any


def answer_schema(taxonomy: Taxonomy) -> dict[str, Any]:
    """The JSON Schema of an answer under this taxonomy, in the portable subset.

    Property order is the order in which a model should write: answers with quotes, evidence,
    rationale, the survey's fields, and only then the label.
    """
    leaves = list(taxonomy.leaves)
    answers = _answers(taxonomy)
    evidence = _evidence([*answers, LABEL])
    # The portable subset has no objects without properties: without questions, `answers` is left out.
    properties: dict[str, Any] = {"answers": strict_object(answers)} if answers else {}
    properties |= {
        "evidence": {
            "type": "array",
            "items": evidence,
            "description": f"The one to four quotes that carry the decision, never more than {MAX_EVIDENCE}.",
        },
        "rationale": {
            "type": "string",
            "description": f"One or two sentences, at most {MAX_RATIONALE_CHARS} characters.",
        },
    }
    fields = _field_ids(taxonomy)
    if fields:
        properties["attributes"] = strict_object(
            {name: _nullable({"type": "string"}, describe) for name, describe in fields.items()}
        )
    properties |= {
        "label": {"type": "string", "enum": list(taxonomy.labels)},
        "runner_up": _nullable(
            {"type": "string", "enum": [*leaves, OUT_OF_SCOPE]}, "The second-best label, or null."
        ),
        "secondary": {
            "type": "array",
            "items": {"type": "string", "enum": leaves},
            "description": "Other leaves that also apply; usually empty.",
        },
        "confidence": {
            "type": "number",
            "description": "Probability from 0 to 1 that the label is right.",
        },
    }
    return strict_object(properties)


def _answers(taxonomy: Taxonomy) -> dict[str, Any]:
    return {
        question.id: strict_object(
            {
                "answer": {"type": "string", "enum": list(question.answer_ids), "description": question.ask},
                "quote": _nullable(
                    {"type": "string"}, "The paper's own words that show it, copied exactly; null if none."
                ),
            }
        )
        for question in taxonomy.questions
    }


def _evidence(supports: list[str]) -> dict[str, Any]:
    return strict_object(
        {
            "quote": {
                "type": "string",
                "description": f"One to three sentences copied exactly from the paper, at most "
                f"{MAX_QUOTE_CHARS} characters, without page marks.",
            },
            "supports": {"type": "string", "enum": supports},
        }
    )


def parse_answer(schema: Mapping[str, Any], raw: str) -> Answer:
    """Validates a reply (one JSON object) against an answer schema.

    A runner-up or secondary leaf that repeats the label is removed; empty quotes become None. A confidence
    that is not a number from 0 to 1 (small models write 5, 85 or NaN) becomes None: the label is still valid.

    Args:
        schema: As `answer_schema` made it; all names that a reply may use come from it.

    Raises:
        NotJson: The text is not JSON.
        SchemaMismatch: JSON of another shape, a value over its limit, or an undeclared answer.
        UnknownLabel: A label outside the closed set. All messages can be sent back to the model.
    """
    try:
        reply = _Reply.model_validate(_decode(raw))
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, item['loc'])) or 'reply'}: {item['msg']}" for item in error.errors()[:3]
        ]
        raise SchemaMismatch(f"the reply does not fit the schema: {'; '.join(problems)}", raw) from error
    _check_names(schema["properties"], reply, raw)
    return Answer(
        answers=tuple(
            GivenAnswer(
                question=name, answer=reply.answers[name].answer, quote=reply.answers[name].quote or None
            )
            for name in _members(schema["properties"], "answers")
        ),
        evidence=tuple(
            Quote(quote=item.quote, supports=item.supports) for item in reply.evidence if item.quote
        ),
        rationale=" ".join(reply.rationale.split()),
        label=reply.label,
        runner_up=reply.runner_up if reply.runner_up != reply.label else None,
        secondary=tuple(leaf for leaf in dict.fromkeys(reply.secondary) if leaf != reply.label),
        attributes={name: value or None for name, value in reply.attributes.items()},
        confidence=_probability(reply.confidence),
    )


def labels_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The labels that an answer schema allows."""
    return tuple(schema["properties"]["label"]["enum"])


def stated_confidence(raw: str) -> str:
    """The confidence as a valid reply (`parse_answer`) writes it, for messages; at most 40 characters."""
    return json.dumps(_decode(raw)["confidence"])[:40]


def _decode(raw: str) -> Any:
    """Decodes JSON as models write it: NaN, Infinity and numbers of any length are read as floats.

    The schema accepts such values only for the confidence, where they mean unknown.
    """

    def refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # Python's json would silently keep the last of two labels.
        for name, times in Counter(name for name, _ in pairs).items():
            if times > 1:
                raise SchemaMismatch(f"the reply gives '{_short(name)}' {times} times; expected once", raw)
        return dict(pairs)

    try:
        return json.loads(raw, parse_int=_whole_number, object_pairs_hook=refuse_repeated)
    except (ValueError, RecursionError) as error:
        raise NotJson(
            f"the reply is not valid JSON ({_short(error)}); expected one JSON object", raw
        ) from error


def _whole_number(digits: str) -> int | float:
    # Python refuses to convert more than 4,300 digits to an int.
    return int(digits) if len(digits) < 20 else float(digits)


def _probability(stated: Any) -> float | None:
    is_number = isinstance(stated, int | float) and not isinstance(stated, bool)
    return float(stated) if is_number and 0 <= stated <= 1 else None


def _check_names(properties: Mapping[str, Any], reply: _Reply, raw: str) -> None:
    """Rejects every name that the schema does not declare."""
    labels = properties["label"]["enum"]
    if reply.label not in labels:
        raise UnknownLabel(_not_one_of("label", reply.label, labels), raw)
    runner_ups = properties["runner_up"]["anyOf"][0]["enum"]
    if reply.runner_up is not None and reply.runner_up not in runner_ups:
        raise UnknownLabel(_not_one_of("runner_up", reply.runner_up, runner_ups), raw)
    leaves = properties["secondary"]["items"]["enum"]
    for leaf in reply.secondary:
        if leaf not in leaves:
            raise UnknownLabel(_not_one_of("secondary", leaf, leaves), raw)
    questions = _members(properties, "answers")
    _check_keys("answers", reply.answers, questions, raw)
    for name, given in reply.answers.items():
        allowed = questions[name]["properties"]["answer"]["enum"]
        if given.answer not in allowed:
            raise SchemaMismatch(_not_one_of(f"answers.{name}.answer", given.answer, allowed), raw)
    supported = properties["evidence"]["items"]["properties"]["supports"]["enum"]
    for quote in reply.evidence:
        if quote.supports not in supported:
            raise SchemaMismatch(_not_one_of("evidence.supports", quote.supports, supported), raw)
    _check_keys("attributes", reply.attributes, _members(properties, "attributes"), raw)


def _members(properties: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The properties of an object in the schema; empty if the schema leaves it out."""
    found: Mapping[str, Any] = properties[name]["properties"] if name in properties else {}
    return found


def _check_keys(where: str, given: Mapping[str, Any], declared: Mapping[str, Any], raw: str) -> None:
    missing = [name for name in declared if name not in given]
    unknown = [name for name in given if name not in declared]
    if missing or unknown:
        parts = [f"missing {', '.join(missing)}"] if missing else []
        parts += [f"unknown {', '.join(_short(name) for name in unknown)}"] if unknown else []
        raise SchemaMismatch(f"the reply does not fit the schema: {where}: {' and '.join(parts)}", raw)


def _field_ids(taxonomy: Taxonomy) -> dict[str, str]:
    """Field id -> description, without repetitions, in the tree's order."""
    return {field.id: field.describe for leaf in taxonomy.leaves.values() for field in leaf.fields}


def strict_object(properties: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object that has exactly these properties, as strict servers require."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _nullable(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}], "description": description}


def _not_one_of(where: str, value: str, allowed: Sequence[str]) -> str:
    return f"{where} is '{_short(value)}'; expected one of {', '.join(allowed)}"


def _short(value: object) -> str:
    return str(value)[:120]
