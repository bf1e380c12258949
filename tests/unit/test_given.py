"""What a caller may give to a `Classifier`; all else is refused in words, before anything is done with it."""

from pathlib import Path

import pytest

from classifier import Classifier, ScriptedEngine
from classifier.engines.offline import OfflineEngine
from classifier.settings import load_settings

SETTINGS = load_settings(engine="offline")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Classifier(SETTINGS), r"go to Classifier\.from_settings\(\)"),
        (lambda: Classifier("offline", settings=SETTINGS), r"go to Classifier\.from_settings\(\)"),
        (lambda: Classifier("offline", first=SETTINGS), r"go to Classifier\.from_settings\(\)"),
        (lambda: Classifier(7), "got int"),
        (lambda: Classifier(Path("offline")), r"got \w*Path"),
        (lambda: Classifier(ScriptedEngine), "got the class ScriptedEngine; make one"),
        (lambda: Classifier(OfflineEngine), "got the class OfflineEngine; make one"),
        (lambda: Classifier("offline", first="offline"), "first takes an engine object, got the name"),
        (lambda: Classifier.from_settings(SETTINGS, first="offline"), "first takes an engine object"),
        (lambda: Classifier.from_settings(SETTINGS, engine=7), "got int"),
        (lambda: Classifier.from_settings("offline"), "takes whole Settings, got str"),
        (lambda: Classifier.from_settings(None), "takes whole Settings, got NoneType"),
        (lambda: Classifier.from_settings({"engine": "offline"}), "takes whole Settings, got dict"),
    ],
)
def test_what_is_neither_an_engine_nor_settings_is_refused_at_once(call, words):
    with pytest.raises(TypeError, match=words):
        call()
