"""Markdown lists that bring abstracts, and bullets that bring no link."""

# ruff: noqa: E501

import pytest

from classifier.lists import read_lists
from classifier.lists.lines import ListLine
from classifier.lists.markdown import read_markdown
from classifier.lists.raw import Raw
from classifier.model.entries import BrokenEntry, ListEntry

URL = "https://arxiv.org/abs/2401.90001"
TITLE = "Learning to Lift a Lever"
TEXT = (
    "We ask how an agent learns to lift a lever when the reward is written by a language model. "
    "The agent is trained for a day, and it lifts more than before."
)
HALF = TEXT.partition(". ")[0] + "."
REST = TEXT.partition(". ")[2]
MORE = "All of this is told in more than fifteen words, so that it is taken for a paragraph of the abstract."
NAMES = (
    "Ada One, Bo Two, Cy Three, Di Four, Ed Five, Flo Six, Gus Seven, Hal Eight, Ida Nine, Jo Ten, "
    "Kim Eleven and Lea Twelve. In NeurIPS."
)
GOES_ON = (
    "by Ada One and Bo Two, who had asked before how an agent that has\n  learnt so much may learn to lift a "
    "lever when the reward is written by a model that has no arms."
)
BEHIND = (
    "The following papers are about wheels, which are not levers, and it is good to read them in this order, "
    "from the first to the last."
)


@pytest.fixture
def read(tmp_path):
    """Writes a list and reads it back."""

    def read_text(content: str) -> list[ListEntry | BrokenEntry]:
        file = tmp_path / "a.md"
        file.write_text(content, encoding="utf-8")
        return list(read_lists([str(file)]))

    return read_text


BULLET = f"- [{TITLE}]({URL})"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "content",
    [
        f"{BULLET}\n  - {TEXT}\n",
        f"{BULLET}\n\n  {TEXT}\n",
        f"{BULLET}\n  {TEXT}\n",
        f"{BULLET}\n  > {TEXT}\n",
        f"{BULLET}\n> {TEXT}\n",
        f"{BULLET}\n\n> {TEXT}\n",
        f"{BULLET}\n  - Abstract: {TEXT}\n",
        f"{BULLET}\n  - **Overview**: {TEXT}\n",
        f"{BULLET}\n  - *Authors:* Ada One, Bo Two\n  - *TL;DR:* {TEXT}\n",
        f"- **{TITLE}**, 2024. [[paper]({URL})] <br> *Overview*: {TEXT}\n",
        f"- **{TITLE}** [[paper]({URL})]\\\n  Abstract: {TEXT}\n",
        f"- **{TITLE}** [[paper]({URL})] [[code](https://github.com/a/b)]\n  {HALF}\n  {REST}\n",
        f"{BULLET}\n  <details><summary>Abstract</summary>\n\n  {TEXT}\n\n  </details>\n",
        f"{BULLET}\n\n<details>\n<summary>Abstract</summary>\n\n{TEXT}\n\n</details>\n",
        f"### [{TITLE}]({URL})\n\n{TEXT}\n",
        f"### {TITLE}\n\n[paper]({URL})\n\n{TEXT}\n",
        f"### [{TITLE}]({URL})\n*Ada One, Bo Two, Cy Three, Di Four*\n\n{HALF}\n\n{REST} {MORE}\n",
        f"**[{TITLE}]({URL})**\n\n{TEXT}\n",
        f"| Title | Overview |\n|---|---|\n| [{TITLE}]({URL}) | {TEXT} |\n",
    ],
)
def test_an_abstract_or_overview_that_an_entry_brings_is_used(content, end, read):
    [entry] = read(content.replace("\n", end))
    assert (entry.paper.title, entry.paper.arxiv_id) == (TITLE, "2401.90001")
    assert entry.paper.abstract is not None
    assert entry.paper.abstract.startswith(TEXT)


@pytest.mark.parametrize(
    "content",
    [
        f"{BULLET}\n  - {NAMES}\n",
        f"{BULLET}\n  - ICML 2024, oral.\n",
        f"{BULLET} - lifts levers by words.\n",
        f"{BULLET} {GOES_ON}\n",
        f"{BULLET}\n\n{BEHIND}\n",
        f"{BULLET}\n\n## Wheels\n\n{TEXT}\n",
    ],
)
def test_what_is_no_abstract_is_not_taken_for_one(content, read):
    assert [entry.paper.abstract for entry in read(content)] == [None]


SECOND = "- [Turning a Wheel by Hand](https://arxiv.org/abs/2401.90002)\n"


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (f"{BULLET}\n- A Paper Without a Link, 2023\n{SECOND}", [2]),
        (f"- A Paper Without a Link, 2023\n{BULLET}\n{SECOND}", [1]),
        (f"{BULLET}\n{SECOND}- **A Paper Without a Link**\n", [3]),
        (f"{BULLET}\n- More coming soon\n", [2]),
        (f"## Levers\n\n1. [{TITLE}]({URL})\n2. A Paper Without a Link\n", [4]),
        (f"* Robots\n  * [{TITLE}]({URL})\n  * A Paper Without a Link\n", [3]),
        (f"{BULLET}\n- A Paper Without a Link\n- Another One Without a Link\n", [2, 3]),
    ],
)
def test_a_bullet_without_a_link_among_papers_is_reported_with_its_line(content, lines, read):
    found = read(content)
    broken = [entry for entry in found if isinstance(entry, BrokenEntry)]
    assert sorted(entry.line for entry in broken) == lines
    assert all("has no link to a paper" in entry.reason for entry in broken)
    assert any(isinstance(entry, ListEntry) for entry in found)


@pytest.mark.parametrize(
    "content",
    [
        f"## Contents\n\n- Surveys of Levers and Wheels\n- Robots That We Like\n\n## Papers\n\n{BULLET}\n",
        f"## Papers\n\n{BULLET}\n\n## Contribute\n\n- Open a request before you write\n- Be kind to us\n",
        f"- Robots That Lift Levers\n  - [{TITLE}]({URL})\n- Robots That Turn Wheels\n  {SECOND}",
        f"{BULLET}\n  - Ada One, Bo Two and Cy Three\n  - A note on this paper\n",
        f"{BULLET}\n- [A Tool That We Use Daily](https://github.com/a/b)\n",
        f"### {TITLE}\n- [paper]({URL})\n- Ada One and Bo Two\n",
    ],
)
def test_bullets_that_are_no_list_of_papers_are_not_reported(content, read):
    assert all(isinstance(entry, ListEntry) for entry in read(content))


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("- [[Paper](URL)] Recorders on Forty Roofs, 2025/03", "Recorders on Forty Roofs"),
        ("- ([pdf](URL) [code](https://github.com/a/b)) Recorders on Forty Roofs", "Recorders on Forty Roofs"),
        ("- [[pdf](URL)][[code](https://github.com/a/b)] Recorders on Forty Roofs. ICLR 2025", "Recorders on Forty Roofs"),
        ("- [2019] Cosmic Explorer: The U.S. Contribution to Astronomy. [[paper](URL)]", "Cosmic Explorer: The U.S. Contribution to Astronomy"),
        ("- Recorders on Forty Roofs. Ann Bee. [[paper](URL)]", "Recorders on Forty Roofs"),
    ],
)  # fmt: skip
def test_a_title_is_found_after_links_in_brackets_and_across_an_abbreviation(line, title):
    text = line.replace("URL", URL)
    [found] = [raw for raw in read_markdown(iter([ListLine(1, text)])) if isinstance(raw, Raw)]
    assert found.title == title


@pytest.mark.parametrize(
    "byline",
    [
        "*One, Ada, and Bo Two.*",
        "*Posted by Ada One of the Lever Institute*",
        "_Ada One\\*, Bo Two\\*, Cy Three_,",
        "One, Ada, Bo van der Two and Cy Three.",
        "Ada One, Bo Two, et al.",
    ],
)
@pytest.mark.parametrize("gap", ["\n\n", "\n"])
def test_authors_with_the_link_below_a_title_are_not_the_title(read, byline, gap):
    head = f"3. **{TITLE}.** ![](https://img.shields.io/badge/Lever-blue)"
    (entry,) = read(f"## Levers\n\n{head}{gap}   {byline} [[pdf]({URL})], 2024.1\n")
    assert (entry.paper.title, entry.paper.arxiv_id) == (TITLE, "2401.90001")


def test_a_title_below_a_bullet_that_is_a_heading_stays_a_title(read):
    (entry,) = read(f"- Methods that lift levers\n\n  {TITLE}. [[pdf]({URL})]\n")
    assert entry.paper.title == TITLE


@pytest.mark.parametrize("link", ["[paper]()", "[[Paper]()]", "[pdf]( )", "[arXiv](#)"])
def test_an_empty_link_to_a_paper_makes_an_entry_with_its_title(read, link):
    (entry,) = read(f"1. **{TITLE}.** AAAI 2020. {link}\n\n\t*Ada One.*\n")
    assert (entry.paper.title, entry.paper.arxiv_id, entry.paper.year) == (TITLE, None, 2020)


@pytest.mark.parametrize(
    "end", ["<br> EMNLP 2023", "<br/>TACL", "<br /> Arxiv 2024", "<br>NeurIPS Workshop 2025"]
)
def test_a_line_break_ends_the_title(read, end):
    (entry,) = read(f"- {TITLE} {end} [[Paper]({URL})]\n")
    assert entry.paper.title == TITLE


def test_a_short_name_above_the_title_belongs_to_it(read):
    (entry,) = read(f"- Lever <br> and how to lift it well [[Paper]({URL})]\n")
    assert entry.paper.title == "Lever and how to lift it well"


def test_jumps_in_a_table_of_contents_are_not_reported(read):
    contents = "- [All the Levers](#levers)\n  - [Long Levers](#long)\n"
    assert [type(found) for found in read(f"{contents}- [{TITLE}]({URL})\n")] == [ListEntry]
