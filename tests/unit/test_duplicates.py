"""Which entries of a list are duplicates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.batch.duplicates import Duplicates
from classifier.model.entries import ListEntry
from classifier.model.identity import same_title
from classifier.model.paper import Paper

LONG = "Learning to Water a Greenhouse from the Complaints of Its Plants"
ABSTRACT = (
    "We water a greenhouse by what its plants complain of. Over one year we count the litres that are "
    "saved, the leaves that are lost, and the gardeners who come back."
)


def entry(key: str, file=None, **paper) -> ListEntry:
    return ListEntry(key=key, source="list", line=1, file=file, paper=Paper(**paper))


def find(*papers: dict) -> list[str | None]:
    """What each of several papers is a duplicate of; their keys are "0", "1", …"""
    duplicates = Duplicates()
    return [duplicates.find(entry(str(number), **paper)) for number, paper in enumerate(papers)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"arxiv_id": "2401.90001v1"}, {"arxiv_id": "2401.90001v3"}),
        ({"arxiv_id": "math.GT/0309136"}, {"arxiv_id": "math/0309136"}),
        ({"arxiv_id": "2401.90001"}, {"doi": "10.48550/arXiv.2401.90001"}),
        ({"doi": "10.1000/ABC"}, {"doi": "https://doi.org/10.1000/abc"}),
        ({"title": LONG}, {"title": LONG.upper()}),
        ({"abstract": ABSTRACT}, {"abstract": f" {ABSTRACT.upper()}\n"}),
        ({"title": LONG}, {"title": LONG.replace("Plants", "Plnts")}),
        ({"title": LONG}, {"title": LONG.replace("Learning", "Lerning")}),
        ({"title": f"WetNet: {LONG}"}, {"title": LONG}),
        ({"title": LONG}, {"title": f"WetNet: {LONG}"}),
        ({"title": LONG, "doi": "10.1000/preprint"}, {"title": LONG, "doi": "10.1000/journal"}),
        ({"title": LONG, "arxiv_id": "2401.90001"}, {"title": "Learning to Water", "arxiv_id": "2401.90001"}),
        ({"title": "Short Words", "authors": ("Ann Lee",)}, {"title": "Short words", "authors": ("A. Lee",)}),
        ({"title": "Short Words", "authors": ("Ann Lee",)}, {"title": "Short Words"}),
        ({"title": LONG, "authors": ("Ann Lee",)}, {"title": LONG, "authors": ("A. Lee", "Bo Ek", "Cy Oz")}),
        ({"title": LONG, "authors": ("OpenAI",)}, {"title": LONG, "authors": ("A. Lee", "Bo Ek")}),
        ({"title": LONG, "authors": ("Ann Lee",), "year": 2020}, {"title": LONG, "year": 2022}),
        ({"title": "Editorial", "authors": ("Ann Lee",), "year": 2020}, {"title": "Editorial", "year": 2020}),
    ],
)
def test_the_same_paper_is_found(first, second):
    assert find(first, second) == [None, "0"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({"arxiv_id": "2401.90001"}, {"arxiv_id": "2401.90002"}),
        ({"title": LONG}, {"title": f"{LONG} II"}),
        ({"title": LONG}, {"title": LONG.replace("Plants", "Owners")}),
        ({"title": f"WetNet: {LONG}"}, {"title": f"DryNet: {LONG}"}),
        ({"title": LONG, "arxiv_id": "2401.90001"}, {"title": LONG, "arxiv_id": "2401.90002"}),
        ({"title": "Editorial", "authors": ("Ann Lee",)}, {"title": "Editorial", "authors": ("Bo Ek",)}),
        ({"title": LONG, "authors": ("Ann Lee",)}, {"title": LONG, "authors": ("Bo Ek", "Cy Oz")}),
        (
            {"title": "Editorial", "authors": ("Ann Lee",), "year": 2020},
            {"title": "Editorial", "authors": ("Ann Lee",), "year": 2021},
        ),
        # A wrong id: whichever is wrong, neither may get the other's label.
        ({"title": LONG, "arxiv_id": "2401.90001"}, {"title": "Ferries That Wait", "arxiv_id": "2401.90001"}),
        ({"title": "?!"}, {"title": "…"}),
        ({"abstract": "No abstract available."}, {"abstract": "No abstract available."}),
        ({"abstract": ABSTRACT}, {"abstract": ABSTRACT.replace("one year", "two years")}),
        ({"abstract": ABSTRACT, "title": LONG}, {"abstract": ABSTRACT, "title": "Ferries That Wait"}),
    ],
)
def test_other_papers_are_not(first, second):
    assert find(first, second) == [None, None]


def test_a_duplicate_lends_its_ids_to_the_first_entry():
    assert find(
        {"title": LONG}, {"title": LONG, "doi": "10.1000/x"}, {"doi": "10.1000/x", "arxiv_id": "2401.90001"}
    ) == [None, "0", "0"]
    assert find(
        {"doi": "10.1000/x"}, {"doi": "10.1000/x", "arxiv_id": "2401.90001"}, {"arxiv_id": "2401.90001"}
    ) == [
        None,
        "0",
        "0",
    ]


def test_a_duplicate_lends_its_title_to_the_first_entry():
    assert find({"doi": "10.1000/x"}, {"doi": "10.1000/x", "title": LONG}, {"title": LONG}) == [
        None,
        "0",
        "0",
    ]


def test_equal_bytes_are_one_paper_and_equal_sizes_are_not(tmp_path):
    contents = [b"%PDF-one", b"%PDF-two", b"%PDF-one", b"%PDF-longer", b"%PDF-two"]
    duplicates = Duplicates()
    found = []
    for number, content in enumerate(contents):
        file = tmp_path / f"{number}.pdf"
        file.write_bytes(content)
        found.append(duplicates.find(entry(str(number), file=file)))
    assert found == [None, None, "0", None, "1"]


def test_files_that_are_gone_are_no_reason_to_stop(tmp_path):
    duplicates = Duplicates()
    first, second = tmp_path / "a.pdf", tmp_path / "b.pdf"
    first.write_bytes(b"%PDF-one")
    second.write_bytes(b"%PDF-one")
    assert duplicates.find(entry("a", file=first)) is None
    first.unlink()
    assert duplicates.find(entry("b", file=second)) is None
    assert duplicates.find(entry("c", file=first)) is None
    assert duplicates.find(entry("d", file=second)) == "b"


@given(
    words=st.lists(st.text("abcdefghij", min_size=4, max_size=9), min_size=7, max_size=14, unique=True),
    place=st.integers(0, 200),
    letter=st.sampled_from("klmnop"),
)
def test_one_slip_anywhere_does_not_hide_a_title_that_identity_calls_the_same(words, place, letter):
    title = " ".join(words)
    place %= len(title)
    slipped = title[:place] + letter + title[place + 1 :]
    expected = "0" if same_title(title, slipped) else None
    assert find({"title": title}, {"title": slipped}) == [None, expected]
