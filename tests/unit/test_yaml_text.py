"""Texts that YAML does not read as texts: the message gives the place and says what to quote."""

from __future__ import annotations

import pytest

from classifier.errors import ConfigError
from classifier.survey.lint import lint_workspace
from classifier.survey.section_plan import load_section_plan
from classifier.survey.taxonomy import load_taxonomy
from classifier.survey.workspace import Workspace

HEAD = """schema_version: 1
id: t
title: T
scope: {definition: S.}
questions: [{id: q, ask: Which?, choices: [{id: a, means: First one.}, {id: b, means: Second one.}]}]
tree:
"""
OTHER = "  - {id: y, title: Y, definition: Other., answers: {q: [b]}}\n"


def flow(definition: str = "D.", title: str = "X", answer: str = "a") -> str:
    """A tree of two leaves, of which the first is written between braces on line 7."""
    return (
        f"{HEAD}  - {{id: x, title: {title}, definition: {definition}, answers: {{q: [{answer}]}}}}\n{OTHER}"
    )


def block(definition: str) -> str:
    """The same, with a key a line; the definition is on line 8."""
    return f"{HEAD}  - id: x\n    definition: {definition}\n    title: X\n    answers: {{q: [a]}}\n{OTHER}"


@pytest.fixture
def load(tmp_path):
    def write_and_load(content: str):
        (tmp_path / "taxonomy.yaml").write_text(content, encoding="utf-8")
        return load_taxonomy(tmp_path / "taxonomy.yaml")

    return write_and_load


@pytest.mark.parametrize(
    ("content", "definition"),
    [
        (flow('"Uses A, B and C"'), "Uses A, B and C"),
        (flow("'Uses: A #1'"), "Uses: A #1"),
        (flow("Uses A;B"), "Uses A;B"),
        (flow("see http://a.org"), "see http://a.org"),
        (flow("C# and a@b"), "C# and a@b"),
        (block("Uses A, B and C"), "Uses A, B and C"),
        (block("a [b] {c} * @"), "a [b] {c} * @"),
        (block(">\n      Uses: A,\n      # 1"), "Uses: A, # 1"),
    ],
)
def test_texts_that_need_no_quotes_or_have_them(load, content, definition):
    assert load(content).leaves["x"].node.definition == definition


COMMA = "put a text with a comma in quotes"
BOOL = "YAML reads yes, no, on, off, true and false as true or false: put the text in quotes"
COLON_OR_HASH = "put a text with a colon, # or quotation marks in quotes"
SIGN = "put a text that starts with a sign such as @, ` or % in quotes"


@pytest.mark.parametrize(
    ("content", "place", "said"),
    [
        (flow("Uses A, B and C"), "tree.0: 'B and C': an unknown key without a value", COMMA),
        (flow("A, B, C and D"), "tree.0: 'B', 'C and D': unknown keys without a value", COMMA),
        (flow(title="Goals, plans"), "tree.0: 'plans': an unknown key without a value", COMMA),
        (HEAD.replace("First one.", "First, I think") + OTHER, "questions.0.choices.0: 'I think'", COMMA),
        (flow("A, B: C"), "tree.0.B: unknown key (found 'C')", "expected the keys id*"),
        (flow("Uses: A"), "line 7, column ", COLON_OR_HASH),
        (block("Uses: A"), "line 8, column 21: mapping values", "put a text with a colon in quotes"),
        (flow("Uses #A"), "(it starts on line 7)", COLON_OR_HASH),
        (block("#A"), "tree.0.definition: ", "put one that starts with # or & in quotes"),
        (flow("&A"), "tree.0.definition: ", "put one that starts with # or & in quotes"),
        (flow('"A" or B'), "line 7, column ", COLON_OR_HASH),
        (flow("@A"), "line 7, column 35: ", SIGN),
        (block("`A`"), "line 8, column 17: ", SIGN),
        (block("%A"), "line 8, column 17: ", SIGN),
        (block("*A"), "line 8, column 17: ", "put a text that starts with * in quotes"),
        (block("**A** b"), "line 8, column ", "put a text that starts with * in quotes"),
        (block("!A"), "line 8, column 17: ", "put a text that starts with ! in quotes"),
        (flow("- A"), "line 7, column 35: ", "put a text that starts with - or another sign in quotes"),
        (flow("[A]"), "tree.0.definition: ", "put a text that starts with [ in quotes"),
        (flow("{A}"), "tree.0.definition: ", "one that starts with {, in quotes"),
        (flow(title="Yes"), "tree.0.title: ", f"(found True); {BOOL}"),
        (flow(title="off"), "tree.0.title: ", f"(found False); {BOOL}"),
        (flow(answer="no"), "tree.0.answers.q.0: ", f"(found False); {BOOL}"),
        (HEAD.replace("id: a,", "id: yes,") + OTHER, "questions.0.choices.0.id: ", f"(found True); {BOOL}"),
        (flow(title="2024"), "tree.0.title: ", "YAML reads this as a number: put the text in quotes"),
        (flow(title="1.5"), "tree.0.title: ", "YAML reads this as a number: put the text in quotes"),
        (flow(title="2024-05-01"), "tree.0.title: ", "YAML reads this as a date: put the text in quotes"),
        (
            flow().replace("  - {id: x", "\t- {id: x"),
            "line 7, column 1: ",
            "indent with spaces instead of tabs",
        ),
        (block("A").replace("    title", "\ttitle"), "line 9, column ", "spaces instead of tabs"),
        (flow().replace("id: x,", "id: x, id: z,"), "line 7, column 13: ", "the key 'id' occurs twice"),
        (block("A\n    definition: B"), "line 9, column 5: ", "the key 'definition' occurs twice"),
        (flow(answer="a], q: [b"), "line 7, column ", "the key 'q' occurs twice"),
    ],
)
def test_a_text_that_needs_quotes_is_reported_with_its_place(load, content, place, said):
    with pytest.raises(ConfigError) as caught:
        load(content)
    message = caught.value.message
    assert place in message
    assert said in message
    assert "\n" not in message


def test_the_check_lists_one_problem_for_each_text(tmp_path):
    both = flow("A, B and C").replace("title: Y", "title: Plans, goals")
    (tmp_path / "taxonomy.yaml").write_text(both, encoding="utf-8")
    found = lint_workspace(Workspace(tmp_path))
    assert [(each.where, each.message.partition(":")[0]) for each in found] == [
        ("taxonomy.yaml: tree.0", "'B and C'"),
        ("taxonomy.yaml: tree.1", "'goals'"),
    ]


def test_merge_keys_may_repeat_what_they_merge(load):
    anchored = flow().replace("- {id: x", "- &base {id: x")
    merged = anchored.replace("- {id: y, title: Y, definition: Other.,", "- {<<: *base, id: y, title: Y,")
    assert load(merged).leaves["y"].node.definition == "D."


def test_a_section_plan_has_the_same_messages(tmp_path):
    (tmp_path / "sections.yaml").write_text("list: a\nsections: [{section: [A], role: topic, role: front}]\n")
    with pytest.raises(ConfigError, match="the key 'role' occurs twice"):
        load_section_plan(tmp_path)
