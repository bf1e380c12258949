"""Tables whose papers are named in a column that is not called "Title", read and written."""

# ruff: noqa: E501

import pytest

from classifier.export.splice.bullet_style import plain_row
from classifier.export.splice.new_paper import NewPaper
from classifier.lists.lines import ListLine
from classifier.lists.markdown import read_markdown
from classifier.lists.raw import Raw

ARXIV, DOI = "https://arxiv.org/abs/2301.00001", "https://doi.org/10.1000/x.1"
URL = "https://arxiv.org/abs/2611.01234"
NEW = NewPaper(title="Levers that Lift Themselves", url=URL, arxiv="2611.01234", year=2026)


def titles(header, *rows):
    lines = [header, "|" + " --- |" * (header.count("|") - 1), *rows]
    found = read_markdown(ListLine(number, line) for number, line in enumerate(lines, start=1))
    return [raw.title for raw in found if isinstance(raw, Raw)]


@pytest.mark.parametrize(
    ("header", "row", "title"),
    [
        ("| Attack | Venue | Target | Paper |", f"| Slow Birds | arXiv (2019) | Object detection (all of it) | [paper]({DOI}) |", "Slow Birds"),
        ("| Attack | Venue | Target | Paper |", f"| Daedalus | arXiv (2019) | Object detection (all of it) | [paper]({DOI}) |", "Daedalus"),
        # The id gives the title; a short name may not be a part of it.
        ("| Attack | Venue | Target | Paper |", f"| TPA | Pattern Recognition Letters | Object detection | [paper]({ARXIV}) |", ""),
        ("| Method | Paper | Code |", f"| Alpha | [paper]({DOI}) | [code](https://github.com/x/y) |", "Alpha"),
        ("| Method | Paper :page_facing_up: |", f"| Alpha of the Dogs | [paper]({ARXIV}) |", "Alpha of the Dogs"),
        ("| Model | Paper | Year |", f"| Alpha | [Cats and Dogs of the Town]({ARXIV}) | 2020 |", "Cats and Dogs of the Town"),
        ("| Name | Work | Link |", f"| Alpha | Cats and Dogs of the Town | [pdf]({ARXIV}) |", "Cats and Dogs of the Town"),
        ("| Year | Venue | Work | Link |", f"| 2020 | Journal of Cats and Dogs | Alphas of towns | [pdf]({ARXIV}) |", "Alphas of towns"),
        ("| Category | Approach | Link |", f"| Learning in towns | Alphas of towns | [pdf]({ARXIV}) |", "Alphas of towns"),
        ("| Title | Venue | Link |", f"| Cats and Dogs | CVPR (2020) | [pdf]({ARXIV}) |", "Cats and Dogs"),
    ],
)  # fmt: skip
def test_a_title_is_in_the_first_column_that_can_have_one(header, row, title):
    assert titles(header, row) == [title]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (("attack", "venue", "target", "paperpagefacingup", "code"), f"| Levers that Lift Themselves | arXiv (2026) | | [paper]({URL}) | |"),
        (("title", "year", "code"), f"| [Levers that Lift Themselves]({URL}) | 2026 | |"),
        (("year", "venue", "paper"), f"| 2026 | arXiv | [Levers that Lift Themselves]({URL}) |"),
        (("no", "name", "link"), f"| | Levers that Lift Themselves | [paper]({URL}) |"),
    ],
)  # fmt: skip
def test_a_row_that_no_neighbour_can_lend_its_style_to_is_built_from_the_header(header, row):
    assert plain_row(header, NEW) == row
    assert titles("|" + "|".join(header) + "|", row) == [NEW.title]
