from __future__ import annotations

import pytest

from classifier.pdf.structure import SizedLine, find_abstract, find_arxiv_id, find_doi, find_title

TEXT = "We describe a method that listens to a critic and walks further than those that do not listen."


def lines(*pairs: tuple[str, float]) -> list[SizedLine]:
    return [SizedLine(text, size) for text, size in pairs]


STAMP = "Published as a conference paper at ICLR 2024"


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (
            [(STAMP, 10), ("GOOD TITLE: OF", 17), ("TWO LINES", 17), ("Ada One", 10)],
            "GOOD TITLE: OF TWO LINES",
        ),
        (
            [("permission to reproduce the tables", 17), ("Walking Is All", 16), ("Abstract", 12)],
            "Walking Is All",
        ),
        ([("RESEARCH ARTICLE", 20), ("A Title of Biology", 16), ("Abstract", 12)], "A Title of Biology"),
        ([("Neurocomputing", 18), ("A Title under a Name", 15), ("Ada One", 10)], "A Title under a Name"),
        ([("Adam", 17), ("Ada One", 10), ("Abstract", 12)], "Adam"),
        ([("12 May 2024", 18), ("A Title under a Date", 15), ("Ada One", 10)], "A Title under a Date"),
        ([("2025-3-31", 0), ("Dates Come First", 15), ("Abstract", 12)], "Dates Come First"),
        ([("Knowledge-", 15), ("Intensive Walks", 15), ("Abstract", 12)], "Knowledge-Intensive Walks"),
        ([("Walks with Notes∗", 15), ("Abstract", 12), ("A Large Heading Below", 20)], "Walks with Notes"),
        ([("12", 0)], None),
        ([], None),
    ],
)
def test_title_is_the_first_run_in_the_largest_type(page: list[tuple[str, float]], title: str | None) -> None:
    assert find_title(lines(*page)) == title


def test_sideways_stamp_is_no_title() -> None:
    page = [
        SizedLine("arXiv:2002.08909v1 [cs.CL] 10 Feb 2020", 20, upright=False),
        SizedLine("A Plain Title", 14),
    ]

    assert find_title(page) == "A Plain Title"


@pytest.mark.parametrize(
    "page",
    [
        f"A Title\nAbstract\n{TEXT}\n1 Introduction\nMore.",
        f"A Title\nA BSTRACT\n{TEXT}\n1 I NTRODUCTION\nMore.",
        f"A Title\nAbstract—{TEXT}\nIndex Terms—walking\nI. INTRODUCTION\nMore.",
        f"A Title\nABSTRACT. {TEXT}\nKeywords: walking\nMore.",
        f"A Title\nAbstract: {TEXT}\nIntroduction\nMore.",
    ],
)
def test_abstract_ends_where_something_else_begins(page: str) -> None:
    assert find_abstract([page]) == TEXT


def test_abstract_stops_at_a_figures_labels() -> None:
    page = "Abstract\n" + f"{TEXT}\n" * 4 + "10\n1 10\n2 10\nAccuracy\n" + f"{TEXT}\n" * 3

    assert find_abstract([page]) == " ".join([TEXT] * 4)


@pytest.mark.parametrize("page", ["", "A Title\nAbstract machines are fun.\nMore."])
def test_no_heading_means_no_abstract(page: str) -> None:
    assert find_abstract([page]) is None


@pytest.mark.parametrize(
    ("page", "arxiv_id"),
    [
        ("Text\narXiv:1412.6980v9 [cs.LG] 30 Jan 2017", "1412.6980"),
        ("arXiv:cs/0112017v1 [cs.CL] 1 Dec 2001", "cs/0112017"),
        ("Text\nhttps://arxiv.org/abs/2310.06226v2\nmore", "2310.06226"),
        ("Text\nhttps://doi.org/10.48550/arXiv.2305.18290", "2305.18290"),
        ("as shown in arXiv:1412.6980 and elsewhere", None),
        ("", None),
    ],
)
def test_arxiv_id_is_read_from_stamps_but_not_from_citations(page: str, arxiv_id: str | None) -> None:
    assert find_arxiv_id(page) == arxiv_id


@pytest.mark.parametrize(
    ("page", "doi"),
    [
        ("see https://doi.org/10.1145/3442188.3445922.", "10.1145/3442188.3445922"),
        ("DOI: 10.1109/ICRA.2023.10160591", "10.1109/icra.2023.10160591"),
        ("https://doi.org/10.1145/nnnnnnn.nnnnnnn", None),
        ("", None),
    ],
)
def test_doi_is_read_unless_it_is_a_placeholder(page: str, doi: str | None) -> None:
    assert find_doi(page) == doi


START = "We teach a robot to walk by asking a critic what each of its many"
REST = "steps is worth, and the robot learns from the answers that it is given."


@pytest.mark.parametrize(
    "note",
    [
        "∗ Equal contribution.",
        "Correspondence to: Ada One <ada@walks.org>.",
        "Preprint. Under review.",
        "Figure 1: A robot.",
        "1 School of Walking\nCorresponding author: Ada One",
        "Copyright 2024 by the authors.\nAll rights are reserved by the authors.",
    ],
)
def test_a_note_in_the_middle_of_a_sentence_does_not_end_the_abstract(note: str) -> None:
    page = f"A Title\nAbstract\n{START}\n{note}\n{REST}\n1 Introduction\nMore."

    found = find_abstract([page]) or ""

    assert found.startswith(START)
    assert found.endswith(REST)


@pytest.mark.parametrize(
    "tail",
    ["at walks.org/critic", "https://walks.org/a", "in 40 steps", "and 7 more (40%)"],
)
def test_a_short_last_line_belongs_to_the_sentence_that_it_ends(tail: str) -> None:
    page = f"A Title\nAbstract\n{START}\nsteps is worth, and the code is\n{tail}\n1 Introduction\nMore."

    assert (find_abstract([page]) or "").endswith(tail)


@pytest.mark.parametrize("scrap", ["1", "Ada One", "2024\n1", "Loss\n0.1"])
def test_scraps_behind_the_last_sentence_are_left_out(scrap: str) -> None:
    page = f"A Title\nAbstract\n{START}\n{REST}\n{scrap}\n1 Introduction\nMore."

    assert find_abstract([page]) == f"{START} {REST}"


def test_a_sentence_that_is_not_continued_leaves_the_abstract_as_it_is() -> None:
    after = "Figure 1: A robot.\nIntroduction\nthe robot walks on and on for a long time."

    assert find_abstract([f"A Title\nAbstract\n{START}\n{after}"]) == START


def test_keywords_end_an_abstract_that_lacks_its_full_stop() -> None:
    keywords = "Keywords: robots, critics, walking,\nanswers of critics to questions of robots"

    assert find_abstract([f"A Title\nAbstract\n{START}\n{keywords}"]) == START


def test_an_abstract_is_continued_on_the_next_page() -> None:
    pages = [f"A Title\nAbstract\n{START}\nPreprint. Under review.\n1", f"{REST}\n1 Introduction\nMore."]

    assert find_abstract(pages) == f"{START} {REST}"
