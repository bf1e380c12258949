"""A list in any of ten styles: every paper is accounted for, and one more goes back into its section."""

# ruff: noqa: E501

from __future__ import annotations

import json
import re

import pytest

from classifier.export.filed import file_rows
from classifier.export.splice.markdown_papers import add_papers
from classifier.scaffold.filed import Choices
from classifier.scaffold.reading import read_source
from classifier.scaffold.start import start_workspace
from classifier.survey.lint import lint_workspace
from classifier.survey.section_plan import load_section_plan
from classifier.survey.workspace import Workspace
from tests.labelled_rows import row
from tests.list_styles import NEW, SONGS, STYLES, count_entries, count_items

each_style = pytest.mark.parametrize("style", STYLES, ids=[style.name for style in STYLES])


def make(tmp_path, text):
    path = tmp_path / "README.md"
    path.write_bytes(text.encode())
    return start_workspace(tmp_path / "ws", read_source(str(path)), Choices()).filing


@each_style
def test_every_paper_is_in_the_tree_in_a_facet_or_in_a_pile(tmp_path, style):
    filing = make(tmp_path, style.text)
    # Counted by the style's own rule, which shares nothing with the reader.
    assert count_entries(style) == 7
    assert sum(filing.counts().values()) == 7
    assert filing.counts() == {"leaf": 5, "facet: kind=survey": 2}
    assert filing.items.total() == count_items(style.text)
    assert filing.items["with a paper"] == 7
    studies = [json.loads(line) for line in (tmp_path / "ws/gold/labels.jsonl").read_text().splitlines()]
    assert [study["label"].rpartition("/")[2] for study in studies] == ["by-song"] * 3 + ["by-sight"] * 2
    assert [(study["title"], study["arxiv"]) for study in studies[:3]] == [paper[:2] for paper in SONGS]
    found = lint_workspace(Workspace(tmp_path / "ws"))
    assert [finding for finding in found if finding.level == "error"] == []


def test_every_bullet_and_row_is_counted_under_a_name_that_says_what_it_is(tmp_path):
    text = (
        "# Birds\n\n- [Songs](#songs)\n- [Tools](#tools)\n\n## News\n- We are on [a blog](https://example.org/blog).\n\n"
        "## Songs\n- Dawn\n  - [Recorders on Forty Roofs](https://arxiv.org/abs/2503.00001)\n    - Code: [here](https://github.com/a/b)\n"
        "    - Ann Bee\n  - Microphones in a Courtyard Count the Robins\n  - [A Choir of Robins](https://robins.example.org/)\n"
        "  - [Parks Told by Software](https://arxiv.org/abs/2411.00002)\n\n## Tools\n- [birdnet](https://github.com/c/d)\n\n"
        "## Sights\n[Cameras at Garden Feeders](https://arxiv.org/abs/2501.00004)\n\n- It counts visitors.\n\n"
        "[Passers-by Photograph Nests](https://arxiv.org/abs/2407.00005)\n"
    )
    filing = make(tmp_path, text)
    assert filing.items.total() == count_items(text)
    assert filing.items == {
        "contents of the page": 2,
        "no paper, in front matter": 1,
        "a section": 1,
        "with a paper": 2,
        "about the paper above": 3,
        "no link": 1,
        "a link, but to no paper": 1,
        "no paper, in kind=tool": 1,
    }
    assert [item.text for item in filing.source.unread if item.section[-1] == "Dawn"] == [
        "- A Choir of Robins"
    ]


@each_style
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_one_more_paper_goes_into_its_section_in_the_lists_own_style(tmp_path, style, eol):
    text = style.text.replace("\n", eol)
    filing = make(tmp_path, text)
    leaf = next(path for top in filing.tree for path, _ in top.walk() if path.endswith("by-song"))
    paper = row("new", leaf, title=NEW[0], arxiv_id=NEW[1], year=2026)
    workspace = Workspace(tmp_path / "ws")
    added = add_papers(
        text.encode(), file_rows([paper], workspace.taxonomy), load_section_plan(tmp_path / "ws")
    )
    old, new = text.split(eol), added.data.decode().split(eol)
    [place] = [number for number, line in enumerate(new) if NEW[1] in line]
    assert new[:place] + new[place + 1 :] == old  # every other byte is as it was
    assert re.sub(r"(?<=\S) +", " ", new[place]) == style.added
    songs = [number for number, line in enumerate(new) if any(song[0] in line for song in SONGS)]
    assert min(songs) - 1 <= place <= max(songs) + 1
    assert count_entries(style, added.data.decode().replace(eol, "\n")) == 8
    again = add_papers(added.data, file_rows([paper], workspace.taxonomy), load_section_plan(tmp_path / "ws"))
    assert (again.data, again.labelled, again.unknown) == (added.data, 0, 1)
