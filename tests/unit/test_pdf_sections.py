# ruff: noqa: E501 - a table

from __future__ import annotations

import pytest

from classifier.pdf.headings import join_small_caps, with_second_line
from classifier.pdf.sections import find_sections

TEXT = "\n".join(
    ["This sentence is long enough that nobody would ever take it for the heading of a section."] * 5
)


def paper(*lines: str) -> str:
    return "\n".join(f"{line}\n{TEXT}" for line in lines)


def titles(*pages: str) -> list[object]:
    return [section["title"] for section in find_sections(pages)]


@pytest.mark.parametrize(
    "headings",
    [
        ["Abstract", "1 Introduction", "2 Related work", "2.1 Critics", "3 Method", "References"],
        [
            "Abstract",
            "1. Introduction",
            "2. Set-up",
            "2.1. Data",
            "2.1.1. Sources",
            "3. Conclusion",
            "References",
        ],
        ["ABSTRACT", "1. INTRODUCTION", "2. THE SECOND PASS", "2.1 The first step", "3. REFERENCES"],
        [
            "I. INTRODUCTION",
            "II. METHOD",
            "A. Critics",
            "B. Actors",
            "III. RESULTS",
            "A. Walks",
            "REFERENCES",
        ],
        ["Abstract", "Introduction", "Methods", "Results", "Discussion", "Acknowledgements", "References"],
        [
            "1 Introduction",
            "2 Method",
            "3 Conclusion",
            "References",
            "A Proofs",
            "A.1 Lemma",
            "B More results",
        ],
        [
            "1 Introduction",
            "2 Method",
            "3 End",
            "References",
            "Appendix A Proofs",
            "Appendix B: More Results",
        ],
    ],
)
def test_headings_of_customary_styles_are_found(headings: list[str]) -> None:
    assert titles(paper(*headings)) == headings


def test_page_and_offset_lead_to_the_heading() -> None:
    pages = [paper("Abstract", "1 Introduction"), paper("2 Method")]

    found = [(s["page"], pages[s["page"] - 1][s["start"] :].split("\n")[0]) for s in find_sections(pages)]  # type: ignore[index, operator, call-overload]

    assert found == [(1, "Abstract"), (1, "1 Introduction"), (2, "2 Method")]


def test_no_pages_have_no_sections() -> None:
    assert find_sections([]) == []


def test_number_on_its_own_line_belongs_to_the_heading() -> None:
    assert titles(paper("Abstract", "1\nIntroduction", "2\nMethod")) == [
        "Abstract",
        "1 Introduction",
        "2 Method",
    ]


def test_small_capitals_are_joined() -> None:
    assert titles(paper("A BSTRACT", "1 I NTRODUCTION", "2 R ELATED W ORK")) == [
        "ABSTRACT",
        "1 INTRODUCTION",
        "2 RELATED WORK",
    ]


@pytest.mark.parametrize(
    "intruder",
    [
        "1. Look at the title\n2. Look at the figures\n3. Read the conclusions",  # a list
        "0.12 Et[KL]\n0.25 Loss",  # a table or an axis
        "2 Critics of the first kind are those that see the whole state.",  # a sentence
        "Method\nResults",  # a table's head
        "2.4 Out of order",
    ],
)
def test_lines_that_only_look_like_headings_are_left_out(intruder: str) -> None:
    page = paper("Abstract", f"1 Introduction\n{TEXT}\n{intruder}", "2 Method", "3 Results", "4 Conclusion")

    assert titles(page) == ["Abstract", "1 Introduction", "2 Method", "3 Results", "4 Conclusion"]


def test_table_of_contents_is_left_out() -> None:
    contents = "1 Introduction 3\n2 Method 4\n2.1 Critic 4\n3 Results 8\nA Proofs 12\nB Runs 13"

    assert titles(contents, paper("1 Introduction", "2 Method", "3 Results")) == [
        "1 Introduction",
        "2 Method",
        "3 Results",
    ]


def test_affiliations_above_the_abstract_are_left_out() -> None:
    page = "A Title\n1 School of Walking, Aberdeen\n2 Institute of Listening\n" + paper(
        "Abstract", "1 Introduction"
    )

    assert titles(page) == ["Abstract", "1 Introduction"]


def test_reference_that_begins_with_an_article_is_no_appendix() -> None:
    entry = "J. Smith, B. Jones, and C. Miller. A long title for\nA Survey of Walking"

    assert titles(
        paper("1 Introduction", "2 Method", "References") + "\n" + entry + "\n" + paper("A Proofs")
    ) == [
        "1 Introduction",
        "2 Method",
        "References",
        "A Proofs",
    ]


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("I NTRODUCTION", "INTRODUCTION"),
        ("A METHOD", "A METHOD"),
        ("A PPENDIX", "APPENDIX"),
        ("ADAM’S UPDATE", "ADAM’S UPDATE"),
    ],
)
def test_joining_small_capitals_keeps_the_article(text: str, joined: str) -> None:
    assert join_small_caps(text) == joined


@pytest.mark.parametrize(
    ("title", "following", "expected"),
    [
        ("3 A Framework: A Transparent One for", "VLM", "3 A Framework: A Transparent One for VLM"),
        (
            "A. Derivation of the gradient with respect to",
            "the knowledge retriever",
            "A. Derivation of the gradient with respect to the knowledge retriever",
        ),
        (
            "B. Connection between REALM and",
            "supervised learning",
            "B. Connection between REALM and supervised learning",
        ),
        ("4 Agents:", "A Study of Households", "4 Agents: A Study of Households"),
        ("4 Agents –", "A Study", "4 Agents – A Study"),
        ("5 Learning with Multi-", "Modal Rewards", "5 Learning with Multi-Modal Rewards"),
        ("5 Learning from Demon-", "strations", "5 Learning from Demonstrations"),
        ("2 THE POLICY AND", "ITS REWARD", "2 THE POLICY AND ITS REWARD"),
        ("3 Method", "We train an agent", "3 Method"),
        ("3 Learning to", "We train an agent that reads, and acts on its text.", "3 Learning to"),
        ("3 Learning to", "read what the agent says and act on it in many rooms as a hand would", "3 Learning to read what the agent says and act on it in many rooms as a hand would"),
        ("3 Learning to", "read what the agent says and act on it in many rooms as a hand would do", "3 Learning to"),
        ("3 Learning for", "4 Results", "3 Learning for"),
        ("3 Learning for", "Conclusion", "3 Learning for"),
        ("3 Learning for", "x = 12 + 3", "3 Learning for"),
        ("3 Learning for", "", "3 Learning for"),
        ("3 Understand", "ing", "3 Understand"),
        ("6 The Band", "the rest", "6 The Band"),
    ],
)  # fmt: skip
def test_a_title_over_two_lines_is_one(title, following, expected):
    assert with_second_line(title, following) == expected


def test_sections_have_their_whole_titles():
    page = paper(
        "Abstract", "1 Introduction", "2 A Theory of Dough for\nHome Bakers", "3 Tests", "4 Conclusion"
    )
    assert titles(page) == [
        "Abstract",
        "1 Introduction",
        "2 A Theory of Dough for Home Bakers",
        "3 Tests",
        "4 Conclusion",
    ]
