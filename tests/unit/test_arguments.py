"""Arguments of `Classifier`: accepted types; others are rejected with a message before anything else."""

import asyncio
from pathlib import Path

import pytest

from classifier import Classifier, Document, Paper, ScriptedEngine
from classifier.engines.offline import OfflineEngine
from classifier.errors import BadReference
from classifier.model.paper import PaperFile
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
        (lambda: Classifier(ScriptedEngine), "got the class ScriptedEngine; pass an instance"),
        (lambda: Classifier(OfflineEngine), "got the class OfflineEngine; pass an instance"),
        (lambda: Classifier("offline", first="offline"), "first takes an engine object, got the name"),
        (lambda: Classifier.from_settings(SETTINGS, first="offline"), "first takes an engine object"),
        (lambda: Classifier.from_settings(SETTINGS, engine=7), "got int"),
        (lambda: Classifier.from_settings("offline"), "takes complete Settings, got str"),
        (lambda: Classifier.from_settings(None), "takes complete Settings, got NoneType"),
        (lambda: Classifier.from_settings({"engine": "offline"}), "takes complete Settings, got dict"),
    ],
)
def test_what_is_neither_an_engine_nor_settings_is_refused_at_once(call, words):
    with pytest.raises(TypeError, match=words):
        call()


FILE = PaperFile(ref="x", path=None, source="text")
DOCUMENT = Document(pages=())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda c: c.aclassify("2203.02155", claimed="A title of it"), "claimed takes a Paper, got str"),
        (lambda c: c.aclassify("2203.02155", claimed={"title": "x"}), "claimed takes a Paper, got dict"),
        (lambda c: c.aprompt("2203.02155", claimed="A title of it"), "claimed takes a Paper, got str"),
        (lambda c: c.afetch("2203.02155", claimed="A title of it"), "claimed takes a Paper, got str"),
        (lambda c: c.aclassify(Paper(title="A title of it")), "got Paper"),
        (lambda c: c.aclassify_text(Paper(title="T"), b"abstract"), "text takes a str, got bytes"),
        (lambda c: c.aclassify_text(Paper(title="T"), ["abstract"]), "text takes a str, got list"),
        (lambda c: c.aclassify_text("an abstract", ref=7), "ref takes a str, got int"),
        (lambda c: c.aread("paper.pdf"), "takes a PaperFile, as afetch.. gives it, got str"),
        (lambda c: c.alabel("paper.pdf", DOCUMENT), "takes a PaperFile, as afetch.. gives it, got str"),
        (lambda c: c.alabel(FILE, "text"), "takes a Document, as aread.. gives it, got str"),
        (lambda c: c.alabel(FILE, DOCUMENT, leave_out="a-study"), "leave_out takes a set of ids, got str"),
        (lambda c: c.aescalates(FILE, None), "takes a Document, as aread.. gives it, got NoneType"),
    ],
)
def test_what_is_no_paper_and_no_step_of_one_is_refused_in_words(call, words):
    async def go():
        async with Classifier("offline") as classifier:
            await call(classifier)

    with pytest.raises(TypeError, match=words):
        asyncio.run(go())


def test_a_prompt_is_rendered_for_a_document_only():
    with Classifier("offline") as classifier, pytest.raises(TypeError, match="takes a Document"):
        classifier.render_prompt(FILE, "text")


def test_a_path_that_no_file_can_have_is_a_bad_reference():
    with Classifier("offline") as classifier, pytest.raises(BadReference, match="null byte"):
        classifier.classify(Path("a\0b.pdf"))
