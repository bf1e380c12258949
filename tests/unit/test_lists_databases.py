"""Exports of databases and reference managers: every record with title, authors, abstract, DOI and year."""

import json

import pytest

from classifier.errors import InputError
from classifier.lists import read_lists
from classifier.lists.detect import detect_format
from classifier.lists.work_types import csl_type
from classifier.model.entries import BrokenEntry, ListEntry

TITLE = "Rewards that a language model writes: an Über-view & more"
ABSTRACT = "A robot is trained. RL - the usual loop - is 100% of it; AB - no tag."
PEOPLE = ("Anna Muster", "Karl van Exempel")
NAMES = [("Muster", "Anna"), ("van Exempel", "Karl")]
DOI = "10.9999/jir.2023.5"

PUBMED = f"""
PMID- 39990001
OWN - NLM
STAT- MEDLINE
DP  - 2023 Mar
TI  - Rewards that a language model
      writes: an Über-view & more
PG  - 1-10
LID - S0001(23)1 [pii]
LID - {DOI} [doi]
AB  - A robot is trained.
      RL - the usual loop - is 100% of it;
      AB - no tag.
FAU - Muster, Anna
AU  - Muster A
FAU - van Exempel, Karl
AU  - van Exempel K
LA  - eng
PT  - Journal Article
JT  - Journal of Invented Robots
AID - {DOI} [doi]

PMID- 39990002
TI  - Another invented record
AB  -
PT  - Review"""

WOS = f"""FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Muster, A
   van Exempel, K
AF Muster, Anna
   van Exempel, Karl
TI Rewards that a language model
   writes: an Über-view & more
SO JOURNAL OF INVENTED ROBOTS
DT Article
AB A robot is trained.
   RL - the usual loop - is 100% of it;
   AB - no tag.
CR Doe J, 2001, J X, V1, DOI 10.9999/cited
PY 2023
DI {DOI}
UT WOS:000999999900001
ER

PT J
AU Beispiel, C
TI Another invented record
DT Review
UT WOS:000999999900002
ER

EF"""

ENDNOTE = f"""%0 Journal Article
%T Rewards that a language model writes: an Über-view & more
%A Muster, Anna
%A van Exempel, Karl
%J Journal of Invented Robots
%D 2023
%R {DOI}
%X A robot is trained.
RL - the usual loop - is 100% of it;
AB - no tag.
%@ 1234-5678
%F muster2023

%0 Conference Paper
%T Another invented record
%X"""


def record(kind: str, fields: str) -> str:
    ids = f'<rec-number>1</rec-number><ref-type name="{kind}">1</ref-type>'
    return f'<record><database name="a.enl">a.enl</database>{ids}{fields}</record>'


def styled(text: str) -> str:
    return f'<style face="normal" font="default" size="100%">{text}</style>'


ENDNOTE_XML = (
    '<?xml version="1.0" encoding="UTF-8" ?><xml><records>\n'
    + record(
        "Journal Article",
        f"<contributors><authors><author>{styled('Muster, Anna')}</author>"
        f"<author>{styled('van Exempel, Karl')}</author></authors></contributors><titles><title>"
        + styled("Rewards that a ")
        + '<style face="italic">language</style>'
        + styled(" model writes: an Über-view &amp; more")
        + f"</title></titles><periodical><full-title>Journal of Invented Robots</full-title></periodical>"
        f"<dates><year>{styled('2023')}</year></dates><electronic-resource-num>{DOI}</electronic-resource-num>"
        "<abstract>A robot is trained. RL - the usual loop -\nis 100% of it; AB - no tag.</abstract>"
        "<label>muster2023</label>",
    )
    + "\n"
    + record("Conference Paper", "<titles><title>Another invented record</title></titles>").replace(
        "<rec-number>1</rec-number>", "<rec-number>2</rec-number>"
    )
    + "\n</records></xml>"
)

CSL_YAML = f"""---
references:
- id: muster2023
  type: article-journal
  title: 'Rewards that a language model writes: an Über-view & more'
  author:
  - family: Muster
    given: Anna
  - family: Exempel
    given: Karl
    non-dropping-particle: van
  issued:
    date-parts:
    - - 2023
      - 3
  container-title: Journal of Invented Robots
  DOI: {DOI}
  abstract: |
    A robot is trained.
    RL - the usual loop - is 100% of it;
    AB - no tag.
- id: b
  type: review
  title: Another invented record
  abstract: ~
..."""

SCOPUS = f"""Scopus
EXPORT DATE: 27 November 2026

Muster A.; van Exempel K.
AUTHOR FULL NAMES: Muster, Anna (57000000000); van Exempel, Karl (57111111111)
57000000000; 57111111111
Rewards that a language model writes: an Über-view & more
(2023) Journal of Invented Robots, 5 (2), art. no. 100, pp. 1 - 10, Cited 5 times.
DOI: {DOI}
https://www.scopus.com/inward/record.uri?eid=2-s2.0-85000000000&doi=10.9999%2fjir.2023.5&partnerID=40

AFFILIATIONS: Department of Robots, Town
ABSTRACT: A robot is trained. RL - the usual loop - is 100% of it; AB - no tag.
AUTHOR KEYWORDS: robots; rewards
REFERENCES: Doe J., Other work, (2019) J. X;
Roe R., A cited work, https://doi.org/10.9999/cited
DOCUMENT TYPE: Article
PUBLICATION STAGE: Final
SOURCE: Scopus

[No author name available]
Another invented record
(2016) Journal, 1, pp. 1-2.

ABSTRACT: [No abstract available]
DOCUMENT TYPE: Review
SOURCE: Scopus"""

WOS_TABLE = (
    "PT\tAU\tAF\tTI\tSO\tDT\tAB\tPY\tDI\tUT\t\n"
    "J\tMuster, A; van Exempel, K\tMuster, Anna; van Exempel, Karl\t"
    f"{TITLE}\tJournal of Invented Robots\tArticle\t{ABSTRACT}\t2023\t{DOI}\tWOS:1\t\n"
    'J\tBeispiel, C\t\tAnother invented record\t"J" Inv\tReview\t\t\t\tWOS:2\t'
)
SCOPUS_TABLE = (
    'Authors,"Author full names",Title,Year,"Source title",DOI,Link,Abstract,"Document Type",EID\n'
    '"Muster A.; van Exempel K.","Muster, Anna (57000000000); van Exempel, Karl (57111111111)",'
    f'"{TITLE}",2023,'
    f'"Journal of Invented Robots",{DOI},https://www.scopus.com/inward/x?eid=1,"{ABSTRACT}",Article,2\n'
    '"[No author name available]",,"Another invented record",2016,J,,,"[No abstract available]",Review,2'
)

LAST_RECORD = record("Book", "<titles><title>The Last Record</title></titles>")
FORMS = {
    "pubmed": (PUBMED, "39990001"),
    "wos": (WOS, "WOS:000999999900001"),
    "endnote": (ENDNOTE, "muster2023"),
    "endnote-xml": (ENDNOTE_XML, "muster2023"),
    "csl-yaml": (CSL_YAML, "muster2023"),
    "scopus": (SCOPUS, DOI),
    "csv": (WOS_TABLE, "WOS:1"),
    "csv ": (SCOPUS_TABLE, DOI),
}
SUFFIXES = {
    "pubmed": (".nbib", ".txt"),
    "wos": (".txt", ".ciw"),
    "endnote": (".enw", ".txt"),
    "endnote-xml": (".xml", ".txt"),
    "csl-yaml": (".yaml", ".yml", ".txt"),
    "scopus": (".txt", ""),
    "csv": (".csv", ".txt"),
    "csv ": (".csv", ".txt"),
}


@pytest.fixture
def read(tmp_path):
    """Writes a list and reads it back."""

    def read_text(content: str | bytes, name: str) -> list[ListEntry | BrokenEntry]:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(read_lists([str(file)]))

    return read_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_record_is_read_whole_in_every_encoding_and_with_every_line_end(form, end, encoding, read):
    content, key = FORMS[form]
    for suffix in SUFFIXES[form]:
        first, second = read(content.replace("\n", end).encode(encoding), f"list{suffix}")
        assert isinstance(first, ListEntry)
        paper = first.paper
        assert (first.key, paper.title, paper.abstract) == (key, TITLE, ABSTRACT)
        assert (paper.authors, paper.year, paper.doi) == (PEOPLE, 2023, DOI)
        assert [(name.family, name.given) for name in first.names] == NAMES
        assert (first.type, first.journal.lower()) == ("article-journal", "journal of invented robots")
        assert (second.paper.title, second.paper.abstract) == ("Another invented record", None)
        assert [notice.code for notice in first.notices] == ["encoding"] * (encoding == "cp1252")


@pytest.mark.parametrize("form", sorted(FORMS))
def test_the_format_is_known_by_its_contents(form):
    for name in ("-", "list", "list.txt"):
        assert detect_format(name, FORMS[form][0].encode()) == form.strip()


def test_lists_of_several_formats_are_read_together(tmp_path):
    paths = []
    for form, (content, _) in FORMS.items():
        paths.append(tmp_path / f"{form.strip()}{len(paths)}{SUFFIXES[form][0]}")
        paths[-1].write_text(content, encoding="utf-8")
    found = list(read_lists([str(path) for path in paths]))
    assert len(found) == len({entry.key for entry in found}) == 2 * len(FORMS)


@pytest.mark.parametrize(
    ("name", "content", "line", "key"),
    [
        ("a.nbib", "PMID- 1\nOWN - NLM\n\nPMID- 2\nTI  - The Last Record\n", 1, "1"),
        ("a.nbib", "PMID- 1\nTI  - One\n\nstray words\n\nPMID- 2\nTI  - The Last Record\n", 4, None),
        ("a.txt", "FN W\nVR 1.0\nPT J\nUT WOS:1\nER\n\nPT J\nTI The Last Record\nER\n", 3, "WOS:1"),
        ("a.enw", "%0 Book\n%F a\n\n%0 Book\n%T The Last Record\n", 1, "a"),
        ("a.xml", "<xml><records>\n<record><titles>\n</record>\n" + LAST_RECORD, 2, None),
        ("a.xml", "<xml><records>\n<record><titles>\n" + LAST_RECORD, 2, None),
        ("a.xml", "<xml><records>\n<record>&a;</record>\n" + LAST_RECORD, 2, None),
        ("a.yaml", "references:\n- id: a\n  title: 'Open\n- id: b\n  title: The Last Record\n", 2, "a"),
        ("a.yaml", "- id: a\n  title: &x [y]\n  note: *x\n- id: b\n  title: The Last Record\n", 1, "a"),
        ("a.yaml", "- id: a\n  type: book\n- id: b\n  title: The Last Record\nnocite: x\n", 1, "a"),
        (
            "a.txt",
            "Scopus\nEXPORT DATE: 1\n\nonly this\nSOURCE: Scopus\n\nA\nThe Last Record\n(2020) J, 1\n",
            4,
            None,
        ),
        ("a.bbl", "\\bibitem{a}\n\\bibitem{b}\nA.\n\\newblock The Last Record.\n", 1, "a"),
    ],
)  # fmt: skip
def test_a_broken_record_costs_only_itself(name, content, line, key, read):
    found = read(content, name)
    broken = [entry for entry in found if isinstance(entry, BrokenEntry)]
    assert [(entry.line, entry.key) for entry in broken] == [(line, key)]
    assert found[-1].paper.title == "The Last Record"


def test_no_entity_of_an_xml_file_is_read(read):
    bomb = '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "Words">]><xml><records>'
    with pytest.raises(InputError, match="HTML or XML"):
        read(bomb + record("Book", "<titles><title>&a;</title></titles>"), "a.xml")


def test_an_old_xml_with_capitals_and_one_line_cut_at_any_place_is_read(read):
    rows = "".join(
        record("Book", f"<titles><title>Title Number {number} {'é' * number}</title></titles>")
        for number in range(800)
    )
    found = read(f"<xml><records>{rows}</records></xml>", "a.xml")
    assert [entry.paper.title.split()[2] for entry in found] == [str(number) for number in range(800)]
    capitals = "<XML><RECORDS><RECORD><TITLES><TITLE>One Old Title</TITLE></TITLES></RECORD></RECORDS></XML>"
    assert [entry.paper.title for entry in read(capitals, "b.xml")] == ["One Old Title"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 12, 13, 20, 21, 50])
def test_one_line_of_xml_or_json_may_be_cut_within_any_tag_or_word(size, read, monkeypatch):
    monkeypatch.setattr("classifier.lists.lines._PIECE", size)
    rows = "".join(
        record("Book", f"<titles><title>Title Number {number}</title></titles>") for number in range(9)
    )
    found = read(f"<xml><records>{rows}</records></xml>", "a.xml")
    assert [entry.paper.title for entry in found] == [f"Title Number {number}" for number in range(9)]
    items = [{"id": f"k{number}", "title": f'Number "{number}" }}]'} for number in range(9)]
    found = read(json.dumps({"config": {"items": [1]}, "data": items, "next": {"title": "x"}}), "a.json")
    assert [entry.paper.title for entry in found] == [item["title"] for item in items]


REFER = "%A Muster, Anna\n%T The First of Two\n%D 2020\n\n%A Exempel, Karl\n%T The Second of Two\n"


def test_refer_without_types_is_parted_at_blank_lines(read):
    assert [entry.paper.title for entry in read(REFER, "a.enw")] == ["The First of Two", "The Second of Two"]


BBL = r"""\begin{thebibliography}{10}
\bibitem{plain}
Anna~B. Muster and Karl Exempel.
\newblock Rewards that a language model {W}rites.
\newblock {\em Journal of Robots}, 5(2):1--10, 2023.
\newblock arXiv:2203.02155.

\bibitem[Muster et~al.(2023)Muster, Exempel, and
  Beispiel]{natbib}
C.~Beispiel. % a comment
\newblock {\"U}ber records.
\newblock In \emph{Proc. of It}, 2022.
\newblock \doi{10.9999/b}. URL \url{https://doi.org/10.9999/b}.

\bibitem{ieee}
A.~Muster and K.~Exempel, ``Rewards that a third model writes,'' \emph{IEEE Trans.
  Inv.}, vol.~3, 2021. [Online]. Available: \url{https://example.org/a_b.pdf}

\bibitem[Muster and Exempel(2023)]%
        {acm}
\bibfield{author}{\bibinfo{person}{Anna Muster} {and}
  \bibinfo{person}{Karl Exempel}.} \bibinfo{year}{2023}\natexlab{}.
\newblock \showarticletitle{Rewards that a fourth model writes}.
\newblock \bibinfo{journal}{\emph{J. Inv. Rob.}} \bibinfo{volume}{5}.
\urldef\tempurl%
\url{https://doi.org/10.9999/acm}
\showDOI{\tempurl}

\bibitem [{\citenamefont {Muster}(2023)}]{revtex}%
  \BibitemOpen \bibfield  {author} {\bibinfo {author} {\bibfnamefont {A.}~\bibnamefont {Muster}},
  }\bibfield {title} {\bibinfo {title} {Rewards that a fifth model writes},\ }\href
  {https://doi.org/10.9999/rev} {\bibinfo  {journal} {Phys. Rev.}\ (\bibinfo {year} {2023})}%
\bibitem{bare} A. Muster, K. Exempel, \emph{Steel}, Town (2001), 10.9999/bare.
\end{thebibliography}
"""


@pytest.mark.parametrize("name", ["a.bbl", "a.tex", "a.txt"])
def test_bibitems_of_several_styles_are_read(name, read):
    start = "\\documentclass{article}\n\\begin{document}\nSome words.\n" if name == "a.tex" else ""
    found = read(start + BBL, name)
    assert [
        (e.key, e.paper.title, e.paper.year, e.paper.arxiv_id or e.paper.doi or e.url) for e in found
    ] == [
        ("plain", "Rewards that a language model Writes", 2023, "2203.02155"),
        ("natbib", "Über records", 2022, "10.9999/b"),
        ("ieee", "Rewards that a third model writes", 2021, "https://example.org/a_b.pdf"),
        ("acm", "Rewards that a fourth model writes", 2023, "10.9999/acm"),
        ("revtex", "Rewards that a fifth model writes", 2023, "10.9999/rev"),
        ("bare", None, 2001, "10.9999/bare"),
    ]
    assert found[0].paper.authors == ("Anna B. Muster", "Karl Exempel")
    assert found[3].paper.authors == ("Anna Muster", "Karl Exempel")


BIBLATEX = r"""% $ biblatex auxiliary file $
\refsection{0}
  \datalist[entry]{nty/global//global/global}
    \entry{muster2023}{article}{}{}
      \name{author}{2}{}{%
        {{un=0,hash=aa}{%
           family={Muster},
           familyi={M\bibinitperiod},
           given={Anna\bibnamedelima B.},
           giveni={A\bibinitperiod}}}%
        {{hash=bb}{%
           family={Exempel},
           given={Karl},
           prefix={van}}}%
      }
      \name{editor}{1}{}{%
        {{hash=cc}{family={Editor}, given={Eva}}}%
      }
      \field{abstract}{A robot is \emph{trained}.}
      \field{eprinttype}{arxiv}
      \field{title}{Rewards that a model writes}
      \field{year}{2023}
      \verb{doi}
      \verb 10.9999/abc
      \endverb
      \verb{eprint}
      \verb 2203.02155
      \endverb
    \endentry
    \entry{b}{book}{}{}
      \field{title}{Steel}
    \endentry
  \enddatalist
\endrefsection
"""


def test_biblatexs_entries_are_read(read):
    first, second = read(BIBLATEX, "a.bbl")
    assert (first.key, first.paper.title, first.paper.abstract) == (
        "muster2023",
        "Rewards that a model writes",
        "A robot is trained.",
    )
    assert first.paper.authors == ("Anna B. Muster", "Karl van Exempel")
    assert (first.paper.arxiv_id, first.paper.doi, first.paper.year) == ("2203.02155", "10.9999/abc", 2023)
    assert (second.paper.title, second.type) == ("Steel", "book")


@pytest.mark.parametrize(
    ("written", "term"),
    [
        ("article", "article"),
        ("Article", "article-journal"),
        ("Article; Proceedings Paper", "article-journal"),
        ("journal-article", "article-journal"),
        ("JOUR", "article-journal"),
        ("inproceedings", "paper-conference"),
        ("Conference Paper", "paper-conference"),
        ("conferencePaper", "paper-conference"),
        ("preprint", "article"),
        ("posted-content", "article"),
        ("phdthesis", "thesis"),
        ("bookSection", "chapter"),
        ("paper-conference", "paper-conference"),
        ("Clinical Trial", "Clinical Trial"),
        ("", None),
    ],
)
def test_types_are_given_in_one_set_of_words(written, term):
    assert csl_type(written) == term


def test_a_second_paragraph_of_a_pubmed_abstract_is_kept(read):
    one = "PMID- 1\nTI  - A Title\nAB  - One paragraph.\n      \n      Another one.\nDP  - 2020\n"
    first, second = read(f"{one}\nPMID- 2\nTI  - B\n", "a.nbib")
    assert (first.paper.abstract, first.paper.year) == ("One paragraph. Another one.", 2020)
    assert second.paper.title == "B"


def test_endnotes_tags_may_be_followed_by_a_tab(read):
    first, second = read("%0\tJournal Article\n%T\tOne Title\n%0\tBook\n%T\tTwo Titles\n", "a.enw")
    assert (first.paper.title, second.paper.title) == ("One Title", "Two Titles")


YAML = """title: My thesis
author:
- name: Anna Muster
- name: Kim Exempel
references:
- &one
  id: a
  title: One Title
"""


def test_references_among_other_metadata_are_read_and_no_other_list(read):
    found = read(
        YAML + "- <<: *one\n  id: b\n- id: c\n  title: Three\nkeywords:\n- title: no paper\n", "a.yaml"
    )
    assert [(entry.key, isinstance(entry, ListEntry)) for entry in found] == [
        ("a", True),
        ("b", False),
        ("c", True),
    ]
    assert "alias" in found[1].reason


FAMILY_FIRST = r"""\begin{thebibliography}{4}
\bibitem{lncs} Muster, A.~B., van Exempel, K.: A title of words. In: Proc. pp. 1--2 (2020). \doi{10.9999/a}
\bibitem{journal} Muster, A.: What is a title? J. Inv. \textbf{2}(5), 9 (2020)
\bibitem{many} Muster, A., Exempel, K., et~al.: Titles: an overview. arXiv preprint arXiv:2203.02155 (2020)
\bibitem[Muster and Exempel, 2020]{apalike}
Muster, A. and van Exempel, K. (2020a).
\newblock A title of words.
\end{thebibliography}
"""


def test_bibitems_with_family_names_first_are_read(read):
    found = read(FAMILY_FIRST, "a.bbl")
    assert [(entry.paper.title, [(n.family, n.given) for n in entry.names]) for entry in found] == [
        ("A title of words", [("Muster", "A. B."), ("van Exempel", "K.")]),
        ("What is a title", [("Muster", "A.")]),
        ("Titles: an overview", [("Muster", "A."), ("Exempel", "K.")]),
        ("A title of words", [("Muster", "A."), ("van Exempel", "K.")]),
    ]
