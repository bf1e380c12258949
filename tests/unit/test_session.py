"""Default places, gates and caveats of a run."""

from pathlib import Path

import pytest

from classifier import Workspace
from classifier.evaluation.caveats import calibration_note, gate_misses, times_of, with_caveats
from classifier.evaluation.folders import default_out, plain_name
from classifier.evaluation.recorded import recording_of, recordings_dir
from classifier.evaluation.recorded_engines import write_about
from classifier.evaluation.records import Report, RunFacts, Suite
from classifier.evaluation.scoring import score
from classifier.settings import load_settings
from classifier.verdict.calibration import Calibration
from tests.engine_kit import TAXONOMY
from tests.unit.test_comparison import of_rights

FACTS = RunFacts(
    suite="my suite",
    suite_sha256="ab",
    protocol="loo",
    engine="openai",
    model="org/model:7b",
    examples="all",
    taxonomy_sha256="",
    prompt_sha256=None,
    classifier_version="0",
)
SUITE = Suite(name="my suite", sha256="ab", items=())
CALIBRATION = Calibration(
    method="temperature",
    slope=1.0,
    engine="openai",
    model="m",
    source="stated",
    n=99,
    suites={"s": "ab"},
    ece_before=0.1,
    ece_after=0.1,
    brier_before=0.1,
    brier_after=0.1,
)


def report(*rights: bool) -> Report:
    return score(FACTS, TAXONOMY, of_rights(list(rights)))


@pytest.mark.parametrize(
    ("name", "plain"),
    [("gpt-5", "gpt-5"), ("org/model:7b", "org-model-7b"), ("../..", "unnamed"), ("a b\n", "a-b")],
)
def test_a_name_becomes_a_single_safe_folder_name(name, plain):
    assert plain_name(name) == plain


def test_each_setting_has_its_own_stable_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one, other = default_out(FACTS, {"model": "a"}), default_out(FACTS, {"model": "b"})
    assert one == default_out(FACTS, {"model": "a"}) != other
    assert (one.parent, one.name.rpartition("-")[0]) == (Path("eval-runs"), "my-suite-org-model-7b")


def test_recordings_lie_in_the_workspace_and_never_in_an_installed_package(tmp_path, bridges):
    about = recording_of(load_settings(model="m"), SUITE, "loo", None)
    assert recordings_dir(Workspace(bridges), about) == bridges / "eval/recordings/my-suite/m"
    installed = tmp_path / "site-packages" / "classifier" / "_workspace"
    installed.mkdir(parents=True)
    (installed / "taxonomy.yaml").write_bytes((bridges / "taxonomy.yaml").read_bytes())
    assert recordings_dir(Workspace(installed), about) == Path("eval/recordings/my-suite/m")


def test_other_settings_are_recorded_elsewhere_but_another_server_or_suite_is_not(tmp_path, bridges):
    (tmp_path / "taxonomy.yaml").write_bytes((bridges / "taxonomy.yaml").read_bytes())
    workspace = Workspace(tmp_path)

    def folder(sha256: str = "ab", **settings: object) -> Path:
        suite = SUITE.model_copy(update={"sha256": sha256})
        return recordings_dir(
            workspace, recording_of(load_settings(model="m", **settings), suite, "loo", None)
        )

    first = folder()
    write_about(first, recording_of(load_settings(model="m"), SUITE, "loo", None), shareable=True)
    assert folder() == folder("cd") == folder(base_url="http://127.0.0.1:1/v1") == first
    assert folder(temperature=0.5).name.startswith("m-")
    assert folder(temperature=0.5) == folder(temperature=0.5) != folder(examples="none")


@pytest.mark.parametrize(
    ("gates", "missed"),
    [
        ({"accuracy": 0.75, "kappa": None}, []),
        ({"accuracy": 0.76}, ["accuracy is 0.750, wanted at least 0.76"]),
        ({"no-such-metric": 0.0}, ["no-such-metric is undefined, wanted at least 0"]),
    ],
)
def test_a_gate_is_missed_below_its_value_or_without_a_value(gates, missed):
    assert gate_misses(report(True, True, True, False), gates) == missed


def test_a_run_without_items_meets_no_gate():
    assert gate_misses(report(), {"kappa": -1.0}) == ["kappa is undefined, wanted at least -1"]


def test_a_calibration_on_the_same_suite_is_a_caveat_and_on_another_is_none():
    own = with_caveats(report(True), SUITE, of_rights([True]), [CALIBRATION])
    other = with_caveats(
        report(True), SUITE.model_copy(update={"sha256": "cd"}), of_rights([True]), [CALIBRATION]
    )
    assert any("on this suite" in warning for warning in own.warnings)
    assert not any("on this suite" in warning for warning in other.warnings)
    assert calibration_note([CALIBRATION]) == "temperature, fitted to 99 answers of s"
    assert calibration_note([]) is None


def test_times_of_items_that_all_failed_are_unknown():
    assert times_of(of_rights([True]), "now", 1.23456).model_dump() == {
        "started_at": "now",
        "seconds": 1.235,
        "latency_median_s": None,
        "latency_p95_s": None,
    }
