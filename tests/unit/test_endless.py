"""Hostile input of a megabyte, on which a careless search would take hours."""

import pytest

from classifier.lists.jabref import groups_of, read_groups
from classifier.model.document import Document, Page
from classifier.scaffold.bibliography import read_bibliography
from classifier.scaffold.survey_text import SurveyText
from tests.patience import not_endless

MEGABYTE = 1_000_000
GROUPS = "@comment{jabref-meta: grouping:\n"
LEVELS = 20_000


def filled(unit, size=MEGABYTE):
    return unit * (size // len(unit))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (filled(GROUPS), 0),
        (GROUPS + filled("\n"), 0),
        (GROUPS + filled("\n") + "1 StaticGroup:Song\\;0\\;;\n}", 1),
        (GROUPS + filled(" \n") + "}", 0),
        (GROUPS + filled("1") + " StaticGroup:Song\\;0\\;;\n}", 0),
        (GROUPS + "".join(f"{n} KeywordGroup:G\\;1\\;a\\;b\\;0\\;0\\;;\n" for n in range(LEVELS)) + "}", 50),
    ],
    ids=["no end", "empty lines", "late group", "blank lines", "long number", "deep"],
)
def test_jabrefs_comment(text, found):
    with not_endless():
        groups = read_groups(text)
        assert groups_of(groups, "key", {"a": "c"}) == []
    assert len(groups) == found


@pytest.mark.parametrize("line", ["", "a", "Ahn Michael", "A paper of 12 words"])
def test_a_reference_list_without_authors(line):
    with not_endless():
        assert len(read_bibliography(filled(f"{line}\n")).entries) <= 1


@pytest.mark.parametrize("text", [filled("a", 12_000), filled("A-", 12_000), "A" + " " * 12_000])
def test_citations_in_a_text_without_spaces(text):
    bibliography = read_bibliography("Ahn, M. and Bo, L. 2024. A paper of a long name, in Long Names, 1-9.")
    with not_endless():
        assert bibliography.cited_in(f"{text} Ahn (2024)") == [0]


@pytest.mark.parametrize("unit", ["\n", " \n", "Table 1\n\n"])
def test_a_survey_of_empty_lines(unit):
    with not_endless():
        survey = SurveyText("a.pdf", Document(pages=(Page(number=1, text=filled(unit)),)))
        assert len(survey.tables) <= 1
