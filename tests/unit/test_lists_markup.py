"""Files of HTML and XML are refused by name; lines before a table's header are skipped."""

from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.lists import read_lists
from classifier.lists.markup import describe_markup
from classifier.model.entries import ListEntry

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<!DOCTYPE html>\n<html><body></body></html>", "an HTML page"),
        ("<HTML>\n<a href='https://arxiv.org/abs/2203.02155'>x</a>", "an HTML page"),
        ("<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<META>\n<DL><p>", "a browser's bookmarks"),
        ('<rdf:RDF\n xmlns:z="http://www.zotero.org/namespaces/export#">\n', "an RDF file"),
        (f'{XML}<!-- made by x -->\n<rdf:RDF xmlns:rdf="x">', "an RDF file"),
        (f"{XML}<!DOCTYPE PubmedArticleSet PUBLIC 'x' 'y'>\n<PubmedArticleSet>", "PubMed XML"),
        ("<PubmedArticleSet><PubmedArticle>", "PubMed XML"),
        (f'{XML}<feed xmlns="http://www.w3.org/2005/Atom">', "an Atom feed"),
        (f'{XML}<rss version="2.0">', "an RSS feed"),
        (f'{XML}<OAI-PMH xmlns="x">', "an OAI-PMH reply"),
        (f'{XML}<opml version="2.0">', "an OPML outline"),
        ('<mods xmlns="http://www.loc.gov/mods/v3">', "MODS XML"),
        (f"{XML}<!DOCTYPE dblp [ <!ENTITY x 'y'> ]>\n<dblp>", "DBLP XML"),
        (f'{XML}<b:Sources xmlns:b="x">', "Word's XML of sources"),
        (f'{XML}<TEI xmlns="http://www.tei-c.org/ns/1.0">', "a TEI document"),
        (f"{XML}<whatever/>", "an HTML or XML file"),
        ("<x:whatever>", "an HTML or XML file"),
    ],
)
def test_a_file_of_markup_is_named(tmp_path: Path, text: str, kind: str):
    assert (describe_markup(text) or "").startswith(kind)
    for name in ("list", "list.xml", "list.rdf", "list.txt"):
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=f"it is {kind}.*expected BibTeX"):
            list(read_lists([str(tmp_path / name)]))


@pytest.mark.parametrize(
    "head",
    [
        '<p align="center"><img src="logo.png"></p>\n',
        "<!-- omit in toc -->\n<div>\n\n</div>\n",
        "<h1>Papers</h1>\n",
        "<https://example.org>\n",
        "<a name='top'></a>\n",
    ],
)
def test_a_markdown_list_may_begin_with_tags(tmp_path: Path, head: str):
    (tmp_path / "list").write_text(f"{head}\n# Papers\n\n- [Walking](https://arxiv.org/abs/2203.02155)\n")
    found = [entry for entry in read_lists([str(tmp_path / "list")]) if isinstance(entry, ListEntry)]
    assert "2203.02155" in [entry.paper.arxiv_id for entry in found]


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("", 2),
        ("\n\n", 4),
        ("sep=,\n", 3),
        ("\ufeffsep=,\n\n", 4),
        ('"About the data: Exported on Nov 1, 2026. Criteria: title, abstract."\n', 3),
        ("My reading list\n\n", 4),
        ("Exported by,a program\nOn,2026-11-27\n\n", 5),
    ],
)
@pytest.mark.parametrize("name", ["list.csv", "list"])
def test_lines_before_a_header_are_skipped(tmp_path: Path, before: str, line: int, name: str):
    (tmp_path / name).write_text(f"{before}Rank,DOI,Title,PubYear\n1,10.1000/182,A Walk in the Park,2021\n")
    [entry] = read_lists([str(tmp_path / name)])
    assert isinstance(entry, ListEntry)
    assert (entry.line, entry.paper.title, entry.paper.doi, entry.paper.year) == (
        line, "A Walk in the Park", "10.1000/182", 2021,
    )  # fmt: skip


def test_a_row_that_looks_like_a_header_stays_a_row(tmp_path: Path):
    (tmp_path / "list.csv").write_text("Title,Year\nTitle,Abstract\nA Walk in the Park,2021\n")
    found = [entry for entry in read_lists([str(tmp_path / "list.csv")]) if isinstance(entry, ListEntry)]
    assert [entry.paper.title for entry in found] == ["Title", "A Walk in the Park"]
