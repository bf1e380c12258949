import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.text.similarity import TermIndex, contrast, terms

TEXTS = st.text(alphabet="ab cdé-XY.9", max_size=40)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("The bridge and the pier", ["bridge", "pier"]),
        ("Inspections, inspected", ["inspec", "inspec"]),
        ("without load; not with", ["withou", "load", "not"]),
        ("x 12 a1b Ärmel", ["ärmel"]),
        ("low_level", ["low", "level"]),
    ],
)
def test_terms_are_stemmed_words_and_negations_stay(text, expected):
    assert terms(text) == expected


def test_a_text_is_nearest_to_itself_and_far_from_strangers():
    index = TermIndex(["cracks in the deck", "trucks on the arch"])
    own, other = index.similarities("cracks in the deck")
    assert own == pytest.approx(1)
    assert other == 0


def test_rare_words_weigh_more_than_common_ones():
    index = TermIndex(["bridge fibre", "bridge radar", "bridge truck"])
    assert max(index.similarities("bridge radar")) == index.similarities("bridge radar")[1]
    assert index.similarities("radar")[1] > index.similarities("bridge")[1]


def test_empty_texts_are_near_nothing():
    assert TermIndex([]).similarities("x") == []
    assert TermIndex(["", "the of"]).similarities("deck") == [0, 0]
    assert TermIndex(["deck"]).similarities("") == [0]


@given(texts=st.lists(TEXTS, max_size=4), query=TEXTS)
def test_similarities_lie_between_nothing_and_all(texts, query):
    found = TermIndex(texts).similarities(query)
    assert len(found) == len(texts)
    assert all(0 <= value <= 1 + 1e-9 for value in found)


def test_contrast_is_positive_where_texts_fit_and_turns_with_a_swap():
    definitions = "trucks load the deck", "nobody loads the deck, drawings tell"
    grounds = "heavy trucks crossed", "old drawings were read"
    assert contrast(*definitions, *grounds) > 0.3
    assert contrast(*reversed(definitions), *grounds) == pytest.approx(-contrast(*definitions, *grounds))


def test_shared_words_tell_nothing_apart():
    assert contrast("deck trucks", "deck drawings", "deck", "pier") == 0
    assert contrast("same words", "same words", "same", "words") == 0
    assert contrast("", "", "", "") == 0


@given(left=TEXTS, right=TEXTS, left_ground=TEXTS, right_ground=TEXTS)
def test_contrast_stays_within_its_range_and_is_antisymmetric(left, right, left_ground, right_ground):
    value = contrast(left, right, left_ground, right_ground)
    assert -2 - 1e-9 <= value <= 2 + 1e-9
    assert math.isclose(contrast(right, left, left_ground, right_ground), -value, abs_tol=1e-9)
