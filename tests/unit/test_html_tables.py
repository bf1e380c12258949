"""Rows of HTML tables in Markdown lists are read as rows of Markdown tables are."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from classifier.export.filed import file_rows
from classifier.export.splice.markdown_papers import add_papers
from classifier.lists import read_lists
from classifier.model.entries import ListEntry
from classifier.scaffold.filed import Choices
from classifier.scaffold.filing import file_source
from classifier.scaffold.reading import read_source
from classifier.scaffold.start import start_workspace
from classifier.survey.section_plan import load_section_plan
from classifier.survey.workspace import Workspace
from tests.labelled_rows import row

U = "https://arxiv.org/abs/2401.0000"
HEAD = '<thead><tr><th width="45%">Title</th><th>Author</th><th>Year</th><th>Description</th></tr></thead>'
ROWS = [
    ("Songs of the Town at Dawn", "Amsel et al.", "2024", f"{U}1"),
    ("Nests of the Town at Noon", "Beak and Crow", "2023", f"{U}2"),
]
EXPECTED = [
    ("Songs of the Town at Dawn", 2024, "2401.00001"),
    ("Nests of the Town at Noon", 2023, "2401.00002"),
]


def one_line(title, author, year, url):
    badge = '<img src="https://img.shields.io/badge/Blog-orange?logo=rss" alt="Blog">'
    return f'<tr><td><a href="{url}">{title}</a> {badge}</td><td>{author}</td><td>{year}</td><td>an audit of songs</td></tr>'


def many_lines(title, author, year, url):
    return f'  <tr>\n    <td>\n      <a\n        href="{url}">{title}</a>\n    </td>\n    <td>{author}</td>\n    <td>{year}</td>\n    <td>songs | nests</td>\n  </tr>'


def unclosed(title, author, year, url):
    return f"<tr><td>[{title}]({url})<td>{author}<td>{year}<td>"


def table(row, head=HEAD, between="\n"):
    return (
        f"<table>\n{head}\n<tbody>{between}"
        + between.join(row(*each) for each in ROWS)
        + f"{between}</tbody></table>\n"
    )


@pytest.fixture
def read(tmp_path):
    """Writes a list and reads it back."""

    def read_text(content: str):
        path = tmp_path / "README.md"
        path.write_text(content, encoding="utf-8")
        return list(read_lists([str(path)]))

    return read_text


def facts(found):
    return [
        (entry.paper.title, entry.paper.year, entry.paper.arxiv_id)
        for entry in found
        if isinstance(entry, ListEntry)
    ]


@pytest.mark.parametrize(
    "text",
    [
        table(one_line),
        table(one_line, between="\n\n"),
        table(one_line, between=""),
        table(many_lines),
        table(unclosed),
        table(
            one_line, head="<tr><td><b>Title</b></td><td>Author</td><td>Year</td><td>Description</td></tr>"
        ),
        table(one_line).replace("<t", "<T").replace("</t", "</T"),
        f"<details><summary>Songs</summary>\n\n{table(one_line)}\n</details>\n",
        # text around the table stays what it was
        f"# Birds\n\n## Songs\n\nWords.\n\n{table(one_line)}\nMore words.\n",
    ],
)
def test_each_row_is_an_entry(read, text):
    found = read(text)
    assert facts(found) == EXPECTED
    assert [entry.paper.abstract for entry in found] == [None, None]
    assert [entry.paper.authors[0] for entry in found] == ["Amsel", "Beak"]


def test_an_entry_is_on_the_line_where_its_row_begins(read):
    text = table(many_lines)
    lines = [
        number
        for number, line in enumerate(text.split("\n"), start=1)
        if "<tr>" in line and "<th" not in line
    ]
    assert [entry.line for entry in read(text)] == lines


def test_a_cell_over_several_rows_is_in_each_of_them(read):
    rows = [one_line(*each) for each in ROWS]
    head = HEAD.replace("<tr>", '<tr><th rowspan="1">Kind</th>')
    first = rows[0].replace("<tr>", '<tr><td rowspan="2">Song</td>')
    assert facts(read(f"<table>\n{head}\n{first}\n{rows[1]}\n</table>\n")) == EXPECTED


def test_a_table_of_models_stays_as_it_is(read):
    models = f'<table>\n<tr><th>Model</th><th>Size</th><th>Link</th></tr>\n<tr><td>T5</td><td>11</td><td><a href="{U}1">Paper</a></td></tr>\n</table>\n'
    found = read(f"{models}\n- [Songs of the Town at Dawn]({U}1)\n")
    assert found[-1].paper.title == "Songs of the Town at Dawn"
    assert len(found) == 2


def test_rows_and_bullets_are_both_read(read):
    text = f"{table(one_line)}\n- [Owls of the Old Town Hall]({U}3)\n\n{table(one_line)}"
    assert facts(read(text)) == [*EXPECTED, ("Owls of the Old Town Hall", None, "2401.00003"), *EXPECTED]


@pytest.mark.parametrize(
    "text",
    [
        # a table that lays out the page; its list is in a cell
        f"<table><tr><td>\n\n- [Songs of the Town at Dawn]({U}1)\n- [Nests of the Town at Noon]({U}2)\n\n</td></tr></table>\n",
        # a table that is left open
        f"<table><tr><td>\n\n- [Songs of the Town at Dawn]({U}1)\n- [Nests of the Town at Noon]({U}2)\n",
        f"<table>\n- [Songs of the Town at Dawn]({U}1)\n- [Nests of the Town at Noon]({U}2)\n" + "x\n" * 500,
    ],
)  # fmt: skip
def test_a_table_that_is_no_table_of_papers_stays_as_it_is(read, text):
    assert [(title, arxiv) for title, _, arxiv in facts(read(text))] == [
        (title, arxiv) for title, _, arxiv in EXPECTED
    ]


def test_papers_of_tables_are_in_their_sections(tmp_path):
    path = tmp_path / "README.md"
    other = table(one_line).replace("2401.0", "2402.0").replace("Town", "Alps")
    path.write_text(f"# Birds\n\n## Town\n\n{table(one_line)}\n## Alps\n\n{other}")
    filing = file_source(read_source(str(path)), Choices())
    assert [paper.leaves for paper in filing.papers] == [["town"]] * 2 + [["alps"]] * 2


def test_a_paper_for_a_table_is_reported_and_the_list_is_unchanged(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(
        f"# Birds\n\n## Town\n\n{table(one_line)}\n## Alps\n\n- [Owls of the Old Town Hall]({U}3)\n"
    )
    start_workspace(tmp_path / "ws", read_source(str(path)), Choices())
    papers = [
        row(f"new{n}", leaf, title=f"A Whistle in Stairwell Number {n}", arxiv_id=f"2611.0123{n}", year=2026)
        for n, leaf in enumerate(("town", "alps"))
    ]
    workspace = Workspace(tmp_path / "ws")
    added = add_papers(
        path.read_bytes(), file_rows(papers, workspace.taxonomy), load_section_plan(tmp_path / "ws")
    )
    [untouched] = added.untouched
    assert untouched.reason == "'Town' is a table in HTML, to which no row can be added; add it by hand"
    old, new = path.read_text().split("\n"), added.data.decode().split("\n")
    assert [line for line in new if "2611.01231" not in line] == old
    assert len(new) == len(old) + 1
