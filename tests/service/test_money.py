"""The daily limit: shared by a user's runs, reserved before a request is sent, kept over restarts."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time

import pytest

from classifier.batch.purse import ReplyId
from classifier.batch.throttle import START
from classifier.errors import BudgetSpent
from classifier.service.purse import DayPurse
from classifier.service.store import schema
from classifier.service.store.money import Day, Money
from classifier.service.store.schema import DATABASE, ServiceDatabase
from classifier.settings import load_settings
from tests import batch_kit
from tests.embedding_server import EmbeddingServer
from tests.llm_server import LlmServer
from tests.service.kit import ABSTRACT, API, serving, wait_for
from tests.test_embeddings import small


def openai(url: str, **more):
    return batch_kit.settings(url, api_key=batch_kit.KEY, max_output_tokens=300, **more)


def reply_id(number: int) -> ReplyId:
    return ReplyId(number, 1, "question", 0)


@pytest.fixture
def money(tmp_path):
    return Money(ServiceDatabase(tmp_path))


def test_all_runs_of_a_user_together_stay_below_the_days_limit(tmp_path, bridges_workspace):
    """Three lists at once, many requests each: without holds all their requests in flight would be paid."""
    limit, model = 0.05, batch_kit.Model(bridges_workspace)
    source = batch_kit.write_list(tmp_path / "list.jsonl", 40).read_bytes()
    given = {"usd_per_day": limit, "runs_at_once": 3}
    with LlmServer(model) as llm, serving(tmp_path / "runs", settings=openai(llm.url), **given) as served:
        runs = [
            served.upload(source, f"list{n}.jsonl", start="true", engine="openai").json()["id"]
            for n in range(3)
        ]
        ended = [served.finished(run) for run in runs]
        assert {run["code"] for run in ended} == {"budget-spent"}
        spent = sum(run["cost_usd"] for run in ended)
        assert limit / 2 < spent <= limit
        today = served.hub.money.today("local")
        assert (today.spent, today.held) == (pytest.approx(spent, abs=1e-5), 0)
        paid = model.answered.total()
        refused = served.client.post(f"{API}/papers?wait=60", json=ABSTRACT | {"engine": "openai"})
        assert (refused.status_code, refused.json().get("code")) == (402, "budget-spent")
        assert model.answered.total() == paid
    with LlmServer(model) as llm, serving(tmp_path / "runs", settings=openai(llm.url), **given) as served:
        assert served.hub.money.today("local") == today


def test_embeddings_for_the_offline_engine_are_of_the_days_money(tmp_path):
    """Each text costs a tenth of a cent a word, so the day ends before the list does."""
    source = batch_kit.write_list(tmp_path / "list.jsonl", 40).read_bytes()
    with EmbeddingServer() as server:
        settings = load_settings(
            engine="offline",
            embeddings="server:concepts",
            base_url=server.url,
            cache_dir=tmp_path / "cache",
            prices={"concepts": {"input": 1000.0, "output": 0.0}},
        )
        given = {"settings": settings, "workspace": small(tmp_path / "ws").root, "usd_per_day": 1.0}
        with serving(tmp_path / "runs", **given) as served:
            run = served.upload(source, "list.jsonl", start="true").json()["id"]
            ended = served.finished(run)
            today = served.hub.money.today("local")
    paid = sum(len(text.split()) for text in server.texts) * 1e-3
    assert ended["code"] == "budget-spent"
    assert 0 < ended["done"] < 40
    assert (today.spent, today.held) == (pytest.approx(paid), 0)
    assert 0 < paid <= 1.0


def test_requests_in_flight_hold_their_money(tmp_path, bridges_workspace):
    """The server answers nothing at first: no more requests may be out than the limit has room for."""
    model = batch_kit.Model(bridges_workspace, free=1)
    source = batch_kit.write_list(tmp_path / "list.jsonl", 30).read_bytes()
    with (
        LlmServer(model) as llm,
        serving(tmp_path / "runs", settings=openai(llm.url), usd_per_day=0.03) as served,
    ):
        run = served.upload(source, "list.jsonl", start="true", engine="openai").json()["id"]
        held = wait_for(lambda: served.hub.money.open_holds(), lambda holds: len(holds) >= 2)
        room = int(0.03 / held[0].usd)
        assert 2 <= room < 16  # else this test would show nothing: the throttle starts with 16
        model.release()
        served.finished(run)
    assert llm.most_at_once <= room


def test_a_request_that_waits_for_its_turn_holds_nothing(tmp_path, bridges_workspace):
    """So a kill costs what was sent, and not what was queued behind it."""
    model = batch_kit.Model(bridges_workspace, free=1)
    source = batch_kit.write_list(tmp_path / "list.jsonl", 60).read_bytes()
    with LlmServer(model) as llm, serving(tmp_path / "runs", settings=openai(llm.url)) as served:
        run = served.upload(source, "list.jsonl", start="true", engine="openai").json()["id"]
        wait_for(lambda: -model.free, lambda held: held >= START)
        time.sleep(0.5)  # for others that would hold something too
        holds = served.hub.money.open_holds()
        model.release()
        served.finished(run)
    assert START <= len(holds) <= START + 1  # of 60 papers, most of which are read and wait


@pytest.mark.parametrize("per_day", [None, 10.0])
def test_a_list_never_costs_more_than_its_own_limit(tmp_path, bridges_workspace, per_day):
    model = batch_kit.Model(bridges_workspace, wait_s=0.05)
    source = batch_kit.write_list(tmp_path / "list.jsonl", 40).read_bytes()
    with (
        LlmServer(model) as llm,
        serving(tmp_path / "runs", settings=openai(llm.url), usd_per_day=per_day) as served,
    ):
        run = served.upload(source, "list.jsonl", start="true", engine="openai", max_cost_usd="0.05").json()[
            "id"
        ]
        ended = served.finished(run)
        assert (ended["state"], ended["code"]) == ("stopped", "budget-spent")
        assert 0.03 < ended["cost_usd"] <= 0.05
        served.client.post(f"{API}/runs/{run}/start", json={"max_cost_usd": 0.08})
        more = served.finished(run)
        assert (more["state"], ended["done"] < more["done"] < 40) == ("stopped", True)
        assert 0.06 < more["cost_usd"] <= 0.08
        served.client.post(f"{API}/runs/{run}/start", json={"max_cost_usd": None})
        assert served.finished(run)["done"] == 40
    assert max(model.answered.values()) == 1


def test_a_run_that_is_paused_gives_back_what_waits_and_pays_for_what_is_out(tmp_path, bridges_workspace):
    model = batch_kit.Model(bridges_workspace, free=1)
    source = batch_kit.write_list(tmp_path / "list.jsonl", 30).read_bytes()
    with (
        LlmServer(model) as llm,
        serving(tmp_path / "runs", settings=openai(llm.url), usd_per_day=0.03) as served,
    ):
        run = served.upload(source, "list.jsonl", start="true", engine="openai").json()["id"]
        wait_for(lambda: served.hub.money.open_holds(), lambda holds: len(holds) >= 2)
        served.client.post(f"{API}/runs/{run}/pause")
        model.release()
        paused = served.finished(run)
        today = served.hub.money.today("local")
    assert paused["state"] == "paused"
    assert (today.spent, today.held) == (pytest.approx(paused["cost_usd"], abs=1e-5), 0)


def test_holds_survive_a_kill_and_are_settled_by_what_arrived(tmp_path, money):
    for number in (1, 2):
        assert isinstance(money.hold("run", "ada", reply_id(number), 0.4, 1.0), int)
    later = Money(ServiceDatabase(tmp_path))
    assert later.today("ada") == Day(0, 0.8)
    assert later.hold("run", "ada", reply_id(3), 0.4, 1.0) == Day(0, 0.8)
    later.settle_after_kill(later.open_holds(), {reply_id(1): 0.1})
    assert later.today("ada") == Day(pytest.approx(0.5), 0)  # the other one may have been paid for
    later.settle_after_kill(later.open_holds(), {})
    assert later.today("ada") == Day(pytest.approx(0.5), 0)


@pytest.mark.parametrize(
    ("spent", "most", "limit", "goes"),
    [
        (0, 0.5, 1, True),
        (0.5, 0.5, 1, True),
        (0.6, 0.5, 1, False),
        (0, 2, 1, False),
        (0, 0, 0, True),
        (0, 0.1, 0, False),
        (1, 0, 1, True),
    ],
)
def test_a_request_is_sent_only_if_the_day_has_room_for_it(money, spent, most, limit, goes):
    before = money.hold("earlier", "ada", reply_id(1), spent, 10)
    money.settle(before, spent)
    money.settle(before, spent)  # twice changes nothing
    assert money.today("ada") == Day(spent, 0)
    purse = DayPurse(money, "run", "ada", limit)
    if goes:
        assert isinstance(asyncio.run(purse.hold(reply_id(2), most)), int)
        return
    with pytest.raises(BudgetSpent, match=r"limit of .* a day for 'ada'"):
        asyncio.run(purse.hold(reply_id(2), most))


def test_a_request_waits_for_the_money_of_another_one(money):
    first = money.hold("run", "ada", reply_id(1), 0.9, 1.0)

    async def meet() -> int:
        waiting = asyncio.create_task(DayPurse(money, "run2", "ada", 1.0).hold(reply_id(1), 0.5))
        await asyncio.sleep(0)
        assert not waiting.done()
        money.settle(first, 0.1)
        return await waiting

    assert isinstance(asyncio.run(meet()), int)
    assert money.today("ada") == Day(pytest.approx(0.1), 0.5)


def test_users_and_days_have_their_own_money(money, monkeypatch):
    money.hold("run", "ada", reply_id(1), 1.0, 1.0)
    assert isinstance(money.hold("run2", "bob", reply_id(1), 1.0, 1.0), int)
    assert money.hold("run", "ada", reply_id(2), 1.0, 1.0) == Day(0, 1.0)
    monkeypatch.setattr("classifier.service.store.money._today", lambda: "2999-01-01")
    assert isinstance(money.hold("run", "ada", reply_id(2), 1.0, 1.0), int)


def test_threads_that_hold_at_the_same_time_never_hold_too_much(money):
    got: list[object] = []
    ready = threading.Barrier(8)

    def work(number: int) -> None:
        ready.wait()
        got.extend(money.hold(f"run{number}", "ada", reply_id(k), 0.125, 1.0) for k in range(5))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(each, int) for each in got) == 8
    assert money.today("ada").held == pytest.approx(1.0)


def test_a_locked_database_delays_a_settlement_and_loses_none(tmp_path, money, monkeypatch):
    monkeypatch.setattr(schema, "BUSY_S", 0.01)
    hold = money.hold("run", "ada", reply_id(1), 0.5, 1.0)
    other = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    money.settle(hold, 0.1)
    assert money.today("ada") == Day(0, 0.5)
    other.execute("ROLLBACK")
    other.close()
    assert isinstance(money.hold("run", "ada", reply_id(2), 0.5, 1.0), int)
    assert money.today("ada") == Day(pytest.approx(0.1), 0.5)


def test_a_database_of_the_version_before_gets_holds(tmp_path):
    """Reservations of whole runs, which that version made, are given back."""
    old = sqlite3.connect(tmp_path / DATABASE)
    old.executescript(f"{schema._MIGRATIONS[0]} PRAGMA user_version = 1;")
    old.execute("INSERT INTO spending VALUES ('run', 'ada', '2020-01-01', 0.25, 5.0)")
    old.commit()
    old.close()
    money = Money(ServiceDatabase(tmp_path))
    with ServiceDatabase(tmp_path).reading() as connection:
        kept = [tuple(row) for row in connection.execute("SELECT * FROM spending")]
    assert kept == [("run", "ada", "2020-01-01", 0.25)]
    assert isinstance(money.hold("run", "ada", reply_id(1), 0.5, 1.0), int)
