"""Quotes that run over a page's end, a note or a figure are found; what is put together is not."""

import pytest

from classifier.model.document import Document, Page
from classifier.model.reply import Quote
from classifier.verdict.evidence import check_quotes

QUOTE = "The robot also finds difficult weeds and pulls them by their roots"
REST = "robot also finds difficult weeds and pulls them by their roots."


def verdict(quote: str, *pages: str) -> str:
    document = Document(pages=tuple(Page(number=n, text=text) for n, text in enumerate(pages, start=1)))
    (evidence,) = check_quotes([Quote(quote=quote, supports="label")], document)
    return str(evidence.verdict)


@pytest.mark.parametrize(
    ("foot", "head"),
    [
        ("It waters. The robot also finds diffi-\n3", "cult weeds and pulls them by their roots."),
        (
            "It waters. The robot also finds diffi-\n3\n",
            "Preprint\ncult weeds and pulls them by their roots.",
        ),
        ("It waters. The\n3", REST),
        ("It waters. The robot also finds difficult 3", "DRAFT\nweeds and pulls them by their roots."),
        ("It waters. The ro-\n3", REST.removeprefix("ro")),
        ("the the the " * 40 + "\nIt waters. The\n3", REST),
        (
            "The robot also finds difficult weeds and pulls them by their\n3",
            "roots. It then waters all plants.",
        ),
    ],
)
def test_a_quote_may_break_off_anywhere_at_a_page_break(foot: str, head: str) -> None:
    assert verdict(QUOTE, foot, head) == "near"
    assert verdict(QUOTE.replace("difficult", "different"), foot, head) == "absent"
    assert verdict(QUOTE.replace("pulls", "never pulls"), foot, head) == "absent"


NOTE = "3The plants were bought at a shop near the garden, and none of them\nwas older than a year."
STAR = "* Equal contribution; names by the length of their hoses."
CAPTION = "Figure 2: How the robot finds a weed. The camera is above the bed, and\nthe hose is left of it."
TABLE = "0.0 0.5 1.0\nweeds\nTable 4. What the robot pulled in all\nof its beds."


@pytest.mark.parametrize("inserted", [NOTE, STAR, CAPTION, TABLE], ids=["note", "star", "caption", "table"])
@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("The robot also finds difficult weeds and", "pulls them by their roots."),
        ("The robot also finds diffi-", "cult weeds and pulls them by their roots."),
        ("The", REST),
    ],
)
def test_a_quote_may_run_over_a_note_or_a_figure_in_its_column(above: str, inserted: str, below: str) -> None:
    page = f"All is green here.\n{above}\n{inserted}\n{below}\nIt rains."
    assert verdict(QUOTE, page) == "near"
    assert verdict(QUOTE.replace("roots", "leaves"), page) == "absent"
    assert verdict("The robot also finds difficult weeds and It rains.", page) == "absent"


def test_a_quote_may_not_run_over_lines_that_are_no_insertion() -> None:
    seen = "the gardener does not see that it"
    page = f"The robot also finds difficult weeds and\n{seen}\npulls them by their roots."
    assert verdict(QUOTE, page) == "absent"


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("The plants were bought at a shop near the garden", "near"),
        ("3The plants were bought at a shop near the garden", "verbatim"),
        ("4The plants were bought at a shop near the garden", "absent"),
        ("3D Gaussian splats of the garden were bought", "verbatim"),
        ("D Gaussian splats of the garden were bought", "absent"),
        ("which were bought at a shop by the robot", "near"),
        ("were bought at a shop by the robot near the garden", "near"),
    ],
)
def test_a_notes_mark_is_no_part_of_a_word(quote: str, expected: str) -> None:
    page = (
        f"{NOTE}\n3D Gaussian splats of the garden were bought, too.\n"
        "Seeds which were bought at a shop by the robot3 near the garden are small."
    )
    assert verdict(quote, page) == expected
