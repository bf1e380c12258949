"""JSON as bibliographic tools write it: the list is found, and each record's own ids."""

import codecs
import json

import pytest

from classifier.lists import read_lists
from classifier.model.entries import BrokenEntry, ListEntry


@pytest.fixture
def read(tmp_path):
    """Writes a list and reads it back."""

    def read_text(content: str | bytes, name: str = "a.json") -> list[ListEntry | BrokenEntry]:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(read_lists([str(file)]))

    return read_text


PAPERS = [
    {"id": "k1", "title": "Rewards That a Model Writes", "keywords": ["items", "data"]},
    {"id": "k2", "title": 'Braces } ] in "Titles"', "references": [{"id": "r1", "title": "A Cited Work"}]},
    {"id": "k3", "title": "Bridges of Steel"},
]
SHORT = {"config": {"id": "aaaa", "options": {"items": False}}, "names": ["items"]}
LONG = {"preferences": {f"option {number}": f'items: [{{"{number}"' for number in range(9000)}}
WRAPPERS = {
    "array": lambda papers: papers,
    **{
        name: lambda papers, name=name: {**SHORT, name: papers}
        for name in ("items", "data", "results", "papers", "documents", "references", "articles")
    },
    "crossref": lambda papers: {"status": "ok", "message": {"facets": {}, "items": papers, "total": 3}},
    "search server": lambda papers: {
        "took": 3,
        "hits": {"total": 3, "hits": [{"_source": p} for p in papers]},
    },
    "solr": lambda papers: {
        "responseHeader": {"params": {"q": "a"}},
        "response": {"start": 0, "docs": papers},
    },
    "collections": lambda papers: {
        "collections": {"A": {"items": [17, 18], "collections": []}},
        "items": papers,
    },
    "long preamble": lambda papers: {**LONG, "items": papers},
    "more behind": lambda papers: {
        "items": papers,
        "facets": {"title": {"a": 1}},
        "groups": [{"title": "x"}],
    },
    "empty before": lambda papers: {"data": [], "items": papers},
    "own name": lambda papers: {"version": 1, "my favourites": papers},
    "own title": lambda papers: {"title": "My Collection", "id": 5, "items": papers},
    "by key": lambda papers: {paper["id"]: paper for paper in papers},
    "cited papers": lambda papers: {"offset": 0, "data": [{"intents": [], "citedPaper": p} for p in papers]},
    "zotero": lambda papers: [{"key": p["id"], "version": 3, "meta": {}, "data": p} for p in papers],
}
LAYOUTS = {
    "one line": lambda value: json.dumps(value),
    "minified": lambda value: json.dumps(value, separators=(",", ":")),
    "pretty": lambda value: json.dumps(value, indent=2),
    "tabs, CRLF": lambda value: json.dumps(value, indent="\t").replace("\n", "\r\n"),
    "item a line": lambda value: json.dumps(value).replace('{"id"', '\n{"id"'),
}


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
@pytest.mark.parametrize("wrapper", sorted(WRAPPERS))
def test_the_list_is_found_wherever_it_is(wrapper, layout, read):
    found = read(LAYOUTS[layout](WRAPPERS[wrapper](PAPERS)))
    assert [(entry.key, entry.paper.title, entry.line) for entry in found] == [
        (paper["id"], paper["title"], number) for number, paper in enumerate(PAPERS, start=1)
    ]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.txt", "list"])
@pytest.mark.parametrize(
    "encode",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: b"\n\n" + text.encode(),
    ],
)
def test_a_wrapped_list_is_found_in_any_encoding_and_under_any_name(encode, name, read):
    found = read(encode(json.dumps({**SHORT, "items": PAPERS})), name)
    assert [entry.key for entry in found] == ["k1", "k2", "k3"]


def test_several_pages_of_results_in_one_file_are_all_read(read):
    pages = [json.dumps({"total": 3, "data": [paper], "next": 1}) for paper in PAPERS]
    for joined in ("\n".join(pages), "".join(pages)):
        assert [entry.key for entry in read(joined)] == ["k1", "k2", "k3"]


def test_a_broken_element_of_a_wrapped_list_costs_only_itself(read):
    text = '{"meta": {}, "data": [\n{"id": "a", "title": "One Fine Title"},\n{"id": "b", "title": "Open},\n'
    found = read(text + '{"id": "c", "title": "Another Title"}\n], "next": null}')
    assert [(type(entry).__name__, entry.key) for entry in found] == [
        ("ListEntry", "a"),
        ("BrokenEntry", "b"),
        ("ListEntry", "c"),
    ]


def test_one_paper_with_the_works_it_cites_is_one_entry(read):
    paper = {"paperId": "aa", "title": "The Paper", "year": 2020, "references": [{"title": "Cited"}]}
    for text in (
        json.dumps(paper),
        json.dumps(paper, indent=1),
        json.dumps({"status": "ok", "message": paper}),
    ):
        assert [(entry.key, entry.paper.title) for entry in read(text)] == [("aa", "The Paper")]


def test_an_array_of_ids_and_titles_is_read(read):
    found = read(json.dumps(["2203.02155", "10.9999/abc.1", "Bridges of Steel"]))
    assert [entry.key for entry in found][:2] == ["2203.02155", "10.9999/abc.1"]
    assert found[2].paper.title == "Bridges of Steel"


def test_a_wrapper_without_entries_is_reported(read):
    [entry] = read('{"total": 0, "data": []}')
    assert isinstance(entry, BrokenEntry)


ARXIV_DUMP = {
    "id": "2203.02155", "submitter": "Anna Muster", "authors": "Anna Muster, Karl Exempel",
    "title": "A Title\n  Wrapped", "comments": "12 pages", "journal-ref": None, "doi": None,
    "abstract": "  A model is trained.\n",
    "versions": [{"version": "v1", "created": "Fri, 4 Mar 2022 07:04:42 GMT"}],
    "authors_parsed": [["Muster", "Anna", ""], ["van Exempel", "Karl", "Jr"]],
}  # fmt: skip
SEMANTIC_SCHOLAR = {
    "paperId": "aa11bb22",
    "externalIds": {"ArXiv": "2203.02155", "DOI": "10.48550/arXiv.2203.02155", "CorpusId": 9},
    "title": "A Title", "abstract": None, "tldr": {"model": "tldr@v2", "text": "It is short."}, "year": 2022,
    "authors": [{"authorId": "1", "name": "Anna Muster"}], "openAccessPdf": {"url": "", "status": None},
    "references": [{"paperId": "r", "title": "Cited", "externalIds": {"ArXiv": "2001.00001"}}],
}  # fmt: skip
OPENALEX = {
    "id": "https://openalex.org/W1", "doi": "https://doi.org/10.9999/ABC.1", "display_name": "A Title",
    "publication_year": 2022, "type": "article", "referenced_works": ["https://openalex.org/W2"],
    "authorships": [{"author": {"id": "https://openalex.org/A1", "display_name": "Anna Muster"}}],
    "abstract_inverted_index": {"model": [1, 4], "A": [0], "trains": [2], "another": [3]},
    "primary_location": {"landing_page_url": "https://doi.org/10.9999/abc.1", "pdf_url": None},
    "locations": [{"landing_page_url": "http://arxiv.org/abs/2203.02155", "source": {"id": "a"}}],
}  # fmt: skip
CROSSREF = {
    "DOI": "10.9999/ABC.1", "type": "journal-article", "title": ["A Title"],
    "author": [{"given": "Anna", "family": "Muster"}], "issued": {"date-parts": [[2022, 3]]},
    "abstract": "<jats:p>Steel.</jats:p>",
    "reference": [{"key": "ref1", "DOI": "10.9999/cited.1", "doi-asserted-by": "crossref"}, {"key": "ref2"}],
    "relation": {"cites": [{"id-type": "doi", "id": "10.9999/other"}]}, "container-title": ["J. Inv."],
}  # fmt: skip
ZOTERO = {
    "itemType": "preprint", "title": "A Title", "date": "2022-03", "citationKey": "muster2022", "itemID": 17,
    "creators": [
        {"firstName": "Eva", "lastName": "Editor", "creatorType": "editor"},
        {"firstName": "Anna", "lastName": "Muster", "creatorType": "author"},
        {"name": "The Consortium", "creatorType": "author"},
    ],
    "archiveID": "arXiv:2203.02155", "abstractNote": "Words.", "attachments": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("record", "key", "expected"),
    [
        (
            ARXIV_DUMP,
            "2203.02155",
            {
                "arxiv_id": "2203.02155",
                "title": "A Title Wrapped",
                "authors": ("Anna Muster", "Karl van Exempel Jr"),
                "abstract": "A model is trained.",
                "year": 2022,
                "doi": None,
            },
        ),
        (
            SEMANTIC_SCHOLAR,
            "aa11bb22",
            {"arxiv_id": "2203.02155", "doi": None, "abstract": "It is short.", "authors": ("Anna Muster",)},
        ),
        (
            OPENALEX,
            "https://openalex.org/W1",
            {
                "arxiv_id": "2203.02155",
                "doi": "10.9999/abc.1",
                "title": "A Title",
                "authors": ("Anna Muster",),
                "abstract": "A model trains another model",
                "year": 2022,
            },
        ),
        (
            CROSSREF,
            "10.9999/abc.1",
            {"doi": "10.9999/abc.1", "abstract": "Steel.", "authors": ("Anna Muster",), "year": 2022},
        ),
        (
            {**CROSSREF, "DOI": None},
            "a-title-",
            {"doi": None, "title": "A Title"},
        ),
        (
            ZOTERO,
            "muster2022",
            {"arxiv_id": "2203.02155", "authors": ("Anna Muster", "The Consortium"), "abstract": "Words."},
        ),
    ],
    ids=["arXiv", "Semantic Scholar", "OpenAlex", "Crossref", "Crossref without DOI", "Zotero"],
)
def test_a_record_is_known_by_its_own_ids(record, key, expected, read):
    for text, name in ((json.dumps([record], indent=1), "a.json"), (json.dumps(record), "a.jsonl")):
        [entry] = read(text, name)
        assert entry.key == key or (key.endswith("-") and entry.key.startswith(key))
        assert {field: getattr(entry.paper, field) for field in expected} == expected


@pytest.mark.parametrize(
    ("key", "arxiv", "doi"),
    [
        ("2203.02155", "2203.02155", None),
        ("2203.02155v3", "2203.02155v3", None),
        ("arXiv:2203.02155", "2203.02155", None),
        ("http://arxiv.org/abs/2203.02155v1", "2203.02155v1", None),
        ("oai:arXiv.org:2203.02155", "2203.02155", None),
        ("hep-th/9901001", "hep-th/9901001", None),
        ("cs.LG/0112017", "cs/0112017", None),
        ("10.9999/ABC.1", None, "10.9999/abc.1"),
        ("https://doi.org/10.9999/abc.1", None, "10.9999/abc.1"),
        ("work/1234567", None, None),
        ("2299.02155", None, None),
        ("muster2022", None, None),
        ("12345678", None, None),
    ],
)
def test_an_id_that_is_an_arxiv_id_or_a_doi_is_one(key, arxiv, doi, read):
    for text, name in (
        (json.dumps({"id": key, "title": "A Title"}), "a.jsonl"),
        (f"id,title\n{key},A Title\n", "a.csv"),
    ):
        [entry] = read(text, name)
        assert (entry.key, entry.paper.arxiv_id, entry.paper.doi) == (key, arxiv, doi)


@pytest.mark.parametrize(
    "content",
    [
        "id\n2203.02155\n2305.16291\n",
        "id\r\n2203.02155\r\n2305.16291",
        "paper_id,note\n2203.02155,a\n2305.16291,\n",
        "\ufeffID;rank\n2203.02155;1\n2305.16291;2\n",
        "2203.02155\n2305.16291\n",
        '"id"\n"2203.02155"\n"2305.16291"\n',
        "2203.02155,Rewards by Words\n2305.16291,Bridges of Steel\n",
    ],
)
def test_a_table_of_nothing_but_ids_is_read(content, read):
    assert [entry.paper.arxiv_id for entry in read(content, "a.csv")] == ["2203.02155", "2305.16291"]


def test_an_id_that_a_spreadsheet_has_shortened_is_reported(read):
    found = read("id\n2203.02155\n2305.162\n", "a.csv")
    assert isinstance(found[1], BrokenEntry)
    assert "'2305.162' is not an arXiv id" in found[1].reason


def test_only_the_paths_of_attachments_are_taken(read, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.pdf").write_bytes(b"%PDF-1.4")
    attachment = {
        "itemType": "attachment",
        "title": "Full Text",
        "path": "files/a.pdf",
        "url": "https://a.b/c",
    }
    [entry] = read(json.dumps({"items": [{**ZOTERO, "attachments": [attachment]}]}))
    assert entry.file == tmp_path / "files" / "a.pdf"


def test_notes_and_attachments_among_zoteros_items_are_reported_and_are_no_papers(read):
    items = [{"itemType": "note", "key": "N1", "note": "text"}, ZOTERO]
    found = read(json.dumps(items))
    assert [(type(entry).__name__, entry.key) for entry in found] == [
        ("BrokenEntry", "N1"),
        ("ListEntry", "muster2022"),
    ]
    assert "'note', not a paper" in found[0].reason


ADDRESS = "https://openreview.net/pdf?id=AbC"
FROM_PROGRAMS = {
    "dblp": (
        {"result": {"hits": {"@total": "1", "hit": [{"@id": "1", "info": {
            "authors": {"author": [{"@pid": "1", "text": "Anna Muster"}, {"text": "Kim Exempel 0001"}]},
            "title": "A Title of Words.", "venue": "CoRR", "volume": "abs/2203.02155", "year": "2022",
            "key": "journals/corr/abs-2203-02155", "ee": "https://doi.org/10.48550/arXiv.2203.02155"}}]}}},
        ("A Title of Words.", ("Anna Muster", "Kim Exempel"), 2022, "2203.02155", None),
    ),
    "dblp, one author": (
        {"result": {"hits": {"hit": [{"info": {
            "authors": {"author": {"text": "Anna Muster"}}, "title": "A Title"}}]}}},
        ("A Title", ("Anna Muster",), None, None, None),
    ),
    "inspire": (
        {"hits": {"hits": [{"id": "1", "metadata": {
            "titles": [{"source": "arXiv", "title": "A Title of Words"}],
            "authors": [{"ids": [], "full_name": "Muster, Anna"}],
            "abstracts": [{"source": "arXiv", "value": "An abstract."}],
            "arxiv_eprints": [{"categories": ["hep-th"], "value": "2203.02155"}],
            "dois": [{"source": "x", "value": "10.9999/a"}], "earliest_date": "2022-03-04"}}], "total": 1}},
        ("A Title of Words", ("Anna Muster",), 2022, "2203.02155", "10.9999/a"),
    ),
    "datacite": (
        {"data": [{"id": "10.9999/a", "type": "dois", "attributes": {
            "doi": "10.9999/a", "titles": [{"lang": "en", "title": "A Title of Words"}],
            "creators": [{"name": "Muster, Anna", "nameType": "Personal"}], "publicationYear": 2022,
            "descriptions": [{"description": "A method.", "descriptionType": "Methods"},
                             {"description": "An abstract.", "descriptionType": "Abstract"}]}}]},
        ("A Title of Words", ("Anna Muster",), 2022, None, "10.9999/a"),
    ),
    "zenodo": (
        {"hits": {"hits": [{"id": 1, "doi": "10.9999/a", "metadata": {
            "title": "A Title of Words", "creators": [{"name": "Muster, Anna"}],
            "publication_date": "2022-01-01"}}]}},
        ("A Title of Words", ("Anna Muster",), 2022, None, "10.9999/a"),
    ),
    "ads": (
        {"response": {"numFound": 1, "docs": [{
            "bibcode": "2022X", "title": ["A Title of Words"], "author": ["Muster, Anna"], "year": "2022",
            "identifier": ["arXiv:2203.02155", "2022arXiv220302155M"], "doi": ["10.9999/a"]}]}},
        ("A Title of Words", ("Anna Muster",), 2022, "2203.02155", "10.9999/a"),
    ),
    "bibjson": (
        {"metadata": {"collection": "x"}, "records": [{
            "type": "article", "title": "A Title of Words", "author": [{"name": "Anna Muster"}],
            "year": "2022",
            "identifier": [{"type": "doi", "id": "10.9999/a"}]}]},
        ("A Title of Words", ("Anna Muster",), 2022, None, "10.9999/a"),
    ),
    "hugging face": (
        [{"paper": {"id": "2203.02155", "authors": [{"name": "Anna Muster"}], "title": "A Title of Words"},
          "title": "A Title of Words", "publishedAt": "2022-03-04"}],
        ("A Title of Words", ("Anna Muster",), None, "2203.02155", None),
    ),
    "europe pmc": (
        {"resultList": {"result": [{"id": "1", "source": "MED", "doi": "10.9999/a",
                                    "title": "A Title of Words", "pubYear": "2022",
                                    "authorString": "Muster A, Exempel K."}]}},
        ("A Title of Words", ("Muster A", "Exempel K."), 2022, None, "10.9999/a"),
    ),
    "openalex": (
        {"results": [{"id": "https://openalex.org/W1", "title": "A Title of Words", "publication_year": 2022,
                      "authorships": [{"author": {"display_name": "Anna Muster"}}],
                      "primary_location": {"source": {"display_name": "A Journal", "type": "journal"}},
                      "abstract_inverted_index": None, "doi": None}]},
        ("A Title of Words", ("Anna Muster",), 2022, None, None),
    ),
}  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("program", sorted(FROM_PROGRAMS))
def test_a_programs_records_are_read(program, indent, read):
    content, expected = FROM_PROGRAMS[program]
    [entry] = read(json.dumps(content, indent=indent))
    paper = entry.paper
    assert (paper.title, paper.authors, paper.year, paper.arxiv_id, paper.doi) == expected


def test_abstracts_and_journals_of_programs_are_read(read):
    entries = [
        read(json.dumps(FROM_PROGRAMS[name][0]))[0] for name in ("inspire", "datacite", "openalex", "dblp")
    ]
    assert [entry.paper.abstract for entry in entries] == ["An abstract.", "An abstract.", None, None]
    assert [entry.journal for entry in entries] == [None, None, "A Journal", "CoRR"]


@pytest.mark.parametrize("wrapped", [True, False])
def test_openreviews_notes_are_read(wrapped, read):
    content = {
        "title": "A Title of Words",
        "authors": ["Anna Muster"],
        "abstract": "An abstract.",
        "pdf": "/pdf/x.pdf",
    }
    if wrapped:
        content = {name: {"value": value} for name, value in content.items()}
    [entry] = read(json.dumps({"notes": [{"id": "AbC", "forum": "AbC", "content": content}], "count": 1}))
    assert (entry.paper.title, entry.paper.authors, entry.url) == (
        "A Title of Words",
        ("Anna Muster",),
        ADDRESS,
    )
    assert (entry.paper.abstract, entry.notices) == ("An abstract.", ())
