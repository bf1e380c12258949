"""Only the changed entries of a YAML file are rewritten; the data is always right."""

# ruff: noqa: E501

import copy
import difflib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from classifier.survey.workspace import builtin_root
from classifier.survey.yaml_edit import rewrite

HAND = """\
# How we order them.
tree:
  # first of all
  - id: song   # short
    title: "By song"
    definition: >
      Heard, and
      counted.

    # for later
    counts: [one, two]
  - {id: sight, title: Seen}
scope:
  definition: City birds.
"""


def changed(data, *path, to):
    new = copy.deepcopy(data)
    owner = new
    for step in path[:-1]:
        owner = owner[step]
    if to is None:
        del owner[path[-1]]
    else:
        owner[path[-1]] = to
    return new


@pytest.mark.parametrize(
    ("path", "to", "removed", "added"),
    [
        (("tree", 0, "title"), "Of song", ['    title: "By song"'], ["    title: Of song"]),
        (("tree", 0, "definition"), "Heard: # here.", ["    definition: >", "      Heard, and", "      counted."], ["    definition: 'Heard: # here.'"]),
        (("tree", 0, "counts"), ["one"], ["    counts: [one, two]"], ["    counts:", "    - one"]),
        (("tree", 0, "counts"), None, ["    counts: [one, two]"], []),
        (("tree", 0, "excludes"), ["far", "wild"], [], ["    excludes:", "    - far", "    - wild"]),
        (("tree", 1, "definition"), "Seen.", ["  - {id: sight, title: Seen}"], ["  - {id: sight, title: Seen, definition: Seen.}"]),
        (("scope", "definition"), "Öf — “towns”.", ["  definition: City birds."], ["  definition: Öf — “towns”."]),
        (("id",), "birds", [], ["id: birds"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_one_change_touches_its_own_lines_only(path, to, removed, added, eol):
    text = HAND.replace("\n", eol)
    new = changed(yaml.safe_load(HAND), *path, to=to)
    result = rewrite(text, new)
    assert yaml.safe_load(result) == new
    rows = list(difflib.unified_diff(text.split(eol), result.split(eol), lineterm="", n=0))[2:]
    assert [row[1:] for row in rows if row.startswith("-")] == removed
    assert [row[1:] for row in rows if row.startswith("+")] == added


def test_nothing_to_change_changes_no_byte_of_the_built_in_taxonomy():
    text = (builtin_root() / "taxonomy.yaml").read_text(encoding="utf-8")
    assert rewrite(text, yaml.safe_load(text)) == text


@pytest.mark.parametrize(
    "text",
    ["a: &x [1]\nb: *x\n", "{a: 1, b: {c: 2}}\n", "? a\n: 1\n", "---\na: 1\n...\n", "a:\n- b:\n  - c\n", "\ufeffa: 1\n"],
)  # fmt: skip
def test_layouts_that_cannot_be_edited_in_place_are_right_all_the_same(text):
    new = yaml.safe_load(text) | {"a": ["new", {"x": "y: z"}], "d": "e"}
    assert yaml.safe_load(rewrite(text, new)) == new


TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=80)


@given(
    st.dictionaries(st.sampled_from("abcd"), st.one_of(TEXTS, st.lists(TEXTS, max_size=3)), min_size=1), TEXTS
)
def test_any_text_can_be_written(data, text):
    before = yaml.safe_dump({"tree": [data]}, allow_unicode=True)
    new = {"tree": [data | {"definition": text}]}
    assert yaml.safe_load(rewrite(before, new)) == new
