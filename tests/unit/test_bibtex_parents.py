"""BibTeX's crossref and biblatex's xdata: what a child takes from its parents, and which parents are papers."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from classifier.lists import bibtex_parents, read_lists
from classifier.model.entries import BrokenEntry

CHILD = "@inproceedings{song, author={Ada Amsel}, title={Chorus of the Town}, crossref={vol}}\n"
BARE = "@inproceedings{song, title={Chorus of the Town}, crossref={VOL}}\n"
VOLUME = "@proceedings{vol, title={Birds in Towns 2019}, year={2019}, editor={Bo Beak}, doi={10.1234/vol}, url={https://birds.org/vol.pdf}}\n"
OTHER = "@article{other, title={Flyways of the Old World}, year={2001}}\n"
XDATA = "@xdata{shared, journal={Nest}, year={2018}, doi={10.1234/shared}, author={Cy Crow}}\n"


@pytest.fixture
def read(tmp_path):
    """Writes a list and reads it back."""

    def read_text(content: str):
        file = tmp_path / "a.bib"
        file.write_text(content, encoding="utf-8")
        return list(read_lists([str(file)]))

    return read_text


def facts(entry):
    return (entry.key, entry.journal, entry.paper.year, entry.paper.authors, entry.paper.doi)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CHILD + VOLUME, [("song", "Birds in Towns 2019", 2019, ("Ada Amsel",), None)]),
        (BARE + VOLUME, [("song", "Birds in Towns 2019", 2019, ("Bo Beak",), None)]),
        (CHILD + OTHER + VOLUME, [("song", "Birds in Towns 2019", 2019, ("Ada Amsel",), None), ("other", None, 2001, (), None)]),
        # what the child has itself stays
        (CHILD.replace("crossref", "booktitle={BT}, year={2020}, crossref") + VOLUME, [("song", "BT", 2020, ("Ada Amsel",), None)]),
        (CHILD.replace("crossref", "date={2021-05}, crossref") + VOLUME, [("song", "Birds in Towns 2019", 2021, ("Ada Amsel",), None)]),
        (CHILD.replace("crossref", "year={}, crossref") + VOLUME, [("song", "Birds in Towns 2019", 2019, ("Ada Amsel",), None)]),
        # biblatex allows the volume before its children; it has then been read as an entry
        (VOLUME + CHILD, [("vol", None, 2019, ("Bo Beak",), "10.1234/vol"), ("song", "Birds in Towns 2019", 2019, ("Ada Amsel",), None)]),
        # a volume that nobody names is an entry
        (OTHER + VOLUME, [("other", None, 2001, (), None), ("vol", None, 2019, ("Bo Beak",), "10.1234/vol")]),
        # a parent that is missing, is no volume, or is the entry itself
        (CHILD + OTHER, [("song", None, None, ("Ada Amsel",), None), ("other", None, 2001, (), None)]),
        (CHILD.replace("{vol}", "{other}") + OTHER, [("song", None, None, ("Ada Amsel",), None), ("other", None, 2001, (), None)]),
        (CHILD.replace("{vol}", "{song}") + OTHER, [("song", None, None, ("Ada Amsel",), None), ("other", None, 2001, (), None)]),
        # volumes in volumes, and in circles
        ("@incollection{a, title={Trills of the Alps}, crossref={b}}\n@book{b, title={Alps I}, crossref={c}}\n@mvbook{c, title={Alps}, year={1999}}\n", [("a", "Alps I", 1999, (), None)]),
        ("@incollection{a, title={Trills of the Alps}, crossref={b}}\n@book{b, title={Alps I}, crossref={c}}\n@book{c, title={Alps II}, crossref={b}}\n", [("a", "Alps I", None, (), None)]),
        # xdata gives every field, before or after; it is never an entry, nor is a set
        ("@article{a, title={Trills of the Alps}, xdata={shared}}\n" + XDATA, [("a", "Nest", 2018, ("Cy Crow",), "10.1234/shared")]),
        (XDATA + "@article{a, title={Trills of the Alps}, author={Dee Dove}, xdata={other, shared}}\n@xdata{other, year={2017}}\n", [("a", "Nest", 2017, ("Dee Dove",), "10.1234/shared")]),
        (XDATA + "@xdata{more, xdata={shared}, year={2016}}\n@article{a, title={Trills of the Alps}, xdata={more}}\n", [("a", "Nest", 2016, ("Cy Crow",), "10.1234/shared")]),
        (OTHER + "@set{both, entryset={other, a}}\n", [("other", None, 2001, (), None)]),
    ],
)  # fmt: skip
def test_a_child_has_what_its_parents_give(read, text, expected):
    assert [facts(entry) for entry in read(text)] == expected


def test_entries_stay_in_order_and_broken_ones_among_them(read):
    found = read(CHILD + "@article{broken, title={Open\n" + OTHER + VOLUME)
    assert [(entry.key, entry.line) for entry in found] == [("song", 1), ("broken", 2), ("other", 3)]
    assert isinstance(found[1], BrokenEntry)


def test_an_entry_does_not_wait_forever_for_a_parent(read, monkeypatch):
    monkeypatch.setattr(bibtex_parents, "_MOST_WAITING", 3)
    rest = "".join(f"@article{{a{n}, title={{Paper number {n} of birds}}}}\n" for n in range(5))
    assert [entry.journal for entry in read(CHILD + rest + VOLUME)] == [None] * 6


def test_chains_and_webs_of_parents_end(read):
    chain = "".join(
        f"@book{{b{n}, title={{Volume {n} of birds}}, crossref={{b{n + 1}}}}}\n" for n in range(3000)
    )
    assert len(read(CHILD.replace("{vol}", "{b0}") + chain)) == 1
    every = ",".join(f"x{n}" for n in range(40))
    web = "".join(f"@xdata{{x{n}, xdata={{{every}}}, year={{2015}}}}\n" for n in range(40))
    [entry] = read(f"@article{{a, title={{Trills of the Alps}}, xdata={{{every}}}}}\n{web}")
    assert entry.paper.year == 2015
