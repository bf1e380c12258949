"""Reference lists in the styles that surveys have, and what their texts cite."""

import pytest

from classifier.scaffold.bibliography import MAX_ENTRY_CHARS, read_bibliography

BRACKETS = """[1] Ada Ode. The city and its birds,
an old story. Journal of Towns, 1998.
[2] Bea Lark and Cy Wren. Dawn choruses of small
towns. arXiv preprint arXiv:2101.00001, 2021.
[3] Dora Finch et al. Listen-
ing posts on tall roofs. In Ears, pages 1-9, 2022.
"""
POINTS = """1. Ode, A.: The city and its birds, an old story. Journal of Towns (1998)
2. Lark, B., Wren, C.: Dawn choruses of small towns. arXiv preprint
arXiv:2101.00001 (2021)
3. Finch, D., et al.: Listening posts on tall roofs. In: Ears, pp. 1-9 (2022)
"""
LETTERS = """[Ode98] Ada Ode. The city and its birds, an old story. Journal of Towns, 1998.
[LW21] Bea Lark and Cy Wren. Dawn choruses of small towns. arXiv:2101.00001, 2021.
[FC+22] Dora Finch et al. Listening posts on tall roofs. In Ears, pages 1-9, 2022.
"""
NAMES = """Dora Finch, Eli Crow, and 1 others. 2022a. Listening
posts on tall roofs. In Proceedings of Ears, pages 1-9.
Dora Finch and Eli Crow. 2022b. Listening again, from
lower roofs. In Proceedings of Ears, pages 10-19.
Bea Lark and Cy Wren. 2021. Dawn choruses of small
towns. Preprint, arXiv:2101.00001.
Eva Gull, Fred Hen, and Guy Ibis. A paper that was accepted by a
conference on learning in towns. In the Second Conference on Towns.
Jo Kite, Kim Loon, and Lee Mew. 1999. Nets on the roofs
of the old town. Journal of Towns.
Ada Öde. 1998. The city and its birds, an old story.
Journal of Towns.
"""
INITIALS = """Finch, D., Crow, E., & Gull, F. (2022). Listening posts on tall roofs. Proceedings of
Ears, 1-9.
Lark, B. and Wren, C. Dawn choruses of small towns. arXiv preprint arXiv:2101.00001, 2021.
Ode, A. The city and its birds, an old story. Journal of Towns, 3(1):1-20, 1998.
"""


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        (BRACKETS, ["1 Ada Ode", "2 Bea Lark", "3 Dora Finch"]),
        (POINTS, ["1 Ode, A.", "2 Lark, B.", "3 Finch, D."]),
        (LETTERS, ["Ode98 Ada Ode", "LW21 Bea Lark", "FC+22 Dora Finch"]),
        (
            NAMES,
            [
                " Dora Finch, Eli Crow, and 1",
                " Dora Finch and Eli",
                " Bea Lark",
                " Eva Gull",
                " Jo Kite",
                " Ada Öde",
            ],
        ),
        (INITIALS, [" Finch, D.", " Lark, B.", " Ode, A."]),
        ("", []),
        ("Nothing to see here.", []),
    ],
)
def test_a_list_is_divided_into_its_entries(text, starts):
    entries = read_bibliography(text).entries
    assert len(entries) == len(starts)
    for entry, start in zip(entries, starts, strict=True):
        assert f"{entry.mark} {entry.text}".startswith(start)


def test_an_entry_is_one_line_and_its_divided_words_are_whole():
    assert read_bibliography(BRACKETS).entries[2].text == (
        "Dora Finch et al. Listening posts on tall roofs. In Ears, pages 1-9, 2022."
    )


def test_an_entry_that_swallows_what_follows_is_cut():
    entries = read_bibliography(BRACKETS + "Appendix. " + "words and more words " * 100).entries
    assert len(entries[-1].text) <= MAX_ENTRY_CHARS


@pytest.mark.parametrize(
    ("bibliography", "text", "cited"),
    [
        (BRACKETS, "as told [1]", [0]),
        (BRACKETS, "as told [3, 1]", [2, 0]),
        (BRACKETS, "as told [1-3], [2]", [0, 1, 2]),
        (BRACKETS, "as told [1\u20133]", [0, 1, 2]),
        (BRACKETS, "as told [2; 3, p. 7]", [1, 2]),
        (BRACKETS, "an interval [0, 1] and [4], [9]", [0]),
        (BRACKETS, "[see the text]", []),
        (BRACKETS, "[1-999]", []),
        (POINTS, "as told [2]", [1]),
        (LETTERS, "as told [FC+22, Ode98]", [2, 0]),
        (LETTERS, "as told [XY99]", []),
        (NAMES, "(Lark and Wren, 2021)", [2]),
        (NAMES, "Lark and Wren (2021) listened", [2]),
        (NAMES, "Finch et al. (2022a) and (Finch and Crow, 2022b)", [0, 1]),
        (NAMES, "(Finch et al., 2022a,b)", [0, 1]),
        (NAMES, "(Finch et al., 2022)", [0, 1]),  # which of the two is not told
        (NAMES, "(\u00d6de, 1998; Lark and Wren, 2021)", [5, 2]),
        (NAMES, "(Ode 1998)", [5]),
        (NAMES, "(Lark and Wren, 2019)", []),
        (NAMES, "in May 2021 the larks", []),
        (INITIALS, "Finch et al., 2022; Lark & Wren, 2021", [0, 1]),
    ],
)
def test_what_a_text_cites(bibliography, text, cited):
    assert read_bibliography(bibliography).cited_in(text) == cited
