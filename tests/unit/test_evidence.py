"""Quotes are looked for in the paper's own words."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.model.document import Document, Page
from classifier.model.label import Evidence
from classifier.model.reply import Quote
from classifier.text.characters import matching_key, normalise
from classifier.verdict.evidence import QuoteIndex, check_quotes

FIRST = """\
Talking Gardeners
Abstract. We teach a gardening robot to water plants by asking a botanist what
each plant needs (Rose et al., 2021). The botanist's advice is turned into a re-
ward, and the robot learns from it in 300 episodes [4, 7]. Our policy does not
need a map of the garden, and it is able to find 95% of all thirsty plants. An un-
able gardener finds 40%. Large pots are watered first.3 We find no plant that
drowns. Small pots follow, which keeps the well-known puddles off the path that
1
"""
SECOND = """\
Preprint. Under review.
visitors take. In a second garden, the same policy saves water. Eﬃcient
watering takes con\ufb01dence – “patience”, as botanists say. Pro\x02gress is slow;
the robot may, however, ask again. All seeds are sown by hand in early spring.
"""


def _document(*texts: str) -> Document:
    return Document(pages=tuple(Page(number=n, text=text) for n, text in enumerate(texts, start=1)))


GARDEN = _document(FIRST, SECOND)


def _check(quote: str, document: Document = GARDEN) -> Evidence:
    (evidence,) = check_quotes([Quote(quote=quote, supports="label")], document)
    return evidence


def _found(evidence: Evidence, document: Document = GARDEN) -> str:
    assert evidence.page is not None
    return document.pages[evidence.page - 1].text[evidence.start : evidence.end]


@pytest.mark.parametrize(
    ("quote", "page", "found"),
    [
        ("We teach a gardening robot", 1, "We teach a gardening robot"),
        ("we TEACH a gardening robot", 1, "We teach a gardening robot"),
        ("to water plants by asking a botanist what each plant needs", 1, None),
        ("advice is turned into a reward, and the robot", 1, None),
        ("keeps the well-known puddles", 1, "keeps the well-known puddles"),
        ("We teach a gardeningrobot to water plants", 1, "We teach a gardening robot to water plants"),
        ("keeps the wellknown  puddles", 1, "keeps the well-known puddles"),
        ("saves water. Efficient watering takes confidence", 2, None),
        ('takes confidence - "patience", as botanists', 2, None),
        ("Progress is slow; the robot", 2, "Pro\x02gress is slow;\nthe robot"),
        ("“Our policy does not need a map”", 1, "Our policy does not\nneed a map"),
        ("Our policy does not need a map.", 1, "Our policy does not\nneed a map"),
        ("[page 2] Our policy does not need a map", 1, "Our policy does not\nneed a map"),
        ("**Our policy does not need a map**", 1, "Our policy does not\nneed a map"),
    ],
)
def test_a_quote_that_differs_in_looks_only_is_verbatim(quote: str, page: int, found: str | None) -> None:
    evidence = _check(quote)
    assert (evidence.verdict, evidence.page) == ("verbatim", page)
    assert evidence.quote == quote
    assert found is None or _found(evidence) == found


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("by asking a botanist what each plant needs. The botanist's advice", None),
        ("the robot learns from it in 300 episodes. Our policy does not", None),
        ("Large pots are watered first. We find no plant", "Large pots are watered first.3 We find no plant"),
        ("what each plant needs (Rose et al., 2021). The botanists advice is turned", None),
        ("asking a botamist what each plant needs (Rose et al., 2021)", None),
        ("We teach a garclening robot to water plants", "We teach a gardening robot to water plants"),
        ("We teach a gardenimg robot to water plants by asking", None),
        ("We teach gardening robot to water the plants by asking a botanist", None),
        ("We teach a gardening robot ... in 300 episodes", None),
        ("We teach a gardening robot […] learns from it in 300 episodes", None),
    ],
)
def test_a_quote_with_slips_or_without_marks_is_near(quote: str, found: str | None) -> None:
    evidence = _check(quote)
    assert (evidence.verdict, evidence.page) == ("near", 1)
    assert found is None or _found(evidence) == found


@pytest.mark.parametrize(
    "quote",
    [
        "Our policy does need a map of the garden, and it is able",
        "Our policy does not not need a map of the garden, and it is able",
        "it is not able to find 95% of all thirsty plants",
        "it is able to find 85% of all thirsty plants",
        "the robot learns from it in 30 episodes",
        "the robot learns from it in 300 episodes [4, 8]",
        "asking a botamist what each plant needs (Rose et al., 2020)",
        "able gardener finds 40%",
        "the botanist learns from it in 300 episodes",
        "We teach a gardening robot to water plants by asking a biologist what each plant needs",
        "We find a plant that drowns. Small pots follow",
        "All seeds are sown by hand in late spring.",
        "In a third garden, the same policy saves water.",
        "Our policy ... drowns in the end of the story",
        "Our policy does ... need a map of the garden",
        "it is able to find 95% of all ... Our policy does not need",
        "visitors take. In a second garden ... We teach a gardening robot",
        "it is able to find 95% of all thirsty plants … that drowns. Small pots follow",
        "A robot dreams of electric hedges at night",
    ],
)
def test_a_quote_that_says_something_else_is_absent(quote: str) -> None:
    evidence = _check(quote)
    assert evidence.verdict == "absent"
    assert (evidence.page, evidence.start, evidence.end) == (None, None, None)


@pytest.mark.parametrize("quote", ["", "  ", "…", "[page 3]", "the robot", "a b c", '""', "\x02\u200b"])
def test_a_quote_too_short_to_prove_anything_is_absent(quote: str) -> None:
    assert _check(quote).verdict == "absent"


def test_a_document_without_text_has_no_quote() -> None:
    assert _check("We teach a gardening robot", Document(pages=())).verdict == "absent"
    assert _check("We teach a gardening robot", _document("", "\n")).verdict == "absent"


def test_a_quote_over_a_page_break_stands_where_it_starts() -> None:
    evidence = _check("which keeps the well-known puddles off the path that visitors take.")
    assert (evidence.verdict, evidence.page, evidence.end) == ("near", 1, len(FIRST))
    assert _found(evidence).startswith("which keeps")

    bare = _document("The policy learns from the re-", "ward of a talking botanist.")
    whole = _check("learns from the reward of a talking botanist", bare)
    assert (whole.verdict, whole.page, whole.end) == ("verbatim", 1, 30)


def test_only_whole_lines_may_stand_at_a_page_break() -> None:
    document = _document("We show that the robot does", "not learn from the botanist's advice at all.")
    assert _check("We show that the robot does learn from the botanist", document).verdict == "absent"


def test_the_first_of_several_places_counts_and_page_numbers_are_the_documents() -> None:
    pages = (Page(number=3, text="Nothing."), Page(number=7, text="x we learn to sow, we learn to sow"))
    evidence = _check("we learn to sow", Document(pages=pages))
    assert (evidence.page, evidence.start, evidence.end) == (7, 2, 17)


def test_an_index_serves_many_quotes_in_order() -> None:
    index = QuoteIndex(GARDEN)
    quotes = [Quote(quote=text, supports="x") for text in ("We teach a gardening robot", "no such words")]
    assert [index.check(quote).verdict for quote in quotes] == ["verbatim", "absent"]
    assert check_quotes(quotes, GARDEN) == tuple(index.check(quote) for quote in quotes)


WORDS = ("efficient", "flow", "the", "of", "final", "42", "robot's", "(see", "office)", "well-known", "naïve")


@st.composite
def _spans(draw: st.DrawFn) -> tuple[str, str]:
    """A page, and some whole words of it as another engine might give them."""
    words = [draw(st.sampled_from(WORDS)) + str(n) for n in range(draw(st.integers(20, 60)))]
    start = draw(st.integers(0, len(words) - 8))
    quoted = words[start : start + draw(st.integers(6, 12))]
    dice = draw(st.randoms(use_true_random=False))
    return _reset(words, dice), _reset(quoted, dice)


def _reset(words: list[str], dice: random.Random) -> str:
    """The words with other line ends, hyphens, ligatures, quotes and invisible characters."""
    text = "".join(word + dice.choice([" ", "\n", " \n ", "\r\n", "\u00a0", "\u200b \t"]) for word in words)
    if dice.random() < 0.5:
        text = text.replace("ffi", "\ufb03").replace("fi", "\ufb01").replace("fl", "\ufb02")
    if dice.random() < 0.5:
        text = text.replace("'", "\u2019").replace("ï", "i\u0308")
    return re.sub(
        r"(?<=[a-z])(?=[a-z]{2})",
        lambda _: dice.choice(["-\n", "\x02", "\x02\n", "\u00ad", "\ufffe"]) if dice.random() < 0.1 else "",
        text,
    ).strip()


@given(_spans())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_words_of_a_page_are_found_however_they_were_set(span: tuple[str, str]) -> None:
    page, quote = span
    document = _document("Another page.\n", page)
    evidence = _check(quote, document)
    assert (evidence.verdict, evidence.page) == ("verbatim", 2)
    assert matching_key(_found(evidence, document)).text == matching_key(quote).text


@given(st.lists(st.sampled_from(normalise(FIRST + SECOND).split()), min_size=6, max_size=30, unique=True))
def test_shuffled_words_of_a_page_are_absent(words: list[str]) -> None:
    words.sort(key=lambda word: word[::-1])
    assert _check(" ".join(words)).verdict == "absent"


@given(st.text(max_size=400), st.text(max_size=120))
def test_any_text_gets_a_verdict_and_offsets_within_its_page(page: str, quote: str) -> None:
    document = _document(page, quote)
    evidence = _check(quote, document)
    if evidence.verdict != "absent":
        assert evidence.start is not None
        assert evidence.end is not None
        assert 0 <= evidence.start < evidence.end <= len(document.pages[(evidence.page or 0) - 1].text)
