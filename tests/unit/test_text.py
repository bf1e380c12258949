"""One normal form for all text, with offsets into the original."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.text.characters import (
    estimate_tokens,
    matching_key,
    normalise,
    normalise_with_spans,
    sentences,
)

MESSY = st.text(
    st.sampled_from(
        "aA bé\n\r\t-\x02\u00ad\u200b\ufb01\ufb03\u2019\u201c\u2014\u0301\u00a0\u2003½α深İß…\U000e0041."
    )
)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        (" \n ", ""),
        ("plain text", "plain text"),
        ("two\n  lines\tand\u00a0\u2003spaces ", "two lines and spaces"),
        (
            "re-\nward, re-\r\n  ward, re\x02ward, re\x02\nward, re\u00adward, re\ufffe\nward",
            "reward, " * 5 + "reward",
        ),
        ("GPT-\n4 and Monte-\nCarlo and a - b", "GPT- 4 and Monte- Carlo and a - b"),
        ("e\ufb03cient \ufb01ne \ufb02ow", "efficient fine flow"),
        ("\u201cit\u2019s\u201d \u00abso\u00bb \u2014 1\u20132 \u2212 3", '"it\'s" "so" - 1-2 - 3'),
        ("zero\u200bwidth \ufeffbom \U000e0041tag \x01 control", "zerowidth bom tag control"),
        ("Schro\u0308dinger cafe\u0301", "Schrödinger café"),
        ("\uff27\uff30\uff34\u3000\u2460 x\u00b2", "GPT 1 x2"),
        ("Case Stays", "Case Stays"),
    ],
)
def test_normalise_gives_what_a_reader_sees(text: str, normal: str) -> None:
    assert normalise(text) == normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Well-known", "wellknown"),
        ("well-\nknown", "well-known"),
        ("R einforcement", "reinforcement"),
        ("e\ufb03cient", "EFFICIENT"),
        ("İstanbul", "istanbul"),
    ],
)
def test_matching_key_drops_case_spaces_and_hyphens(one: str, other: str) -> None:
    assert matching_key(one).text == matching_key(other).text


def test_spans_lead_back_into_the_original() -> None:
    text = "  An e\ufb03cient re-\n ward"
    folded = normalise_with_spans(text)
    assert folded.text == "An efficient reward"
    at = folded.text.index("reward")
    assert text[slice(*folded.source_span(at, at + 6))] == "re-\n ward"
    assert text[slice(*folded.source_span(4, 5))] == "\ufb03"
    assert folded.source_span(2, 2) == (4, 4)
    assert folded.source_span(len(folded.text), len(folded.text)) == (len(text), len(text))


@pytest.mark.parametrize("span", [(-1, 1), (2, 1), (0, 99)])
def test_a_span_outside_the_text_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="not within"):
        normalise_with_spans("text").source_span(*span)


@given(MESSY | st.text())
def test_spans_are_in_order_and_cover_what_they_name(text: str) -> None:
    for folded in (normalise_with_spans(text), matching_key(text)):
        spans = [folded.source_span(at, at + 1) for at in range(len(folded.text))]
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert spans == sorted(spans)


@given(MESSY)
def test_a_word_of_the_normal_form_comes_from_text_with_that_normal_form(text: str) -> None:
    folded = normalise_with_spans(f"{text} reward {text}")
    at = folded.text.index("reward")
    start, end = folded.source_span(at, at + 6)
    assert f"{text} reward {text}"[start:end] == "reward"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One sentence without an end", ["One sentence without an end"]),
        ("We train it. It works! Does it? Yes.", ["We train it.", "It works!", "Does it?", "Yes."]),
        ("A line\nend is inside. Next.", ["A line\nend is inside.", "Next."]),
        ("See Fig. 3 and Sec. 2, cf. Rose et al. (2020). Then stop.", None),
        ("We use tools, e.g. Robots, i.e. Machines, vs. Plants. Then stop.", None),
        ("J. R. Rose and A. Lily wrote it. Then stop.", None),
        ("It gains 3.5 points at 0.01 and version 1.2.3 too. Then stop.", None),
        ("As shown [3]. We (see below.) go on.", ["As shown [3].", "We (see below.) go on."]),
        ("It holds for all x. We go on.", ["It holds for all x.", "We go on."]),
        ("It “works.” We go on.", ["It “works.”", "We go on."]),
        ("The plants grow.12 We go on.", ["The plants grow.12", "We go on."]),
        ("approx. ten plants etc. were seen. Then stop.", None),
        ("No end here\n\nNew paragraph", ["No end here", "New paragraph"]),
        (
            "before it.\n3.1 Watering Plants\nThe robot waters",
            ["before it.", "3.1 Watering Plants", "The robot waters"],
        ),
        ("Names\nAbstract\nWe do it.", ["Names", "Abstract", "We do it."]),
        ("Points:\n• one point\n• another point", ["Points:", "• one point", "• another point"]),
        ("page one\fpage two", ["page one", "page two"]),
    ],
)
def test_sentences_of_papers(text: str, expected: list[str] | None) -> None:
    found = [text[start:end] for start, end in sentences(text)]
    assert found == (expected or [text.removesuffix(" Then stop."), "Then stop."])


def test_blank_text_has_no_sentence() -> None:
    assert sentences("") == sentences(" \n\n ") == []


@given(st.text(st.sampled_from('aB1 .!?\n\f"(•')) | st.text())
def test_sentences_hold_all_that_is_not_white_space(text: str) -> None:
    spans = sentences(text)
    assert all(start < end for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2)])
def test_four_characters_are_a_token(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens
