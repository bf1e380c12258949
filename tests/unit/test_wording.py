"""Comparison of two pieces of text word by word."""

from __future__ import annotations

import pytest

from classifier.text.wording import agreeing_words, has_negation, numbers, without_marks


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("We learn [3] much [3, 5-7].", "We learn     much         ."),
        ("It grows (Rose et al., 2021; von Lily, 2019a, 2020).", "It grows" + " " * 43 + "."),
        ("It grows (but not in 2021).", "It grows (but not in 2021)."),
        ("It grows.3 Then it stops,12 or", "It grows.  Then it stops,   or"),
        ("It grows.3", "It grows. "),
        ("It grows3, as roses12 do", "It grows , as roses   do"),
        ("Table 3 shows 0.5 and Rose2.5 and Lily3 too", "Table 3 shows 0.5 and Rose2.5 and Lily3 too"),
        ("", ""),
    ],
)
def test_marks_are_blanked_and_offsets_stay(text: str, bare: str) -> None:
    assert without_marks(text) == bare
    assert len(bare) == len(text)


@pytest.mark.parametrize(
    ("quote", "text", "agreed"),
    [
        ("roses need water", "All roses need water daily", "roses need water"),
        ("roses need the water", "All roses need water daily", "roses need water"),
        ("roses need water", "All roses need a wat\u00ader daily", "roses need a wat\u00ader"),
        ("modem gardens", "the modern gardens", "modern gardens"),
        ("confident roses", "but con dent roses", None),
        ("confidence grows", "the condence grows", "condence grows"),
        ("watcr flows down", "the water flows down", "water flows down"),
        ("roses need water", "roses never need water", None),
        ("roses need water", "roses need wine", None),
        ("seven roses", "seventy roses", None),
        ("40 roses", "41 roses", None),
        ("supervised robots", "unsupervised robots", None),
        ("offline robots", "online robots", None),
        ("with the roses", "with roses and lilies", "with roses"),
        ("roses", "", None),
    ],
)
def test_words_agree_but_for_slips(quote: str, text: str, agreed: str | None) -> None:
    span = agreeing_words(quote.split(), text)
    assert (text[slice(*span)] if span else None) == agreed


@pytest.mark.parametrize("text", ["it is not", "Never", "it doesn’t", "cannot", "fails to", "none"])
def test_a_negation_is_seen(text: str) -> None:
    assert has_negation(text)


@pytest.mark.parametrize("text", ["", "notable", "a knot", "the nonesuch", "it is"])
def test_a_word_that_looks_like_a_negation_is_none(text: str) -> None:
    assert not has_negation(text)


def test_numbers_are_counted() -> None:
    assert numbers("3 of 4 and 3.5, 1,000 or 3") == {"3": 2, "4": 1, "3.5": 1, "1,000": 1}
