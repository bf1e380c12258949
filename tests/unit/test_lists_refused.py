"""Files of other kinds that are given as a list: each is refused by name, with what to do."""

import json

import pytest

from classifier.errors import InputError
from classifier.lists import read_lists

ZIP = b"PK\x03\x04" + bytes(60)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
CFF = b"cff-version: 1.2.0\nmessage: cite me\ntitle: My software\ndoi: 10.9999/a\n"
REFWORKS = b"RT Journal Article\nSR Electronic(1)\nID 12\nA1 Muster, Anna\nT1 A Title\nDO 10.9999/a\n"
PUBMED = b"""1. J Inv. 2021 Jan;1(2):3. doi: 10.9999/a.

A title of words.

Muster A(1), Exempel K(2).

Author information:
(1)A town.

DOI: 10.9999/a
PMID: 12345678
"""
NOTEBOOK = {"cells": [{"cell_type": "code", "source": ["import x"]}], "metadata": {}, "nbformat": 4}
PACKAGE = {"name": "my-package", "version": "1.0", "description": "A package", "dependencies": {"a": "1"}}


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.xlsx", ZIP, "a spreadsheet; save it as CSV"),
        ("a.xls", OLE, "a spreadsheet; save it as CSV"),
        ("a.ods", ZIP, "a spreadsheet; save it as CSV"),
        ("a.numbers", ZIP, "a spreadsheet; save it as CSV"),
        ("a.docx", ZIP, "a text document"),
        ("a.odt", ZIP, "a text document"),
        ("a.pages", ZIP, "a text document"),
        ("a.doc", OLE, "a text document"),
        ("a.rtf", b"{\\rtf1\\ansi some words}", "an RTF document"),
        ("a.enlx", ZIP, "an EndNote library"),
        ("a.zip", ZIP, "a ZIP archive; unpack it"),
        ("a", OLE, "an Office document"),
        ("a.parquet", b"PAR1" + bytes(60), "a Parquet file"),
        ("a.sqlite", b"SQLite format 3\0" + bytes(60), "a SQLite file"),
        ("CITATION.cff", CFF, "a CITATION.cff file"),
        ("a.txt", REFWORKS, "RefWorks' tagged format"),
        ("a.txt", PUBMED, "PubMed's text; save it in the format PubMed"),
        ("a.txt", b"<1>\nUnique Identifier\n  1\nTitle\n  A title of words.\n", "Ovid's text"),
        ("a.txt", b"____\n\nDocument 1 of 2\n\nA title of words\n\nAuthor: Muster, A\n", "ProQuest's text"),
        ("a.txt", b"Record: 1\nTitle: A title\nAuthors: Muster A\n", "EBSCO's text"),
        ("a.ipynb", json.dumps(NOTEBOOK).encode(), "a Jupyter notebook"),
        ("a.ipynb", json.dumps(NOTEBOOK, indent=1).encode(), "a Jupyter notebook"),
        ("package.json", json.dumps(PACKAGE).encode(), "a package description"),
        ("package.json", json.dumps(PACKAGE, indent=2).encode(), "a package description"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_refused_by_name(name, content, kind, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_lists([str(tmp_path / name)])
    assert f"it is {kind}" in caught.value.message
    assert "expected BibTeX" in caught.value.message


@pytest.mark.parametrize(
    "content",
    [
        "TI Rewards by words\nAU Muster A\nPY 2020\nSO J Inv\nDI 10.9999/a\nAB A robot\n",
        "layout: post\ntitle: My papers\ndate: 2020-01-01\n- name: one\n",
        "papers:\n- title: Rewards by words\n  author: Muster\n  year: 2020\n- title: More\n  year: 2021\n",
    ],
)
def test_records_of_an_unknown_export_are_no_lines_of_titles(content, tmp_path):
    (tmp_path / "a.txt").write_text(content)
    with pytest.raises(InputError) as caught:
        list(read_lists([str(tmp_path / "a.txt")]))
    assert "no known list format" in caught.value.message


def test_a_list_of_ids_of_pubmed_and_of_dois_is_plain_text(tmp_path):
    (tmp_path / "a.txt").write_text(
        "PMID: 12345678\nDOI: 10.9999/a\n1. 2203.02155\nRL with Words\nAI and Steel\n"
    )
    found = list(read_lists([str(tmp_path / "a.txt")]))
    assert [entry.line for entry in found] == [1, 2, 3, 4, 5]
