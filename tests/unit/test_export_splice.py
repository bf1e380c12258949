"""Labels into a user's own list: keywords change, everything else stays byte for byte."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import rispy
from bibtexparser.model import Entry
from bibtexparser.splitter import Splitter
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import InputError
from classifier.export.filed import file_rows
from classifier.export.splice.bibtex import splice_bibtex
from classifier.export.splice.csl_json import splice_csl_json
from classifier.export.splice.markdown import splice_markdown, without_sections
from classifier.export.splice.results import Removal, Results, Spliced
from classifier.export.splice.ris import splice_ris
from classifier.model.entries import Correction, Row
from tests.labelled_rows import row, rows_of, taxonomy

LISTS = Path(__file__).parents[2] / "examples" / "lists"
SPLICERS = {"bib": splice_bibtex, "ris": splice_ris, "json": splice_csl_json}
NOTES = {"bib": "annote", "ris": "N1", "json": "annote"}
PREFIX = "classifier:"
LEAF = "capacity/with-load-test"


def results(rows: list[Row], file: Path | None = None, note: str | None = None) -> Results:
    return Results(file_rows(rows, taxonomy()), PREFIX, file, note)


def spliced(kind: str, text: str | bytes, *rows: Row, note: str | None = None) -> Spliced:
    data = text if isinstance(text, bytes) else text.encode()
    return SPLICERS[kind](data, results(list(rows), note=note))


def keyed(key: str, label: str = "", **facts: Any) -> Row:
    """A row of an entry of which nothing is known but its key."""
    return row(key, label, **{"title": None, "authors": ()} | facts)


def cleared(kind: str, data: bytes, note: str | None = None) -> bytes:
    return SPLICERS[kind](data, Removal(PREFIX, (note,) if note else ())).data


# -- real lists ----------------------------------------------------------------------------------


@pytest.mark.parametrize("with_note", [False, True], ids=["keywords", "and-rationale"])
@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("jabref.bib", ["Unclosed2021"]),
        ("latin1.bib", []),
        ("zotero.bib", []),
        ("endnote.ris", []),
        ("csl.json", [""]),
    ],
)
def test_a_real_list_comes_back_and_loses_nothing(name, left, with_note):
    file = LISTS / name
    kind = file.suffix[1:]
    note = NOTES[kind] if with_note else None
    rows = rows_of(file)
    old = file.read_bytes()
    first = SPLICERS[kind](old, results(rows, file, note))
    assert [entry.key for entry in first.untouched] == left
    assert first.labelled == len(rows)
    assert first.data != old
    again = SPLICERS[kind](first.data, results(rows, file, note))
    assert again.data == first.data
    assert cleared(kind, first.data, note) == old


def test_keywords_of_a_real_list_are_read_back(tmp_path):
    file = LISTS / "jabref.bib"
    rows = rows_of(file)
    copy = tmp_path / "jabref.bib"
    copy.write_bytes(splice_bibtex(file.read_bytes(), results(rows, file)).data)
    assert [r.entry.model_dump(exclude={"source", "line", "notices", "file"}) for r in rows_of(copy)] == [
        r.entry.model_dump(exclude={"source", "line", "notices", "file"}) for r in rows
    ]


# -- BibTeX --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@a{k,\n  year = {1},\n}", "@a{k,\n  year = {1},\n  keywords = {X},\n}"),
        ("@a{k,\n  year = {1}\n}", "@a{k,\n  year = {1},\n  keywords = {X}\n}"),
        ("@a{k,\r\n\tyear={1}\r\n}", "@a{k,\r\n\tyear={1},\r\n\tkeywords={X}\r\n}"),
        ("@a{k, year = 1}", "@a{k, year = 1, keywords = {X}}"),
        ('@a{k,\n  title     = "t"}', '@a{k,\n  title     = "t",\n  keywords  = "X"}'),
        ("@a(k,\n  year = {1},\n)", "@a(k,\n  year = {1},\n  keywords = {X},\n)"),
        ("@a{k}", "@a{k, keywords = {X}}"),
        ("@a{k,}", "@a{k, keywords = {X},}"),
        ("@a{k,\n Keywords = {b; c},\n}", "@a{k,\n Keywords = {b; c; X},\n}"),
        ('@a{k,\n keywords = "{b, c}"}', '@a{k,\n keywords = "{b, c}, X"}'),
        ("@a{k, keywords = {}}", "@a{k, keywords = { X}}"),
        ("% a\n@string{a = 1}\n@a{k, t={@a{}}} x", "% a\n@string{a = 1}\n@a{k, t={@a{}}, keywords={X}} x"),
    ],
)  # fmt: skip
def test_a_bibtex_field_is_added_or_filled_in_the_style_of_the_entry(before, after):
    found = spliced("bib", before, keyed("k", LEAF))
    assert found.data.decode() == after.replace("X", PREFIX + LEAF)
    assert (found.labelled, found.untouched) == (1, ())
    assert cleared("bib", found.data).decode() == before


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("@a{k, keywords = macro, year = 1}", "single text"),
        ("@a{k, keywords = {a} # b}", "single text"),
        ("@a{k, title = {never closed\n", "broken"),
        ("@a{k, title {no equals}}\n", "broken"),
    ],
)
def test_a_bibtex_entry_that_cannot_be_edited_is_listed_and_the_rest_goes_on(entry, reason):
    text = f"@a{{good, year = 1}}\n{entry}\n@a{{last, year = 2}}\n"
    found = spliced("bib", text, row("good", LEAF), row("k", LEAF), row("last", LEAF))
    assert [(left.key, left.line) for left in found.untouched] == [("k", 2)]
    assert reason in found.untouched[0].reason
    assert found.labelled == 2
    assert entry.encode() in found.data


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("bib", "@a{k, year = 1}\n@a{k, year = 2}\n"),
        ("ris", "TY  - GEN\nID  - k\nER  - \nTY  - GEN\nID  - k\nER  - \n"),
        ("json", '[{"id": "k"}, {"id": "k"}]'),
    ],
)
def test_one_label_goes_to_one_entry_and_a_second_of_the_same_key_is_listed(kind, text):
    found = spliced(kind, text, row("k", LEAF))
    assert found.data.count(LEAF.encode()) == 1
    assert [left.key for left in found.untouched] == ["k"]
    assert "is already used on line 1" in found.untouched[0].reason


def test_entries_of_the_same_key_are_told_apart_by_their_titles(tmp_path):
    file = tmp_path / "list.bib"
    file.write_text("@a{k, title = {One {\\'e}}}\n@a{k, title = {Two}}\n", encoding="utf-8")
    rows = rows_of(file)
    turned = b"@a{k, title = {Two}}\n@a{k, title = {One {\\'e}}}\n"
    found = splice_bibtex(turned, results(rows, file)).data.decode().splitlines()
    assert f"{PREFIX}{rows[1].label.leaf}" in found[0]
    assert f"{PREFIX}{rows[0].label.leaf}" in found[1]


def test_a_label_is_not_taken_from_another_entry_of_the_same_key_that_did_not_fail(tmp_path):
    file = tmp_path / "list.bib"
    file.write_text("@a{k, title = {One}}\n@a{k, title = {Two}}\n", encoding="utf-8")
    first, second = rows_of(file)
    failed = first.model_copy(update={"label": row("k", "failed").label})
    found = splice_bibtex(file.read_bytes(), results([failed, second], file))
    assert found.data.decode().splitlines()[0] == "@a{k, title = {One}}"
    assert (found.labelled, found.unknown) == (1, 1)


def test_entries_that_the_results_lack_are_counted_and_stay():
    found = spliced("bib", "@a{k, year = 1}\n@a{other, year = 2}\n", row("k", LEAF))
    assert (found.labelled, found.unknown, found.untouched) == (1, 1, ())
    assert b"@a{other, year = 2}\n" in found.data


def test_a_failed_entry_keeps_the_label_of_an_earlier_run():
    text = "@a{k, keywords = {classifier:capacity/with-load-test}}"
    assert spliced("bib", text, row("k", "failed")).data.decode() == text


def test_a_correction_rules_and_is_marked_and_review_is_marked_too():
    other = Correction(key="k", label="unplaced", by="Ada")
    corrected = spliced("bib", "@a{k, year = 1}", row("k", LEAF, correction=other, needs_review=True))
    assert b"keywords = {classifier:unplaced, classifier:corrected}" in corrected.data
    review = spliced("bib", "@a{k, year = 1}", row("k", LEAF, needs_review=True))
    assert b"classifier:needs-review" in review.data


REWARDS, TUNING, STEEL = (
    "Rewards that a language model writes",
    "Tuning a chat model by what people prefer",
    "Bridges of steel in wind",
)


def bib(**titles: str) -> str:
    return "".join(f"@a{{{key}, title={{{title}}}}}\n" for key, title in titles.items())


def ris_list(**titles: str) -> str:
    return "".join(f"TY  - GEN\nID  - {key}\nTI  - {title}\nER  - \n" for key, title in titles.items())


def csl_list(**titles: str) -> str:
    return json.dumps([{"id": key, "title": title} for key, title in titles.items()], indent=0)


WRITERS = {"bib": bib, "ris": ris_list, "json": csl_list}


@pytest.mark.parametrize("kind", ["bib", "ris", "json"])
def test_a_label_goes_to_its_paper_under_another_key_and_to_no_other_paper(kind):
    rows = [row("a", LEAF, title=REWARDS), row("b", "unplaced", title=TUNING)]
    found = spliced(kind, WRITERS[kind](a=STEEL, b=REWARDS, c=TUNING), *rows)
    steel, rewards, tuning = re.split(
        "(?=b, t|ID  - b|.id.: .b)|(?=c, t|ID  - c|.id.: .c)", found.data.decode()
    )
    assert PREFIX not in steel
    assert f"{PREFIX}{LEAF}" in rewards
    assert f"{PREFIX}unplaced" in tuning
    assert [left.key for left in found.untouched] == ["a"]
    assert f"of another paper, '{REWARDS}'; rerun" in found.untouched[0].reason


def test_entries_of_one_paper_each_get_its_label_with_or_without_a_row_of_their_own():
    rows = [row("a", LEAF, title=REWARDS), row("a#2", LEAF, title=REWARDS)]
    found = spliced("bib", bib(a=REWARDS) * 2 + bib(new=REWARDS), *rows)
    assert (found.labelled, found.untouched) == (3, ())
    assert found.data.count(f"{PREFIX}{LEAF}".encode()) == 3


def test_an_entry_that_was_added_above_takes_no_label_from_those_of_its_key(tmp_path):
    file = tmp_path / "list.bib"
    file.write_text(bib(s=TUNING) + bib(s=REWARDS), encoding="utf-8")
    rows = rows_of(file)
    found = splice_bibtex((bib(s=STEEL) + bib(s=TUNING) + bib(s=REWARDS)).encode(), results(rows, file))
    first, second, third = found.data.decode().splitlines()
    assert PREFIX not in first
    assert f"{PREFIX}{rows[0].label.leaf}" in second
    assert f"{PREFIX}{rows[1].label.leaf}" in third


@pytest.mark.parametrize(
    ("entry", "facts", "labelled"),
    [
        ("title={Rewards a model wrote}, doi={10.9999/X}", {"title": REWARDS, "doi": "10.9999/x"}, 1),
        ("title={Other words}, eprint={2401.00001}", {"title": None, "arxiv_id": "2401.00001v2"}, 1),
        ("title=t, author=us", {"title": REWARDS, "authors": ("Ada Ng",)}, 1),
        (f"title={{{STEEL}}}, doi={{10.9999/x}}", {"title": REWARDS, "doi": "10.9999/x"}, 0),
    ],
    ids=["corrected title", "id alone", "abbreviations", "shared doi"],
)
def test_an_entry_is_recognised_by_what_it_says(entry, facts, labelled):
    text = f'@string{{t = {{{REWARDS}}}}}\n@string(us = "Ng, Ada")\n@a{{k, {entry}}}\n'
    assert spliced("bib", text, row("k", LEAF, **{"authors": ()} | facts)).labelled == labelled


def test_under_a_key_and_a_long_title_another_papers_authors_get_no_label():
    title = f"{REWARDS} for a chess robot in a greenhouse"
    known = row("k", LEAF, title=title, authors=("Li, Ada", "Oz, Cy"))
    for author, labelled in (("Li, Ada", 1), ("A. Li and Cy Oz", 1), ("Bo Ek", 0), ("Julia Reliant", 0)):
        text = f"@a{{k, title = {{{title}}}, author = {{{author}}}}}\n"
        assert spliced("bib", text, known).labelled == labelled, author


def test_comments_between_fields_stay_where_they_are():
    text = f'@a{{k, % "odd\n  title = {{{STEEL}}}, % {{old}}\n  % year = 1999,\n  year = 2020\n}}\n'
    new = spliced("bib", text, row("k", LEAF, title=STEEL)).data
    assert new.decode() == text.replace("2020\n", f"2020,\n  keywords = {{{PREFIX}{LEAF}}}\n")
    assert cleared("bib", new) == text.encode()


def test_a_crossref_item_without_id_is_known_by_its_doi_and_not_by_a_work_that_it_cites():
    items = [
        {"DOI": f"10.9999/abc.{n}", "title": title, "reference": [{"key": "ref1", "DOI": "10.9999/cited"}]}
        for n, title in enumerate([STEEL, REWARDS])
    ]
    rows = [row("10.9999/abc.1", LEAF, title=REWARDS, doi="10.9999/abc.1"), row("ref1", "unplaced")]
    found = spliced("json", json.dumps(items), *rows)
    assert [item.get("keyword") for item in json.loads(found.data)] == [None, PREFIX + LEAF]


def test_rows_of_another_list_do_not_label_this_one(tmp_path):
    here, there = tmp_path / "here.bib", tmp_path / "there.bib"
    for file in (here, there):
        file.write_text("@a{k, title = {One}}\n", encoding="utf-8")
    rows = rows_of(there, here)
    data = splice_bibtex(here.read_bytes(), results(rows, here)).data
    assert rows[1].entry.key == "k#2"
    assert f"{PREFIX}{rows[1].label.leaf}".encode() in data


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
@pytest.mark.parametrize("kind", ["bib", "ris", "json"])
def test_marks_and_encodings_stay(kind, mark):
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(mark, "utf-8")
    text = {
        "bib": "@a{k,\r\n\ttitle = {Ærø – 水}\r\n}\r\n",
        "ris": "TY  - GEN\r\nID  - k\r\nTI  - Ærø – 水\r\nER  - \r\n",
        "json": '[{"id": "k",\r\n"title": "Ærø – \\u6c34"}]',
    }[kind]
    old = mark + text.encode(encoding)
    new = spliced(kind, old, keyed("k", LEAF)).data
    assert new.startswith(mark)
    assert LEAF in new[len(mark) :].decode(encoding)
    assert cleared(kind, new) == old


def test_latin_1_stays_latin_1_and_a_rationale_fits_into_it():
    old = "@a{k, title = {Ærø}}".encode("latin-1")
    new = spliced("bib", old, keyed("k", LEAF, rationale="水 & {x"), note="annote").data
    assert "Ærø".encode("latin-1") in new
    assert rb"annote = {classifier: ? \& \textbraceleft{}x}" in new
    assert cleared("bib", new, "annote") == old


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("bib", "@a{k, annote = {mine}}"),
        ("json", '[{"id": "k", "annote": "mine"}]'),
    ],
)
def test_a_note_of_the_users_is_never_overwritten(kind, text):
    found = spliced(kind, text, row("k", LEAF), note="annote")
    assert found.data.decode() == text
    assert "it already has a" in found.untouched[0].reason


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("bib", "@a{k, annote = {mine}, keywords = {tax}}"),
        ("bib", "@a{k, annote = macro, keywords = {tax}}"),
        ("ris", "TY  - JOUR\nID  - k\nN1  - mine\nER  - \n"),
        ("json", '[{"id": "k", "annote": "mine", "keyword": "tax"}]'),
    ],
)
def test_a_note_of_the_users_does_not_keep_our_keywords_in(kind, text):
    new = spliced(kind, text, row("k", LEAF)).data
    found = SPLICERS[kind](new, Removal(PREFIX, (NOTES[kind],)))
    assert (found.data.decode(), found.changed, found.untouched) == (text, 1, ())


def test_a_mark_that_the_bytes_belie_is_an_error():
    with pytest.raises(InputError, match="mark of utf-8"):
        spliced("bib", b"\xef\xbb\xbf@a{k, t={\xff}}", row("k", LEAF))


# -- RIS and CSL-JSON ----------------------------------------------------------------------------


def test_ris_keywords_follow_the_last_one_or_stand_before_the_end():
    text = "TY  - GEN\nID  - k\nKW  - tax\n  and law\nPY  - 2020\nER  - \n\nTY  - GEN\nID  - l\nER  - \n"
    new = spliced("ris", text, row("k", LEAF), row("l", LEAF)).data.decode()
    assert f"KW  - tax\n  and law\nKW  - {PREFIX}{LEAF}\nPY" in new
    assert f"ID  - l\nKW  - {PREFIX}{LEAF}\nER" in new


def test_a_ris_entry_without_id_is_known_by_doi_or_title():
    records = ["DO  - 10.5555/A.1", "T1  - On  Kites, over Bridges!", "T1  - No"]
    text = "".join(f"TY  - GEN\n{line}\nER  - \n" for line in records)
    rows = [
        row("a", LEAF, doi="10.5555/a.1", title=None),
        row("b", "unplaced", title="On Kites over Bridges"),
    ]
    found = spliced("ris", text, *rows)
    assert (found.labelled, found.unknown) == (2, 1)
    assert [entry.get("keywords") for entry in rispy.loads(found.data.decode())] == [
        [PREFIX + LEAF], [f"{PREFIX}unplaced"], None,
    ]  # fmt: skip


def test_a_ris_entry_without_end_gets_its_keyword_before_the_next():
    text = "TY  - GEN\nID  - k\nPY  - 2020\n\nTY  - GEN\nID  - l\nPY  - 2021"
    found = spliced("ris", text, row("k", LEAF), row("l", LEAF))
    assert f"PY  - 2020\nKW  - {PREFIX}{LEAF}\n\nTY".encode() in found.data
    assert [left.reason for left in found.untouched] == ["it is cut off by the end of the file"]


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": "k", "year": 1.50, "n": 1e3, "keyword": "a; \\u00e9"}]',
        '{"items": [{"id": "k", "z": [], "a": {"keyword": "not this"}}]}',
        '{\n\t"version": 1,\n\t"references": [\n\t\t{\n\t\t\t"id": "k"\n\t\t}\n\t]\n}\n',
        '[{"keyword": "", "id": "k"}]',
    ],
)
def test_csl_json_keeps_its_layout_order_numbers_and_escapes(text):
    found = spliced("json", text, row("k", LEAF))
    assert found.labelled == 1
    assert LEAF in str(json.loads(found.data))
    assert cleared("json", found.data).decode() == text


TAG = f'{{"tag": "{PREFIX}{LEAF}"}}'


@pytest.mark.parametrize(
    ("tags", "labelled"),
    [
        ("", f', "tags": [{TAG}]'),
        (', "tags": []', f', "tags": [ {TAG}]'),
        (', "tags": [ ]', f', "tags": [ {TAG} ]'),
        (', "tags": [\n  ]', f', "tags": [ {TAG}\n  ]'),
        (', "tags": [{"tag": "tax"}]', f', "tags": [{{"tag": "tax"}},{TAG}]'),
        (
            ',\n "tags": [\n  {"tag": "a]"},\n  {"tag": "é", "type": 1}\n ]',
            f',\n "tags": [\n  {{"tag": "a]"}},\n  {{"tag": "é", "type": 1}},\n  {TAG}\n ]',
        ),
        (', "tags": [{"tag":"tax"}]', ', "tags": [{"tag":"tax"},' + TAG.replace(": ", ":") + "]"),
        (', "tags": ["tax", "law"]', f', "tags": ["tax", "law", "{PREFIX}{LEAF}"]'),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_an_item_of_zotero_gets_a_tag_and_loses_it_again(tags, labelled, wrapped):
    def text(part: str) -> str:
        item = f'{{"key": "k", "itemType": "book", "title": "On k"{part}}}'
        return f'[{{"version": 3, "data": {item}}}]' if wrapped else f"[{item}]"

    found = spliced("json", text(tags), row("k", LEAF))
    assert found.data.decode() == text(labelled)
    assert (found.labelled, found.untouched) == (1, ())
    assert spliced("json", found.data, row("k", LEAF)).data == found.data
    assert cleared("json", found.data).decode() == text(tags)
    other = "capacity/without-load-test"
    again = spliced("json", found.data, row("k", other)).data
    assert again == text(labelled).replace(LEAF, other).encode()
    assert cleared("json", again).decode() == text(tags)


def test_a_keyword_that_an_earlier_version_gave_an_item_of_zotero_becomes_a_tag():
    old = f'[{{"key": "k", "itemType": "book", "title": "On k", "keyword": "{PREFIX}{LEAF}"}}]'
    new = spliced("json", old, row("k", LEAF)).data
    assert json.loads(new) == [
        {"key": "k", "itemType": "book", "title": "On k", "tags": [{"tag": PREFIX + LEAF}]}
    ]


@pytest.mark.parametrize("tags", ['"tags": "tax"', '"tags": {"tag": "tax"}', '"tags": [], "tags": []'])
def test_an_item_of_zotero_whose_tags_are_no_list_is_listed_and_stays(tags):
    text = f'[{{"key": "k", "itemType": "book", "title": "On k", {tags}}}]'
    found = spliced("json", text, row("k", LEAF))
    assert found.data.decode() == text
    assert [one.reason for one in found.untouched] == ["its tags are not a single list"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_entry_without_a_comma_gets_its_label_unless_it_hides_the_keywords(end):
    text = (
        "@article{k,\n title = {On k}\n year = {2024},\n}\n"
        "@article{l,\n title = {On l}\n Keywords = {mine},\n}\n"
    ).replace("\n", end)
    found = spliced("bib", text, row("k", LEAF), row("l", LEAF))
    assert (found.labelled, [left.key for left in found.untouched]) == (1, ["l"])
    assert found.untouched[0].reason == "a comma is missing before its keywords; add it"
    assert f"keywords = {{classifier:{LEAF}}}" in found.data.decode()
    assert cleared("bib", found.data).decode() == text


@pytest.mark.parametrize("text", ["", "nonsense", "3", '"[{}]"'])
def test_what_is_no_csl_json_is_an_error(text):
    with pytest.raises(InputError, match="not CSL-JSON"):
        spliced("json", text, row("k", LEAF))


@pytest.mark.parametrize(
    "broken", ['{"id": "x",}', '{"id": "un\nclosed", "a": {}}', "[" * 9_000 + "]" * 9_000]
)
def test_a_broken_csl_item_costs_only_itself(broken):
    text = f'[{{"id": "a"}},\n{broken},\n{{"id": "k"}}]'
    found = spliced("json", text, row("k", LEAF))
    assert [left.line for left in found.untouched] == [2] * broken.startswith("{")
    assert cleared("json", found.data).decode() == text
    assert found.labelled == 1


@pytest.mark.parametrize("text", ['[{"id": "k"}, {"id": "l"', '[{"id": "k"}, {"a": ' + "[" * 100_000])
def test_a_csl_file_that_is_cut_off_keeps_what_is_whole(text):
    found = spliced("json", text, row("k", LEAF))
    assert (found.labelled, len(found.untouched)) == (1, 1)


@pytest.mark.parametrize("keyword", ["null", '["a"]', "3"])
def test_a_csl_keyword_that_is_no_text_is_listed(keyword):
    text = f'[{{"id": "k", "keyword": {keyword}}}, 7]'
    found = spliced("json", text, row("k", LEAF))
    assert found.data.decode() == text
    assert [left.reason for left in found.untouched] == ["its keyword is not a single text"]


# -- round trips ---------------------------------------------------------------------------------

KEYS = st.sampled_from(["k1", "k2", "k3", "other:é"])
WORDS = st.text(st.sampled_from("ab é,;\"'=@#%\\&-{}()\n\r\t"), max_size=12)
KEYWORDS = st.lists(st.sampled_from(["tax", "law, x", "; b", " ", ",", "\n  c", "é"]), max_size=4).map(
    "".join
)
EOL = st.sampled_from(["\n", "\r\n"])


def balanced(text: str) -> str:
    """A value whose braces and quotes close, as every .bib file that can be parsed has them."""
    return re.sub(r'[{}"\\@]', "", text)


@st.composite
def bibtex(draw: st.DrawFn) -> str:
    eol, indent = draw(EOL), draw(st.sampled_from(["  ", "\t", "", " "]))
    equals = draw(st.sampled_from([" = ", "=", "   = ", " ="]))
    parts = []
    for key in draw(st.lists(KEYS, max_size=4, unique=True)):
        names = draw(st.lists(st.sampled_from(["title", "year", "note", "annote"]), max_size=3, unique=True))
        fields = [(name, draw(WORDS.map(balanced))) for name in names]
        if draw(st.booleans()):
            fields.insert(draw(st.integers(0, len(fields))), ("keywords", draw(KEYWORDS)))
        pairs = [("{", "}"), ('"', '"')]
        body = f",{eol}{indent}".join(
            f"{name}{equals}{a}{value}{b}"
            for name, value in fields
            for a, b in [draw(st.sampled_from(pairs))]
        )
        tail = draw(st.sampled_from(["", ",", f",{eol}", eol])) if body else ""
        parts.append(f"@article{{{key},{eol}{indent}{body}{tail}}}")
        parts.append(
            draw(
                st.sampled_from(
                    [eol, f"{eol}% note{eol}", f'{eol}@string{{x = "y"}}{eol}', f"{eol}@comment{{z}}{eol}"]
                )
            )
        )
    return "".join(parts)


@st.composite
def ris(draw: st.DrawFn) -> str:
    eol = draw(EOL)
    words = st.text(st.sampled_from("ab é-;,"), max_size=8)
    lines: list[str] = []
    for key in draw(st.lists(KEYS, max_size=4, unique=True)):
        middle = draw(st.lists(st.sampled_from(["KW", "TI", "AU", "N1"]), max_size=5))
        body = [f"{tag}  - {draw(words)}" for tag in middle]
        if body and draw(st.booleans()):
            body.insert(draw(st.integers(1, len(body))), "   continued")
        lines += ["TY  - JOUR", f"ID  - {key}", *body, "ER  - ", *[""] * draw(st.integers(0, 2))]
    return "".join(line + eol for line in lines)


@st.composite
def csl(draw: st.DrawFn) -> str:
    values = st.one_of(
        st.text(max_size=5), st.integers(), st.booleans(), st.none(), st.lists(st.integers(), max_size=2)
    )
    items = []
    for key in draw(st.lists(KEYS, max_size=4, unique=True)):
        item: dict[str, Any] = {"id": key} | draw(
            st.dictionaries(st.sampled_from(["title", "a", "é"]), values)
        )
        if draw(st.booleans()):
            item["keyword"] = draw(KEYWORDS)
        items.append(dict(draw(st.permutations(list(item.items())))))
    layout = draw(
        st.sampled_from([{"indent": 2}, {"indent": None}, {"indent": "\t"}, {"separators": (",", ":")}])
    )
    return json.dumps(items, ensure_ascii=draw(st.booleans()), **layout)


def bib_entries(data: bytes) -> list[Any]:
    entries = [block for block in Splitter(data.decode()).split().blocks if isinstance(block, Entry)]
    return [(e.key, [(f.key, f.value) for f in e.fields if f.key != "keywords"]) for e in entries]


def ris_entries(data: bytes) -> list[Any]:
    return [
        {k: v for k, v in e.items() if k != "keywords"} for e in rispy.loads(data.decode().replace("\r", ""))
    ]


def csl_entries(data: bytes) -> list[Any]:
    return [[(k, v) for k, v in item.items() if k != "keyword"] for item in json.loads(data)]


ROWS = [keyed("k1", LEAF), keyed("k2", "unplaced", needs_review=True), keyed("other:é", "out-of-scope")]


def check_round_trip(kind: str, text: str, entries: Any) -> None:
    old = text.encode()
    first = spliced(kind, old, *ROWS)
    assert first.untouched == ()
    assert entries(first.data) == entries(old)
    assert spliced(kind, first.data, *ROWS).data == first.data
    assert cleared(kind, first.data) == old
    # Another run with other labels is as if the first had never been.
    others = [keyed("k1", "unplaced"), keyed("k3", LEAF)]
    kept = {r.entry.key: r for r in [*ROWS, *others]}
    assert cleared(kind, spliced(kind, first.data, *kept.values()).data) == old


@given(bibtex())
def test_bibtex_goes_round(text):
    check_round_trip("bib", text, bib_entries)


@given(ris())
def test_ris_goes_round(text):
    check_round_trip("ris", text, ris_entries)


@given(csl())
def test_csl_json_goes_round(text):
    check_round_trip("json", text, csl_entries)


@given(bibtex())
def test_bibtex_goes_round_with_a_rationale(text):
    found = spliced("bib", text, *ROWS, note="abstract")
    assert found.untouched == ()
    assert spliced("bib", found.data, *ROWS, note="abstract").data == found.data
    assert cleared("bib", found.data, "abstract") == text.encode()


@given(
    st.one_of(st.text(max_size=200), bibtex().map(lambda text: text[3:-4])), st.sampled_from(list(SPLICERS))
)
def test_any_text_is_edited_reversibly_or_left_alone(text, kind):
    old = text.encode("utf-8", "replace")
    try:
        new = spliced(kind, old, *ROWS).data
    except InputError:
        assert kind == "json" or old.startswith((b"\xef\xbb\xbf", b"\xff\xfe"))
        return
    assert cleared(kind, new) == cleared(kind, old)


# -- Markdown ------------------------------------------------------------------------------------

OPEN, CLOSE = "<!-- classifier:tree -->", "<!-- /classifier:tree -->"


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_only_the_marked_section_of_a_markdown_file_changes(eol):
    text = f"# Mine{eol}{eol}{OPEN}{eol}old{eol}{CLOSE}{eol}end\ttext "
    new = splice_markdown(text.encode(), "classifier:tree", "a\nb\n").decode()
    assert new == f"# Mine{eol}{eol}{OPEN}{eol}{eol}a{eol}b{eol}{eol}{CLOSE}{eol}end\ttext "


def test_marks_within_code_are_text():
    text = f"```\n{OPEN}\n{CLOSE}\n```\n\n{OPEN}\n{CLOSE}\n"
    new = splice_markdown(text.encode(), "classifier:tree", "x").decode()
    assert new == f"```\n{OPEN}\n{CLOSE}\n```\n\n{OPEN}\n\nx\n\n{CLOSE}\n"


@pytest.mark.parametrize("text", [OPEN, CLOSE, f"{CLOSE}\n\n{OPEN}", f"{OPEN}\n\n{OPEN}\n\n{CLOSE}"])
def test_marks_that_do_not_pair_are_an_error(text):
    with pytest.raises(InputError, match="fix the marks"):
        splice_markdown(text.encode(), "classifier:tree", "x")


@given(st.text(max_size=80), st.text(st.sampled_from("ab\n#-"), max_size=20))
def test_markdown_without_marks_gets_the_section_at_its_end_and_a_rerun_changes_nothing_else(text, section):
    old = text.encode("utf-8", "replace")
    if old.startswith(b"\xff") or b"classifier" in old:
        return
    try:
        new = splice_markdown(old, "classifier:tree", section)
    except InputError:
        return
    assert new.startswith(old)
    assert splice_markdown(new, "classifier:tree", section) == new
    again, removed = without_sections(new, ("classifier:tree", "classifier:classes"))
    assert removed == 1
    assert again == old or "\r" in text


def test_a_section_in_the_middle_goes_and_all_else_stays():
    text = f"# Mine\n\n{OPEN}\nold\n{CLOSE}\nend\ttext "
    assert without_sections(text.encode(), ("classifier:tree",)) == (b"# Mine\n\nend\ttext ", 1)


@pytest.mark.parametrize("text", ["```\ncode\n", "<!-- open\n", "<pre>\n"])
def test_a_file_that_ends_within_an_open_block_asks_for_marks(text):
    with pytest.raises(InputError, match="put '<!-- classifier:tree"):
        splice_markdown(text.encode(), "classifier:tree", "x")
