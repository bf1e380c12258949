"""Where and how often a paper names the subjects of its survey: limits, parts, and what learns from them."""

from __future__ import annotations

import json

import pytest

from classifier.engines.offline import OfflineEngine
from classifier.engines.offline.cues import CueBook, CueReader
from classifier.engines.offline.places import find_places, place_names
from classifier.engines.offline.textmodel import MODEL_FILE, load_model
from classifier.engines.offline.words import split_sentences
from classifier.errors import ConfigError

NINE = "one two three four five six seven eight nine"
BOOK = CueBook(
    own=("we count",), terms={"bee": ("bee", "honey bee"), "hive": ("hive",)}, merged=("bee", "hive")
)


def found(title, abstract):
    sentences = [*split_sentences(title, "title"), *split_sentences(abstract, "abstract")]
    return set(find_places(sentences, CueReader(BOOK), BOOK.merged))


@pytest.mark.parametrize(
    ("title", "abstract", "expected"),
    [
        ("A title", "", ""),
        ("", "Nothing here.", ""),
        ("Bees", "", "bee in title 1"),
        ("Bees and bees", "", "bee in title 1"),
        # The first of ten words, without own work: all sentences count as own.
        ("", f"Bee {NINE}.", "bee before 0.1, 0.25, 0.5, 0.75, 1; bee in own 1"),
        ("", f"{NINE} bee.", "bee before 1; bee in own 1"),
        # Two of four words in front: a share of one half is still "before 0.5".
        ("", "One two bee bees.", "bee before 0.5, 0.75, 1; bee in own 1, 2"),
        # Before the first sentence about the own work.
        ("", "One two three bees. Here we count the rest.", "bee before 0.5, 0.75, 1; bee in background 1"),
        (
            "",
            "One. Here we count hives and hives, hives, hives. Bees end.",
            "hive before 0.5, 0.75, 1; hive in own 1, 2, 4; bee before 1; bee in own 1",
        ),
    ],
)
def test_facts_follow_place_and_number(title, abstract, expected):
    groups = [group.split(", ") for group in expected.split("; ") if group]
    names = {f"{first.rpartition(' ')[0]} {limit}" for first, *more in groups
             for limit in (first.rpartition(" ")[2], *more)}  # fmt: skip
    assert found(title, abstract) == names
    assert names <= set(place_names(BOOK.merged))


def test_the_lead_of_a_whole_paper_is_not_read():
    lead = list(split_sentences("Bees and bees. We count bees.", "lead"))
    assert find_places(lead, CueReader(BOOK), BOOK.merged) == {}


def test_the_shipped_weights_know_every_place_and_it_changes_scores(builtin):
    model = load_model(builtin.offline_dir / MODEL_FILE, builtin.taxonomy.labels)
    assert set(model.place_weights) == set(place_names(model.merged))
    without = model.text_columns({}, {})
    assert without != model.text_columns({}, {"llm in own 1": 1.0})


def test_weights_of_the_version_before_places_still_load(builtin, tmp_path):
    data = json.loads((builtin.offline_dir / MODEL_FILE).read_text(encoding="utf-8"))
    del data["place_weights"]
    (tmp_path / MODEL_FILE).write_text(json.dumps(data | {"schema_version": 2}), encoding="utf-8")
    assert OfflineEngine(builtin.taxonomy, tmp_path).trained.place_weights == {}
    (tmp_path / MODEL_FILE).write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ConfigError, match="not a trained model"):
        OfflineEngine(builtin.taxonomy, tmp_path)
