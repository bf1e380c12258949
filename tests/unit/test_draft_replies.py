"""A drafting reply is hostile input: what is taken from it, and what is refused and why."""

# ruff: noqa: E501

import json

import pytest

from classifier.drafting.material import DraftTask, ShownChild, ShownPaper, find_material
from classifier.drafting.reply import draft_schema, read_reply
from classifier.errors import NotJson, ReplyError
from classifier.model.study import Study
from classifier.survey.drafts import DraftedText
from classifier.survey.taxonomy import Taxonomy

PAPERS = (
    ShownPaper(mark="P1", id="song1", title="Song", abstract="Heard."),
    ShownPaper(mark="P2", id="song2", title="Dawn", abstract="Heard at dawn."),
)
LEAF = DraftTask(path="by/song", titles=("By", "Song"), fields=("definition", "counts", "excludes"), papers=PAPERS)  # fmt: skip
BRANCH = DraftTask(
    path="by", titles=("By",), fields=("definition", "question"), papers=PAPERS,
    children=(ShownChild(id="song", title="Song"), ShownChild(id="sight", title="Sight")),
)  # fmt: skip


def said(text="Birds are counted by ear.", papers=("P1",)):
    return {"papers": list(papers), "text": text}


def leaf(**change):
    return json.dumps({"definition": said(), "counts": [], "excludes": []} | change)


def test_texts_have_the_ids_of_the_papers_that_they_rest_on():
    reply = leaf(counts=[said("Dawn  counts\n by ear.", ("P2", "P1", "P2"))])
    assert [row.model_dump() for row in read_reply(LEAF, reply, "m")] == [
        {"id": "by/song:definition", "text": "Birds are counted by ear.", "by": "m", "papers": ("song1",), "state": "draft", "drafted": ""},
        {"id": "by/song:counts.0", "text": "Dawn counts by ear.", "by": "m", "papers": ("song2", "song1"), "state": "draft", "drafted": ""},
    ]  # fmt: skip


def test_a_question_has_a_text_for_each_part():
    choices = {"song": said("It sings."), "sight": said("It is seen.")}
    reply = json.dumps({"definition": said(), "question": {"ask": said("How?"), "choices": choices}})
    assert [(row.id, row.text) for row in read_reply(BRANCH, reply, "m")] == [
        ("by:definition", "Birds are counted by ear."),
        ("@questions:by", "How?"),
        ("@questions:by.song", "It sings."),
        ("@questions:by.sight", "It is seen."),
    ]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("no json", "not one JSON object"),
        ("[" * 100_000, "not one JSON object"),
        ("[]", "expected a JSON object"),
        (leaf(definition=None), "'definition' is null"),
        (leaf(definition="text"), "definition: Input should be a valid dict"),
        (leaf(extra=1), "'extra' was not asked for"),
        (json.dumps({"definition": said(), "counts": []}), "'excludes' is missing"),
        (leaf(definition=said("x" * 401)), "401 characters; expected at most 400"),
        (leaf(definition=said(" \u200b\u202e ")), "the text is empty"),
        (leaf(definition=said("…")), "the text is empty"),
        (leaf(definition=said(papers=())), "definition.papers: List should have at least 1 item"),
        (leaf(definition=said(papers=("P3",))), "no paper 'P3' was given; expected P1, P2"),
        (leaf(definition=said(papers=("song1",))), "no paper 'song1' was given"),
        (leaf(definition=said("See https://evil.example/x for more.")), "a link, an address or markup"),
        (leaf(definition=said("See [here](x).")), "a link, an address or markup"),
        (leaf(definition=said("Birds <script>alert(1)</script>.")), "a link, an address or markup"),
        (leaf(definition=said("Mail a@b.example.")), "a link, an address or markup"),
        (leaf(counts=[said()] * 4), "counts: List should have at most 3 items"),
        (leaf(counts=[{"papers": ["P1"], "text": 7}]), "counts.0.text: Input should be a valid string"),
        (leaf(counts=[said() | {"path": "/etc/passwd"}]), "counts.0.path: Extra inputs"),
    ],
)
def test_what_is_refused_is_named(reply, reason):
    with pytest.raises(ReplyError) as caught:
        read_reply(LEAF, reply, "m")
    assert reason in caught.value.message
    assert isinstance(caught.value, NotJson) == ("not one" in reason)


@pytest.mark.parametrize("choices", [{}, {"song": said()}, {"song": said(), "sight": said(), "more": said()}])
def test_choices_are_exactly_the_parts(choices):
    reply = json.dumps({"definition": said(), "question": {"ask": said(), "choices": choices}})
    with pytest.raises(ReplyError, match="expected exactly the keys song, sight"):
        read_reply(BRANCH, reply, "m")


def test_hidden_characters_and_half_characters_are_cut():
    text = "Birds\u200b are \u202ecounted\U000e0041 \ud83d by ear."
    [row] = read_reply(LEAF, leaf(definition=said(text)), "m")
    assert row.text == "Birds are counted ? by ear."


ALLOWED = {"type", "properties", "required", "additionalProperties", "items", "enum", "description"}


@pytest.mark.parametrize("task", [LEAF, BRANCH])
def test_the_schema_is_in_the_portable_subset(task):
    def walk(schema):
        yield schema
        for each in schema.get("properties", {}).values():
            yield from walk(each)
        if "items" in schema:
            yield from walk(schema["items"])

    for part in walk(draft_schema(task)):
        assert part.keys() <= ALLOWED
        if part["type"] == "object":
            assert part["required"] == list(part["properties"])
            assert part["additionalProperties"] is False


def tree(**root):
    nodes = [
        {"id": "by", "title": "By", "definition": "By: Song.", "drafts": [{"of": "definition", "by": "headings"}],
         "children": [{"id": "song", "title": "Song"}, {"id": "sight", "title": "Sight", "definition": "Seen.", "counts": ["x"], "excludes": ["y"]}]},
        {"id": "nests", "title": "Nests"},
    ]  # fmt: skip
    return Taxonomy.model_validate({"schema_version": 1, "id": "b", "title": "Birds", "tree": nodes} | root)


STUDIES = [
    Study(id="a", title="A", label="by/song", summary="Heard."),
    Study(id="b", title="B", label="by/song"),
    Study(id="c", title="C", label="by/sight", summary="Seen. " * 500),
    Study(id="d", title="D", label="nests"),
]


def test_only_what_is_missing_is_asked_and_only_from_abstracts():
    material = find_material(tree(), STUDIES, ())
    assert {task.path: (task.fields, [paper.id for paper in task.papers]) for task in material.tasks} == {
        "by/song": (("definition",), ["a"]),
        "by": (("definition", "question"), ["a", "c"]),
        "@survey": (("definition", "scope", "question"), ["a", "c"]),
    }
    assert material.bare == ("nests",)
    assert max(len(paper.abstract) for task in material.tasks for paper in task.papers) <= 1202


def test_what_was_drafted_or_decided_before_is_not_asked_again():
    rows = [
        DraftedText(id="by/song:definition", text="x", by="m", state="rejected"),
        DraftedText(id="@questions:by", text="x", by="m"),
        DraftedText(id="@questions:by.song", text="x", by="m"),
        DraftedText(id="@questions:by.sight", text="x", by="m"),
    ]
    assert [task.path for task in find_material(tree(), STUDIES, rows).tasks] == ["by", "@survey"]
    assert find_material(tree(), STUDIES, rows).tasks[0].fields == ("definition",)
    # A part that was added since has no text: the question is drafted again.
    assert find_material(tree(), STUDIES, rows[:-1]).tasks[0].fields == ("definition", "question")
