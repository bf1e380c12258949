"""New papers in a library by whose keywords or groups the tree was made: only an entry is added."""

# ruff: noqa: E501

import pytest

from classifier.errors import ConfigError
from classifier.export.filed import file_rows
from classifier.export.render import Options, add_into
from classifier.export.splice.library_papers import add_to_library
from classifier.scaffold.filed import Choices
from classifier.scaffold.reading import read_source
from classifier.scaffold.start import start_workspace
from classifier.survey.section_plan import load_section_plan
from classifier.survey.workspace import Workspace
from tests.labelled_rows import HOSTILE, row

NEW = {"title": "A Whistle in the Stairwell Betrays the Starling", "arxiv_id": "2611.01234", "year": 2026}
TITLES = (
    "Chorus of the Town at Dawn",
    "Plumage of the Park at Noon",
    "Trills of the Alps at Dusk",
    "Feathers of Lakes",
)


def bibtex(field, names, end=""):
    return (
        "\n".join(
            f"@article{{p{n},\n  title = {{{title}}},\n  year = 2024,\n  {field} = {{{names[n % 2]}}}\n}}\n"
            for n, title in enumerate(TITLES)
        )
        + end
    )


def ris(names):
    return "".join(
        f"TY  - JOUR\r\nTI  - {title}\r\nKW  - {names[n % 2]}\r\nKW  - rare {n}\r\nER  - \r\n\r\n"
        for n, title in enumerate(TITLES)
    )


def table(head, row, names):
    return head + "".join(row.format(n=n, title=title, name=names[n % 2]) for n, title in enumerate(TITLES))


GROUPS = (
    "\n@Comment{jabref-meta: grouping:\n0 AllEntriesGroup:;\n1 StaticGroup:Birds\\;0\\;1\\;\\;\\;\\;;\n"
    "2 StaticGroup:Song\\;0\\;1\\;\\;\\;\\;;\n2 StaticGroup:Sight\\;0\\;1\\;\\;\\;\\;;\n}\n"
)
ZOTERO = '"Key","Item Type","Publication Year","Author","Title","Url","DOI","Manual Tags","Notes"\n'
LIBRARIES = {
    "BibTeX keywords": ("bibtex", "a.bib", bibtex("keywords", ("Song", "Sight")), "  keywords = {Song}"),
    "BibTeX, no line end": ("bibtex", "a.bib", bibtex("keywords", ("Song", "Sight")).rstrip(), "  keywords = {Song}"),
    "numbered": ("bibtex", "a.bib", bibtex("keywords", ("1 Song", "2 Sight")), "  keywords = {1 Song}"),
    "nested": ("bibtex", "a.bib", bibtex("keywords", ("Birds > Song", "Birds > Sight")), "  keywords = {Birds > Song}"),
    "a slash within a name": ("bibtex", "a.bib", bibtex("keywords", ("Night/song", "Sight")), "  keywords = {Night/song}"),
    "JabRef groups": ("bibtex", "a.bib", bibtex("groups", ("Song", "Sight"), GROUPS), "  groups = {Song}"),
    "RIS": ("ris", "a.ris", ris(("Song", "Sight")), "KW  - Song"),
    "Zotero CSV": (
        "csv",
        "a.csv",
        table(ZOTERO, '"K{n}","journalArticle","2024","Ng, Ada","{title}","","","{name}; rare {n}",""\n', ("Song", "Sight")),
        '"","","2026","Ada Ng; Bo Li; Cy Oz","A Whistle in the Stairwell Betrays the Starling","https://arxiv.org/abs/2611.01234","","Song",""',
    ),
    "plain CSV": (
        "csv",
        "a.csv",
        table("title;category;arxiv\n", "{title};{name};2401.0000{n}\n", ("Song", "Sight")),
        "A Whistle in the Stairwell Betrays the Starling;Song;2611.01234",
    ),
}  # fmt: skip
each_library = pytest.mark.parametrize(("form", "name", "text", "line"), LIBRARIES.values(), ids=LIBRARIES)


def make(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    filing = start_workspace(tmp_path / "ws", read_source(str(path)), Choices(), force=True).filing
    return filing, Workspace(tmp_path / "ws"), load_section_plan(tmp_path / "ws")


def leaf(filing):
    return next(path for top in filing.tree for path, _ in top.walk() if path.endswith("song"))


@each_library
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_a_new_paper_is_one_entry_more_with_the_name_of_its_leaf(tmp_path, form, name, text, line, eol):
    data = text.replace("\r\n", "\n").replace("\n", eol).encode()
    filing, workspace, plan = make(tmp_path, name, data)
    rows = list(file_rows([row("new", leaf(filing), **NEW)], workspace.taxonomy))
    done = add_to_library(form, data, rows, plan)
    assert (done.labelled, done.unknown, done.untouched) == (1, 0, ())
    assert done.data.startswith(data)
    assert line in done.data[len(data) :].decode().rstrip(",").split(eol)
    assert done.data.count(b"\n") == done.data.count(eol.encode())
    again, _, _ = make(tmp_path, name, done.data)
    assert {p.entry.paper.title: p.leaves for p in again.papers}[NEW["title"]] == [leaf(filing)]
    assert len(again.outcomes) == len(filing.outcomes) + 1
    assert add_to_library(form, done.data, rows, plan)[:3] == (done.data, 0, 1)


@each_library
@pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_title_adds_one_entry_or_none(tmp_path, form, name, text, line, title):
    data = text.encode()
    filing, workspace, plan = make(tmp_path, name, data)
    rows = list(file_rows([row("new", leaf(filing), **NEW | {"title": title})], workspace.taxonomy))
    done = add_to_library(form, data, rows, plan)
    assert done.data.startswith(data)
    assert done.labelled + len(done.untouched) == 1
    again, _, _ = make(tmp_path, name, done.data)
    assert len(again.outcomes) == len(filing.outcomes) + done.labelled


def test_what_cannot_be_added_is_said_and_nothing_changes(tmp_path):
    data = bibtex("keywords", ("Song", "Sight")).replace("Town", "Tówn").encode("latin-1")
    filing, workspace, plan = make(tmp_path, "a.bib", data)
    known = row("known", leaf(filing), title=TITLES[2])
    foreign = row("foreign", leaf(filing), **NEW | {"title": "Žluťoučký kůň and the Whistle of Starlings"})
    done = add_to_library("bibtex", data, file_rows([known, foreign], workspace.taxonomy), plan)
    assert (done.data, done.labelled, done.unknown) == (data, 0, 1)
    assert (
        done.untouched[0].reason == "its entry has characters that latin-1 lacks; save the library as UTF-8"
    )
    without = b"@article{p, title = {Chorus of the Town at Dawn}}\n"
    [left] = add_to_library("bibtex", without, file_rows([known], workspace.taxonomy), plan).untouched
    assert left.reason == f"no entry of the library has keywords for {leaf(filing)}"


def test_other_formats_are_refused_in_one_line(tmp_path):
    with pytest.raises(
        ConfigError, match=r"--add works with markdown, bibtex, ris, csv, not with 'csl-json'; export"
    ):
        add_into("csl-json", b"[]", tmp_path / "a.json", [], Workspace(None).taxonomy, Options(), None)
