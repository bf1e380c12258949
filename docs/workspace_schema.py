"""The shape of a workspace's files, from the package's own records: JSON Schemas for editors, and tables.

`SHAPES` names the records and describes each field in one line; a field that is missing here, or here only,
is an error, so that schema and tables cannot fall behind the code.
"""

import json
from typing import Any

from pydantic import BaseModel

from classifier.model.study import Study
from classifier.survey.drafts import DraftedText, DraftFile
from classifier.survey.taxonomy import (
    Choice,
    Node,
    Precedent,
    Question,
    Scope,
    ScopeRule,
    SurveyField,
    Taxonomy,
    TextDraft,
)

DRAFT = "https://json-schema.org/draft/2020-12/schema"
NOT_IN_FILES = {"Taxonomy": {"sha256"}}
"""Fields that the program fills in."""

SHAPES: dict[str, tuple[type[BaseModel], dict[str, str]]] = {
    "top": (
        Taxonomy,
        {
            "schema_version": "Always 1.",
            "id": "Short name of the survey.",
            "title": "Title of the tree, as `classifier tree` prints it.",
            "definition": "One or two sentences: which papers the survey orders, and by what.",
            "drafts": "Marks of texts on this level that no person has accepted.",
            "source": "Citation facts of the survey, such as title, authors, year, arxiv. Any keys.",
            "questions": "Decision questions, in the order in which a reader should answer them.",
            "tree": "The top level of the tree.",
            "scope": "What the survey covers and what it does not.",
        },
    ),
    "node": (
        Node,
        {
            "id": "Unique among its siblings. A leaf's id is the path: `animals/birds`.",
            "title": "Title for people.",
            "definition": "What belongs here, in one to three sentences.",
            "drafts": "Marks of its texts that no person has accepted.",
            "section": "Section of the survey that defines it.",
            "counts": "Kinds of paper that belong here, one line each.",
            "excludes": "Kinds of paper that do not, and where they belong instead.",
            "precedents": "Rulings on doubtful kinds of paper.",
            "fields": "Facts that the survey records of the studies below this node.",
            "answers": "Leaves only: question id, then the answers that lead here. All must hold.",
            "children": "Nodes below. A node without children is a leaf.",
        },
    ),
    "question": (
        Question,
        {
            "id": "Unique among the questions.",
            "ask": "The question, as the model reads it.",
            "choices": "The closed answers, at least two. The answer `unclear` is always added.",
            "section": "Section of the survey that it comes from.",
        },
    ),
    "choice": (
        Choice,
        {"id": "The answer.", "means": "When this answer is right."},
    ),
    "field": (
        SurveyField,
        {
            "id": "Key in the label's `attributes`.",
            "title": "Column title in exported tables.",
            "describe": "What to write, and when to give null.",
            "table": "Number of the survey's table; fields with one number form one exported table.",
        },
    ),
    "scope": (
        Scope,
        {
            "definition": "One sentence: what is in scope.",
            "rules": "Reasons to be out of scope. The first that holds counts.",
        },
    ),
    "rule": (
        ScopeRule,
        {
            "id": "Value of the label's `scope_reason`.",
            "title": "Title for people.",
            "definition": "Which papers this rule excludes.",
            "answers": "Question id, then the answers that show the rule. All must hold.",
            "section": "Section of the survey that it comes from.",
            "precedents": "Rulings on doubtful kinds of paper.",
        },
    ),
    "precedent": (
        Precedent,
        {"case": "A kind of paper.", "because": "Why it belongs here."},
    ),
    "draft": (
        TextDraft,
        {
            "of": "The text: `definition`, or an item of a list such as `counts.0`.",
            "by": "What it was made from: `headings`, `words` of the papers, or a model's name.",
            "papers": "Ids of the studies that it rests on.",
        },
    ),
    "drafts": (DraftFile, {"drafts": "One item for each drafted text, decided or not."}),
    "drafted": (
        DraftedText,
        {
            "id": "Node and field: `counting/by-song:counts.0`, `@survey:scope`.",
            "text": "One sentence.",
            "by": "The model's name.",
            "papers": "Ids of the studies that it rests on.",
            "state": "`draft`, `accepted` or `rejected`.",
            "drafted": "What the model wrote, if a person changed the text.",
        },
    ),
    "study": (
        Study,
        {
            "id": "Unique in all gold files, such as a citation key.",
            "title": "Title of the paper.",
            "label": "A leaf id, or `out-of-scope`.",
            "ref": "Number of the paper in the survey's references.",
            "system": "Name of the method, if it has one.",
            "authors": "Names, first author first.",
            "year": "Year of publication.",
            "arxiv": "arXiv id.",
            "doi": "DOI.",
            "other_titles": "Titles of other versions, so that the paper is recognised.",
            "scope_reason": "For `out-of-scope`: id of the scope rule.",
            "secondary": "Further leaves that also apply.",
            "summary": "What the paper does, in your own words; the model reads it as an example.",
            "rationale": "Which criterion decides, in one or two sentences.",
            "answers": "Question id, then the answer. Every question, or none: those of its leaf hold.",
            "attributes": "Field id, then value or null. Every field of the leaf.",
            "difficulty": "`easy`, `medium` or `hard`; evaluations report them apart.",
            "contested": "True if annotators disagreed; evaluations report these apart.",
            "provenance": "Where the label comes from. Any keys.",
        },
    ),
}


def _fields(record: type[BaseModel], described: dict[str, str]) -> dict[str, Any]:
    known = {
        name: field
        for name, field in record.model_fields.items()
        if name not in NOT_IN_FILES.get(record.__name__, set())
    }
    if known.keys() != described.keys():
        raise SystemExit(
            f"docs/workspace_schema.py: {record.__name__}: described are {sorted(described)}, "
            f"but its fields are {sorted(known)}"
        )
    return known


def table(name: str) -> str:
    """The fields of one record as a Markdown table."""
    record, described = SHAPES[name]
    schema = record.model_json_schema()
    # A recursive record is a reference to its own definition.
    shape = schema if "properties" in schema else schema["$defs"][record.__name__]
    rows = [
        f"| `{field}` | {'yes' if known.is_required() else ''} | {_kind(shape['properties'][field])} "
        f"| {described[field]} |"
        for field, known in _fields(record, described).items()
    ]
    return "\n".join(["| key | required | value | meaning |", "|---|---|---|---|", *rows]) + "\n"


def _kind(value: dict[str, Any]) -> str:
    if "$ref" in value:
        return next(
            name
            for name, (record, _) in SHAPES.items()
            if record.__name__ == value["$ref"].rpartition("/")[2]
        )
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_kind(part) for part in value["anyOf"]))
    if "enum" in value:
        return "text"
    if value.get("type") == "array":
        return f"list of {_kind(value['items'])}"
    if value.get("type") == "object":
        inner = value.get("additionalProperties")
        return f"map to {_kind(inner)}" if isinstance(inner, dict) else "map"
    names = {"string": "text", "integer": "number", "boolean": "true or false", "null": "null"}
    return names.get(value.get("type", ""), "any value")


def json_schema(name: str, title: str) -> str:
    """The JSON Schema of a file, with the descriptions of `SHAPES`."""
    record, _ = SHAPES[name]
    schema = record.model_json_schema()
    by_name = {made.__name__: described for made, described in SHAPES.values()}
    for definition, shape in [(record.__name__, schema), *schema.get("$defs", {}).items()]:
        if "properties" not in shape:  # a recursive record is a reference to its own definition
            continue
        for hidden in NOT_IN_FILES.get(definition, set()):
            shape["properties"].pop(hidden, None)
        for field, value in shape["properties"].items():
            value["description"] = by_name[definition][field]
            value.pop("title", None)
        shape.pop("description", None)
    return json.dumps({"$schema": DRAFT, **schema, "title": title}, indent=1, ensure_ascii=False) + "\n"
