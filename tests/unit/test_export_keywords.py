"""Keywords in one string: ours come and go, the user's stay byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import ConfigError
from classifier.export.splice.keywords import PREFIX, checked_prefix, is_own, own_keywords, replace_keywords

LABEL = ("classifier:capacity/with-load-test",)
PARTS = st.lists(
    st.sampled_from(
        ["a", "tax law", "{x, y}", ",", ";", " ", "\n\t", "\\{", "classifier", "Classifier:x", "é"]
    )
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("tax, law", "tax, law, classifier:new"),
        ("tax; law", "tax; law; classifier:new"),
        ("tax,law", "tax,law,classifier:new"),
        ("tax, law\n  ", "tax, law, classifier:new\n  "),
        ("tax,\n    law", "tax,\n    law, classifier:new"),
        ("tax,", "tax,, classifier:new"),
        ("", " classifier:new"),
        ("classifier:old", " classifier:new"),
        ("classifier:old, tax", "tax, classifier:new"),
        ("tax, classifier:old, law", "tax, law, classifier:new"),
        ("tax; classifier:old; classifier:corrected", "tax; classifier:new"),
        ("tax, classifier:new, law", "tax, classifier:new, law"),
        ("classifier, Classifier:old", "classifier, Classifier:old, classifier:new"),
    ],
)
def test_ours_are_replaced_in_the_style_of_the_list(before, after):
    assert replace_keywords(before, PREFIX, ["classifier:new"]) == after


def test_a_comma_within_braces_separates_in_json_only():
    value = "{tax, classifier:old}"
    assert own_keywords(value, PREFIX, braces=True) == ()
    assert own_keywords("{tax, classifier:old", PREFIX) == ("classifier:old",)


@pytest.mark.parametrize(
    ("value", "own"),
    [("classifier:a, classifier:b", True), (" classifier:a", False), ("", False), ("a", False)],
)
def test_a_value_is_own_where_nothing_else_is_in_it(value, own):
    assert is_own(value, PREFIX) is own


@given(PARTS.map("".join), st.booleans())
def test_taking_ours_out_gives_the_old_value_back(value, braces):
    new = replace_keywords(value, PREFIX, LABEL, braces=braces)
    assert own_keywords(new, PREFIX, braces=braces) == LABEL or "{" in value
    assert replace_keywords(new, PREFIX, LABEL, braces=braces) == new
    assert replace_keywords(new, PREFIX, (), braces=braces) == value


@given(PARTS.map("".join))
def test_another_label_replaces_the_first_as_if_that_had_never_been(value):
    first = replace_keywords(value, PREFIX, ("classifier:a", "classifier:needs-review"))
    assert replace_keywords(first, PREFIX, LABEL) == replace_keywords(value, PREFIX, LABEL)


@pytest.mark.parametrize("prefix", ["", ":", "llm", "a b:", "x,y:", "{:", "\\x:", 'q":', "a\n:"])
def test_a_prefix_that_a_format_or_a_user_could_mistake_is_refused(prefix):
    with pytest.raises(ConfigError, match="expected as letters and digits"):
        checked_prefix(prefix)


@pytest.mark.parametrize("prefix", [PREFIX, "my-survey/", "x_"])
def test_a_prefix_with_a_clear_end_is_taken(prefix):
    assert checked_prefix(prefix) == prefix
