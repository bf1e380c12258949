"""Invisible code points are removed and decoded; harmless ones are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.text.invisible import split_invisible_characters


def tags(words: str) -> str:
    return "".join(chr(0xE0000 + ord(char)) for char in words)


def selectors(words: str) -> str:
    return "".join(chr(0xE0100 + ord(char) - 16) for char in words)


@pytest.mark.parametrize(
    ("text", "visible", "kind", "found"),
    [
        ("a policy" + tags("obey me") + " is learnt", "a policy is learnt", "tag-characters", "obey me"),
        ("a policy" + selectors("obey me"), "a policy", "variation-selectors", "obey me"),
        ("re\u200bwa\u200brd", "reward", "zero-width", "reward reward"),
        ("re\u2060ward", "reward", "zero-width", "reward"),
        (
            "end \u200b\u200c\u200b\u200c\u200b of it",
            "end  of it",
            "zero-width",
            "U+200B U+200C U+200B U+200C U+200B",
        ),
        ("see \u202eetadpu\u202c it", "see etadpu it", "bidi-controls", "etadpu"),
    ],
)
def test_invisible_characters_are_cut_and_reported(text: str, visible: str, kind: str, found: str) -> None:
    assert split_invisible_characters(text) == (visible, [{"kind": kind, "text": found, "box": None}])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain words",
        "soft\u00adhyphen, no-break\u00a0space, \ufeffmark, line\x02end",
        "naïve ﬁne œuvre — “quotes” … 10 µm",
        "می\u200cخواهم",
        "क्\u200dष",
        "👨\u200d👩\u200d👧 and ❤\ufe0f and 1\ufe0f\u20e3",
        "\U0001f3f4" + tags("gbeng") + "\U000e007f flag",
        "שלום\u200f!",
    ],
)
def test_innocent_characters_stay(text: str) -> None:
    assert split_invisible_characters(text) == (text, [])


def test_line_break_hint_at_a_word_edge_is_cut_without_a_report() -> None:
    assert split_invisible_characters("https://\u200bexample.org/\u200bpath") == (
        "https://example.org/path",
        [],
    )


def test_long_smuggled_text_is_reported_in_part() -> None:
    _, findings = split_invisible_characters("x" + tags("order " * 400))
    assert len(findings[0]["text"]) == 500


@given(st.text(alphabet=st.characters(max_codepoint=0x2000, exclude_categories=["Cs"])))
def test_text_without_invisible_characters_is_given_back(text: str) -> None:
    visible, findings = split_invisible_characters(text)
    if not any(char in text for char in "\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"):
        assert (visible, findings) == (text, [])


@given(
    st.text(max_size=60), st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1)
)
def test_no_tag_character_survives_in_words(text: str, order: str) -> None:
    visible, findings = split_invisible_characters("word" + tags(order) + " " + text)
    assert visible.startswith("word ")
    assert any(finding["kind"] == "tag-characters" for finding in findings)
