"""Sections of Markdown lists, by every kind of heading that such lists use."""

# ruff: noqa: E501, ISC004

import pytest

from classifier.lists.lines import ListLine
from classifier.lists.markdown import read_markdown
from classifier.lists.markdown_items import item_ends, list_items
from classifier.lists.raw import Raw
from classifier.lists.sections import clean_title, find_sections, section_at

ONE = "- [Learning to Lift a Lever](https://arxiv.org/abs/2301.00001)"
TWO = "- [A Crane that Learns Alone](https://arxiv.org/abs/2301.00002)"


def entries(text):
    lines = (ListLine(n, line) for n, line in enumerate(text.split("\n"), 1))
    return {raw.line: raw.title for raw in read_markdown(lines) if isinstance(raw, Raw)}


def filed(text):
    """Title of each entry -> the headings above it."""
    found = entries(text)
    sections = find_sections(text, found)
    return {title: getattr(section_at(sections, line), "titles", ()) for line, title in found.items()}


LEVER, CRANE = "Learning to Lift a Lever", "A Crane that Learns Alone"


@pytest.mark.parametrize(
    ("text", "lever", "crane"),
    [
        (f"# A\n## B\n{ONE}\n## C\n{TWO}", ("A", "B"), ("A", "C")),
        (f"## B\n{ONE}\n#### D\n{TWO}\n### E", ("B",), ("B", "D")),  # a level is left out
        (f"#### D\n{ONE}\n## B\n{TWO}", ("D",), ("B",)),
        (f"# A\n## B\n### C\n#### D\n##### E\n###### F\n{ONE}\n{TWO}", tuple("ABCDEF"), tuple("ABCDEF")),
        (f"A\n===\n\nB\n---\n\n{ONE}\n\nC\n---\n{TWO}", ("A", "B"), ("A", "C")),
        (f'<h1 align="center">A</h1>\n\n<h2>B</h2>\n\n{ONE}\n<h2><b>C</b></h2>\n\n{TWO}', ("A", "B"), ("A", "C")),
        (
            f"## A\n<details>\n<summary>B</summary>\n\n{ONE}\n</details>\n\n<details><summary><b>C</b> (1)"
            f"</summary>\n\n{TWO}\n\n</details>",
            ("A", "B"),
            ("A", "C"),
        ),
        (f"## A\n<details><summary>B</summary>\n\n{ONE}\n\n</details>\n\n{TWO}", ("A", "B"), ("A",)),
        (
            f"<details><summary>A</summary>\n\n<details><summary>B</summary>\n\n{ONE}\n\n</details>\n\n{TWO}\n\n"
            "</details>",
            ("A", "B"),
            ("A",),
        ),
        (f"## A\n\n**B**\n\n{ONE}\n\n**C:**\n{TWO}", ("A", "B"), ("A", "C")),
        (f"## A\n- B\n  {ONE}\n- C\n  {TWO}", ("A", "B"), ("A", "C")),
        (f"- **A**\n  - B things\n    {ONE}\n  - C things\n    {TWO}", ("A", "B things"), ("A", "C things")),
        (f"{ONE}\n## A\n{TWO}", (), ("A",)),
        (f"```\n# not a heading\n```\n## A\n{ONE}\n<!-- \n## B\n-->\n{TWO}", ("A",), ("A",)),
        (f"## A\r\n{ONE}\r\n## B\r\n{TWO}".replace("\r\n", "\n"), ("A",), ("B",)),
        (f"## [A](#a)\n{ONE}\n## B [back to top](#top)\n{TWO}", ("A",), ("B",)),
        (f"## 📚 A & B\n{ONE}\n## :rocket: C {{#c}}\n{TWO}", ("A & B",), ("C",)),
        (f"## A\n| Title | Link |\n|--|--|\n| {LEVER} | [pdf](https://arxiv.org/abs/2301.00001) |\n\n## B\n{TWO}",
         ("A",), ("B",)),
        (f"## A\n### [{LEVER}](https://arxiv.org/abs/2301.00001)\nText.\n## B\n{TWO}", ("A",), ("B",)),
    ],
)  # fmt: skip
def test_every_kind_of_heading_makes_a_section(text, lever, crane):
    assert filed(text) == {LEVER: lever, CRANE: crane}


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("📚 2.1 Reward design (12) :rocket:", "Reward design"),
        ("1. Reward", "Reward"),
        ("IV. Reward", "Reward"),
        ("(a) Reward", "Reward"),
        ("3D reconstruction", "3D reconstruction"),
        ("2023", "2023"),
        ("Reward [3 papers]", "Reward"),
        ("C++ & Rust", "C++ & Rust"),
        ("Reward:", "Reward"),
        ("⭐️ Reward ⭐️", "Reward"),
        ("奖励设计", "奖励设计"),
        ("Récompense", "Récompense"),
        ("🎉", ""),
        ("", ""),
    ],
)
def test_a_heading_is_its_words(text, title):
    assert clean_title(text) == title


def test_what_a_section_says_of_itself_is_its_introduction():
    text = f"# A\n\nOne. It is about machines that lift.\n\n## B\n\nPapers that lift levers by learning.\n\n{ONE}\n\nLater text that is of no use here at all.\n"
    sections = find_sections(text, entries(text))
    assert [section.intro for section in sections] == [
        "One. It is about machines that lift.",
        "Papers that lift levers by learning.",
    ]


def test_an_underlined_paragraph_is_no_heading():
    text = f"## A\nThis sentence is long and ends with a stop.\n---\n\n{ONE}\n"
    assert [section.titles for section in find_sections(text, entries(text))] == [("A",)]


def test_every_item_is_listed_with_what_it_is():
    text = f"- [A tool](https://github.com/a/b)\n- B\n  {ONE}\n  - [c](https://x.org/c)\n- no link\n- [d](#d)\n\n| A | B |\n|--|--|\n| x | [t](https://x.org/t) |\n"
    assert [(item.line, item.kind) for item in list_items(text, entries(text), {})] == [
        (1, "linked"), (2, "unlinked"), (3, "paper"), (4, "linked"), (5, "unlinked"), (6, "contents"), (10, "linked"),
    ]  # fmt: skip
    assert [item.text for item in list_items(text, entries(text), {2: "bullet"})][3] == "- c"


def test_an_item_ends_with_its_last_line_of_text():
    assert item_ends("- a\n  b\n\n- c\n  - d\n\n\ntext") == {1: 2, 4: 5, 5: 5}


@pytest.mark.parametrize("text", ["", "\n", "#", "# \n## \n", "<details>", "</details></details>", "<h1>", "- " * 3000, "<summary>" * 500,
                                  "#" * 7 + " a", "\x00", "> # quoted", "[" * 5000])  # fmt: skip
def test_odd_texts_have_sections_or_none(text):
    assert all(section.line < section.end for section in find_sections(text, {}))
