"""New papers in the sections of a Markdown list: the position of their lines, and that nothing else
changes."""

# ruff: noqa: E501

import re

import pytest
from markdown_it import MarkdownIt

from classifier.export.filed import file_rows
from classifier.export.splice.markdown_papers import add_papers
from classifier.lists.lines import ListLine
from classifier.lists.markdown import read_markdown
from classifier.lists.raw import Raw
from classifier.survey.section_plan import PlannedSection, SectionPlan
from tests.labelled_rows import HOSTILE, row, taxonomy

LEAF = "capacity/with-load-test"
PLAN = SectionPlan(sections=(PlannedSection(section=("A",), role="topic", leaf=LEAF),))
ONE, TWO = "https://arxiv.org/abs/2401.00001", "https://arxiv.org/abs/2301.00002"
TITLE = "Tiny Maps: Memory for Agents that Plan"
NEW = "https://arxiv.org/abs/2411.01234"


def paper(key="new", label=LEAF, **facts):
    return row(key, label, **({"title": TITLE, "arxiv_id": "2411.01234", "year": 2024} | facts))


def add(text, *rows, plan=PLAN):
    return add_papers(
        text if isinstance(text, bytes) else text.encode(), file_rows(rows or (paper(),), taxonomy()), plan
    )


def lines(data):
    return data.decode().split("\n")


@pytest.mark.parametrize(
    ("text", "place", "line"),
    [
        (f"## A\n- [Learning to Lift a Lever]({ONE})\n- [A Crane that Learns]({TWO})\n\n## B\n", 1, f"- [{TITLE}]({NEW})"),  # newest first
        (f"## A\n- [A Crane that Learns]({TWO})\n- [Learning to Lift a Lever]({ONE})\n\n## B\n", 3, f"- [{TITLE}]({NEW})"),
        (f"## A\n- [Learning to Lift a Lever]({ONE})", 2, f"- [{TITLE}]({NEW})"),  # no line end
        (f"## A\n1. [A Crane that Learns]({TWO})\n2. [Learning to Lift a Lever]({ONE})\n", 3, f"3. [{TITLE}]({NEW})"),
        (f"## A\n1. [A Crane that Learns]({TWO})\n\n2. [Learning to Lift a Lever]({ONE})\n\n## B\n", 5, f"3. [{TITLE}]({NEW})"),
        (f"## A\n- [A Crane that Learns]({TWO})\n  <details>x</details>\n\n## B\n", 4, f"- [{TITLE}]({NEW})"),
        (f"## A\n- [A Crane that Learns]({TWO})\n  - code\n    more\n## B\n", 4, f"- [{TITLE}]({NEW})"),
        (f"## A\n\n| Title | Link |\n|--|--|\n| A Crane that Learns | [pdf]({TWO}) |\n\n## B\n", 5, f"| {TITLE} | [pdf]({NEW}) |"),
        (f"## A\n\nText.\n\n## B\n* [Learning to Lift a Lever]({ONE})\n", 3, f"* [{TITLE}]({NEW})"),  # an empty section
        (f"## A\n### 2024\n- [Learning to Lift a Lever]({ONE})\n### 2023\n- [A Crane that Learns]({TWO})\n", 3, f"- [{TITLE}]({NEW})"),
    ],
)  # fmt: skip
def test_a_line_stands_in_its_section_and_every_other_line_is_kept(text, place, line):
    done = add(text)
    new = lines(done.data)
    assert (done.labelled, done.untouched, new[place]) == (1, (), line)
    rest = [each for n, each in enumerate(new) if n != place]
    assert [each for each in rest if each] == [each for each in lines(text.encode()) if each]
    found = list(read_markdown(ListLine(n, each) for n, each in enumerate(new, 1)))
    assert TITLE in [raw.title for raw in found if isinstance(raw, Raw)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
def test_encoding_and_line_ends_stay(encoding, eol):
    text = f"## A é\n- [Learning to Lift a Lever]({ONE})\n\nEnd.\n".replace("\n", eol)
    plan = SectionPlan(sections=(PlannedSection(section=("A é",), role="topic", leaf=LEAF),))
    done = add(text.encode(encoding), plan=plan)
    new = f"- [{TITLE}]({NEW})"
    assert done.data.decode(encoding).split(eol) == [*text.split(eol)[:2], new, *text.split(eol)[2:]]


def test_several_papers_keep_their_order_and_are_added_once():
    text = f"## A\n1. [A Crane that Learns]({TWO})\n2. [Learning to Lift a Lever]({ONE})\n"
    rows = [paper(), paper("again"), paper("other", title="Another Map of Everything", arxiv_id="2412.00001")]
    done = add(text, *rows)
    assert (done.labelled, done.unknown) == (2, 1)
    assert [line[:6] for line in lines(done.data)[3:5]] == ["3. [Ti", "4. [An"]
    assert add(done.data, *rows).data == done.data


def test_without_a_plan_the_leafs_titles_are_the_section():
    titles = taxonomy().titles(LEAF)
    text = f"## {titles[0]}\n### {titles[1]}\n- [A Crane that Learns]({TWO})\n## {titles[1]}x\n"
    assert lines(add(text, plan=None).data)[3] == f"- [{TITLE}]({NEW})"


@pytest.mark.parametrize(
    ("text", "rows", "said"),
    [
        (
            "## B\n- [A Crane that Learns](" + TWO + ")\n",
            [paper()],
            "the list has no section for capacity/with-load-test",
        ),
        (
            "## A\n- [A Crane that Learns](" + TWO + ")\n",
            [paper(arxiv_id=None)],
            "it has no address to link to",
        ),
        ("## A\nText.\n", [paper()], "the list has no paper to follow"),
    ],
)
def test_what_cannot_be_added_is_said_and_nothing_changes(text, rows, said):
    done = add(text, *rows)
    assert said in done.untouched[0].reason
    assert done.data == text.encode()


@pytest.mark.parametrize("label", ["out-of-scope", "unplaced", "failed"])
def test_only_papers_with_a_leaf_are_added(label):
    text = f"## A\n- [A Crane that Learns]({TWO})\n"
    assert add(text, paper(label=label)).data == text.encode()


@pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "neighbour",
    [
        f"- [A Crane that Learns]({TWO})",
        f"- (ICLR 2023) **A Crane that Learns** [[Paper]]({TWO})",
        f"| A Crane that Learns | [pdf]({TWO}) |",
    ],
    ids=["link", "bold", "row"],
)
def test_a_hostile_title_changes_no_other_line_and_adds_no_link(title, neighbour):
    head = "| a | b |\n|--|--|\n" if neighbour.startswith("|") else ""
    text = f"## A\n{head}{neighbour}\n\n## B\n"
    done = add(text, paper(title=title))
    new = lines(done.data)
    assert [line for line in new if line in lines(text.encode())] == lines(text.encode())
    assert len(new) - len(lines(text.encode())) == done.labelled
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(done.data.decode())
    assert set(re.findall(r'(?:href|src)="([^"]*)', html)) <= {TWO, NEW}
    assert "<script" not in html


@pytest.mark.parametrize(
    ("neighbour", "facts", "line"),
    [
        pytest.param(
            f"- Old Maps for New Agents <br> EMNLP 2023 [[Paper]]({ONE}) [[Code]](https://github.com/a/b)",
            {"journal": "ICML"},
            f"- {TITLE} <br> ICML 2024 [[Paper]]({NEW})",
            id="a venue behind a line break",
        ),
        pytest.param(
            f"- Old Maps for New Agents (ICLR 2023) [[paper]]({ONE})",
            {"journal": "ICML 2024"},
            f"- {TITLE} (ICML 2024) [[paper]]({NEW})",
            id="a venue that has its year",
        ),
    ],
)
def test_the_venue_is_written_as_the_neighbours_is(neighbour, facts, line):
    made = paper()
    made = made.model_copy(update={"entry": made.entry.model_copy(update=facts)})
    assert line in lines(add(f"## A\n{neighbour}\n", made).data)


@pytest.mark.parametrize(
    ("paragraph", "added"),
    [
        (
            f"**Old Maps for New Agents** \\\n*Ada One, Bo Two* \\\narXiv 2023. [[Paper]({ONE})]",
            f"**{TITLE}** \\\narXiv 2024. [[Paper]({NEW})]",
        ),
        (
            f'**[1]** One, Ada. "**Old Maps for New Agents**." Journal of Maps (2023). [[pdf]]({ONE}) :star:',
            f'"**{TITLE}**." (2024). [[pdf]]({NEW})',
        ),
        (
            f"[Old Maps for New Agents]({ONE})\n\n- It plans on maps.\n- It draws them.",
            f"[{TITLE}]({NEW})",
        ),
        (f"    [Old Maps for New Agents]({ONE})", f"    [{TITLE}]({NEW})"),
    ],
)
def test_a_list_of_paragraphs_gets_a_paragraph_below_all_that_belongs_to_the_last(paragraph, added):
    before = (
        f"## A\n\n- Maps:\n\n{paragraph}\n\n## B\n\n**Other Things Than Maps Are Here** [[paper]({TWO})]\n"
    )
    done = add(before)
    assert done.data.decode() == before.replace("\n\n## B", f"\n\n{added}\n\n## B")
    assert add(done.data).data == done.data


@pytest.mark.parametrize(
    "entry",
    [
        "- [{}]({})\n\n    It plans the way through a garden of forking paths and draws a map of it for the next agent.",
        "- [{}]({}), NeurIPS 2024. It plans the way through a garden of paths.",
    ],
)
def test_it_is_said_that_neighbours_have_a_sentence_and_none_is_invented(entry):
    papers = (("Old Maps for New Agents", ONE), ("A Crane that Learns", TWO))
    text = "## A\n" + "\n".join(entry.format(*paper) for paper in papers) + "\n\n## B\n"
    done = add(text)
    assert done.notes == ("neighbours have a sentence about each paper; add yours to the new ones: 1",)
    venue = ", arXiv 2024." if "NeurIPS" in entry else ""
    assert f"- [{TITLE}]({NEW}){venue}" in lines(done.data)
    assert add("## A\n" + "\n".join("- [{}]({})".format(*paper) for paper in papers)).notes == ()
