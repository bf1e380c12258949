"""Which of a library's fields becomes the tree, and what JabRef's comments say of groups."""

# ruff: noqa: E501

from __future__ import annotations

import json

import pytest

from classifier.errors import InputError
from classifier.lists.jabref import read_groups
from classifier.scaffold.filed import Choices
from classifier.scaffold.filing import file_source
from classifier.scaffold.reading import read_source

SONG, DAWN, NOON, ROUTE = (
    "Chorus of the town at dawn",
    "Trills of the alps at dusk",
    "Plumage of the park at noon",
    "Flyways of the old world",
)


def filed(tmp_path, name, text, by=()):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    source = read_source(str(path), by)
    filing = file_source(source, Choices())
    return {paper.entry.paper.title: paper.leaves for paper in filing.papers}, source.notices


def bib(*rows):
    return "".join(f"@article{{k{n}, title={{{title}}}, {more}}}\n" for n, (title, more) in enumerate(rows))


KEYWORDS = [
    ("birds.bib", bib((SONG, "keywords={Song, x}"), (DAWN, "keywords={song}"))),
    ("birds.bib", bib((SONG, "keywords={song; town}"), (DAWN, "keywords={song; alps}"))),
    ("birds.bib", bib((SONG, "mendeley-tags = {song,x}"), (DAWN, "mendeley-tags = {song}"))),
    ("birds.ris", f"TY  - JOUR\nTI  - {SONG}\nKW  - song\nKW  - town\nER  - \nTY  - JOUR\nTI  - {DAWN}\nKW  - song\nER  - \n"),
    ("birds.ris", f"TY  - JOUR\nTI  - {SONG}\nKW  - song; town\nER  - \nTY  - JOUR\nTI  - {DAWN}\nKW  - song; alps\nER  - \n"),
    ("birds.nbib", f"PMID- 1\nTI  - {SONG}\nOT  - song\nOT  - town\n\nPMID- 2\nTI  - {DAWN}\nOT  - song\n"),
    ("birds.enw", f"%0 Journal Article\n%T {SONG}\n%K song\n\n%0 Journal Article\n%T {DAWN}\n%K song\n"),
    ("birds.xml", f"<xml><records><record><titles><title>{SONG}</title></titles><keywords><keyword>song</keyword></keywords></record><record><titles><title>{DAWN}</title></titles><keywords><keyword>song</keyword></keywords></record></records></xml>"),
    ("birds.txt", f"FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nTI {SONG}\nDE song; town\nER\n\nPT J\nTI {DAWN}\nDE song\nER\n\nEF\n"),
    ("birds.csv", f"Title,Author Keywords\n{SONG},song; town\n{DAWN},song; alps\n"),
    ("birds.json", json.dumps([{"title": SONG, "tags": [{"tag": "song", "type": 1}]}, {"title": DAWN, "tags": [{"tag": "song"}]}])),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), KEYWORDS)
def test_shared_keywords_of_every_format_make_a_tree(tmp_path, name, text):
    assert filed(tmp_path, name, text)[0] == {SONG: ["song"], DAWN: ["song"]}


def test_the_most_specific_field_that_the_library_really_uses_is_chosen(tmp_path):
    rows = "".join(f"Paper number {n} of the birds,,{'song' if n % 2 else 'sight'}\n" for n in range(20))
    text = f"Title,Section,Manual Tags\nA newspaper's story of the birds,World news,\n{rows}"
    papers, notices = filed(tmp_path, "zotero.csv", text)
    assert len(papers) == 20
    assert notices == (
        "the tree is made of the entries' tags (20 of 21 entries); others, with --by: category (1)",
    )
    assert filed(tmp_path, "zotero.csv", text, ["category"])[0] == {
        "A newspaper's story of the birds": ["world-news"]
    }


FIELDS = f"title,Area,Sub area,venue,subcategory,category\n{SONG},Counting,By song,Nest,Town,Counting\n{DAWN},Counting,By song,Nest,Alps,Counting\n{NOON},Counting,By sight,Egg,,Counting\n{ROUTE},Travel,,Egg,,Travel\n"


@pytest.mark.parametrize(
    ("by", "leaves"),
    [
        ((), ["counting/town", "counting/alps", None, "travel"]),
        (["Area"], ["counting", "counting", "counting", "travel"]),
        (["area", "SUB AREA"], ["counting/by-song", "counting/by-song", "counting/by-sight", "travel"]),
        (["venue"], ["nest", "nest", "egg", "egg"]),
    ],
)
def test_a_person_names_the_column_and_the_column_below(tmp_path, by, leaves):
    papers, _ = filed(tmp_path, "birds.csv", FIELDS, by)
    assert [next(iter(papers.get(title, [])), None) for title in (SONG, DAWN, NOON, ROUTE)] == leaves


@pytest.mark.parametrize(
    ("name", "text", "by", "said"),
    [
        ("birds.csv", FIELDS, ["colour"], r"no entry has colour \(--by\); expected one of: category, area, .*venue"),
        ("birds.csv", FIELDS, ["tags"], r"no entry has tags \(--by\); expected one of: category"),
        ("birds.md", "## Counting\n- [Chorus of the town at dawn](https://arxiv.org/abs/2401.00001)\n", ["tags"], "--by names a field of a library's entries, and this is Markdown"),
        ("birds.csv", "title,venue\nChorus of the town,x\nPlumage of the park,x\nFlyways of old,y\nTrills of alps,y\n", [], "or choose a field with --by: venue"),
    ],
)  # fmt: skip
def test_a_field_that_no_entry_has_is_refused_in_words(tmp_path, name, text, by, said):
    with pytest.raises(InputError, match=said):
        filed(tmp_path, name, text, by)


@pytest.mark.parametrize(
    ("names", "leaves"),
    [
        (["Counting/By song", "Counting/By sight"], ["counting/by-song", "counting/by-sight"]),
        (["Counting / By song", "Travel"], ["counting/by-song", "travel"]),
        (["CI/CD", "Travel"], ["ci-cd", "travel"]),
        (["TCP/IP", "CI/CD"], ["tcp-ip", "ci-cd"]),
    ],
)
def test_a_slash_is_a_level_only_if_names_share_what_is_before_it(tmp_path, names, leaves):
    text = "title,category\n" + "".join(
        f"{title},{name}\n" for title, name in zip((SONG, NOON), names, strict=True)
    )
    assert [each for [each] in filed(tmp_path, "birds.csv", text)[0].values()] == leaves


def jabref(*lines, block="grouping"):
    return f"@Comment{{jabref-meta: {block}:\n0 AllEntriesGroup:;\n" + "\n".join(lines) + "\n}\n"


@pytest.mark.parametrize(
    ("entries", "comment", "leaves"),
    [
        # by name, below another group; a name with a slash is one name if JabRef says so
        (bib((SONG, "groups={By song}"), (NOON, "groups={CI/CD}")), jabref(r"1 StaticGroup:Counting\;0\;1\;\;\;\;;", r"2 StaticGroup:By song\;0\;1\;\;\;\;;", r"2 StaticGroup:CI/CD\;0\;1\;\;\;\;;"), {SONG: ["counting/by-song"], NOON: ["counting/ci-cd"]}),
        # by keys, as JabRef 3 wrote them
        (bib((SONG, ""), (NOON, "")), jabref(r"1 ExplicitGroup:Song\;0\;k0\;;", r"1 ExplicitGroup:Sight\;0\;k1\;k9\;;", block="groupstree"), {SONG: ["song"], NOON: ["sight"]}),
        # by words in a field
        (bib((SONG, "readstatus={read}"), (NOON, "readstatus={unread}"), (DAWN, "readstatus={Read}")), jabref(r"1 KeywordGroup:Done\;0\;readstatus\;read\;0\;0\;1\;0x00ff00ff\;\;\;;"), {SONG: ["done"], DAWN: ["done"]}),
        (bib((SONG, "keywords={bird song, town}"), (NOON, "keywords={song}")), jabref(r"1 KeywordGroup:Songs\;0\;keywords\;bird song\;0\;0\;;"), {SONG: ["songs"]}),
        # one that refines the group above has only papers of that group
        (bib((SONG, "keywords={song, town}"), (NOON, "keywords={town}")), jabref(r"1 KeywordGroup:Songs\;0\;keywords\;song\;0\;0\;;", r"2 KeywordGroup:Town\;1\;keywords\;town\;0\;0\;;"), {SONG: ["songs/town"]}),
        # a series is no group
        (bib((SONG, "groups={Song}, collection={LICS 20}"), (NOON, "collection={LICS 21}, groups={Sight}")), "", {SONG: ["song"], NOON: ["sight"]}),
        (bib((SONG, "mendeley-groups = {Counting/Song,Seen}"), (NOON, "mendeley-groups = {Counting/Sight}")), "", {SONG: ["counting/song", "seen"], NOON: ["counting/sight"]}),
    ],
)  # fmt: skip
def test_groups_of_jabref_and_mendeley(tmp_path, entries, comment, leaves):
    papers, _ = filed(tmp_path, "birds.bib", entries + comment)
    # A paper in a group and in one below it is in the branch, too; only its leaves count here.
    assert papers == leaves


def test_searches_of_jabref_are_named_and_not_run(tmp_path):
    comment = jabref(
        r"1 SearchGroup:Unread\;0\;groups !=~ .+\;0\;1\;1\;\;\;\;;",
        r"1 KeywordGroup:Odd\;0\;title\;(a+)+$\;0\;1\;1\;\;\;\;;",
        r"1 StaticGroup:Song\;0\;1\;\;\;\;;",
    )
    papers, notices = filed(tmp_path, "birds.bib", bib((SONG, "groups={Song}")) + comment)
    assert papers == {SONG: ["song"]}
    assert notices[1] == "groups that are searches were left out: Unread, Odd"


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("", []),
        ("@comment{jabref-meta: grouping:\n0 AllEntriesGroup:;\n}", []),
        (jabref(r"1 StaticGroup:A \\\; B\;0\;1;"), [("A ; B",)]),
        (jabref(r"1 StaticGroup:A\;0\;1;", r"3 StaticGroup:B\;0\;1;", r"2 StaticGroup:C\;0\;1;", r"1 StaticGroup:D\;0\;1;"), [("A",), ("A", "B"), ("A", "C"), ("D",)]),
        (jabref("1 StaticGroup:;", "x StaticGroup:A;", "1 Static"), []),
    ],
)  # fmt: skip
def test_jabrefs_comment_is_read(text, paths):
    assert [group.path for group in read_groups(text)] == paths


def test_an_entry_that_fills_an_empty_leaf_is_still_the_first_of_its_paper(tmp_path):
    # "town" has no paper of its own: two are moved there from "song", which has four.
    rows = "".join(f"Paper number {n} of the birds,song; town\n" for n in range(4))
    path = tmp_path / "birds.csv"
    path.write_text(f"title,tags\n{rows}")
    filing = file_source(read_source(str(path)), Choices())
    assert filing.counts() == {"leaf": 4}
    assert [outcome.where for outcome in filing.outcomes] == ["town", "town", "song", "song"]
    assert [paper.leaves[0] for paper in filing.papers] == ["town", "town", "song", "song"]
