"""Descriptions of the differences between two runs."""

from __future__ import annotations

import hashlib
import shutil

import pytest

from classifier.runs.facts import offline_sha256
from classifier.runs.fingerprint import differences, join_digests
from classifier.survey.workspace import Workspace

OFFLINE = {"engine": "offline", "taxonomy_sha256": "1", "offline_sha256": "2"}
OPENAI = {"engine": "openai", "taxonomy_sha256": "1", "model": "m", "logprobs": True, "prompt_sha256": "3"}


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (OFFLINE, OFFLINE, ()),
        (OFFLINE | {"reading": "full"}, OFFLINE, ()),
        (OFFLINE, OPENAI, ("engine: offline -> openai", "model: none -> m")),
        (OPENAI, OPENAI | {"model": "n", "logprobs": False}, ("model: m -> n", "logprobs: True -> False")),
        (OFFLINE, OFFLINE | {"taxonomy_sha256": "9"}, ("the taxonomy",)),
        (OFFLINE, OFFLINE | {"offline_sha256": "9"}, ("the offline engine's files",)),
        (OFFLINE, OFFLINE | {"seen_data_sha256": "9"}, ("seen data",)),
    ],
)
def test_differences_are_described_except_those_that_follow_from_another_engine(before, now, told):
    assert differences(before, now) == told


def test_the_shipped_readme_counts_as_its_first_version_so_that_edits_of_it_keep_old_ledgers_valid():
    first = bytes.fromhex("3d9f21ac84455fd7199fb9f6484bf22a810ac4e76ef19a281b3ffb69d001109c")
    files = sorted(path for path in Workspace().offline_dir.glob("*") if path.is_file())
    digests = [
        first if path.name == "README.md" else hashlib.sha256(path.read_bytes()).digest() for path in files
    ]
    assert first in digests
    assert offline_sha256(Workspace()) == join_digests(digests)


def test_a_readme_of_the_workspace_s_own_counts_with_its_text(tmp_path):
    builtin = Workspace()
    shutil.copy(builtin.root / "taxonomy.yaml", tmp_path)
    shutil.copytree(builtin.offline_dir, tmp_path / "offline")
    assert offline_sha256(Workspace(tmp_path)) == offline_sha256(builtin)
    (tmp_path / "offline" / "README.md").write_text("# Our cues\n", encoding="utf-8")
    assert offline_sha256(Workspace(tmp_path)) != offline_sha256(builtin)
