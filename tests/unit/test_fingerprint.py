"""What is said of two runs that are not the same."""

from __future__ import annotations

import pytest

from classifier.runs.fingerprint import differences

OFFLINE = {"engine": "offline", "taxonomy_sha256": "1", "offline_sha256": "2"}
OPENAI = {"engine": "openai", "taxonomy_sha256": "1", "model": "m", "logprobs": True, "prompt_sha256": "3"}


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (OFFLINE, OFFLINE, ()),
        (OFFLINE, OPENAI, ("engine: offline -> openai", "model: none -> m")),
        (OPENAI, OPENAI | {"model": "n", "logprobs": False}, ("model: m -> n", "logprobs: True -> False")),
        (OFFLINE, OFFLINE | {"taxonomy_sha256": "9"}, ("the taxonomy",)),
        (OFFLINE, OFFLINE | {"offline_sha256": "9"}, ("the offline engine's files",)),
        (OFFLINE, OFFLINE | {"seen_data_sha256": "9"}, ("seen data",)),
    ],
)
def test_changes_are_told_in_words_and_those_that_follow_from_another_engine_are_not(before, now, told):
    assert differences(before, now) == told
