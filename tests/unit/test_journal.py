"""A run's folder: nothing lost, nothing mixed."""

from pathlib import Path

import pytest

from classifier.errors import ConfigError, ModelUnavailable, Refused, StoreError, UnknownLabel
from classifier.evaluation.journal import open_journal, read_predictions
from classifier.evaluation.records import Prediction
from classifier.model.label import Label, LabelledPaper
from classifier.verdict.labelling import failed_label

FINGERPRINT = {"engine": "offline", "model": None, "texts_sha256": "00"}


def prediction(item_id: str, leaf: str | None = "a/b", error: Exception | None = None) -> Prediction:
    placed = Label(ref=item_id, paper=LabelledPaper(), status="placed", leaf=leaf)
    return Prediction(
        id=item_id,
        title="T",
        label="a/b",
        leaf=None if error else leaf,
        correct=leaf == "a/b" and error is None,
        text_kind="abstract",
        result=failed_label(item_id, error) if error else placed,  # type: ignore[arg-type]
    )


def write(folder: Path, *predictions: Prediction) -> None:
    with open_journal(folder, FINGERPRINT) as journal:
        for one in predictions:
            journal.append(one)


def test_what_was_appended_is_there_the_next_time(tmp_path):
    write(tmp_path / "run", prediction("x"), prediction("y", "c/d"))
    with open_journal(tmp_path / "run", FINGERPRINT) as journal:
        assert journal.done == {"x": prediction("x"), "y": prediction("y", "c/d")}


def test_each_prediction_is_in_the_file_before_the_next_one(tmp_path):
    with open_journal(tmp_path, FINGERPRINT) as journal:
        for number, item_id in enumerate("abc", start=1):
            journal.append(prediction(item_id))
            assert len(read_predictions(tmp_path / "predictions.jsonl")) == number


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_torn_last_line_is_dropped_and_the_rest_kept(tmp_path, cut):
    write(tmp_path, prediction("x"), prediction("y"))
    path = tmp_path / "predictions.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    with open_journal(tmp_path, FINGERPRINT) as journal:
        journal.append(prediction("z"))
    expected = ["x", "y", "z"] if cut == 1 else ["x", "z"]  # a missing newline alone tears nothing
    assert [p.id for p in read_predictions(path)] == expected


def test_a_damaged_line_in_the_middle_is_not_passed_over(tmp_path):
    write(tmp_path, prediction("x"), prediction("y"))
    path = tmp_path / "predictions.jsonl"
    path.write_text(path.read_text().replace('"x"', '"x', 1))
    with pytest.raises(StoreError, match="line 1"), open_journal(tmp_path, FINGERPRINT):
        pass


def test_what_was_never_answered_is_asked_again_and_a_wrong_reply_is_not(tmp_path):
    write(
        tmp_path,
        prediction("down", error=ModelUnavailable("x")),
        prediction("key", error=Refused("x")),
        prediction("wrong", error=UnknownLabel("x")),
        prediction("right"),
    )
    with open_journal(tmp_path, FINGERPRINT) as journal:
        assert list(journal.done) == ["wrong", "right"]


def test_another_run_in_the_same_folder_is_refused_with_what_changed(tmp_path):
    write(tmp_path, prediction("x"))
    other = FINGERPRINT | {"model": "m", "texts_sha256": "11"}
    with pytest.raises(ConfigError) as caught, open_journal(tmp_path, other):
        pass
    assert "model: none -> m, the suite's texts" in caught.value.message
    assert "choose another --out" in caught.value.message
    assert [p.id for p in read_predictions(tmp_path / "predictions.jsonl")] == ["x"]


def test_predictions_of_an_unknown_run_are_left_alone(tmp_path):
    (tmp_path / "predictions.jsonl").write_text("mine\n")
    with pytest.raises(ConfigError, match="unknown run"), open_journal(tmp_path, FINGERPRINT):
        pass
    assert (tmp_path / "predictions.jsonl").read_text() == "mine\n"


def test_a_fingerprint_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(ConfigError, match="not readable"), open_journal(tmp_path, FINGERPRINT):
        pass


def test_two_processes_cannot_write_one_run(tmp_path):
    with (
        open_journal(tmp_path, FINGERPRINT),
        pytest.raises(ConfigError, match="another run is writing"),
        open_journal(tmp_path, FINGERPRINT),
    ):
        pass


def test_without_resume_a_run_starts_from_scratch(tmp_path):
    write(tmp_path, prediction("x"))
    with open_journal(tmp_path, FINGERPRINT, resume=False) as journal:
        assert journal.done == {}
    assert read_predictions(tmp_path / "predictions.jsonl") == []


def test_settling_puts_the_lines_into_the_suites_order(tmp_path):
    with open_journal(tmp_path, FINGERPRINT) as journal:
        for item_id in ("c", "a", "b"):
            journal.append(prediction(item_id))
        settled = journal.finish(["a", "b", "c"])
    assert [p.id for p in settled] == ["a", "b", "c"]
    assert [p.id for p in read_predictions(tmp_path / "predictions.jsonl")] == ["a", "b", "c"]


def test_a_folder_that_is_a_file_is_a_store_error(tmp_path):
    (tmp_path / "f").write_text("")
    with pytest.raises(StoreError), open_journal(tmp_path / "f", FINGERPRINT):
        pass
