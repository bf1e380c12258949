"""New files of each format: complete, true to corrections, and inert whatever a title holds."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
import zlib
from itertools import islice
from pathlib import Path

import pytest
import rispy
from bibtexparser.splitter import Splitter
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from classifier.errors import ConfigError
from classifier.export import bibtex, latex, markdown, spreadsheet
from classifier.export.bibtex import write_bibtex
from classifier.export.csl import write_csl_json
from classifier.export.filed import file_row
from classifier.export.grouping import group_by_tree
from classifier.export.links import link_to
from classifier.export.picture import lay_out
from classifier.export.png import render_png
from classifier.export.render import FORMATS, Options, format_of, render
from classifier.export.ris import write_ris
from classifier.export.svg import render_svg
from classifier.export.tables import attribute_tables, overview
from classifier.model.entries import Correction, PersonName, Row
from classifier.model.label import Label
from classifier.model.record import Notice
from classifier.text.characters import shown
from tests.labelled_rows import HOSTILE, filed, row, sample, taxonomy

LEAVES = tuple(taxonomy().leaves)
HARD = st.text(st.sampled_from("a=+-@;,\t\r\n\"'<>[](){}\\$%#&_^~|`*:!/\x00\x1b\u202e\ufeffé水"), max_size=30)


def written(name: str, rows=None, **options) -> str:
    return b"".join(render(name, sample() if rows is None else rows, taxonomy(), Options(**options))).decode()


def tree(rows=None):
    return group_by_tree(filed(rows), taxonomy())


# -- every format --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "parquet"])
def test_every_format_writes_no_rows_at_all(name):
    assert b"".join(render(name, [], taxonomy(), Options())) or name in ("jsonl", "bibtex", "ris")


@pytest.mark.parametrize(
    "name", [name for name in FORMATS if name not in ("tables", "svg", "png", "parquet")]
)
def test_every_format_tells_corrected_labels(name):
    text = written(name)
    assert re.search(r"set by a person|classifier:corrected|\"person\"|\"correction\":", text)


@pytest.mark.parametrize("name", ["jsonl", "csv", "bibtex", "ris", "csl-json"])
def test_formats_of_rows_are_streams(name):
    endless = (row(str(number)) for number in iter(int, 1))
    assert len(list(islice(render(name, endless, taxonomy(), Options()), 5))) == 5


def test_rows_of_another_taxonomy_are_refused():
    with pytest.raises(ConfigError, match="--workspace"):
        file_row(row("k", correction=Correction(key="k", label="else/where")), taxonomy())


@pytest.mark.parametrize(
    ("file", "name"),
    [("a.parquet", "parquet"), ("b.BIB", "bibtex"), ("c.json", "csl-json"), ("d.jsonl", "jsonl")],
)
def test_a_files_ending_tells_the_format(file, name):
    assert format_of(Path(file)) == name


@pytest.mark.parametrize("file", [None, Path("list"), Path("list.docx")])
def test_an_ending_that_says_nothing_asks_for_the_format(file):
    with pytest.raises(ConfigError, match="--format"):
        format_of(file)


def test_an_unknown_format_lists_the_known():
    with pytest.raises(ConfigError, match="jsonl, csv, bibtex"):
        render("docx", [], taxonomy(), Options())


# -- JSONL ---------------------------------------------------------------------------------------


def test_jsonl_lines_are_labels_and_corrections_are_marked():
    lines = [json.loads(line) for line in written("jsonl").splitlines()]
    assert len(lines) == len(sample())
    corrected = [line for line in lines if "correction" in line]
    assert [line.pop("correction") for line in corrected] == [
        {"by": "Ada", "note": "see page 4", "at": "2026-01-01", "was": LEAVES[0]}
    ]
    labels = [Label.model_validate(line) for line in lines]
    assert [label for label in labels if label.ref != "overruled"] == [
        r.label for r in sample() if r.correction is None
    ]
    overruled = next(label for label in labels if label.ref == "overruled")
    assert (overruled.leaf, overruled.path, overruled.confidence) == (
        LEAVES[1],
        taxonomy().titles(LEAVES[1]),
        None,
    )


def test_jsonl_of_a_failed_paper_that_a_person_placed_is_a_placed_label():
    fixed = row("k", "failed", correction=Correction(key="k", label="out-of-scope"))
    line = json.loads(written("jsonl", [fixed]))
    assert (line["status"], line["leaf"], line["error"]) == ("out_of_scope", None, None)


@pytest.mark.parametrize(
    ("label", "secondary"),
    [(LEAVES[1], []), ("out-of-scope", []), (LEAVES[0], [LEAVES[2]])],
    ids=["another-leaf", "out-of-scope", "the-same"],
)
def test_nothing_beside_a_persons_label_contradicts_it(label, secondary):
    corrected = row("k", LEAVES[0], correction=Correction(key="k", label=label))
    weighed = {"runner_up": LEAVES[1], "secondary": (LEAVES[2],), "scope_reason": "other"}
    corrected = corrected.model_copy(update={"label": corrected.label.model_copy(update=weighed)})
    line = json.loads(written("jsonl", [corrected]))
    (cells,) = csv.DictReader(io.StringIO(written("csv", [corrected]), newline=""))
    assert (line["runner_up"], line["confidence"], line["secondary"]) == (None, None, secondary)
    assert (cells["runner_up"], cells["confidence"], cells["secondary"]) == ("", "", "; ".join(secondary))
    assert (line["scope_reason"] is None) == (cells["scope_reason"] == "") == (label != LEAVES[0])


# -- CSV -----------------------------------------------------------------------------------------


def test_csv_has_every_row_in_its_columns_and_a_mark_of_choice():
    rows = list(csv.DictReader(io.StringIO(written("csv"), newline="")))
    assert [r["key"] for r in rows] == [r.entry.key for r in sample()]
    assert next(r for r in rows if r["key"] == "overruled")["decided_by"] == "person"
    assert {r["label"] for r in rows} == {*LEAVES, "out-of-scope", "unplaced", "failed"}
    assert all("\n" not in value for r in rows for value in r.values())
    assert written("csv", mark=True).startswith("\ufeff")
    assert written("csv").count("\r\n") == len(rows) + 1


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\x00=", "＝", "\u202e=", "a;=", "a; ="]
)
def test_no_cell_starts_a_formula(start):
    cell = spreadsheet.inert(f"{start}1+1")
    assert not re.search(r"(^|;)\s*[=+\-@＝\t\r]", cell)
    assert cell.replace("'", "").endswith("1+1")


@given(HARD)
def test_no_title_starts_a_formula_in_any_program(title):
    text = written("csv", [row("k", title=title)])
    for cell in next(islice(csv.reader(io.StringIO(text, newline="")), 1, None)):
        assert all(not re.match(r"\s*[=+\-@]", part) for part in cell.split(";"))


# -- reference lists -----------------------------------------------------------------------------


@pytest.mark.parametrize("title", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_title_is_one_bibtex_field_that_tex_prints(title):
    text = written("bibtex", [row("k", title=title, authors=(title, "Plain Name"))], note_field="annote")
    (entry,) = Splitter(text).split().entries
    assert [field.key for field in entry.fields] == ["title", "author", "year", "keywords", "annote"]
    for field in entry.fields:
        bare = re.sub(r"\\(text[a-z]+\{\}|[$&%#_])", "", field.value)
        assert not re.search(r"[\\$&%#_~^]", bare)
        assert bare.count("{") == bare.count("}")


@given(st.lists(HARD, min_size=1, max_size=4))
def test_bibtex_of_any_titles_and_keys_has_an_entry_each(titles):
    rows = [row(f"{title}k", title=title, authors=(title,)) for title in titles]
    found = Splitter(written("bibtex", rows)).split()
    assert (len(found.entries), found.failed_blocks) == (len(titles), [])
    assert len({entry.key.casefold() for entry in found.entries}) == len(titles)


@pytest.mark.parametrize(
    ("key", "written_as"),
    [
        ("hallström2024", "hallström2024"),
        ("2020A&A...640A...1P", "2020A&A...640A...1P"),
        ("DBLP:conf/nips/O'Neill_24", "DBLP:conf/nips/O'Neill_24"),
        ("-dash-", "-dash-"),
        ("k" * 300, "k" * 300),
        ("two words", "two-words"),
        ("smith2020#2", "smith2020-2"),
        ("a,b}", "a-b"),
        ("~", "entry"),
    ],
)
def test_a_key_stays_byte_for_byte_where_bibtex_takes_it_and_else_is_told(key, written_as):
    told = []
    text = written("bibtex", [row(key)], on_new_key=lambda *keys: told.append(keys))
    assert text.startswith(f"@misc{{{written_as},\n")
    assert Splitter(text).split().entries[0].key == written_as
    assert told == [(key, written_as)] * (key != written_as)


def test_keys_that_differ_in_case_only_are_told_apart_and_told():
    told = []
    written("bibtex", [row("Smith"), row("smith")], on_new_key=lambda *keys: told.append(keys))
    assert told == [("smith", "smith-2")]


@given(st.lists(HARD, min_size=1, max_size=3))
def test_ris_and_csl_json_of_any_titles_have_an_entry_each(titles):
    rows = [row(f"{number}", title=title) for number, title in enumerate(titles)]
    expected = [shown(title) or str(number) for number, title in enumerate(titles)]
    assert [entry["title"] for entry in rispy.loads(written("ris", rows).replace("\r", ""))] == expected
    assert [item["title"] for item in json.loads(written("csl-json", rows))] == expected


def test_reference_lists_carry_keywords_marks_and_reasons():
    rows = [row("k", LEAVES[0], needs_review=True, arxiv_id="2401.00001v2", doi="10.1/x_y")]
    text = written("bibtex", rows, note_field="annote")
    assert f"keywords = {{classifier:{LEAVES[0]}, classifier:needs-review}}" in text
    assert "annote = {classifier: It says so.}" in text
    assert "eprint = {2401.00001}" in text
    (entry,) = rispy.loads(written("ris", rows, note_field="N1").replace("\r", ""))
    assert entry["keywords"] == [f"classifier:{LEAVES[0]}", "classifier:needs-review"]
    (item,) = json.loads(written("csl-json", rows, note_field="annote"))
    assert (item["keyword"], item["annote"]) == (", ".join(entry["keywords"]), "classifier: It says so.")


@pytest.mark.parametrize("name", ["bibtex", "ris", "csl-json"])
def test_a_failed_paper_gets_no_keyword(name):
    assert "classifier:" not in written(name, [row("k", "failed")])


# -- Markdown and LaTeX --------------------------------------------------------------------------


def tokens(text: str):
    parsed = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(text)
    return [token for block in parsed for token in (block, *(block.children or ()))]


@pytest.mark.parametrize("title", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.parametrize("name", ["markdown", "table1", "tables"])
def test_a_hostile_title_is_text_in_markdown(name, title):
    hostile = [row("k", LEAVES[0], title=title, authors=(), attributes={"bridge-type": title})]
    plain = [row("k", LEAVES[0], title="plain", authors=(), attributes={"bridge-type": "plain"})]
    found, expected = tokens(written(name, hostile)), tokens(written(name, plain))
    kinds = [token.type for token in found if token.type != "text_special"]
    merged = [kind for i, kind in enumerate(kinds) if i == 0 or kind != "text" or kinds[i - 1] != "text"]
    assert merged == [token.type for token in expected if token.type != "text_special"]
    assert not re.search(
        r"(?<!\\):\/\/|<(?!https://)|\bwww\.|mailto:|[\x00\x1b\u202e]", written(name, hostile)
    )


@given(HARD)
def test_any_title_reads_in_markdown_as_it_is(title):
    (inline,) = [
        t for t in MarkdownIt("commonmark").parse(f"x{markdown.escaped(title)}x") if t.type == "inline"
    ]
    assert {child.type for child in inline.children} <= {"text"}
    assert "".join(child.content for child in inline.children) == f"x{shown(title)}x"


def test_the_list_has_a_heading_with_its_count_for_each_node_and_a_bullet_for_each_paper():
    text = markdown.render_list(tree())
    assert "### Capacity (5)\n\n#### With load test (2)" in text
    assert "### Not labelled (1)" in text
    assert text.count("\n- ") == len(sample())
    assert "[On capacity-with-load-test-2](<https://arxiv.org/abs/2401.00002>), Ada Ng et al., 2022" in text
    assert "On overruled, Ada Ng et al., 2024, *set by a person*" in text


def test_table_one_has_a_row_for_each_leaf_and_the_others_one_for_each_paper():
    found = overview(tree())
    assert [r[2] for r in found.rows] == ["2", "3", "2", "2", "2", "7"]
    tables = attribute_tables(tree([row("k", LEAVES[0], attributes={"bridge-type": "arch"})]), taxonomy())
    assert [(t.name, t.columns) for t in tables] == [("table-1", ("Study", "Type of bridge", "Rating found"))]
    assert tables[0].rows[0][1:] == ("arch", "–")


@pytest.mark.parametrize("title", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_title_is_text_in_latex(title):
    rows = [row(title, LEAVES[0], title=title, authors=(title,), attributes={"bridge-type": title})]
    text = latex.render_latex((overview(tree(rows)), *attribute_tables(tree(rows), taxonomy())), cite=True)
    ours = [
        "begin",
        "end",
        "caption",
        "label",
        "toprule",
        "midrule",
        "bottomrule",
        "endfirsthead",
        "endhead",
        "endlastfoot",
        "raggedright",
        "arraybackslash",
        "linewidth",
        "usepackage",
        "textbackslash",
        "textbraceleft",
        "textbraceright",
        "textasciicircum",
        "textasciitilde",
        "textasciigrave",
        "textquotedbl",
        "textless",
        "textgreater",
        "textbar",
    ]
    assert set(re.findall(r"\\([A-Za-z]+)", text)) <= set(ours)
    body = [line for line in text.splitlines() if not line.startswith("%")]
    assert not any(re.search(r"(?<!\\)[%#$_]|(?<!\\)\^", line) for line in body)
    assert "\n".join(body).count("{") == "\n".join(body).count("}")


def test_latex_cites_by_key_where_asked_and_the_key_can_be_one():
    rows = [row("ng:2024", LEAVES[0]), row("a b}", LEAVES[0])]
    text = latex.render_latex((overview(tree(rows)),), cite=True)
    assert re.findall(r"\\cite\{.*?\}", text) == [r"\cite{ng:2024}"]
    assert "cite" not in latex.render_latex((overview(tree(rows)),))


@given(HARD)
def test_escaped_tex_has_no_live_character(text):
    bare = re.sub(r"\\(text[a-z]+\{\}|[$&%#_])", "", bibtex.escaped(text))
    assert not re.search(r"[\\{}$&%#_~^]", bare)


# -- pictures ------------------------------------------------------------------------------------


def test_the_picture_has_a_box_with_its_count_for_each_node_and_none_touches_another():
    picture = lay_out(tree())
    nodes = len(taxonomy().leaves) + len(taxonomy().branches) + 1
    assert (len(picture.boxes), len(picture.links)) == (nodes, nodes - 1)
    assert [box.count for box in picture.boxes][:4] == ["18", "5", "2", "3"]
    assert picture.caption == "18 of 21 papers placed; out of scope: 1; unplaced: 1; not labelled: 1"
    for number, a in enumerate(picture.boxes):
        assert a.x >= 0
        assert a.x + a.width <= picture.width
        assert a.y + a.height <= picture.height
        for b in picture.boxes[number + 1 :]:
            apart = (
                a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
            )
            assert apart, (a, b)


def test_the_svg_is_well_formed_without_script_or_link_and_hostile_titles_are_text():
    hostile = taxonomy().model_copy(update={"title": HOSTILE["script"][:60]})
    text = render_svg(lay_out(group_by_tree([], hostile)))
    root = ElementTree.fromstring(text)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names == {"svg", "title", "style", "rect", "path", "g", "text", "tspan"}
    assert not any("href" in name or name.startswith("on") for e in root.iter() for name in e.attrib)
    assert "<script>" in "".join(root.itertext())


def test_the_png_is_a_picture_of_the_layout_in_more_than_one_colour():
    picture = lay_out(tree())
    data = render_png(picture)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == pytest.approx((2 * picture.width, 2 * picture.height), abs=2)
    start = data.index(b"IDAT") + 4
    pixels = zlib.decompress(data[start : start + struct.unpack(">I", data[start - 8 : start - 4])[0]])
    assert len(pixels) == height * (3 * width + 1)
    assert len({pixels[i : i + 3] for i in range(1, len(pixels), 997)}) > 5


def test_a_png_of_other_scripts_and_half_surrogates_is_drawn():
    strange = taxonomy().model_copy(update={"title": "水 😀 \ud800 …"})
    assert render_png(lay_out(group_by_tree([], strange)))


# -- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "address"),
    [
        ({"arxiv_id": "arXiv:2401.00001v3"}, "https://arxiv.org/abs/2401.00001"),
        ({"arxiv_id": "javascript:alert(1)"}, None),
        ({"doi": "10.1000/a<b>\"'()x"}, "https://doi.org/10.1000/a%3Cb%3E%22%27%28%29x"),
        ({"url": "https://example.org/a.pdf?x=1"}, "https://example.org/a.pdf?x=1"),
        ({"url": "javascript:alert(1)"}, None),
        ({"url": "https://example.org/)>\n[x](y)"}, None),
        ({"url": "https://user@example.org/"}, None),
        ({}, None),
    ],
)
def test_an_address_is_made_only_of_what_is_safe(facts, address):
    assert link_to(filed([row("k", **facts)])[0]) == address


# -- what the entry has ---------------------------------------------------------------------------


def article(**more: object) -> Row:
    """A journal article whose list tells its authors' names apart."""
    made = row("k", authors=("Jan van der Berg", "The Kettle Team", "Ng Jr, Ada"), abstract="We {watch} 5 %.")
    names = (
        PersonName(family="van der Berg", given="Jan"),
        PersonName(family="The Kettle Team"),
        PersonName(family="Ng", given="Ada", suffix="Jr"),
    )
    facts = {"type": "article-journal", "journal": "Bridges & Winds", "names": names} | more
    return made.model_copy(update={"entry": made.entry.model_copy(update=facts)})


@pytest.mark.parametrize(
    ("kind", "bibtex_type", "container", "ris_type"),
    [
        ("article-journal", "article", "journal", "JOUR"),
        ("paper-conference", "inproceedings", "booktitle", "CPAPER"),
        ("chapter", "incollection", "booktitle", "CHAP"),
        (None, "article", "journal", "JOUR"),
        ("weird}type", "misc", "howpublished", "GEN"),
    ],
)
def test_a_new_list_keeps_type_journal_names_and_abstract(kind, bibtex_type, container, ris_type):
    rows = filed([article(type=kind)])
    bib = "".join(write_bibtex(rows))
    assert bib.startswith(f"@{bibtex_type}{{k,")
    assert f"{container} = {{Bridges \\& Winds}}" in bib
    assert "author = {van der Berg, Jan and {The Kettle Team} and Ng, Jr, Ada}" in bib
    assert r"abstract = {We \textbraceleft{}watch\textbraceright{} 5 \%.}" in bib
    ris = "".join(write_ris(rows))
    for line in (
        f"TY  - {ris_type}", "AU  - van der Berg, Jan", "AU  - The Kettle Team", "AU  - Ng, Ada, Jr",
        "T2  - Bridges & Winds", "AB  - We {watch} 5 %.",
    ):  # fmt: skip
        assert f"{line}\r\n" in ris
    [item] = json.loads("".join(write_csl_json(rows)))
    assert item["author"] == [
        {"family": "van der Berg", "given": "Jan"},
        {"literal": "The Kettle Team"},
        {"family": "Ng", "given": "Ada", "suffix": "Jr"},
    ]
    assert (item["container-title"], item["abstract"]) == ("Bridges & Winds", "We {watch} 5 %.")
    assert item["type"] == kind or kind is None


@pytest.mark.parametrize(
    ("authors", "name"),
    [
        (("Wei Li", "Ada Ng", "Cy Oz"), "Li et al. 2024"),
        (("Jan van der Berg", "Ng, Ada"), "van der Berg and Ng 2024"),
        (("The Kettle Team",), "The Kettle Team 2024"),
        ((), "On k"),
    ],
)
def test_a_table_names_a_study_as_a_citation_does(authors, name):
    [one] = filed([row("k", authors=authors)])
    assert markdown.study_name(one) == name


@pytest.mark.parametrize(
    ("authors", "name", "bibtex"),
    [
        (("Ada Ng",), "Ng et al. 2024", "Ada Ng and others"),
        (("Ada Ng", "Bo Li"), "Ng et al. 2024", "Ada Ng and Bo Li and others"),
        ((), "On k", None),
    ],
)
def test_authors_that_the_list_leaves_out_are_not_forgotten(authors, name, bibtex):
    [one] = filed([row("k", authors=authors)])
    entry = one.row.entry.model_copy(update={"more_authors": True})
    [one] = filed([one.row.model_copy(update={"entry": entry})])
    assert markdown.study_name(one) == name
    text = b"".join(render("bibtex", [one.row], taxonomy(), Options())).decode()
    assert (f"author = {{{bibtex}}}" in text) if bibtex else ("author" not in text)


def test_a_table_marks_what_needs_review():
    [one] = filed([row("k", needs_review=True)])
    assert markdown.study_name(one) == "Ng et al. 2024 (needs review)"


@pytest.mark.parametrize("code", ["unmeasured", "unmeasured-accepted"])
def test_a_confidence_in_a_table_stands_beside_what_is_known_of_the_engine(code):
    one = row("k")
    label = one.label.model_copy(update={"warnings": (Notice(code=code, message="x"),)})
    rows = [one, one.model_copy(update={"label": label})]
    cells = csv.DictReader(io.StringIO("".join(spreadsheet.write_csv(filed(rows)))))
    assert [row["accuracy"] for row in cells] == ["", "unmeasured"]
