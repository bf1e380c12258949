"""Zotero's collections, as RDF and as Better BibTeX's JSON; and the headings of a survey's PDF."""

# ruff: noqa: E501

from __future__ import annotations

import json

import pytest
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate

from classifier.errors import InputError
from classifier.scaffold.filed import Choices
from classifier.scaffold.filing import file_source
from classifier.scaffold.reading import read_source

RDF = """<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:z="http://www.zotero.org/namespaces/export#"
 xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:bib="http://purl.org/net/biblio#"
 xmlns:foaf="http://xmlns.com/foaf/0.1/"
 xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/">
    <bib:Article rdf:about="https://arxiv.org/abs/2503.00001">
        <z:itemType>preprint</z:itemType>
        <bib:authors><rdf:Seq><rdf:li><foaf:Person>
            <foaf:surname>Amsel</foaf:surname><foaf:givenName>Ada</foaf:givenName>
        </foaf:Person></rdf:li></rdf:Seq></bib:authors>
        <link:link xmlns:link="http://purl.org/rss/1.0/modules/link/" rdf:resource="#item_9"/>
        <dc:title>Recorders on Forty Roofs &amp; More</dc:title>
        <dcterms:abstract>We listen to birds.</dcterms:abstract>
        <dc:date>2025-03-01</dc:date>
        <dc:identifier><dcterms:URI><rdf:value>https://arxiv.org/abs/2503.00001</rdf:value></dcterms:URI></dc:identifier>
    </bib:Article>
    <z:Attachment rdf:about="#item_9"><z:itemType>attachment</z:itemType><dc:title>PDF</dc:title></z:Attachment>
    <bib:Article rdf:about="#item_2">
        <z:itemType>journalArticle</z:itemType>
        <dcterms:isPartOf><bib:Journal><dc:title>Journal of Birds</dc:title><dc:identifier>DOI 10.1234/birds.7</dc:identifier></bib:Journal></dcterms:isPartOf>
        <dc:title>Cameras at Garden Feeders</dc:title>
        <dc:date>Jan 2024</dc:date>
    </bib:Article>
    <rdf:Description rdf:about="urn:isbn:978-3">
        <z:itemType>conferencePaper</z:itemType>
        <dc:title>Kestrels and the Ring Road</dc:title>
    </rdf:Description>
    <bib:Memo rdf:about="#item_12"><rdf:value>a note</rdf:value></bib:Memo>
    <rdf:Description rdf:about="#item_5"><z:itemType>report</z:itemType><dc:title>Filed Nowhere</dc:title></rdf:Description>
    <z:Collection rdf:about="#collection_1"><dc:title>Counting</dc:title>
        <dcterms:hasPart rdf:resource="#collection_2"/><dcterms:hasPart rdf:resource="#collection_3"/>
    </z:Collection>
    <z:Collection rdf:about="#collection_2"><dc:title>By song</dc:title>
        <dcterms:hasPart rdf:resource="https://arxiv.org/abs/2503.00001"/>
        <dcterms:hasPart rdf:resource="#item_12"/>
    </z:Collection>
    <z:Collection rdf:about="#collection_3"><dc:title>By sight</dc:title>
        <dcterms:hasPart rdf:resource="#item_2"/><dcterms:hasPart rdf:resource="https://arxiv.org/abs/2503.00001"/>
    </z:Collection>
    <z:Collection rdf:about="#collection_4"><dc:title>Routes</dc:title>
        <dcterms:hasPart rdf:resource="urn:isbn:978-3"/><dcterms:hasPart rdf:resource="#collection_4"/>
    </z:Collection>
</rdf:RDF>
"""

BETTER = {
    "config": {"id": "36a3b0b5", "label": "BetterBibTeX JSON"},
    "collections": {
        "AAAA": {"key": "AAAA", "name": "Counting", "parent": "", "items": [], "collections": ["BBBB", "CCCC"]},
        "BBBB": {"key": "BBBB", "name": "By song", "parent": "AAAA", "items": [11, 99], "collections": []},
        "CCCC": {"key": "CCCC", "name": "By sight", "parent": "AAAA", "items": [12, 11], "collections": []},
        "DDDD": {"key": "DDDD", "name": "Routes", "parent": False, "items": [13], "collections": []},
    },
    "items": [
        {"itemID": 11, "itemType": "preprint", "title": "Recorders on Forty Roofs", "citationKey": "amsel2025", "url": "https://arxiv.org/abs/2503.00001"},
        {"itemID": 99, "itemType": "note", "note": "read this"},
        {"itemID": 12, "itemType": "journalArticle", "title": "Cameras at Garden Feeders", "DOI": "10.1234/birds.7"},
        {"itemID": 13, "itemType": "conferencePaper", "title": "Kestrels and the Ring Road"},
        {"itemID": 14, "itemType": "report", "title": "Filed Nowhere"},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"), [("birds.rdf", RDF), ("birds.xml", RDF), ("birds.json", json.dumps(BETTER, indent=1)), ("birds.json", json.dumps(BETTER))]
)  # fmt: skip
def test_collections_become_the_tree_and_every_item_is_accounted_for(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    source = read_source(str(path))
    found = {paper.entry.paper.title.removesuffix(" & More"): paper.sections for paper in source.papers}
    assert found == {
        "Recorders on Forty Roofs": (("Counting", "By song"), ("Counting", "By sight")),
        "Cameras at Garden Feeders": (("Counting", "By sight"),),
        "Kestrels and the Ring Road": (("Routes",),),
        "Filed Nowhere": (),
    }
    filing = file_source(source, Choices())
    assert [path for top in filing.tree for path, node in top.walk() if not node.children] == [
        "counting/by-song", "counting/by-sight", "routes",
    ]  # fmt: skip
    assert sum(filing.counts().values()) == 4
    assert filing.counts()["pile: no section"] == 1
    assert source.broken == ()


def test_an_item_of_the_rdf_has_its_ids_authors_year_and_abstract(tmp_path):
    path = tmp_path / "birds.rdf"
    path.write_text(RDF, encoding="utf-8")
    first, second = (paper.entry for paper in read_source(str(path)).papers[:2])
    assert first.paper.model_dump() == {
        "title": "Recorders on Forty Roofs & More", "authors": ("Ada Amsel",), "year": 2025,
        "arxiv_id": "2503.00001", "doi": None, "abstract": "We listen to birds.",
    }  # fmt: skip
    assert (first.names[0].family, second.journal) == ("Amsel", "Journal of Birds")
    assert (second.paper.doi, second.paper.year) == ("10.1234/birds.7", 2024)


BOMB = RDF.replace("<rdf:RDF", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>\n<rdf:RDF').replace("Routes", "&b;")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RDF[:1500], "cannot be read as Zotero's RDF"),
        (BOMB, "cannot be read as Zotero's RDF"),
        (RDF[: RDF.index("    <z:Collection")] + "</rdf:RDF>", "no collection has one of them"),
        (RDF[: RDF.index("    <bib:Article")] + "</rdf:RDF>", "0 items, but no collection"),
    ],
    ids=["cut", "entities", "no collections", "empty"],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, text, said):
    path = tmp_path / "birds.rdf"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_source(str(path))


def test_collections_within_each_other_end(tmp_path):
    data = json.loads(json.dumps(BETTER))
    data["collections"]["AAAA"]["parent"] = "BBBB"
    data["collections"]["BBBB"]["collections"] = ["AAAA"]
    (tmp_path / "birds.json").write_text(json.dumps(data))
    assert len(read_source(str(tmp_path / "birds.json")).papers) == 4


WORDS = (
    "Birds are counted in towns by people who listen, look and write down what they have noticed. Some of them "
    "walk early along quiet streets while others wait beside a feeder for hours. "
)


def pdf(path, headings):
    """A paper whose headings are larger than its text."""
    styles = getSampleStyleSheet()
    parts = [
        Paragraph("Birds in Cities: A Survey", styles["Title"]),
        Paragraph("Abstract", styles["Heading2"]),
    ]
    parts.append(Paragraph(WORDS * 6, styles["Normal"]))
    for heading in headings:
        parts += [Paragraph(heading, styles["Heading2"]), Paragraph(WORDS * 8, styles["Normal"])]
    SimpleDocTemplate(str(path)).build(parts)


def test_a_surveys_pdf_gives_its_headings_and_says_that_this_is_all(tmp_path):
    path = tmp_path / "survey.pdf"
    pdf(path, ["1 Introduction", "2 Counting", "2.1 By song", "2.2 By sight", "3 Routes", "4 Conclusion", "References"])  # fmt: skip
    source = read_source(str(path))
    assert [section.titles for section in source.sections] == [
        ("Counting",), ("Counting", "By song"), ("Counting", "By sight"), ("Routes",),
    ]  # fmt: skip
    assert source.title == "Birds in Cities: A Survey"
    assert source.papers == ()
    assert source.notices == (
        "the tree is made of the PDF's headings alone; a PDF brings no papers and no definitions",
        "headings that are no topics were left out: Introduction, Conclusion",
    )


def test_a_pdf_without_numbered_topics_says_what_to_do(tmp_path):
    path = tmp_path / "survey.pdf"
    pdf(path, ["1 Introduction", "2 Related Work", "3 Conclusion"])
    with pytest.raises(InputError, match="write the survey's headings as an indented outline"):
        read_source(str(path))


HEAD = RDF[: RDF.index("    <bib:Article")]
BOOK = """
    <bib:Book rdf:about="urn:isbn:{n}"><z:itemType>book</z:itemType><dc:title>Birds of Street {n}</dc:title>
        <dc:subject>{own}</dc:subject>
        <dc:subject><z:AutomaticTag><rdf:value>{taken}</rdf:value></z:AutomaticTag></dc:subject>
        <dcterms:isPartOf><bib:Series><dc:title>A Series</dc:title></bib:Series></dcterms:isPartOf>
    </bib:Book>
"""
BOOKS = "".join(
    BOOK.format(n=n, own=own, taken="Ornithology")
    for n, own in enumerate(("Song", "Song", "Sight", "Sight"), start=1)
)


@pytest.mark.parametrize(
    ("by", "leaves"), [((), ["song", "song", "sight", "sight"]), (["keywords"], ["ornithology"] * 4)]
)
def test_books_are_items_and_tags_are_a_tree_if_there_are_no_collections(tmp_path, by, leaves):
    path = tmp_path / "birds.rdf"
    journal = '<bib:Journal rdf:about="urn:issn:1"><dc:title>A Journal</dc:title></bib:Journal>'
    path.write_text(f"{HEAD}{BOOKS}{journal}</rdf:RDF>")
    source = read_source(str(path), by)
    assert [paper.entry.paper.title for paper in source.papers] == [
        f"Birds of Street {n}" for n in range(1, 5)
    ]
    assert [paper.leaves for paper in file_source(source, Choices()).papers] == [[leaf] for leaf in leaves]


def test_a_tag_that_the_library_lacks_is_refused(tmp_path):
    path = tmp_path / "birds.rdf"
    path.write_text(f"{HEAD}{BOOKS}</rdf:RDF>")
    with pytest.raises(
        InputError, match=r"no item has collections \(--by\); expected one of: tags, keywords"
    ):
        read_source(str(path), ["collections"])
    path.write_text(f"{HEAD}{BOOK.format(n=1, own='a', taken='b')}</rdf:RDF>")
    with pytest.raises(InputError, match="1 item, but no collection has one of them, and no tag is shared"):
        read_source(str(path))


def test_a_better_bibtex_file_whose_collections_are_empty_has_its_tags(tmp_path):
    path = tmp_path / "birds.json"
    items = [item | {"tags": [{"tag": "Song"}]} for item in BETTER["items"]]
    collections = {"AAAA": {"key": "AAAA", "name": "Counting", "items": [], "collections": []}}
    for empty in ({}, collections):
        path.write_text(json.dumps(BETTER | {"collections": empty, "items": items}))
        filing = file_source(read_source(str(path)), Choices())
        assert filing.counts() == {"leaf": 4}
