# ruff: noqa: E501 - lines of text
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.pdf.clean import clean, clean_line, clean_with_origin


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("", ""),
        ("a line\r\nanother\rthird", "a line\nanother\nthird"),
        ("lower-order mo\ufffements. The end", "lower-order moments.\nThe end"),
        ("lower-order mo\x02ments. The end", "lower-order moments.\nThe end"),
        ("the re-\nward grows", "the reward\ngrows"),
        ("e\ufb03cient \ufb01t", "efficient fit"),
        ("caf\u0065\u0301", "café"),
        ("a\u00a0b\t c   d ", "a b c d"),
        ("page\x0cbreak \x1b[31mred\x07", "page\nbreak [31mred"),
        ("\n\n  padded  \n\n", "padded"),
        ("\uf738\uf731 % for \uf766\uf76cower", "81 % for FLower"),
        ("e\uf001nd a \uf002ow \uf0b7 \uf0a7 \ue000", "efind a flow \u2022 \u25aa \ue000"),
        ("\U0001d706 = 1", "λ = 1"),
    ],
)
def test_text_becomes_plain_lines(raw: str, text: str) -> None:
    assert clean(raw) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("state-of-the\ufffeart", "state-of-the-art"),  # the word has a hyphen already
        ("a zero-shot test, zero\ufffeshot", "a zero-shot test, zero-shot"),  # spelt so elsewhere on the page
        ("the data. Base. data-\nbase", "the data. Base. data-base"),  # both halves stand alone
        ("database here, data-\nbase", "database here, database"),  # spelt so elsewhere on the page
        ("with those, go out; with\ufffeout", "with those, go out; without"),  # short halves prove nothing
        ("Question-\nAnswering", "Question-Answering"),
        ("GPT-\n3 is", "GPT-3\nis"),
        ("sur\ufffegate-\nbased", "surgate-based"),
        ("a diffi\ufffe3", "a diffi-\n3"),  # the page's number
        ("atten\ufffe1lucene.org\r\ntion", "atten-\n1lucene.org\ntion"),  # a note's
        ("a diffi\ufffe12\r\n", "a diffi-\n12"),
        ("a diffi\ufffePreprint. Under review.", "a diffi-\nPreprint. Under review."),
        ("a diffi\ufffe\u2217Equal contribution", "a diffi-\n\u2217Equal contribution"),
        ("a diffi\ufffecult", "a difficult"),
        ("GPT\ufffe4", "GPT-4"),
        ("left - \nright", "left -\nright"),
        ("-\nitem", "-\nitem"),
    ],
)
def test_hyphen_at_a_lines_end_stays_only_where_the_word_has_one(raw: str, text: str) -> None:
    assert clean(raw) == text


LONG = "the gradient is divided by the term (1 \u2212 \u03b2"
WHY = "that is caused by zeros, and the rest"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (f"{LONG}\nt\n2\n) {WHY}", f"{LONG} t 2 ) {WHY}"),
        (f"the learning rate of all policies is 10\u22124\n, {WHY}", f"the learning rate of all policies is 10\u22124, {WHY}"),
        (f"where the set of all preferences D is\n{{\nx\n(i)\n, {WHY}", f"where the set of all preferences D is {{ x (i) , {WHY}"),
        # what only looks like it
        (f"This is the last sentence of the page.\n2\nt {WHY}", f"This is the last sentence of the page.\n2\nt {WHY}"),
        (f"the robot does three things in this order\n\u2022\nwater {WHY}", f"the robot does three things in this order\n\u2022\nwater {WHY}"),
        ("iterations over entire dataset\n0.2\n0.4\n0.6\ntraining cost", "iterations over entire dataset\n0.2\n0.4\n0.6\ntraining cost"),
        ("f(x) = \u03b1 + \u03b2 x + \u03b3 z + \u03b4 w + \u03b5 v + 12\n(5)\nfor all x", "f(x) = \u03b1 + \u03b2 x + \u03b3 z + \u03b4 w + \u03b5 v + 12\n(5)\nfor all x"),
        ("and this is where the first page of it ends\n1\narXiv:2401.01234v1 [cs.LG]", "and this is where the first page of it ends\n1\narXiv:2401.01234v1 [cs.LG]"),
        ("the robot is described in the next part of it\n3\nMethod", "the robot is described in the next part of it\n3\nMethod"),
    ],
)  # fmt: skip
def test_signs_of_a_formula_stay_in_their_line(raw: str, text: str) -> None:
    assert clean(raw) == text
    assert clean_with_origin(raw)[0] == text


def test_line_stays_one_line() -> None:
    assert clean_line("Learn\ufffeing to\r\nwalk") == "Learning to walk"


@given(st.text(st.sampled_from("ab Z9-\n\r\t\x02\ufffe\ufb01e\u0301\u00bd\x0c.\u00a0"), max_size=60))
def test_origins_point_back_in_order(raw: str) -> None:
    text, origin = clean_with_origin(raw)

    assert text == clean(raw)
    assert len(origin) == len(text)
    assert origin == sorted(origin)
    assert all(
        raw[at] == char for char, at in zip(text, origin, strict=True) if char.isascii() and char.isupper()
    )


@given(st.text(max_size=80))
def test_cleaned_text_holds_no_control_characters(raw: str) -> None:
    assert all(char == "\n" or ord(char) >= 32 for char in clean(raw))
