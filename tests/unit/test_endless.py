"""Hostile input of a megabyte, on which a careless search would take hours."""

import json

import pytest

from classifier.export.splice.bullet_style import BulletStyle
from classifier.export.splice.new_paper import NewPaper
from classifier.lists.jabref import groups_of, read_groups
from classifier.lists.lines import ListLine
from classifier.lists.markdown import read_markdown
from classifier.lists.markdown_text import MAX_ITEM_CHARS
from classifier.lists.title_stamps import without_stamps
from classifier.model.document import Document, Page
from classifier.scaffold.bibliography import read_bibliography
from classifier.scaffold.flat_tree import flat_tree
from classifier.scaffold.survey_text import SurveyText
from classifier.scaffold.tree_file import is_tree_file
from classifier.scaffold.zotero import read_zotero_json
from tests.patience import not_endless

MEGABYTE = 1_000_000
GROUPS = "@comment{jabref-meta: grouping:\n"
LEVELS = 20_000


def filled(unit, size=MEGABYTE):
    return unit * (size // len(unit))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (filled(GROUPS), 0),
        (GROUPS + filled("\n"), 0),
        (GROUPS + filled("\n") + "1 StaticGroup:Song\\;0\\;;\n}", 1),
        (GROUPS + filled(" \n") + "}", 0),
        (GROUPS + filled("1") + " StaticGroup:Song\\;0\\;;\n}", 0),
        (GROUPS + "".join(f"{n} KeywordGroup:G\\;1\\;a\\;b\\;0\\;0\\;;\n" for n in range(LEVELS)) + "}", 50),
    ],
    ids=["no end", "empty lines", "late group", "blank lines", "long number", "deep"],
)
def test_jabrefs_comment(text, found):
    with not_endless():
        groups = read_groups(text)
        assert groups_of(groups, "key", {"a": "c"}) == []
    assert len(groups) == found


@pytest.mark.parametrize("line", ["", "a", "Ahn Michael", "A paper of 12 words"])
def test_a_reference_list_without_authors(line):
    with not_endless():
        assert len(read_bibliography(filled(f"{line}\n")).entries) <= 1


@pytest.mark.parametrize("text", [filled("a", 12_000), filled("A-", 12_000), "A" + " " * 12_000])
def test_citations_in_a_text_without_spaces(text):
    bibliography = read_bibliography("Ahn, M. and Bo, L. 2024. A paper of a long name, in Long Names, 1-9.")
    with not_endless():
        assert bibliography.cited_in(f"{text} Ahn (2024)") == [0]


@pytest.mark.parametrize("unit", ["\n", " \n", "Table 1\n\n"])
def test_a_survey_of_empty_lines(unit):
    with not_endless():
        survey = SurveyText("a.pdf", Document(pages=(Page(number=1, text=filled(unit)),)))
        assert len(survey.tables) <= 1


LINKED = "- [The Song of Towns](https://arxiv.org/abs/2401.00001)"
UNITS = ["<!--", "[", "[ ", "(", "*", " ", "[2024", "[pdf]", ",AB", '<a href="x">', "|", "# ", "abstract"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("start", ["", "- ", "- [a ", "# a", f"{LINKED}. "])
def test_an_item_of_a_markdown_list(start, unit):
    lines = [f"{start}{filled(unit, size)}{end}" for size in (MAX_ITEM_CHARS - 80, MEGABYTE) for end in "a "]
    with not_endless():
        found = list(read_markdown(ListLine(n, line) for n, line in enumerate([*lines, "-->", LINKED], 1)))
    assert found[-1].title == "The Song of Towns"


@pytest.mark.parametrize("unit", UNITS)
def test_a_title_with_marks_around_it(unit):
    text = f"The Song of Towns {filled(unit)}a"
    with not_endless():
        assert without_stamps(text) == text


@pytest.mark.parametrize("unit", [*UNITS, "Song, ", "\n"])
def test_an_entry_that_is_to_be_imitated(unit):
    with not_endless():
        text = f"{LINKED} {filled(unit, MAX_ITEM_CHARS)}"
        style = BulletStyle(text, "The Song of Towns")
        style.text_for(NewPaper("Nets on Roofs", "https://arxiv.org/abs/2401.00002", "2401.00002", 2024))
        assert BulletStyle(text, text).text_for(NewPaper("Nets", "https://a.org")) is None


@pytest.mark.parametrize("first", [[], [{"id": 0, "parent": 59_999}]], ids=["a line", "a circle"])
def test_a_taxonomy_in_which_each_topic_is_below_the_one_before(first):
    chain = [{"id": n, "parent": n - 1} for n in range(len(first) or 1, 60_000)]
    with not_endless():
        tree = flat_tree([*first, *chain], "")
    assert len(tree.nodes) == 1


def test_a_circle_is_opened_at_its_first_topic_and_keeps_what_is_below_it():
    rows = [("hanging", "b"), ("a", "c"), ("b", "a"), ("c", "b"), ("free", "hanging")]
    (top,) = flat_tree([{"id": own, "parent": above} for own, above in rows], "").nodes
    (second,) = top.children
    assert (top.title, second.title) == ("a", "b")
    assert [node.title for node in second.children] == ["hanging", "c"]


@pytest.mark.parametrize(
    "text",
    [
        "{0}{1}",
        '{{"title": {0}"x"{1}, "children": ["a"]}}',
        '[{{"id": "a", "parent": {0}"x"{1}}}, {{"id": "b", "parent": "a"}}]',
    ],
)
@pytest.mark.parametrize("levels", [250, 500, 900, 5_000])
def test_a_value_in_thousands_of_brackets_is_no_taxonomy(tmp_path, text, levels):
    path = tmp_path / "tree.json"
    path.write_text(text.format("[" * levels, "]" * levels))
    assert not is_tree_file(path)


def test_collections_without_names_in_thousands_of_levels(tmp_path):
    path = tmp_path / "library.json"
    last = 5_000
    collections = {str(n): {"name": "", "collections": [str(n + 1)]} for n in range(last)}
    collections[str(last)] = {"name": "Song", "items": [1]}
    item = {"itemID": 1, "itemType": "journalArticle", "title": "The Song of Towns"}
    path.write_text(json.dumps({"collections": collections, "items": [item]}))
    assert [paper.sections for paper in read_zotero_json(str(path)).papers] == [(("Song",),)]
