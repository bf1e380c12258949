"""Phrases match the texts that their small language describes, and no others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.engines.offline.phrases import Phrase, Sheet
from classifier.engines.offline.words import shorten, split_sentences, split_words, stem
from classifier.errors import ConfigError

TERMS = {"beast": ("grey wolf", "bear*")}


def spans(phrase: str, text: str) -> list[tuple[int, int]]:
    sheet = Sheet(split_words(text))
    lists = {
        name: sorted(span for item in items for span in Phrase(item, {}).find(sheet, {}))
        for name, items in TERMS.items()
    }
    return Phrase(phrase, TERMS).find(sheet, lists)


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("grey wolf", "Two grey wolves", []),  # wolves is no plural s
        ("grey wolf", "A Grey-Wolf sleeps", [(1, 3)]),
        ("bear", "bears eat", [(0, 1)]),
        ("hunt*", "she hunted, he hunts", [(1, 2), (3, 4)]),
        ("lone|old wolf", "an old wolf", [(1, 3)]),
        ("wolf ~2 hunts", "the wolf that silently hunts", [(1, 5)]),
        ("wolf ~1 hunts", "the wolf that silently hunts", []),
        ("wolf ~ hunts", "wolf a b c hunts", [(0, 5)]),
        ("hunts ~5 wolf", "the wolf that hunts", []),
        ("hunts & wolf", "the wolf that hunts", [(3, 4)]),
        ("hunts & fox", "the wolf that hunts", []),
        ("{beast} hunts", "a grey wolf hunts", [(1, 4)]),
        ("{beast} ~3 {beast}", "the bear met a grey wolf", [(1, 6)]),
        ("grey-wolf", "grey wolf", [(0, 2)]),
    ],
)
def test_phrase_is_matched_by_the_rules_of_the_language(phrase, text, found):
    assert spans(phrase, text) == found


@pytest.mark.parametrize("phrase", ["wolf &", "~3", "{unicorn} runs"])
def test_phrase_that_is_empty_or_names_an_unknown_list_is_rejected(phrase):
    with pytest.raises(ConfigError, match="phrase"):
        Phrase(phrase, TERMS)


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=60))
def test_spans_lie_within_the_sentence(words):
    for start, end in Phrase("a ~9 b ~9 a|c", {}).find(Sheet(tuple(words)), {}):
        assert 0 <= start < end <= len(words)
        assert words[start] == "a"
        assert words[end - 1] in "ac"


def test_repeated_words_cannot_make_matching_explode():
    sheet = Sheet(("a", "b") * 400)
    assert 0 < len(Phrase("a ~20 b ~20 a ~20 b ~20 a ~20 b", {}).find(sheet, {})) <= 64


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("models", "model"),
        ("loss", "loss"),
        ("bus", "bus"),
        ("gas", "gas"),
        ("analysis", "analysis"),
    ],
)
def test_only_a_plural_s_is_cut(word, kept):
    assert stem(word) == kept


def test_sentence_is_quoted_exactly_except_for_white_space():
    text = "Wolves  hunt\nat dusk. Bears, e.g. old ones, sleep."
    quotes = [sentence.quote for sentence in split_sentences(text, "abstract")]
    assert quotes == ["Wolves hunt at dusk.", "Bears, e.g. old ones, sleep."]


def test_words_broken_at_a_line_end_are_joined():
    assert split_words("re-\ninforce\x02ment") == ("reinforcement",)


@given(st.text(alphabet="ab ", max_size=80), st.integers(min_value=1, max_value=30))
def test_shortened_text_is_a_beginning_within_the_limit(text, limit):
    short = shorten(text, limit)
    assert len(short) <= limit
    assert text.startswith(short)
