"""Outlines, tree files, libraries and answers -> sections and papers."""

# ruff: noqa: E501

import json

import pytest

from classifier.errors import ClassifierError, ConfigError, InputError
from classifier.lists.jabref import paths_by_name, read_groups
from classifier.scaffold.filed import Choices
from classifier.scaffold.filing import file_source
from classifier.scaffold.outline import is_outline
from classifier.scaffold.questions import QUESTIONS, read_answers, source_from_answers
from classifier.scaffold.reading import read_source

BIRDS = ["counting/by-song", "counting/by-sight", "travel"]


def leaves(source):
    return [
        path for top in file_source(source, Choices()).tree for path, node in top.walk() if not node.children
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("birds.txt", "Counting\n  By song\n  By sight\nTravel\n"),
        ("birds.txt", "Counting\n\tBy song\n\tBy sight\nTravel\n"),
        ("birds.txt", "- Counting\n    - By song: heard\n    * By sight\n- Travel\n"),
        ("birds.txt", "1 Counting\n1.1 By song\n1.2 By sight\n2 Travel\n"),
        ("birds.txt", "Birds\n├── Counting\n│   ├── By song\n│   └── By sight\n└── Travel\n"),
        ("birds.txt", "Birds\n|-- Counting\n|   |-- By song\n|   `-- By sight\n`-- Travel\n"),
        ("birds.org", "* Counting\n** By song: heard\n** By sight\n* Travel\n"),
        ("birds.txt", "- Counting\n-- By song\n-- By sight\n- Travel\n"),
        ("birds.txt", "A. Counting\nA.1 By song\nA.2. By sight\nB. Travel\n"),
        ("birds.txt", "A. Counting\nBy song\nBy sight\nB. Travel\nB.1 Routes\nB.1.m Stops\n"),
        ("birds.txt", "Counting > By song: heard\nCounting > By sight\nTravel\n"),
        ("birds.txt", "Counting › By song\nCounting › By sight\nTravel\n"),
        ("birds.txt", "I. Counting\n  a) By song\n  b) By sight\nII. Travel\n"),
        ("birds.txt", "Birds in cities\n  Counting\n    By song\n    By sight\n  Travel\n"),
        ("birds.txt", "# a comment\r\nCounting\r\n  By song\r\n\r\n  By sight\r\nTravel"),
        ("birds.md", "# Birds\n## Counting\n### By song\n### By sight\n## Travel\n"),
        ("birds.md", "# Birds\n## Counting\n- By song\n- By sight\n## Travel\n"),
        ("birds.md", "- Counting\n  - By song\n  - By sight\n- Travel\n"),
        ("birds.yaml", "Counting:\n  By song: heard\n  By sight:\nTravel:\n"),
        ("birds.yaml", "Counting: [By song, By sight]\nTravel: []\n"),
        ("birds.yaml", "- Counting: [By song, By sight]\n- Travel\n"),
        ("birds.yaml", "title: Birds\nchildren:\n- name: Counting\n  children: [{name: By song}, {name: By sight}]\n- name: Travel\n"),
        ("birds.json", json.dumps({"name": "Birds", "children": [{"name": "Counting", "children": [{"name": "By song", "description": "heard"}, {"name": "By sight"}]}, {"name": "Travel"}]})),
        ("birds.json", json.dumps([{"label": "Counting", "subtopics": ["By song", "By sight"]}, {"label": "Travel", "subtopics": []}])),
        ("birds.json", json.dumps({"taxonomy": {"Counting": {"By song": {}, "By sight": {}}, "Travel": {}}})),
        ("birds.opml", '<?xml version="1.0"?><opml version="2.0"><head><title>Birds</title></head><body><outline text="Counting"><outline text="By song" _note="heard"/><outline text="By sight"/></outline><outline title="Travel"/></body></opml>'),
        ("birds.csv", "title,category\nChorus of the town at dawn,Counting > By song\nPlumage of the park at noon,Counting > By sight\nFlyways of the old world,Travel\n"),
        ("birds.csv", "Title,Collections\nChorus of the town at dawn,Counting/By song\nPlumage of the park at noon,Counting/By sight\nFlyways of the old world,Travel\n"),
        ("birds.jsonl", '{"title": "Chorus of the town at dawn", "label": "Counting / By song"}\n{"title": "Plumage of the park at noon", "label": "Counting / By sight"}\n{"title": "Flyways of the old world", "label": "Travel"}\n'),
    ],
)  # fmt: skip
def test_one_tree_comes_of_every_form(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    found = leaves(read_source(str(path)))
    assert found == (BIRDS if "Stops" not in text else [*BIRDS[:2], "travel/routes/stops"])


GROUPS = r"""@comment{jabref-meta: grouping:
0 AllEntriesGroup:;
1 StaticGroup:Counting\;0\;1\;\;\;\;;
2 StaticGroup:By song\;0\;1\;\;\;\;;
2 KeywordGroup:By sight\;0\;keywords\;x\;0\;0\;;
1 StaticGroup:Travel\;0\;1\;\;\;\;;
}
"""


def test_jabref_says_which_group_is_below_which(tmp_path):
    assert paths_by_name(read_groups(GROUPS)) == {
        "Counting": ("Counting",), "By song": ("Counting", "By song"), "By sight": ("Counting", "By sight"), "Travel": ("Travel",),
    }  # fmt: skip
    path = tmp_path / "birds.bib"
    path.write_text(
        "@article{a, title={Chorus of the town at dawn}, groups={By song}, keywords={x, y}}\n"
        "@article{b, title={Plumage of the park at noon}, groups={By sight, By song}}\n"
        "@article{c, title={Flyways of the old world}, groups={Travel}}\n"
        "@article{d, title={Nothing is said of this one}}\n" + GROUPS
    )
    source = read_source(str(path))
    filing = file_source(source, Choices())
    assert leaves(source) == BIRDS
    assert {p.entry.key: p.leaves for p in filing.papers} == {
        "a": ["counting/by-song", "counting/by-sight"], "b": ["counting/by-sight", "counting/by-song"], "c": ["travel"],
    }  # fmt: skip
    assert [o.where for o in filing.outcomes if o.outcome == "pile"] == ["no section"]


def test_keywords_make_a_tree_if_several_entries_share_them(tmp_path):
    path = tmp_path / "birds.csv"
    path.write_text(
        'Key,Title,Manual Tags\nA,Chorus of the town at dawn,"song; rare"\nB,Plumage of the park at noon,sight\n'
        "C,Trills of the alps at dusk,song\nD,Feathers of the alps at dusk,sight\n"
    )
    source = read_source(str(path))
    assert leaves(source) == ["song", "sight"]
    assert source.notices == ("the tree is made of the entries' tags (4 of 4 entries)",)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.bib", "@article{a, title={Chorus of the town}}\n", "none names its group or section"),
        (
            "a.csv",
            "title,keywords\nChorus of the town,x\nPlumage of the park,y\n",
            "none names its group or section",
        ),
        ("a.md", "# A\n", "no topic with papers was found"),
        ("a.md", "Text only.\n", "no topic with papers was found"),
        ("a.md", "## 2024\n- [Chorus of the town](https://arxiv.org/abs/2401.00001)\n", "'2024' (container)"),
        ("a.md", "", "the file is empty"),
        ("a.txt", "2401.00001\n2401.00002\n", "none names its group or section"),
        ("a.yaml", "{}\n", "expected"),
        ("a.yaml", "[]\n", "expected"),
        ("a.json", "{", "a.json"),
        ("a.opml", "<opml><body><outline", "cannot be read as OPML"),
        ("a.opml", "<opml version='2.0'><body/></opml>", "no names were found"),
        (
            "a.opml",
            '<!DOCTYPE o [<!ENTITY a "aa">]><opml><body><outline text="&a;"/></body></opml>',
            "cannot be read as OPML",
        ),
        (
            "a.opml",
            "<opml><body>" + "<outline text='n'>" * 60 + "</outline>" * 60 + "</body></opml>",
            "levels",
        ),
        ("a.pdf", "%PDF-1.7\n", "a.pdf"),
        ("a.yaml", "a: &a [x]\nb: *a\n", "a.yaml"),
        ("a.yaml", "\n".join("  " * n + f"n{n}:" for n in range(60)), "levels"),
        ("a.json", "[" * 5000 + "]" * 5000, "a.json"),
        ("a.json", json.dumps({f"n{n}": {} for n in range(6000)}), "5,000 nodes"),
    ],
)
def test_a_source_without_a_tree_is_refused_in_words(tmp_path, name, text, said):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ClassifierError) as caught:
        file_source(read_source(str(path)), Choices())
    assert said in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "Chorus of the Town at Dawn\nPlumage of the Park at Noon\nFlyways of the Old World\n",
        "1. Chorus of the Town at Dawn\n2. Plumage of the Park at Noon\n3. Flyways of the Old World\n",
        "* Chorus of the Town at Dawn\n* Plumage of the Park at Noon\n",
        "A. Amsel. Chorus of the Town at Dawn\nB. Beak. Plumage of the Park at Noon\n",
        "Chorus of the Town at Dawn\nWhy Song > Sight for Owls of the Park\nFlyways of the Old World\nTrills of the Alps at Dusk\n",
        "# comment\n2401.00001\n",
    ],
)
def test_a_list_of_titles_is_no_outline(tmp_path, text):
    path = tmp_path / "birds.txt"
    path.write_text(text, encoding="utf-8")
    assert not is_outline(path, "text")


def test_a_missing_file_says_what_is_expected(tmp_path):
    with pytest.raises(InputError, match="no such file; expected a Markdown list"):
        read_source(str(tmp_path / "none.md"))


def test_five_answers_make_a_survey(tmp_path):
    answers = tmp_path / "answers.yaml"
    answers.write_text(
        "title: Birds\ndefinition: Orders birds.\ntopics: 'Counting > By song; Counting > By sight; Travel: on routes'\n"
        "scope: Birds in towns.\noutside: Bats.\n"
    )
    source = source_from_answers(read_answers(answers), str(answers))
    assert leaves(source) == BIRDS
    assert (source.title, source.definition, source.scope) == (
        "Birds",
        "Orders birds.",
        "Birds in towns. Not: Bats.",
    )
    assert source.sections[-1].intro == "on routes"
    assert len(QUESTIONS) == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [("titel: x\n", "expected a mapping with the keys title"), ("[", "cannot be read as YAML"), ("- a\n", "a mapping"), ("title: x\n", "no topics")],
)  # fmt: skip
def test_wrong_answers_are_refused(tmp_path, text, said):
    answers = tmp_path / "answers.yaml"
    answers.write_text(text)
    with pytest.raises(ConfigError, match=said):
        source_from_answers(read_answers(answers), "")
