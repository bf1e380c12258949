"""What real exports get wrong, and what a hostile list tries: the entry suffers, never the rest."""

import codecs
import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.errors import InputError
from classifier.lists import READERS, read_lists
from classifier.lists.attachments import split_file_field
from classifier.lists.ids import find_address, find_arxiv_id, find_doi
from classifier.lists.latex import decode_latex
from classifier.lists.names import split_names
from classifier.model.entries import BrokenEntry, ListEntry

MARKS = [
    "@article{", "a,", "title", "=", "{", "}", '"', "#", "[", "]", "(", ")", "|", "```", "\\", "$", ",", ":",
    "é", "<!--", "-->", "doi", "file", ";", "%", "**", "!", "2401.90001", "~/", "\\frac", "&", "\n", "TY  - ",
    "ER  - ", "TI  - ", "- ", "# ", "word ", "\0", "ER", "TI ", "   ", "%0 ", "%T ", "PMID- ",
    "<record>", "</record>", "<title>", "*a", "&a", "id: ", "ABSTRACT: ", "(2020) J",
    "\\bibitem", "\\newblock ", "\\entry", "''", "``", "https://arxiv.org/abs/2401.90001",
]  # fmt: skip
LAST = "The Last Entry Is Still Read"


@pytest.fixture
def read(tmp_path):
    """Writes a list and reads it back."""

    def read_text(name: str, content: str | bytes) -> list[ListEntry | BrokenEntry]:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(read_lists([str(file)]))

    return read_text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"{Deep} {{Nested {Braces}}}", "Deep Nested Braces"),
        (r"M{\"u}ller, G{\"{o}}del, P\'olya, na{\"\i}ve", "Müller, Gödel, Pólya, naïve"),
        (r"{\O}re, {\AA}sa, {\l}{\'o}d\'z, Stra\ss{}e, \c{c}a, \v{S}", "Øre, Åsa, łódź, Straße, ça, Š"),
        (r"50\% of R\&D, a\_b \#1", "50% of R&D, a_b #1"),
        (r"50% of R&D stay, # too", "50% of R&D stay, # too"),
        (r"50% of R&D with \emph{weight}", "50% of R&D with weight"),
        (r"$\pi_0$: A Flow of $O(n^2)$", "π_0: A Flow of O(n^2)"),
        (r"A---B, 1--2, ``quoted'', non~breaking", "A—B, 1–2, “quoted”, non breaking"),
        (r"\url{https://a.b/c_d%20e} and \href{https://x.y}{text}", "https://a.b/c_d%20e and text"),
        (r"\textsc{Name}: {\bfseries bold}", "Name: bold"),
        (r"broken { \emph{1 $x", "broken  1 x"),
        ("", ""),
    ],
)
def test_latex_becomes_text(latex, text):
    assert decode_latex(latex) == text


@pytest.mark.parametrize(
    ("field", "paths"),
    [
        (r":papers/a.pdf:PDF", ["papers/a.pdf"]),
        (r"Full Text:files/1/a b.pdf:application/pdf", ["files/1/a b.pdf"]),
        (
            r"Snapshot:files/2/x.html:text/html;Full Text PDF:files/1/a.pdf:application/pdf",
            ["files/1/a.pdf", "files/2/x.html"],
        ),
        (r":C\:\\papers\\a.pdf:PDF", [r"C:\papers\a.pdf"]),
        (r"C:\papers\a.pdf", [r"C:\papers\a.pdf"]),
        (r":home/me/a.pdf:pdf", ["home/me/a.pdf"]),
        (r":a\;b\:c.pdf:PDF", ["a;b:c.pdf"]),
        (r"/data/a.pdf;/data/b.pdf", ["/data/a.pdf", "/data/b.pdf"]),
        (r"/data/a.pdf; /data/a.html", ["/data/a.pdf", "/data/a.html"]),
        (r"a.pdf", ["a.pdf"]),
        (r"", []),
        (r";::;", []),
    ],
)
def test_paths_of_attachments_are_found_in_every_syntax(field, paths):
    assert split_file_field(field) == paths


@pytest.mark.parametrize(
    ("field", "mentions", "arxiv_id"),
    [
        ("2401.90001", [], "2401.90001"),
        ("arXiv:2401.90001v3 [cs.LG]", [], "2401.90001v3"),
        ("math.GT/0309136", [], "math/0309136"),
        ("", ["arXiv preprint arXiv:2401.90001"], "2401.90001"),
        ("", ["https://arxiv.org/pdf/2401.90001v2.pdf"], "2401.90001v2"),
        ("", ["https://img.shields.io/badge/arXiv-2401.90001-b31b1b.svg"], "2401.90001"),
        ("", ["abs/2401.90001"], "2401.90001"),
        ("", ["10.48550/arXiv.2401.90001"], "2401.90001"),
        ("", ["https://huggingface.co/papers/2401.90001"], "2401.90001"),
        ("", ["https://arxiv.org/abs/cs%2F9909001"], "cs/9909001"),
        ("", ["arXiv:2413.90001"], None),
        ("", ["Volume 2401.90001 of a journal"], None),
        ("W12345", [], None),
    ],
)
def test_arxiv_ids_are_found_where_lists_have_them(field, mentions, arxiv_id):
    assert find_arxiv_id(field, mentions) == arxiv_id


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("https://doi.org/10.1000/ABC.", "10.1000/abc"),
        ("DOI: 10.1016/0004-3702(94)90007-8", "10.1016/0004-3702(94)90007-8"),
        ("(see 10.1000/abc)", "10.1000/abc"),
        ("https://doi.org/10.1000%2Fabc", "10.1000/abc"),
        ("10.48550/arXiv.2401.90001", None),
        ("no", None),
    ],
)
def test_dois_are_found(text, doi):
    assert find_doi("", [text]) == doi


def test_an_address_of_a_pdf_wins_over_a_page_and_resolvers_do_not_count():
    assert (
        find_address(["https://doi.org/10.1/x", "https://a.b/page", "https://a.b/x.pdf"])
        == "https://a.b/x.pdf"
    )
    assert find_address(["https://arxiv.org/abs/2401.90001", "ftp://a.b/x.pdf"]) is None
    assert (
        find_address(["https://aclanthology.org/2023.acl-long.1/"])
        == "https://aclanthology.org/2023.acl-long.1.pdf"
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Doe, Jane; Roe, R.", ["Jane Doe", "R. Roe"]),
        ("Jane Doe, Rick Roe and Ann Lee", ["Jane Doe", "Rick Roe", "Ann Lee"]),
        ("Doe, Jane and Roe, Rick", ["Jane Doe", "Rick Roe"]),
        ("Jane Doe et al.", ["Jane Doe"]),
        ("Doe, Jane", ["Jane Doe"]),
        ("", []),
    ],
)
def test_names_are_parted_and_turned(text, names):
    assert split_names(text) == names


@pytest.mark.parametrize(
    ("name", "damage", "last", "line"),
    [
        ("a.bib", "@article{bad, title = {Open\n", "@article{ok, title = {%s}}", 1),
        ("a.bib", "@article{bad, title = {A} {B}}\n", "@article{ok, title = {%s}}", 1),
        ("a.bib", "@misc{empty,}\n", "@article{ok, title = {%s}}", 1),
        ("a.ris", "TY  - JOUR\nKW  - none\nER  - \n", "TY  - JOUR\nTI  - %s\nER  - ", 1),
        ("a.json", '[{"id": "bad", "title": "Open},\n', '{"title": "%s"}]', 1),
        ("a.json", '[{"id": 1 "x"},\n', '{"title": "%s"}]', 1),
        ("a.jsonl", '{"id": "ok", "title": "A Good One"}\n[1]\n', '{"title": "%s"}', 2),
        ("a.jsonl", '{"id": "ok", "title": "A Good One"}\n' + "[" * 100_000 + "\n", '{"title": "%s"}', 2),
        ("a.csv", 'title,doi\n"never closed,10.1/x\nPlain Words Here,\n', "%s,", 2),
        ("a.csv", "title,doi\na,b,c\n", "%s,", 2),
        ("a.txt", "oneword\n", "%s", 1),
        ("a.txt", "x " * 5000 + "\n", "%s", 1),
        (
            "a.md",
            "- [A Good Title Here](https://a.b/x.pdf)\n- " + "x" * 70_000 + "\n",
            "- [%s](https://a.b/c.pdf)",
            2,
        ),
    ],
)
def test_a_broken_entry_is_listed_with_its_line_and_the_rest_runs(name, damage, last, line, read):
    found = read(name, damage + last % LAST + "\n")
    if name != "a.md":
        assert [entry.line for entry in found if isinstance(entry, BrokenEntry)] == [line]
    assert isinstance(found[-1], ListEntry)
    assert found[-1].paper.title == LAST


@pytest.mark.parametrize(
    "name",
    ["a.bib", "a.jsonl", "a.ris", "a.csv", "a.txt"],
)
def test_a_line_over_the_limit_costs_only_its_entry(name, read, monkeypatch):
    monkeypatch.setattr("classifier.lists.lines.MAX_LINE_CHARS", 1000)
    forms = {
        "a.bib": "@article{k%d, title = {%s}}\n",
        "a.jsonl": '{"id": "k%d", "title": "%s"}\n',
        "a.ris": "TY  - JOUR\nID  - k%d\nTI  - %s\nER  - \n",
        "a.csv": "k%d,%s\n",
        "a.txt": "%s\n",
    }
    head = "id,title\n" if name == "a.csv" else ""
    titles = ["The First of Three", "word " * 1000, LAST]
    rows = [
        forms[name] % ((number, title) if "%d" in forms[name] else title)
        for number, title in enumerate(titles)
    ]
    found = read(name, head + "".join(rows))
    assert [type(entry) for entry in found] == [ListEntry, BrokenEntry, ListEntry]
    assert found[2].paper.title == LAST


def test_strings_comments_parentheses_and_joined_values_of_bibtex(read):
    found = read(
        "a.bib",
        '@STRING(who = "Ann Lee")\n@comment{@article{no, title={Not This}}}\nfree text\n'
        '@article(a, author = who # " and " # {Bo Ek}, title = "In {"}Quotes{"}",) '
        "@misc{b, title={On One Line}}",
    )
    assert [(entry.key, entry.paper.title, entry.paper.authors) for entry in found] == [
        ("a", 'In "Quotes"', ("Ann Lee", "Bo Ek")),
        ("b", "On One Line", ()),
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            "author = {family=Berg, given=Jan, prefix=van den, useprefix=true and Doe, Jane}",
            {"authors": ("Jan van den Berg", "Jane Doe")},
        ),
        ("journal = {CoRR}, volume = {abs/2401.90001}", {"arxiv_id": "2401.90001"}),
        ('howpublished = "\\url{https://arxiv.org/abs/2401.90001v2}"', {"arxiv_id": "2401.90001v2"}),
        ("eprint = {12345}, eprinttype = {pubmed}", {"arxiv_id": None}),
        ("date = {2022-03-07}", {"year": 2022}),
        ("year = {in press}", {"year": None}),
        (
            "author = {Barnes {and} Noble and {Foo, Bar and Co}}",
            {"authors": ("Barnes and Noble", "Foo, Bar and Co")},
        ),
        ("note = {Accessed: 2024-01-01}", {"year": None, "arxiv_id": None}),
    ],
)
def test_fields_of_bibtex_programs_are_understood(fields, expected, read):
    [entry] = read("a.bib", "@misc{a, title={Some Title Here}, %s}" % fields)  # noqa: UP031
    assert {name: getattr(entry.paper, name) for name in expected} == expected


def test_mendeleys_backslash_in_a_path_is_undone(read, tmp_path):
    (tmp_path / "a;b.pdf").write_bytes(b"%PDF-1.4")
    [entry] = read(
        "a.bib", r"@misc{a, title={Some Title}, file={:a$\backslash$;b.pdf:pdf}}".replace(r"\\", "\\")
    )
    assert entry.file == tmp_path / "a;b.pdf"


def test_an_id_with_a_digit_too_few_is_passed_over_and_noted(read):
    [entry] = read("a.bib", "@misc{a, title={Some Title Here}, eprint={2203.2155}, archiveprefix={arXiv}}")
    assert entry.paper.arxiv_id is None
    assert [(notice.code, "'2203.2155'" in notice.message) for notice in entry.notices] == [
        ("arxiv-id", True)
    ]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("@article{a4, title={Something},, year=2020}", "Expected a `=`"),
        ("@article{a4, title {Something}}", "Expected a `=`"),
    ],
)
def test_an_entry_that_is_no_bibtex_says_what_was_expected(entry, reason, read):
    (found,) = read("list.bib", entry)
    assert isinstance(found, BrokenEntry)
    assert reason in found.reason


def test_a_field_given_twice_counts_once_and_is_noted(read):
    [entry] = read("a.bib", "@misc{a, title={The First Title}, title={The Second}, year={2001}}")
    assert (entry.paper.title, entry.paper.year) == ("The First Title", 2001)
    assert [notice.code for notice in entry.notices] == ["duplicate-field"]


def test_jabrefs_folder_of_files_is_searched(read, tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "a.pdf").write_bytes(b"%PDF-1.4")
    found = read(
        "a.bib", "@Comment{jabref-meta: fileDirectory:store;}\n@misc{a, title={T}, file={:a.pdf:PDF}}"
    )
    assert found[0].file == tmp_path / "store" / "a.pdf"


@pytest.mark.parametrize("written", ["sub/../a.pdf", "./a.pdf", "{folder}/a.pdf", "file://{folder}/a.pdf"])
def test_an_attached_pdf_is_taken_wherever_it_is(written, read, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")
    [entry] = read("a.jsonl", json.dumps({"title": "A Title", "file": written.format(folder=tmp_path)}))
    assert entry.file.samefile(tmp_path / "a.pdf")


def test_attached_files_that_are_no_pdf_are_not_taken(read, tmp_path):
    (tmp_path / "secret.pdf").write_text("password")
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "folder.pdf").mkdir()
    names = [
        "secret.pdf",
        "pipe.pdf",
        "folder.pdf",
        "/etc/passwd",
        r"\\\\host\\share\\a.pdf",
        "x" * 5000 + ".pdf",
    ]
    rows = [json.dumps({"title": "A Title", "file": name}) for name in names]
    found = read("a.jsonl", "\n".join(rows))
    assert [entry.file for entry in found] == [None] * len(names)
    assert all(notice.code == "attachment" for entry in found for notice in entry.notices[:1])


@pytest.mark.parametrize("bom", [codecs.BOM_UTF8, b""])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_and_a_byte_order_mark_are_read(bom, end, read):
    lines = [b"title,year", "Größe der Dinge,2001".encode(), b"Another of Them,2002"]
    found = read("a.csv", bom + end.join(lines) + end)
    assert [(entry.line, entry.paper.title, entry.paper.year) for entry in found] == [
        (2, "Größe der Dinge", 2001),
        (3, "Another of Them", 2002),
    ]


def test_utf_16_as_spreadsheets_write_it_is_read(read):
    [entry] = read("a.csv", "Title\tYear\nGröße der Dinge\t2001\n".encode("utf-16"))
    assert (entry.paper.title, entry.notices) == ("Größe der Dinge", ())


def test_one_line_that_is_not_utf_8_does_not_change_the_others(read):
    found = read("a.txt", "Größe der Dinge\n".encode() + "Größe der Welt\n".encode("latin-1"))
    assert [entry.paper.title for entry in found] == ["Größe der Dinge", "Größe der Welt"]
    assert [[notice.code for notice in entry.notices] for entry in found] == [[], ["encoding"]]


def test_nul_and_control_characters_and_lone_surrogates_do_not_pass(read):
    found = read(
        "a.jsonl", '{"title": "A\\u0000 Ti\\u001b[31mtle", "id": "\\ud800x"}\n{"title": "B\0 Title"}'
    )
    assert [entry.paper.title for entry in found] == ["A Ti [31mtle", "B Title"]
    assert found[0].key.encode() == b"?x"


def test_a_gzip_file_cut_short_keeps_what_came_before(tmp_path):
    import gzip
    import random

    rows = "".join(f"Some Title Number {random.Random(n).random()} of Many\n" for n in range(20_000))
    packed = gzip.compress(rows.encode())
    file = tmp_path / "a.txt.gz"
    file.write_bytes(packed[: len(packed) // 2])
    found = list(read_lists([str(file)]))
    assert len(found) > 1000
    assert isinstance(found[-1], BrokenEntry)
    assert "cut short" in found[-1].reason


def test_minified_json_is_cut_at_any_place(read):
    items = [
        {"id": f"k{n}", "title": 'A "Title" {[ \\ é', "abstract": "\\" * n + '"' * n + "y" * 7 * n}
        for n in range(300)
    ]
    found = read("a.json", json.dumps({"version": 1, "items": items}))
    assert [(entry.key, entry.paper.title) for entry in found] == [(i["id"], i["title"]) for i in items]


def test_bare_links_under_a_heading_do_not_take_it_for_their_title(read):
    found = read(
        "a.md",
        "## Papers we read in the first May\n\n- https://arxiv.org/abs/2401.90001\n- https://arxiv.org/abs/2401.90002\n",
    )
    assert [(entry.key, entry.paper.title) for entry in found] == [("2401.90001", None), ("2401.90002", None)]


def test_two_titled_papers_in_one_bullet_are_two_entries(read):
    found = read(
        "a.md",
        "- See [The First Good Paper](https://arxiv.org/abs/2401.90001) and "
        "[The Second Good Paper](https://a.b/two.pdf) ([code](https://github.com/a/b)).\n",
    )
    assert [entry.paper.title for entry in found] == ["The First Good Paper", "The Second Good Paper"]


ORDINARY = """# Pulley

[![CI](https://github.com/p/p/badge.svg)](https://github.com/p/p/actions)
[![DOI](https://zenodo.org/badge/DOI/10.5281/zenodo.1234567.svg)](https://doi.org/10.5281/zenodo.1234567)
[![DOI](https://zenodo.org/badge/12.svg)](https://zenodo.org/badge/latestdoi/12)
[![License: MIT](https://img.shields.io/badge/License-MIT-yellow.svg)](https://opensource.org/licenses/MIT)

A library for [learning machines](https://en.wikipedia.org/wiki/Machine), told in [an article](https://a.b/why).

- [How to Contribute to It](CONTRIBUTING.md)
- [Getting started with levers](#start)
- [Paper reading group, each Tuesday](https://example.org/group)
- [PDF Reader that We All Use](https://example.org/reader)
- [Nature of All Things](https://www.nature.com/)
- [OpenReview Profile of Somebody](https://openreview.net/profile?id=~Some1)
- [Call for Papers of This Year](https://neurips.cc/Conferences/2024/CallForPapers)
- [List of New Preprints Today](https://arxiv.org/list/cs/new)
- [paper](https://twitter.com/somebody/status/1) [paper](https://www.youtube.com/watch?v=1)
"""


def test_links_of_an_ordinary_page_are_no_papers_and_that_is_said(read):
    [only] = read("a.md", ORDINARY)
    assert isinstance(only, BrokenEntry)
    assert "links to papers count" in only.reason


LEVER = "Learning to Lift a Lever"


@pytest.mark.parametrize(
    ("item", "title"),
    [
        ("Ada One, Bo Two, Learning to Lift a Lever, ICML, 2016. [[Paper]](URL)", LEVER),
        ("Ada One and Bo Two (2016). [[Paper]](URL)", None),
        ("Ada P. One, Bo van der Two et al. Learning to Lift a Lever. [[Paper]](URL)", LEVER),
        ("Learning Levers, and Wheels by Hand. [[Paper]](URL)", "Learning Levers, and Wheels by Hand"),
        ("[1]: Learning to Lift a Lever. Ada One. URL", LEVER),
        ("[Pulley](https://github.com/p/p) - A Library for Levers of All Kinds [[paper](URL)]", None),
        ("[Learning to Lift a Lever](https://lever.github.io) - by Ada One. [[paper](URL)]", LEVER),
        ("We made the data by the method in the [paper](URL) of others.", None),
        ("It follows [the lever paper](URL).", None),
    ],
)
def test_a_title_is_told_from_authors_descriptions_and_sentences(item, title, read):
    [entry] = read("a.md", f"- {item.replace('URL', 'https://arxiv.org/abs/2401.90001')}\n")
    assert (entry.paper.arxiv_id, entry.paper.title) == ("2401.90001", title)


def test_a_pdf_in_a_repository_is_fetched_as_a_file(read):
    [entry] = read("a.md", "- [Learning to Lift a Lever](https://github.com/p/p/blob/main/lever.pdf)\n")
    assert entry.url == "https://github.com/p/p/raw/main/lever.pdf"


@pytest.mark.parametrize("form", sorted(READERS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=400),
        st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.lists(
            st.sampled_from(MARKS),
            max_size=60,
        ).map(lambda parts: "".join(parts).encode()),
    )
)
def test_no_bytes_make_a_reader_crash(form, content, tmp_path):
    suffix = {
        "bibtex": ".bib",
        "ris": ".ris",
        "csl-json": ".json",
        "csv": ".csv",
        "jsonl": ".jsonl",
        "markdown": ".md",
        "pubmed": ".nbib",
        "wos": ".ciw",
        "endnote": ".enw",
        "endnote-xml": ".xml",
        "csl-yaml": ".yaml",
        "bbl": ".bbl",
    }
    head = {
        "bibtex": b"@misc{x, title={T}}\n",
        "ris": b"TY  - X\n",
        "csl-json": b"[{",
        "csv": b"title,file\n",
        "pubmed": b"PMID- 1\n",
        "wos": b"PT J\nTI T\n",
        "endnote": b"%0 Book\n",
        "endnote-xml": b"<xml><records><record><titles>",
        "csl-yaml": b"- id: a\n",
        "scopus": b"Scopus\nEXPORT DATE: 1\n",
        "bbl": b"\\bibitem{a}\n",
    }
    file = tmp_path / f"list{suffix.get(form, '.txt')}"
    for start in (b"", head.get(form, b"")):
        file.write_bytes(start + content)
        try:
            found = list(read_lists([str(file)]))
        except InputError:
            continue
        assert found
        keys = [entry.key for entry in found if isinstance(entry, ListEntry)]
        assert len(keys) == len(set(keys))
        for entry in found:
            assert entry.line >= 1
            entry.model_dump_json()


@pytest.mark.parametrize(
    ("name", "content", "authors", "more"),
    [
        ("a.bib", "@misc{a, title={T}, author={Ng, Ada and others}}", ("Ada Ng",), True),
        ("a.bib", "@misc{a, title={T}, author={Ng, Ada and Others, Jo}}", ("Ada Ng", "Jo Others"), False),
        ("a.csv", "title,authors\nT,\"Ng, A.; Exempel, K. et al.\"\n", ("A. Ng", "K. Exempel"), True),
        ("a.csv", "title,authors\nT,Ada Ng et al.\n", ("Ada Ng",), True),
        ("a.csv", "title,authors\nT,Ada Ng & Al Gore\n", ("Ada Ng", "Al Gore"), False),
        ("a.json", '[{"title": "T", "authors": ["Ada Ng", "et al."]}]', ("Ada Ng",), True),
        ("a.json", '[{"title": "T", "author": [{"family": "Ng"}, {"literal": "others"}]}]', ("Ng",), True),
        ("a.ris", "TY  - JOUR\nTI  - T\nAU  - Ng, Ada\nAU  - et al.\nER  - \n", ("Ada Ng",), True),
        ("a.enw", "%0 Book\n%T T\n%A Ng, Ada, et al\n", ("Ada Ng",), True),
        ("a.json", '[{"title": "T", "authors": ["Jo Brothers", "Cy Al"]}]', ("Jo Brothers", "Cy Al"), False),
    ],
)  # fmt: skip
def test_et_al_is_no_author_and_is_kept_in_mind(name, content, authors, more, read):
    [entry] = read(name, content)
    assert (entry.paper.authors, entry.more_authors) == (authors, more)
    assert len(entry.names) in (0, len(authors))
