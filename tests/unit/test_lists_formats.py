"""One real-looking list of each format goes in: every entry is found, with all that it says."""

import gzip
import io
import shutil
import sys
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.lists import read_lists
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.model.paper import Paper
from tests.pdfs import FILLER

EXAMPLES = Path(__file__).parents[2] / "examples" / "lists"
KITE = "Letting a Kite Teach Itself to Fly"
FERRY = "A Q-Learning Pilot for Ferries"
TRAM = "On Scheduling Trams by Trial and Error"
LIGHTHOUSE = "Ten Ways Not to Reward a Lighthouse"
FERRY_DOI = "10.5555/tidewater.2023.17"
SOUSA = ("Inês Sousa", "Seán O'Brien")


def read(*sources: object) -> tuple[list[ListEntry], list[BrokenEntry]]:
    """Entries and broken ones of lists."""
    found = list(read_lists([str(source) for source in sources]))
    return (
        [entry for entry in found if isinstance(entry, ListEntry)],
        [entry for entry in found if isinstance(entry, BrokenEntry)],
    )


def pdf(path: Path) -> Path:
    """A file that starts as a PDF does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"%PDF-1.4\n" + FILLER[0].encode())
    return path


def test_jabref_bibtex_is_read_with_accents_braces_strings_and_repeated_keys():
    entries, broken = read(EXAMPLES / "jabref.bib")
    assert [(entry.key, entry.line) for entry in entries] == [
        ("Hallstrom2024", 7),
        ("Oyelaran2023", 22),
        ("Dorn1999", 34),
        ("Hallstrom2024#2", 45),
    ]
    assert entries[0].paper == Paper(
        title="Reward Sketches for Greenhouse Robots: 50% Fewer Labels",
        authors=("Åsa Hallström", "Iker Núñez", "Jo van der Meer"),
        year=2024,
        arxiv_id="2401.90001v2",
        abstract="A robot that tends plants has to be told what a good action is worth. We write the reward "
        "down as a sketch, and 50% of the labels are no longer needed.",
    )
    assert entries[1].paper.authors == ("Folake Oyelaran", "The Tidewater Consortium", "Wei Li")
    assert (entries[1].paper.year, entries[1].paper.doi) == (2023, FERRY_DOI)
    assert entries[1].url == "https://example.org/tidewater_pilot.pdf"
    assert (entries[2].paper.arxiv_id, entries[2].paper.year) == ("cs/9909001", None)
    assert entries[3].paper.arxiv_id == "2402.90002"
    assert [notice.code for notice in entries[3].notices] == ["duplicate-key"]
    assert [(entry.key, entry.line) for entry in broken] == [("Unclosed2021", 40)]
    assert "line 45" in broken[0].reason


def test_zotero_bibtex_is_read():
    entries, broken = read(EXAMPLES / "zotero.bib")
    assert broken == []
    assert entries[0].paper == Paper(
        title=KITE,
        authors=SOUSA,
        year=2022,
        arxiv_id="2203.90003",
        abstract="We let a kite learn on its own line. The reward is the pull on the line & nothing else.",
    )
    assert entries[1].key == "wójcik_undated"
    assert (entries[1].paper.authors, entries[1].paper.year) == (("Łucja Wójcik",), None)


def test_latin_1_bibtex_with_crlf_is_read_and_says_what_was_assumed():
    entries, _ = read(EXAMPLES / "latin1.bib")
    assert entries[0].paper.title == "Über das Fahren von Straßenbahnen"
    assert entries[0].paper.authors == ("José García", "Jürgen Müller")
    assert [[notice.code for notice in entry.notices] for entry in entries] == [["encoding"], []]


def test_ris_is_read_also_without_its_end_lines():
    entries, broken = read(EXAMPLES / "endnote.ris")
    assert entries[0].key == "sousa2022"
    assert entries[0].paper == Paper(
        title=KITE,
        authors=SOUSA,
        year=2022,
        arxiv_id="2203.90003",
        abstract="We let a kite learn on its own line. The reward is the pull on the line.",
    )
    assert (entries[1].paper.title, entries[1].paper.year, entries[1].paper.doi) == (FERRY, 2023, FERRY_DOI)
    assert entries[1].paper.abstract == "Ferries learn where to wait."
    assert [notice.code for notice in entries[1].notices] == ["missing-end"]
    assert (entries[2].paper.title, entries[2].paper.arxiv_id) == (TRAM, "cs/9909001")
    assert [entry.line for entry in broken] == [30, 31]


def test_csl_json_is_read_and_one_broken_element_costs_only_itself():
    entries, broken = read(EXAMPLES / "csl.json")
    assert [(entry.key, entry.line) for entry in entries] == [
        ("sousa2022", 1),
        ("http://zotero.org/groups/1/items/ABCD2345", 2),
        ("undated", 4),
    ]
    assert entries[0].paper == Paper(
        title=KITE,
        authors=SOUSA,
        year=2022,
        arxiv_id="2203.90003",
        abstract="We let a kite learn on its own line. Braces in a text, { and ], change nothing.",
    )
    assert entries[1].paper.authors == ("Folake Oyelaran", "The Tidewater Consortium", "Jo van der Meer")
    assert (entries[1].paper.year, entries[1].paper.doi) == (2023, FERRY_DOI)
    assert (entries[2].paper.year, entries[2].paper.arxiv_id) == (None, "2404.90004")
    assert [(entry.line, entry.key) for entry in broken] == [(3, "broken")]


def test_zotero_csv_is_read_with_line_ends_in_cells_and_short_rows():
    entries, broken = read(EXAMPLES / "zotero.csv")
    assert [(entry.key, entry.line) for entry in entries] == [
        ("ABCD2345", 2),
        ("EFGH6789", 4),
        ("JKLM2345", 5),
    ]
    assert entries[0].paper == Paper(
        title=KITE,
        authors=SOUSA,
        year=2022,
        arxiv_id="2203.90003",
        abstract='We let a kite learn on its own line. The reward is the pull, which we call "tug".',
    )
    assert entries[1].paper.title == f"={FERRY}"
    assert entries[2].paper.authors == ("K.-H. Dorn",)
    assert [(entry.line, entry.key) for entry in broken] == [(6, None), (7, "STUV2345")]


def test_a_sheet_with_semicolons_and_byte_order_mark_is_read():
    entries, broken = read(EXAMPLES / "sheet.csv")
    assert broken == []
    assert entries[0].paper == Paper(
        title=KITE, authors=("Inês Sousa", "Seán O’Brien"), year=2022, arxiv_id="2203.90003"
    )
    assert entries[1].paper == Paper(title=LIGHTHOUSE, authors=("Łucja Wójcik",))


@pytest.mark.parametrize(
    "header",
    [
        "Nr;Titel;Autor(en);Jahr;DOI;Zusammenfassung;Zeitschrift",
        "No;Titre;Auteur(s);Année de publication;DOI;Résumé;Revue",
        "Núm.;TÍTULO;Autores;Año;doi;Resumen;Revista",
    ],
)
def test_a_sheet_with_german_french_or_spanish_columns_is_read(header, tmp_path):
    table = tmp_path / "list.csv"
    row = '1;Bridges;"Ng, Ada; Li, Bo";2021;10.1000/1;Words.;Spans'
    table.write_text(f"{header}\n{row}\n", encoding="utf-8")
    (found,) = read_lists([str(table)])
    paper = found.paper
    assert (paper.title, paper.authors, paper.year) == ("Bridges", ("Ada Ng", "Bo Li"), 2021)
    assert (paper.doi, paper.abstract) == ("10.1000/1", "Words.")


def test_tsv_is_read():
    entries, _ = read(EXAMPLES / "sheet.tsv")
    assert [(entry.paper.title, entry.paper.doi, entry.paper.arxiv_id) for entry in entries] == [
        (FERRY, FERRY_DOI, None),
        (TRAM, None, "cs/9909001"),
    ]
    assert entries[0].url == "https://example.org/tidewater_pilot.pdf"


def test_json_lines_are_read_and_a_broken_line_is_reported():
    entries, broken = read(EXAMPLES / "suite.jsonl")
    assert entries[0].key == "sousa2022"
    assert entries[0].paper == Paper(
        title=KITE,
        authors=SOUSA,
        year=2022,
        arxiv_id="2203.90003",
        abstract="We let a kite learn on its own line.",
    )
    assert entries[1].paper.abstract == "Ferries learn where to wait."
    assert entries[2].url == "https://openreview.net/pdf?id=Inv3nt3d"
    assert [(entry.line, entry.key) for entry in broken] == [(3, "cut-short")]


def test_a_text_file_of_ids_addresses_and_titles_is_read():
    entries, broken = read(EXAMPLES / "ids.txt")
    assert [(e.line, e.paper.arxiv_id or e.paper.doi or e.url, e.paper.title) for e in entries] == [
        (2, "2203.90003", None),
        (3, "2401.90001v2", None),
        (4, "cs/9909001", None),
        (5, FERRY_DOI, None),
        (6, "2404.90004", LIGHTHOUSE),
        (7, "https://example.org/tidewater_pilot.pdf", None),
        (8, None, TRAM),
        (9, "2402.90002", "The Same Key, Another Paper: Watering by Wire"),
    ]
    assert [(entry.line, "'tram'" in entry.reason) for entry in broken] == [(10, True)]


def test_an_awesome_list_is_read_and_only_its_papers_are():
    entries, broken = read(EXAMPLES / "awesome.md")
    assert broken == []
    assert [
        (e.line, e.paper.title, e.paper.year, e.paper.arxiv_id or e.paper.doi or e.url) for e in entries
    ] == [
        (12, KITE, 2022, "2203.90003"),
        (13, "Reward Sketches for Greenhouse Robots", 2024, "2401.90001v2"),
        (14, FERRY, 2023, FERRY_DOI),
        (15, "Watering by Wire: The Same Key, Another Paper", 2021, "https://openreview.net/pdf?id=Inv3nt3d"),
        (20, LIGHTHOUSE, 2020, "https://example.org/lighthouse(v2).pdf"),
        (24, TRAM, None, "cs/9909001"),
        (30, "A Buoy That Counts | Waves", 2019, "https://example.org/buoy.pdf"),
        (31, "Folding Maps by Feedback", 2019, "1901.90005"),
    ]
    assert entries[3].paper.authors == ("Åsa Hallström", "Jo van der Meer")
    assert entries[3].paper.abstract == "Wires carry water in this story."
    assert entries[6].paper.authors == ("Ada One", "Ben Two")


def test_a_folder_is_read_to_its_depths_and_what_is_no_file_is_reported(tmp_path):
    pdf(tmp_path / "b.pdf")
    pdf(tmp_path / "a" / "deep" / "A.PDF")
    pdf(tmp_path / ".hidden" / "c.pdf")
    (tmp_path / "a" / "page.pdf").write_text("<html>refused</html>")
    (tmp_path / "a" / "link.pdf").symlink_to("/nowhere.pdf")
    (tmp_path / "notes.txt").write_text("no paper")
    entries, broken = read(tmp_path)
    assert [(entry.key, entry.file) for entry in entries] == [
        ("b.pdf", tmp_path / "b.pdf"),
        ("a/page.pdf", tmp_path / "a" / "page.pdf"),  # reading it says that it is no PDF
        ("a/deep/A.PDF", tmp_path / "a" / "deep" / "A.PDF"),
    ]
    assert [entry.key for entry in broken] == ["a/link.pdf"]


def test_a_folder_without_pdfs_says_so(tmp_path):
    assert "no PDF in this folder" in read(tmp_path)[1][0].reason


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir()))
def test_gzip_and_standard_input_give_the_same_entries(name, tmp_path, monkeypatch):
    plain = [(entry.key, entry.paper) for entry in read(EXAMPLES / name)[0]]
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress((EXAMPLES / name).read_bytes()))
    assert [(entry.key, entry.paper) for entry in read(packed)[0]] == plain
    piped = io.TextIOWrapper(io.BytesIO(packed.read_bytes()))
    monkeypatch.setattr(sys, "stdin", piped)
    assert [(entry.key, entry.paper) for entry in read("-")[0]] == plain


def test_several_lists_are_read_in_order_with_keys_of_their_own(tmp_path):
    again = shutil.copy(EXAMPLES / "suite.jsonl", tmp_path / "again.jsonl")
    entries, _ = read(EXAMPLES / "suite.jsonl", again, pdf(tmp_path / "one.pdf"))
    assert [entry.key for entry in entries] == [
        "sousa2022",
        "oyelaran2023",
        entries[2].key,
        "sousa2022#2",
        "oyelaran2023#2",
        f"{entries[2].key}#2",
        "one.pdf",
    ]
    assert entries[3].source == str(again)


def test_made_keys_stay_when_lines_are_added_above(tmp_path):
    file = tmp_path / "titles.txt"
    file.write_text(f"{TRAM}\n")
    before = read(file)[0][0].key
    file.write_text(f"{KITE}\n{TRAM}\n")
    assert read(file)[0][1].key == before


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.bib", b" \n", "empty"),
        ("prose.bib", b"There is no entry here.\n", "no bibtex entry"),
        ("papers.zip", b"PK\x03\x04....", "a ZIP archive"),
        ("list.txt", b"<!DOCTYPE html><html>", "HTML"),
        ("list.dat", bytes(range(32)) * 40, "binary"),
        ("table.csv", b"a,b,c\n1,2,3\n", "'a,b,c'"),
        ("half.ris", b"AU  - Nobody\n", "no ris entry"),
    ],
)
def test_what_is_no_list_is_told_in_one_line_before_anything_is_read(name, content, words, tmp_path):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_lists([str(EXAMPLES / "ids.txt"), str(file)])
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ([], "no reading list given"),
        (["-", "-"], "twice"),
        (["no/such.bib"], "no such file"),
        (["x" * 9999], "no such"),
    ],
)
def test_sources_that_cannot_be_read_are_refused(sources, words):
    with pytest.raises(InputError, match=words):
        read_lists(sources)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"@article{a, title={A Title of Words}}", "bibtex"),
        (b"TY  - JOUR\nTI  - A Title of Words\nER  - \n", "ris"),
        (b'[{"title": "A Title of Words"}]', "csl-json"),
        (b'{\n "title": "A Title of Words"\n}', "csl-json"),
        (b'{"items": [{"title": "A Title of Words"}]}', "csl-json"),
        (b'{"title": "A Title of Words"}\n{"title": "Another Title"}', "jsonl"),
        (b"Title\tYear\nA Title of Words\t2020\n", "csv"),
        (b"sep=;\nTitle;Year\nA Title of Words;2020\n", "csv"),
        (b"# List\n\n- [A Title of Words](https://arxiv.org/abs/2001.00001)\n", "markdown"),
        (b"A Title of Words\n", "text"),
        ("A Title of Words\n".encode("utf-16"), "text"),
    ],
)
def test_the_format_is_told_from_the_contents(content, form, tmp_path):
    file = tmp_path / "list"
    file.write_bytes(content)
    entries, broken = read(file)
    assert broken == []
    assert entries[0].paper.title == "A Title of Words"
