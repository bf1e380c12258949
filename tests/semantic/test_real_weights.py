"""all-MiniLM-L6-v2 with int8 weights, by onnxruntime: real files, real vectors, and wrong files."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from classifier import Classifier, Paper, Workspace
from classifier.engines.build import build_embedder
from classifier.engines.embeddings.build import (
    _MODEL,
    _MODEL_SHA256,
    _TOKENIZER,
    _TOKENIZER_SHA256,
    _packaged,
)
from classifier.engines.embeddings.local import MAX_TOKENS, OnnxEmbedder
from classifier.errors import ConfigError
from classifier.settings import load_settings
from tests.test_embeddings import SOURDOUGH, VIADUCT, small

MODEL = _packaged(*_MODEL, _MODEL_SHA256)
TOKENIZER = _packaged(*_TOKENIZER, _TOKENIZER_SHA256)


@pytest.fixture(scope="module")
def minilm() -> OnnxEmbedder:
    return OnnxEmbedder(MODEL, TOKENIZER, "minilm")


async def test_near_meanings_are_near_and_vectors_do_not_depend_on_their_neighbours(minilm):
    texts = ["A robot learns to walk.", "Teaching machines locomotion", "A recipe for onion soup"]
    one, other, far = (await minilm.embed(texts)).vectors
    assert float(one @ other) > float(one @ far) + 0.2
    assert {vector.shape for vector in (one, other, far)} == {(384,)}
    assert float(one @ one) == pytest.approx(1.0, abs=1e-5)
    (alone,) = (await minilm.embed([texts[1]])).vectors
    assert np.array_equal(alone, other)


@pytest.mark.parametrize("text", ["", " ", "\x00", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "深度学习", "x" * 100_000, "a " * 100_000])
async def test_any_text_has_a_vector(minilm, text):
    (vector,) = (await minilm.embed([text])).vectors
    assert np.isfinite(vector).all()
    assert float(vector @ vector) == pytest.approx(1.0, abs=1e-4)


async def test_what_follows_the_first_tokens_is_not_read(minilm):
    start = "word " * MAX_TOKENS
    one, other = (await minilm.embed([start, start + "onion soup " * 50])).vectors
    assert np.array_equal(one, other)


def test_the_setting_minilm_is_this_model_and_a_folder_with_the_same_files_has_the_same_hash(tmp_path):
    shutil.copy(MODEL, tmp_path / "model.onnx")
    shutil.copy(TOKENIZER, tmp_path / "tokenizer.json")
    names = [
        build_embedder(load_settings(engine="offline", embeddings=given)).name
        for given in ("minilm", str(tmp_path))
    ]
    assert [name.partition("-")[0] for name in names] == ["minilm", "onnx"]
    assert names[0].partition("-")[2] == names[1].partition("-")[2]
    # The shipped weights were trained with these files.
    assert (Workspace().offline_dir / "embeddings" / f"{names[0]}.json").is_file()


def test_a_workspace_without_cues_understands_other_words(tmp_path):
    workspace = small(tmp_path / "ws")
    with Classifier("offline", workspace=workspace, embeddings="minilm", cache_dir=tmp_path) as classifier:
        labels = [classifier.classify_text(paper) for paper in (SOURDOUGH, VIADUCT)]
    assert [label.leaf for label in labels] == ["food", "structures"]
    assert labels[0].provenance.attempts == 0


def test_the_built_in_tree_uses_the_shipped_weights(tmp_path):
    paper = Paper(
        title="Rewards Written by a Language Model",
        abstract="A large language model writes the reward function for a reinforcement learning agent.",
    )
    with Classifier("offline", embeddings="minilm", cache_dir=tmp_path) as classifier:
        label = classifier.classify_text(paper)
    assert label.leaf == "llm4rl/reward"
    assert "+minilm-" in label.provenance.model


@pytest.mark.parametrize(
    ("model", "tokenizer", "words"),
    [
        (b"no model", None, "model.onnx: not a model that onnxruntime can run"),
        (None, b"{}", "tokenizer.json: not a tokenizer"),
        (None, b"\xff", "tokenizer.json: not a tokenizer"),
    ],
)
async def test_wrong_files_are_one_clear_line(tmp_path, model, tokenizer, words):
    for name, content, good in (("model.onnx", model, MODEL), ("tokenizer.json", tokenizer, TOKENIZER)):
        (tmp_path / name).write_bytes(Path(good).read_bytes() if content is None else content)
    embedder = OnnxEmbedder(tmp_path / "model.onnx", tmp_path / "tokenizer.json", "onnx")
    with pytest.raises(ConfigError, match=words) as raised:
        await embedder.embed(["bread"])
    assert "\n" not in str(raised.value)


async def test_a_tokenizer_of_another_model_is_reported(tmp_path):
    data = json.loads(TOKENIZER.read_text(encoding="utf-8"))
    data["model"]["vocab"] = {word: number * 1000 for word, number in data["model"]["vocab"].items()}
    data["added_tokens"] = [one | {"id": one["id"] * 1000} for one in data["added_tokens"]]
    (tmp_path / "tokenizer.json").write_text(json.dumps(data), encoding="utf-8")
    embedder = OnnxEmbedder(MODEL, tmp_path / "tokenizer.json", "onnx")
    with pytest.raises(ConfigError, match="does not accept this text"):
        await embedder.embed(["bread and butter"])


def test_packages_with_other_files_are_refused():
    with pytest.raises(ConfigError, match="not the file that 'minilm' was measured with"):
        _packaged(*_MODEL, "0" * 64)
