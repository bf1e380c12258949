"""How near a paper is to the labels of a workspace without cues."""

import pytest

from classifier.engines.offline.nearness import SHORT, LabelNearness

TEXTS = [
    ("memory/retrieval", "Retrieval of memories"),
    ("memory/storage", "Storage of memories"),
    ("planning", "Plans of agents"),
]
BRANCHES = {"memory/retrieval": "memory", "memory/storage": "memory"}
LONG = " ".join(f"word{n:02}" for n in range(SHORT))


def best(text, texts=TEXTS):
    scores = LabelNearness(texts, BRANCHES).scores(text)
    return max(scores, key=lambda label: scores[label])


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("Retrieving what was learned", "memory/retrieval"),
        ("Stored for later", "memory/storage"),
        ("An agent that is planning", "planning"),
    ],
)
def test_a_title_is_near_by_the_beginnings_of_its_words(title, label):
    assert best(title) == label


def test_a_long_text_is_near_by_its_words_alone():
    scores = LabelNearness(TEXTS, BRANCHES).scores(f"{LONG} retrieving")
    assert set(scores.values()) == {0.0}
    assert best(f"{LONG} retrieval") == "memory/retrieval"


def test_of_two_labels_that_are_equally_near_a_title_the_one_with_more_texts_is_first():
    texts = [*[("few", "birds")] * 2, *[("many", "birds")] * 6]
    scores = LabelNearness(texts, {}).scores("birds")
    assert scores["many"] > scores["few"]
    long = LabelNearness(texts, {}).scores(f"{LONG} birds")
    assert long["many"] == pytest.approx(long["few"])


def test_words_that_are_repeated_make_no_text_long():
    assert best("retrieving " * SHORT) == "memory/retrieval"


@pytest.mark.parametrize("text", ["", "of the", "?!"])
def test_a_text_without_words_has_scores(text):
    scores = LabelNearness(TEXTS, BRANCHES).scores(text)
    assert scores.keys() == {label for label, _ in TEXTS}


def test_a_label_without_texts_is_missing():
    assert "other" not in LabelNearness(TEXTS, BRANCHES | {"other": "memory"}).scores("Retrieval")
