"""Cues count once, respect negations, are weighted by zone, and reject names outside the taxonomy."""

from __future__ import annotations

import math

import pytest

from classifier.engines.offline.cues import CueBook, CueReader, answer_scores, load_cues, log_softmax
from classifier.engines.offline.words import split_sentences
from classifier.errors import ConfigError
from classifier.survey.workspace import Workspace

BOOK = """
zones: {title: 2, abstract: 1}
background: 0.5
own: [we present]
negations: ["no", without, instead of]
negation_window: 2
terms: {truck: [lorry, truck, "heavy vehicle"]}
priors: {aim: {damage: 1}}
cues:
  - says: drives trucks over it
    for: {load: {applied: 2, not-applied: -1}}
    any: ["{truck} ~4 deck", "load test"]
  - says: does without trucks
    for: {load: {not-applied: 3}}
    any: ["without {truck}"]
    negation: ignore
  - says: is called a survey
    for: {kind: {review: 4}}
    zone: title
    any: [survey]
fields: {bridge-type: {arch: [arch*], truss: [truss]}}
"""


@pytest.fixture(scope="module")
def taxonomy(bridges):
    return Workspace(bridges).taxonomy


@pytest.fixture
def reader(tmp_path, taxonomy):
    (tmp_path / "cues.yaml").write_text(BOOK, encoding="utf-8")
    return CueReader(load_cues(tmp_path / "cues.yaml", taxonomy))


def read(reader, abstract, title="A title"):
    sentences = [*split_sentences(title, "title"), *split_sentences(abstract, "abstract")]
    return {reader.book.cues[hit.cue].says: hit.strength for hit in reader.read(sentences)}


@pytest.mark.parametrize(
    ("abstract", "spoke"),
    [
        ("A lorry crossed the deck.", {"drives trucks over it"}),
        ("Heavy vehicles crossed the deck.", {"drives trucks over it"}),
        ("A lorry stood there. The deck sank.", set()),  # two sentences
        ("We made no load test.", set()),
        ("No one doubted that a load test helps.", {"drives trucks over it"}),  # negation too far off
        ("We rate it without a lorry, instead of a load test.", set()),
        ("We rate it without trucks.", {"does without trucks"}),
        ("A survey of the site.", set()),  # only in a title
        ("", set()),
    ],
)
def test_cue_matches_if_its_phrase_is_not_negated(reader, abstract, spoke):
    assert set(read(reader, abstract)) == spoke


def test_title_weighs_more_and_the_strongest_place_counts_once(reader):
    found = read(reader, "The load test went well. Another load test followed.", title="A load test")
    assert found == {"drives trucks over it": 2.0}


def test_opening_has_a_lower_weight_only_if_own_work_follows(reader):
    assert read(reader, "A load test is dear. We present none.") == {"drives trucks over it": 0.5}
    assert read(reader, "We present a load test.") == {"drives trucks over it": 1.0}
    assert read(reader, "A load test is dear.") == {"drives trucks over it": 1.0}


def test_scores_are_log_probabilities_of_each_question(reader, taxonomy):
    sentences = list(split_sentences("The load test went well.", "abstract"))
    scores = answer_scores(reader.book, taxonomy, reader.read(sentences))
    assert scores.keys() == {question.id for question in taxonomy.questions}
    for answers in scores.values():
        assert sum(map(math.exp, answers.values())) == pytest.approx(1)
    assert scores["load"]["applied"] - scores["load"]["not-applied"] == pytest.approx(3)
    assert max(scores["aim"], key=scores["aim"].get) == "damage"  # the prior, if no cue speaks


def test_fields_are_named_from_the_lists(reader):
    sentences = list(split_sentences("Two arches and a truss.", "abstract"))
    assert reader.attributes(sentences) == {"bridge-type": "arch, truss"}


def test_absent_file_is_an_empty_book(tmp_path, taxonomy):
    assert load_cues(tmp_path / "none.yaml", taxonomy) == CueBook()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("cues: [", "YAML"),
        ("cues: [{says: x, any: [y]}]", "for"),
        ("cues: [{says: x, for: {colour: {red: 1}}, any: [y]}]", "no question 'colour'"),
        ("cues: [{says: x, for: {load: {some: 1}}, any: [y]}]", "no answer 'some'"),
        ("priors: {load: {some: 1}}", "no answer 'some'"),
        ("surprise: 1", "surprise"),
        ("[]", "cues.yaml"),
    ],
)
def test_wrong_file_is_refused_with_the_place(tmp_path, taxonomy, text, complaint):
    (tmp_path / "cues.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=complaint):
        load_cues(tmp_path / "cues.yaml", taxonomy)


def test_nothing_to_normalise_stays_nothing():
    assert log_softmax({}) == {}


def test_shipped_cues_load_and_have_names_of_their_own(builtin):
    book = load_cues(builtin.offline_dir / "cues.yaml", builtin.taxonomy)
    says = [cue.says for cue in book.cues]
    assert len(says) == len(set(says)) > 30
    fields = {field.id for leaf in builtin.taxonomy.leaves.values() for field in leaf.fields}
    assert set(book.fields) <= fields
    assert CueReader(book).read([]) == []
