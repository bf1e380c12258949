import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import NotJson, ReplyError, SchemaMismatch, UnknownLabel
from classifier.model.record import OUT_OF_SCOPE, UNCLEAR, UNPLACED
from classifier.model.reply import Answer
from classifier.survey.answer_schema import (
    LABEL,
    MAX_EVIDENCE,
    MAX_QUOTE_CHARS,
    MAX_RATIONALE_CHARS,
    answer_schema,
    parse_answer,
    stated_confidence,
)
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.workspace import Workspace

PORTABLE = {"type", "properties", "required", "additionalProperties", "enum", "items", "anyOf", "description"}
"""Keywords that every provider's structured output accepts; anything else fails on one of them."""

TYPES = {"object", "array", "string", "number", "null"}
NA = "not-applicable"


@pytest.fixture(scope="module")
def taxonomy(bridges) -> Taxonomy:
    return Workspace(bridges).taxonomy


def reply(**changes: Any) -> dict[str, Any]:
    """A reply under the bridges taxonomy that is right in every part but the changed ones."""
    answers = {
        "kind": "original", "structure": "bridge", "aim": "capacity",
        "load": "applied", "sensing": NA, "timing": NA,
    }  # fmt: skip
    return {
        "answers": {name: {"answer": answer, "quote": None} for name, answer in answers.items()},
        "evidence": [{"quote": "Four trucks were weighed.", "supports": "load"}],
        "rationale": "Weighed trucks stood on the deck.",
        "attributes": {"bridge-type": "arch", "rating": None, "damage-kind": None, "network": None},
        "label": "capacity/with-load-test",
        "runner_up": "capacity/without-load-test",
        "secondary": [],
        "confidence": 0.9,
    } | changes


def without(*path: str) -> str:
    """The right reply with one key taken out, as JSON."""
    data = inner = reply()
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return json.dumps(data)


def with_answer(question: str, **changes: Any) -> str:
    data = reply()
    data["answers"][question] = data["answers"].get(question, {"answer": UNCLEAR, "quote": None}) | changes
    return json.dumps(data)


# --- the schema ----------------------------------------------------------------------------------


def subschemas(schema: Any, where: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema within a schema, with its place."""
    assert isinstance(schema, dict), where
    yield where, schema
    for name, inner in schema.get("properties", {}).items():
        yield from subschemas(inner, f"{where}.{name}")
    if "items" in schema:
        yield from subschemas(schema["items"], f"{where}[]")
    for number, inner in enumerate(schema.get("anyOf", [])):
        yield from subschemas(inner, f"{where}|{number}")


@pytest.fixture(params=["bridges", "builtin"])
def schema(request, taxonomy) -> dict[str, Any]:
    chosen = taxonomy if request.param == "bridges" else Workspace().taxonomy
    return answer_schema(chosen)


def test_the_schema_has_only_portable_keywords_and_plain_types(schema):
    for where, part in subschemas(schema):
        assert part.keys() <= PORTABLE, where
        assert ("type" in part) != ("anyOf" in part), where
        assert part.get("type", "null") in TYPES, where


def test_every_object_requires_all_its_properties_and_takes_no_others(schema):
    assert schema["type"] == "object"
    for where, part in subschemas(schema):
        if part.get("type") == "object":
            assert part["required"] == list(part["properties"]), where
            assert part["properties"], where
            assert part["additionalProperties"] is False, where
        else:
            assert not part.keys() & {"properties", "required", "additionalProperties"}, where


def test_enums_are_closed_lists_of_distinct_strings(schema):
    enums = [(where, part) for where, part in subschemas(schema) if "enum" in part]
    assert enums
    for where, part in enums:
        assert part["type"] == "string", where
        assert len(set(part["enum"])) == len(part["enum"]) > 0, where
        assert all(isinstance(value, str) and value for value in part["enum"]), where


def test_any_of_means_nullable_and_nothing_else(schema):
    for where, part in subschemas(schema):
        if "anyOf" in part:
            assert part["anyOf"][1:] == [{"type": "null"}], where


def test_reasons_come_before_the_label(schema):
    order = list(schema["properties"])
    assert order == [
        "answers", "evidence", "rationale", "attributes", "label", "runner_up", "secondary", "confidence",
    ]  # fmt: skip


def test_the_label_is_one_closed_choice(taxonomy):
    properties = answer_schema(taxonomy)["properties"]
    assert properties["label"]["enum"] == [*taxonomy.leaves, OUT_OF_SCOPE, UNPLACED]
    assert properties["runner_up"]["anyOf"][0]["enum"] == [*taxonomy.leaves, OUT_OF_SCOPE]
    assert properties["secondary"]["items"]["enum"] == list(taxonomy.leaves)


def test_each_question_offers_its_answers_and_unclear(taxonomy):
    answers = answer_schema(taxonomy)["properties"]["answers"]["properties"]
    assert list(answers) == [question.id for question in taxonomy.questions]
    assert answers["load"]["properties"]["answer"]["enum"] == ["applied", "not-applied", NA, UNCLEAR]


def test_a_taxonomy_without_questions_and_fields_asks_for_none(taxonomy):
    plain = taxonomy.model_dump() | {"questions": ()}
    for node in plain["tree"]:
        node["fields"] = ()
    bare = Taxonomy.model_validate(plain)
    assert not answer_schema(bare)["properties"].keys() & {"answers", "attributes"}
    data = reply(evidence=[])
    del data["answers"], data["attributes"]
    answer = parse_answer(answer_schema(bare), json.dumps(data))
    assert (answer.answers, answer.attributes) == ((), {})


# --- replies -------------------------------------------------------------------------------------


def test_a_right_reply_becomes_an_answer(taxonomy):
    answer = parse_answer(answer_schema(taxonomy), json.dumps(reply()))
    assert answer.label == "capacity/with-load-test"
    assert answer.runner_up == "capacity/without-load-test"
    assert [given.question for given in answer.answers] == [question.id for question in taxonomy.questions]
    assert answer.attributes["bridge-type"] == "arch"
    assert answer.confidence == 0.9


@pytest.mark.parametrize(
    ("given_reply", "attribute", "expected"),
    [
        (reply(runner_up="capacity/with-load-test"), "runner_up", None),
        (reply(runner_up=None), "runner_up", None),
        (reply(runner_up=OUT_OF_SCOPE), "runner_up", OUT_OF_SCOPE),
        (
            reply(secondary=["damage/remote-imaging", "capacity/with-load-test", "damage/remote-imaging"]),
            "secondary",
            ("damage/remote-imaging",),
        ),
        (reply(evidence=[{"quote": "", "supports": LABEL}]), "evidence", ()),
        (reply(evidence=[]), "evidence", ()),
        (reply(rationale="Two\n\n lines."), "rationale", "Two lines."),
        (reply(label=UNPLACED), "label", UNPLACED),
        (reply(confidence=1), "confidence", 1.0),
        (reply(confidence=0), "confidence", 0.0),
    ],
)
def test_harmless_slips_are_tidied(taxonomy, given_reply, attribute, expected):
    assert getattr(parse_answer(answer_schema(taxonomy), json.dumps(given_reply)), attribute) == expected


@pytest.mark.parametrize(
    "stated",
    [
        "15",
        "85",
        "1.0001",
        "-0.1",
        "1e999",
        "-1e999",
        "9" * 400,
        "9" * 5000,
        "NaN",
        "Infinity",
        "-Infinity",
        '"0.9"',
        '"85%"',
        "true",
        "null",
        "[0.9]",
        "{}",
    ],
)
def test_a_confidence_that_is_no_probability_is_unknown_and_the_label_is_kept(taxonomy, stated):
    raw = json.dumps(reply()).replace("0.9", stated)
    answer = parse_answer(answer_schema(taxonomy), raw)
    assert (answer.label, answer.confidence) == (reply()["label"], None)
    assert len(stated_confidence(raw)) <= 40


def test_empty_quotes_and_attributes_become_none(taxonomy):
    data = json.loads(with_answer("load", quote=""))
    data["attributes"]["rating"] = ""
    answer = parse_answer(answer_schema(taxonomy), json.dumps(data))
    assert all(given.quote is None for given in answer.answers)
    assert answer.attributes["rating"] is None


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "I think it is capacity/with-load-test.",
        "```json\n" + json.dumps(reply()) + "\n```",
        json.dumps(reply())[:-1],
        json.dumps(reply()) + json.dumps(reply()),
        "\ufeff" + json.dumps(reply()),
        "[" * 100_000,
        '{"a":' * 100_000,
        json.dumps(reply(rationale="X")).replace("X", "a\x00b"),
        b"\xff\xfe{".decode("utf-8", "surrogateescape"),
    ],
)
def test_text_that_is_not_json_is_rejected_as_such(taxonomy, raw):
    with pytest.raises(NotJson, match="expected one JSON object") as caught:
        parse_answer(answer_schema(taxonomy), raw)
    assert caught.value.raw == raw


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("null", "reply: Input should be a valid dictionary"),
        ("[]", "reply"),
        ('"text"', "reply"),
        ("{}", "evidence: Field required"),
        (without("answers"), "answers: missing kind, structure, aim, load, sensing, timing"),
        (without("label"), "label: Field required"),
        (without("runner_up"), "runner_up: Field required"),
        (without("answers", "timing"), "answers: missing timing"),
        (without("answers", "timing", "quote"), "answers.timing.quote: Field required"),
        (without("attributes"), "attributes: missing bridge-type, rating, damage-kind, network"),
        (without("attributes", "rating"), "attributes: missing rating"),
        (json.dumps(reply(status="placed")), "status: Extra inputs are not permitted"),
        (with_answer("weather"), "answers: unknown weather"),
        (with_answer("load", answer="heavy"), "answers.load.answer is 'heavy'; expected one of applied"),
        (with_answer("load", answer="Applied"), "'Applied'"),
        (with_answer("load", answer=None), "answers.load.answer"),
        (with_answer("load", quote="x" * (MAX_QUOTE_CHARS + 1)), f"at most {MAX_QUOTE_CHARS} characters"),
        (json.dumps(reply(attributes=reply()["attributes"] | {"colour": "red"})), "unknown colour"),
        (without("confidence"), "confidence: Field required"),
        (json.dumps(reply(evidence=[{"quote": "", "supports": LABEL}] * 9)), "at most 8 items"),
        (
            json.dumps(reply(evidence=[{"quote": "x" * (MAX_QUOTE_CHARS + 1), "supports": LABEL}])),
            f"evidence.0.quote: String should have at most {MAX_QUOTE_CHARS}",
        ),
        (json.dumps(reply(evidence=[{"quote": "x", "supports": "weather"}])), "supports is 'weather'"),
        (json.dumps(reply(rationale="x" * (MAX_RATIONALE_CHARS + 1))), f"at most {MAX_RATIONALE_CHARS}"),
        (json.dumps(reply(secondary="damage/remote-imaging")), "secondary"),
        (json.dumps(reply())[:-1] + ', "label": "out-of-scope"}', "'label' 2 times"),
        (json.dumps(reply(rationale="\ud800")), "rationale"),
        ('{"\\ud800": 1}', "unicode"),
    ],
)  # fmt: skip
def test_json_of_another_shape_is_refused_with_the_place_and_the_limit(taxonomy, raw, said):
    with pytest.raises(SchemaMismatch) as caught:
        parse_answer(answer_schema(taxonomy), raw)
    assert said in caught.value.message
    caught.value.message.encode()  # fit to be sent and shown
    assert caught.value.raw == raw


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"label": "capacity"}, "label is 'capacity'"),
        ({"label": "Capacity/With-Load-Test"}, "label is"),
        ({"label": " capacity/with-load-test"}, "label is"),
        ({"label": ""}, "label is ''"),
        ({"runner_up": "nowhere"}, "runner_up is 'nowhere'"),
        ({"runner_up": UNPLACED}, "runner_up is"),
        ({"secondary": [OUT_OF_SCOPE]}, "secondary is"),
        ({"label": "x" * 10_000}, "label is"),
    ],
)
def test_a_label_outside_the_closed_set_is_refused_and_the_set_is_named(taxonomy, changes, where):
    with pytest.raises(UnknownLabel) as caught:
        parse_answer(answer_schema(taxonomy), json.dumps(reply(**changes)))
    assert caught.value.message.startswith(where)
    assert all(leaf in caught.value.message for leaf in taxonomy.leaves)
    assert len(caught.value.message) < 1000


def test_a_null_byte_in_a_string_is_kept_as_data(taxonomy):
    """JSON may escape it; the quote check then says that the paper has no such words."""
    answer = parse_answer(
        answer_schema(taxonomy), json.dumps(reply(evidence=[{"quote": "a\0b", "supports": LABEL}]))
    )
    assert answer.evidence[0].quote == "a\0b"


# --- any answer within the schema -----------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def replies_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a JSON Schema of the portable subset allows, numbers in [0, 1]."""
    if "anyOf" in schema:
        return st.one_of(*map(replies_of, schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = {
        "null": lambda: st.none(),
        "string": lambda: WORDS,
        "number": lambda: st.floats(0, 1),
        "array": lambda: st.lists(replies_of(schema["items"]), max_size=MAX_EVIDENCE),
        "object": lambda: st.fixed_dictionaries(
            {name: replies_of(inner) for name, inner in schema["properties"].items()}
        ),
    }
    return kinds[schema["type"]]()


@pytest.fixture(scope="module")
def any_reply(taxonomy) -> st.SearchStrategy[Any]:
    return replies_of(answer_schema(taxonomy))


def as_reply(answer: Answer) -> dict[str, Any]:
    """An answer written as the reply that it came from, after tidying."""
    dumped = answer.model_dump(mode="json")
    dumped["answers"] = {
        given["question"]: {"answer": given["answer"], "quote": given["quote"]} for given in dumped["answers"]
    }
    return dumped


@given(data=st.data())
def test_every_reply_within_the_schema_parses_and_survives_a_round_trip(taxonomy, any_reply, data):
    given_reply = data.draw(any_reply)
    answer = parse_answer(answer_schema(taxonomy), json.dumps(given_reply))
    assert answer.label == given_reply["label"]
    assert answer.confidence == given_reply["confidence"]
    assert parse_answer(answer_schema(taxonomy), json.dumps(as_reply(answer))) == answer
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


@given(raw=st.text(max_size=200))
def test_any_text_is_either_an_answer_or_a_reply_error(taxonomy, raw):
    with pytest.raises(ReplyError):
        parse_answer(answer_schema(taxonomy), raw)
