"""RIS with wrapped text or unusual spacing of tags: no abstract and no field loses text."""

import pytest

from classifier.export.splice.results import Removal
from classifier.export.splice.ris import splice_ris
from classifier.lists import read_lists
from classifier.model.entries import ListEntry


@pytest.fixture
def read(tmp_path):
    """Writes a list and reads it back."""

    def read_text(content: str | bytes, name: str = "a.ris"):
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(read_lists([str(file)]))

    return read_text


def ris(gap: str, wrapped: str, indent: str = "") -> str:
    """An entry with a wrapped abstract, in one spacing, and a second entry."""
    lines = [
        "TY|JOUR",
        "ID|a",
        "TI|Rewards from Words",
        "N2|Agents are trained",
        wrapped,
        "DO|10.9999/a",
        "ER|",
    ]
    lines += ["", "TY|JOUR", "TI|The One Behind", "ER|"]
    return "\n".join(indent + line.replace("|", f"{gap}- ") if "|" in line else line for line in lines) + "\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "wrapped",
    [
        "ER - the room of the hospital is our test bed",
        "ER  - the room of the hospital is our test bed",
        "RL - the usual loop",
        "RL  - the usual loop",
        "TY - and so on",
        "TI - tanium is a metal",
        "AU - thors disagree",
        "3D - printed",
        " ER - indented",
        "er - in small letters",
        "AB -",
        "-  a dash",
        "ER: not a tag",
        "ER—nor this",
    ],
)
def test_a_wrapped_line_that_begins_like_a_tag_stays_in_the_abstract(wrapped, end, read):
    found = read(ris("  ", wrapped).replace("\n", end))
    assert [entry.paper.title for entry in found] == ["Rewards from Words", "The One Behind"]
    assert found[0].paper.abstract == f"Agents are trained {' '.join(wrapped.split())}"
    assert found[0].paper.doi == "10.9999/a"


@pytest.mark.parametrize("indent", ["", " ", "   "])
@pytest.mark.parametrize("gap", ["  ", " ", "   ", "\t"])
def test_a_file_that_puts_its_tags_elsewhere_throughout_is_read(gap, indent, read):
    found = read(ris(gap, "and wrapped RL - like this.", indent))
    assert [entry.paper.title for entry in found] == ["Rewards from Words", "The One Behind"]
    assert (found[0].paper.abstract, found[0].paper.doi) == (
        "Agents are trained and wrapped RL - like this.",
        "10.9999/a",
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("TY  - JOUR\nTI  - A Title\nAU  - Muster, Anna\nDO - 10.9999/a\nPY - 2020\nER  -", "10.9999/a"),
        ("TY  - JOUR\nAU  - Muster, Anna\nDO - 10.9999/a\nTI  - A Title\nPY - 2020\nER -", "10.9999/a"),
        ("ty  - JOUR\nti  - A Title\nau  - Muster, Anna\ndo  - 10.9999/a\npy  - 2020\ner  -", "10.9999/a"),
        (
            "TY  - JOUR\nTI  - A Title\nAU  - Muster, Anna\nXX  - what\nDO  - 10.9999/a\nPY  - 2020",
            "10.9999/a",
        ),
        (
            "TY  - JOUR\nAU  - Muster, Anna\nDO  - 10.9999/a\nXX  - 10.9/b\nTI  - A Title\nPY  - 2020",
            "10.9999/a",
        ),
        ("TY  - JOUR\nAU  - Muster, Anna\nM3  - doi:10.9999/a\nTI  - A Title\nDA  - 2020/03/01", "10.9999/a"),
        ("TY  - JOUR\nAU  - Muster, Anna\nDO  - \nTI  - A\n  Title\nSP  - \nY1  - 2020//", None),
    ],
)
def test_hand_made_spacing_unknown_tags_and_small_letters_lose_nothing(content, expected, read):
    [entry] = read(content)
    paper = entry.paper
    assert (paper.title, paper.authors, paper.year, paper.doi) == (
        "A Title",
        ("Anna Muster",),
        2020,
        expected,
    )


def test_an_entry_without_its_end_ends_where_the_next_begins(read):
    found = read("TY  - JOUR\nAB  - Words\nTY - of a kind\nTY  - CHAP\nTI  - The Second\nER  - \n")
    assert [(entry.line, entry.paper.abstract, entry.paper.title) for entry in found] == [
        (1, "Words TY - of a kind", None),
        (4, None, "The Second"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_every_encoding_is_read(encoding, read):
    [entry] = read("TY  - JOUR\r\nTI  - Größe der Dinge\r\nER  - ".encode(encoding))
    assert entry.paper.title == "Größe der Dinge"


def test_editing_in_place_tells_the_same_lines_apart():
    text = ris("  ", "ER - the room\nKW - our test bed").encode()
    assert splice_ris(text, Removal("survey:")).data == text
    assert splice_ris(text, Removal("survey:")).labelled == 2


def test_wrapped_entries_are_entries(read):
    assert all(isinstance(entry, ListEntry) for entry in read(ris("  ", "ER - room")))


def test_a_file_without_blanks_behind_its_dashes_is_read(read):
    one = "TY  -JOUR\nTI  -A Title\nAB  -Some words\nAB -more of them\nDO  -10.9999/a\nER  -\n"
    first, second = read(f"{one}TY  -BOOK\nTI  -B\nER  -\n")
    assert (first.paper.title, first.paper.doi) == ("A Title", "10.9999/a")
    assert first.paper.abstract == "Some words AB -more of them"
    assert second.paper.title == "B"


def test_a_dash_without_a_blank_in_an_abstract_is_no_field(read):
    [entry] = read("TY  - JOUR\nTI  - A Title\nAB  - Some words\nDO  -10.9999/no\nER  -tail\nER  - \n")
    assert (entry.paper.doi, entry.paper.abstract) == (None, "Some words DO -10.9999/no ER -tail")
