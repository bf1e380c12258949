"""A feature whose package is missing: one line that says what to install."""

import sys

import pytest

from classifier.batch.job import Job
from classifier.batch.ledger.rows import read_broken, read_rows
from classifier.batch.session import label_lists
from classifier.errors import ConfigError
from classifier.export.render import Options, render
from classifier.extras import need
from classifier.settings import load_settings
from tests import batch_kit as kit
from tests.labelled_rows import sample, taxonomy


@pytest.fixture(autouse=True)
def light_installation(monkeypatch):
    for name in ("ray", "pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it fails from now on


def test_a_missing_package_is_named_with_its_extra():
    with pytest.raises(
        ConfigError, match=r"^X needs the package 'pyarrow'; run: pip install '[a-z-]+\[y\]'$"
    ):
        need("pyarrow.parquet", "y", "X")


def test_parquet_without_its_extra_is_refused():
    with pytest.raises(ConfigError, match=r"\[parquet\]"):
        b"".join(render("parquet", sample(), taxonomy(), Options()))


@pytest.mark.parametrize(
    "name", ["fastapi", "uvicorn", "huey", "limits", "prometheus_client", "python_multipart"]
)
def test_the_service_without_its_extra_is_refused_in_words(tmp_path, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    from classifier.service import create_app

    with pytest.raises(ConfigError, match=rf"^the service needs the package '{name}'; .*\[serve\]"):
        create_app(folder=tmp_path)


def test_a_run_on_a_cluster_without_its_extra_is_refused_and_the_same_list_goes_on_without(tmp_path, builtin):
    settings, out = load_settings(engine="offline"), tmp_path / "out"
    rows = kit.entries(2)
    with pytest.raises(ConfigError, match=r"--runner ray .*\[ray\]"):
        label_lists(Job(sources=("x",), out=out, runner="ray"), settings, builtin, entries=rows)
    assert not (out / "ray").exists()
    label_lists(Job(sources=("x",), out=out), settings, builtin, entries=rows)
    assert len(list(read_rows(out))) == 2
    assert list(read_broken(out)) == []
