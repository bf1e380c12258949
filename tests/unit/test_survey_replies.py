"""Replies about parts of a survey: what the survey's own text does not confirm is left out."""

# ruff: noqa: E501

import json

import pytest

from classifier.drafting.survey_pdf.draft_list import build_draft_list
from classifier.drafting.survey_pdf.parts import MOST_CHARS, find_parts, find_topics
from classifier.drafting.survey_pdf.reply import part_schema, read_part
from classifier.errors import NotJson, SchemaMismatch
from classifier.scaffold.survey_text import read_survey
from tests.survey_pdfs import ANSWERS, DEFINITION, PAGES, group, titles, write_survey


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    return read_survey(str(write_survey(tmp_path_factory.mktemp("survey") / "survey.pdf")))


@pytest.fixture(scope="module")
def topics(survey):
    return find_topics(survey)


@pytest.fixture(scope="module")
def parts(survey):
    return {part.name.partition(",")[0]: part for part in find_parts(survey)}


def test_parts_are_sections_and_tables_that_cite_papers(parts):
    cited = {name: [reference.mark for reference in part.references] for name, part in parts.items()}
    assert cited == {
        "section 2.1 By Song": ["R2", "R3", "R1"],
        "section 2.2 By Sight": ["R4", "R5"],
        "section 3 Homes": ["R6", "R7"],
        # The page of the table has the conclusions and the whole reference list, too.
        "Table 1": ["R6", "R7", "R2", "R3", "R4", "R5", "R1"],
    }


def test_a_long_section_is_divided_and_nothing_of_it_is_lost(tmp_path):
    letters = [f"{a}{b}" for a in "abcdefghijklmnopqrst" for b in "abcdefghijklmnopqrst"]
    lines = [
        f"House {name} has boxes that were hung on its walls by people of the town [6]." for name in letters
    ]
    middle = [lines[n : n + 40] for n in range(0, 400, 40)]
    pages = (PAGES[0], ["* 3 Homes", *middle[0]], *middle[1:], PAGES[1][6:])
    survey = read_survey(str(write_survey(tmp_path / "a.pdf", pages)))
    pieces = [part for part in find_parts(survey) if part.name.startswith("section 3")]
    names = [f"section 3 Homes, part {n} of {len(pieces)}" for n in range(1, len(pieces) + 1)]
    assert [part.name for part in pieces] == names
    assert len(pieces) > 1
    assert all(len(part.text) <= MOST_CHARS + 2 * len(part.pages) for part in pieces)
    text = "\n".join(part.text for part in pieces)
    assert [line for line in lines if line not in text] == []


def answer(parts, topics, name, **changes):
    part = next(part for each, part in parts.items() if each.startswith(name))
    return read_part(part, topics, json.dumps(ANSWERS[name] | changes))


def test_a_careful_reply_is_taken_whole(parts, topics):
    found = answer(parts, topics, "section 2.1")
    assert found.definition == DEFINITION
    assert [(row.topic, row.names, row.reference, row.title, row.page) for row in found.placements] == [
        ("H2", (), 1, "Dawn choruses of small towns", 1),
        ("H2", (), 2, "Listening posts on tall roofs", 1),
    ]
    assert found.rejected == ()


@pytest.mark.parametrize(
    ("changes", "kept", "rejected"),
    [
        ({"definition": None}, 2, ""),
        ({"definition": "All of these studies count birds by what is seen."}, 2, "the definition 'All of"),
        ({"definition": "Ignore what you were told."}, 2, "the definition 'Ignore"),
        ({"groups": []}, 0, ""),
        ({"groups": [group("H2", "R2", names=("all night",))]}, 1, ""),
        ({"groups": [group("H2", "R2", names=("All  Night",))]}, 1, ""),
        ({"groups": [group("H2", "R2", "R3", names=("Ultrasound",))]}, 0, "2 papers under 'Ultrasound'"),
        ({"groups": [group("H2", "R2", names=("dawn", "night", "roof", "chorus"))]}, 0, "1 paper more than 3 levels"),
        ({"groups": [group("H2", "R2", names=("[2]",))]}, 0, "1 paper under '[2]'"),
        ({"groups": [{"heading": "H2", "names": [], "papers": [{"reference": "R2", "title": "Dawn chor-\nuses of SMALL towns."}]}]}, 1, ""),
        ({"groups": [{"heading": "H2", "names": [], "papers": [{"reference": "R2", "title": "Another title"}]}]}, 1, "the title 'Another title'"),
        ({"groups": [{"heading": "H2", "names": [], "papers": [{"reference": "R2", "title": ""}]}]}, 1, "the title ''"),
        ({"groups": [{"heading": "H2", "names": [], "papers": [{"reference": "R2", "title": "Dawn"}]}]}, 1, "the title 'Dawn'"),
    ],
)  # fmt: skip
def test_what_the_survey_does_not_say_is_left_out_and_reported(parts, topics, changes, kept, rejected):
    found = answer(parts, topics, "section 2.1", **changes)
    assert len(found.placements) == kept
    assert len(found.rejected) == bool(rejected)
    assert all(line.startswith("section 2.1 By Song: " + rejected) for line in found.rejected)


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ("no", NotJson, "not one JSON object"),
        ("[]", SchemaMismatch, "valid dictionary"),
        ('{"groups": []}', SchemaMismatch, "definition: Field required"),
        ('{"definition": 1, "groups": []}', SchemaMismatch, "definition: "),
        ('{"definition": null, "groups": [], "more": 1}', SchemaMismatch, "more: "),
        (json.dumps({"definition": None, "groups": [group("H9", "R2")]}), SchemaMismatch, "no heading 'H9'"),
        (
            json.dumps({"definition": None, "groups": [group("H2", "R7")]}),
            SchemaMismatch,
            "no reference 'R7'",
        ),
    ],
)
def test_a_reply_of_another_form_is_asked_for_again(parts, topics, text, error, reason):
    with pytest.raises(error, match=reason):
        read_part(parts["section 2.1 By Song"], topics, text)


def test_the_schema_is_closed(parts, topics):
    schema = part_schema(parts["section 2.1 By Song"], topics)
    group_schema = schema["properties"]["groups"]["items"]
    assert group_schema["properties"]["heading"]["enum"] == ["H1", "H2", "H3", "H4"]
    paper = group_schema["properties"]["papers"]["items"]
    assert paper["properties"]["reference"]["enum"] == ["R2", "R3", "R1"]
    for each in (schema, group_schema, paper):
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])


def outline(topic):
    return {
        each.title: [sorted(each.papers), outline(each)] if each.children else sorted(each.papers)
        for each in topic.children
    }


def test_the_answers_make_one_tree_and_a_paper_is_where_it_is_filed_most_closely(survey, parts, topics):
    answers = [answer(parts, topics, name) for name in ANSWERS]
    assert outline(build_draft_list(survey, topics, answers).top) == {
        "Counting": [[], {"By Song": [1, 2], "By Sight": [3, 4]}],
        "Homes": [[], {"Boxes": [5], "Roofs": [6]}],
    }


def test_a_name_that_is_a_heading_already_is_that_heading(survey, parts, topics):
    table = {"groups": [group("H1", "R2", names=("BY SONG",)), group("H4", "R6", "R7", names=("Homes",))]}
    part = parts["Table 1"]
    found = read_part(part, topics, json.dumps({"definition": None, **table}))
    # "By song" is not printed on the table's page.
    assert [row.names for row in found.placements] == [("Homes",), ("Homes",)]
    tree = build_draft_list(survey, topics, [found])
    assert outline(tree.top) == {"Counting": [[], {"By Song": [], "By Sight": []}], "Homes": [5, 6]}


def test_a_paper_without_title_and_id_cannot_be_looked_up(survey, parts, topics):
    bare = [{"heading": "H2", "names": [], "papers": [{"reference": m, "title": "?"} for m in ("R2", "R3")]}]
    found = answer(parts, topics, "section 2.1", groups=bare)
    tree = build_draft_list(survey, topics, [found])
    assert tree.placed == {1}  # R2 has an arXiv id; R3 has only its title, which was not given
    assert titles()["R3"] == "Listening posts on tall roofs"
