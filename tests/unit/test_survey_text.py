"""A survey's PDF -> its headings, tables and references."""

import pytest

from classifier.model.document import Document, Page, Section
from classifier.pdf.sections import find_sections
from classifier.scaffold.survey_text import SurveyText, read_survey
from tests.pdfs import FILLER
from tests.survey_pdfs import PAGES, REFERENCES, TITLE, write_survey


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    return read_survey(str(write_survey(tmp_path_factory.mktemp("survey") / "survey.pdf")))


TEXT = "These words are the text of a section, and they say nothing that anybody needs to know about it."


def of_pages(*texts):
    pages = tuple(Page(number=n, text=text) for n, text in enumerate(texts, start=1))
    sections = tuple(Section.model_validate(row) for row in find_sections([page.text for page in pages]))
    return SurveyText("a.pdf", Document(pages=pages, sections=sections))


def test_headings_have_their_own_text_and_tell_topics(survey):
    assert survey.document.title == TITLE
    rows = [(h.number, h.title, h.level, h.is_topic, [p.number for p in h.pages]) for h in survey.headings]
    assert rows == [
        ("1", "Introduction", 0, False, [1]),
        ("2", "Counting", 0, True, []),
        ("2.1", "By Song", 1, True, [1]),
        ("2.2", "By Sight", 1, True, [1]),
        ("3", "Homes", 0, True, [2]),
        ("4", "Conclusions", 0, False, [2]),
    ]
    song = survey.headings[2].pages[0].text
    assert song.startswith("All of these studies")
    assert song.endswith("why [1].")


def test_tables_and_references(survey):
    assert [(table.captions, table.page.number) for table in survey.tables] == [(("Table 1",), 2)]
    assert [entry.text for entry in survey.bibliography.entries] == list(REFERENCES)


def test_a_survey_without_reference_list_has_none(tmp_path):
    pages = (PAGES[0], PAGES[1][:8] + FILLER * 3)
    assert read_survey(str(write_survey(tmp_path / "a.pdf", pages))).bibliography.entries == []


ROMAN = (
    f"""I. INTRODUCTION
Many systems of LLM agents exist, and this system is one of them. {TEXT}
II. THE CONSTRUCTION OF LLM
SYSTEMS
A system is built by its profile, says the text. {TEXT}
A. Profile Module
The profile of an agent is what it is. {TEXT}
B. Memory Module
The memory of an agent is what it was. {TEXT}
""",
    f"""III. EVALUATION OF SYSTEMS
It is measured how systems behave. {TEXT}
A. Micro Level
{TEXT}
IV. CONCLUSION
All is said. {TEXT}
REFERENCES
[1] Ada Ode. The city. 1998.
""",
)


def test_roman_headings_in_capitals_are_spelled_as_the_text_spells_them():
    rows = [(h.number, h.title, h.level, h.is_topic) for h in of_pages(*ROMAN).headings]
    assert rows == [
        ("I", "Introduction", 0, False),
        ("II", "The construction of LLM systems", 0, True),
        ("II.A", "Profile Module", 1, True),
        ("II.B", "Memory Module", 1, True),
        ("III", "Evaluation of systems", 0, True),
        ("III.A", "Micro Level", 1, True),
        ("IV", "Conclusion", 0, False),
    ]


@pytest.mark.parametrize(
    "title",
    [
        "Introduction", "Background and Definitions", "Related Surveys", "Survey Scope",
        "Conclusion and Outlook",
        "Challenges and Future Directions", "Open Challenges", "Cross-Cutting Open Challenges", "Future Work",
        "Summary of This Chapter", "Limitations", "Discussion", "Concluding Remarks",
    ],
)  # fmt: skip
def test_headings_that_are_no_topics_and_what_is_below_them(title):
    text = f"1 Homes\n{TEXT}\n2 {title}\n{TEXT}\n2.1 More of this\n{TEXT}\n3 Travel\n{TEXT}\n"
    assert [h.title for h in of_pages(text).headings if h.is_topic] == ["Homes", "Travel"]


def test_running_heads_and_page_numbers_are_no_text():
    pages = [
        f"A Survey of Birds, {n} of 4\n{n + 1} Topic {letter}\n{TEXT} {letter}\n{n}"
        for n, letter in enumerate("abcd")
    ]
    survey = of_pages(*pages)
    assert [h.pages[0].text for h in survey.headings] == [f"{TEXT} {letter}" for letter in "abcd"]


@pytest.mark.parametrize(
    ("line", "is_caption"),
    [
        ("Table 1: Homes of birds.", True),
        ("TABLE IV", True),
        ("Table 2. Homes", True),
        ("Table A1: Homes", True),
        ("Table 3 \u2013 Homes", True),
        ("Table 1 shows the homes.", False),
        ("Table 1, and by nobody", False),
        ("Tables 1 and 2", False),
        ("as in Table 1: homes", False),
    ],
)
def test_captions_of_tables(line, is_caption):
    assert bool(of_pages(f"1 Homes\nNests.\n{line}\nBoxes\n").tables) is is_caption
