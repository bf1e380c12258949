"""Lists by the provider's Batch API: a real server of files and batches, processes that die in its steps."""

import json
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from classifier.batch.estimate import estimate
from classifier.batch.job import Job
from classifier.batch.session import label_lists
from classifier.errors import ConfigError
from classifier.model.entries import ListEntry
from classifier.model.paper import Paper
from classifier.settings import Settings, load_settings
from classifier.survey.workspace import Workspace
from tests import batch_kit as kit
from tests.batch_api_server import BatchApiServer
from tests.llm_server import reply, status
from tests.waiting import WAIT_S, wait_beside

QUICK = {"CLASSIFIER_BATCH_POLL_S": "0.05"}


def settings(url: str, **more: object) -> Settings:
    return kit.settings(url, **{"batch_poll_s": 0.02} | more)


def run(tmp_path: Path, server: BatchApiServer, workspace: Workspace, count: int, **more: object) -> dict:
    job = {"batch_api": True, "concurrency": 4} | {
        name: more.pop(name) for name in list(more) if name in Job.__dataclass_fields__
    }
    made = Job(sources=("list.jsonl",), out=tmp_path / "out", **job)
    return label_lists(made, settings(server.url, **more), workspace, entries=kit.entries(count))


def answered_once(model: kit.Model, count: int) -> bool:
    return model.answered == Counter(dict.fromkeys(range(count), 1))


def test_a_list_goes_by_one_batch_at_half_the_price_after_one_direct_request(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model) as server:
        summary = run(tmp_path, server, bridges_workspace, 12)
    assert kit.wrong_labels(bridges_workspace, tmp_path / "out", 12) == []
    assert answered_once(model, 12)
    assert (server.steps["chat"], server.steps["create"]) == (1, 1)
    assert summary["totals"]["labelled"] == 12
    assert summary["totals"]["at_provider"] == 0
    costs = [label["provenance"]["cost_usd"] for _, label in sorted(kit.labels_of(tmp_path / "out").items())]
    tokens = [
        (label["provenance"]["tokens_in"], label["provenance"]["tokens_out"])
        for _, label in sorted(kit.labels_of(tmp_path / "out").items())
    ]
    full = [(a * 1.0 + b * 10.0) / 1e6 for a, b in tokens]
    assert sorted(round(cost / whole, 6) for cost, whole in zip(costs, full, strict=True)) == [0.5] * 11 + [
        1.0
    ]
    assert summary["spent"]["cost_usd"] == pytest.approx(sum(costs), abs=1e-5)
    assert server.files == {}, "papers' text is left at the provider"
    assert not list((tmp_path / "out").glob(".batch-*"))


def test_what_the_server_accepts_is_remembered_and_nothing_goes_directly(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model) as server:
        run(tmp_path, server, bridges_workspace, 3)
        run(tmp_path / "again", server, bridges_workspace, 3)
    assert server.steps["chat"] == 1
    assert len(server.lines["batch_1"]) == 3


@pytest.mark.parametrize(
    ("limits", "sizes"),
    [({"batch_requests": 4}, [4, 4, 3]), ({"batch_bytes": 100_000}, None)],
)
def test_batches_are_split_to_the_providers_limits(tmp_path, bridges_workspace, limits, sizes):
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model) as server:
        run(tmp_path, server, bridges_workspace, 12, **limits)
    found = [len(lines) for lines in server.lines.values()]
    assert sum(found) == 11
    assert len(found) > 1
    assert sizes is None or sorted(found) == sorted(sizes)
    for lines in server.lines.values():
        assert sum(len(json.dumps(line["body"])) for line in lines) <= limits.get("batch_bytes", 10**9)
    assert answered_once(model, 12)
    assert kit.wrong_labels(bridges_workspace, tmp_path / "out", 12) == []


def test_failed_lines_are_asked_again_and_refused_ones_fail_alone(tmp_path, bridges_workspace):
    refused = status(400, "this paper is too strange", code="invalid_prompt")
    faults = {3: [status(500)], 5: [status(429), status(503)], 7: [refused] * 9}
    model = kit.Model(bridges_workspace, faults=faults)
    with BatchApiServer(model) as server:
        summary = run(tmp_path, server, bridges_workspace, 10)
    assert kit.wrong_labels(bridges_workspace, tmp_path / "out", 10) == ["e7"]
    assert (summary["totals"]["labelled"], summary["totals"]["failed"]) == (9, 1)
    failed = json.loads((tmp_path / "out" / "failed.jsonl").read_text())
    assert "this paper is too strange" in failed["message"]
    assert all(model.answered[n] == 1 for n in range(10) if n != 7)
    assert server.steps["create"] == 3


def test_an_item_that_no_batch_answers_fails_and_waits_for_the_next_command(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace, faults={2: [status(500)] * 3})
    with BatchApiServer(model) as server:
        first = run(tmp_path, server, bridges_workspace, 4)
        assert (first["totals"]["labelled"], first["totals"]["failed"]) == (3, 1)
        second = run(tmp_path, server, bridges_workspace, 4)
    assert second["totals"]["labelled"] == 4
    assert answered_once(model, 4)


def test_a_whole_reply_that_is_wrong_is_asked_again_by_the_next_batch(tmp_path, bridges_workspace):
    wrong = reply(kit.answer(bridges_workspace, 2, label="no such leaf"))
    cut = reply('{"answers": {', finish="length")
    model = kit.Model(bridges_workspace, faults={2: [wrong], 4: [cut]})
    with BatchApiServer(model) as server:
        run(tmp_path, server, bridges_workspace, 6)
    assert kit.wrong_labels(bridges_workspace, tmp_path / "out", 6) == []
    again = [line["body"] for line in server.lines["batch_1"]]
    assert sorted(len(body["messages"]) for body in again) == [2, 4]
    assert max(body.get("max_tokens", 0) for body in again) == 8000


def test_an_expired_batch_is_collected_and_its_rest_goes_again(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model, expire=(1,)) as server:
        run(tmp_path, server, bridges_workspace, 9)
    assert [len(lines) for lines in server.lines.values()] == [8, 4]
    assert answered_once(model, 9)
    assert kit.wrong_labels(bridges_workspace, tmp_path / "out", 9) == []


def test_a_full_queue_at_the_provider_makes_batches_smaller(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    full = ("token_limit_exceeded", "Enqueued token limit reached")
    with BatchApiServer(model, refuse={1: full, 2: full}) as server:
        run(tmp_path, server, bridges_workspace, 9)
    assert [len(lines) for lines in server.lines.values()] == [8, 4, 4, 4]
    assert answered_once(model, 9)


def test_a_refused_batch_ends_the_run_with_the_reason_and_loses_nothing(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model, refuse={1: ("model_not_found", "no batches with this model")}) as server:
        first = run(tmp_path, server, bridges_workspace, 5)
        assert "no batches with this model" in first["stopped"]["message"]
        assert first["totals"]["waiting"] == 4
        second = run(tmp_path, server, bridges_workspace, 5)
    assert second["totals"]["labelled"] == 5
    assert answered_once(model, 5)


def test_quota_that_is_used_up_ends_the_run_and_its_requests_wait(tmp_path, bridges_workspace):
    spent = status(429, "you exceeded your quota", code="insufficient_quota")
    model = kit.Model(bridges_workspace, faults={3: [spent]})
    with BatchApiServer(model) as server:
        first = run(tmp_path, server, bridges_workspace, 5)
        assert first["stopped"]["code"] == "budget-spent"
        second = run(tmp_path, server, bridges_workspace, 5)
    assert second["totals"]["labelled"] == 5
    assert answered_once(model, 5)


@pytest.mark.parametrize("step", ["upload", "create", "look", "content", "remove"])
def test_a_process_killed_in_a_step_goes_on_and_buys_nothing_twice(tmp_path, bridges_workspace, step):
    count = 8
    source, out = kit.write_list(tmp_path / "list.jsonl", count), tmp_path / "out"
    arguments = kit.command(source, out, "--batch-api", "--concurrency", "4")
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model) as server:
        with server.holding(step):
            process = kit.start(arguments, server.url, **QUICK)
            assert server.reached.wait(WAIT_S), process.communicate(timeout=5)
            kit.kill(process)
        last = kit.start(arguments, server.url, **QUICK)
        told = last.communicate(timeout=WAIT_S)
        assert last.returncode == 0, told
    assert kit.wrong_labels(bridges_workspace, out, count) == []
    assert answered_once(model, count)
    assert len(server.batches) == 1
    assert json.loads((out / "run.json").read_text())["spent"]["replies"] == count


def test_kills_at_random_moments_lose_nothing(tmp_path, bridges_workspace):
    count, chance = 30, random.Random(7)
    source, out = kit.write_list(tmp_path / "list.jsonl", count), tmp_path / "out"
    arguments = kit.command(source, out, "--batch-api", "--concurrency", "4")
    limits = QUICK | {"CLASSIFIER_BATCH_REQUESTS": "7", "CLASSIFIER_BATCH_POLL_S": "0.2"}
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model) as server:
        for _ in range(6):
            process, seen = kit.start(arguments, server.url, **limits), server.steps.total()
            wait_beside(process, lambda seen=seen: server.steps.total() > seen)
            time.sleep(chance.uniform(0, 0.6))
            kit.kill(process)
        last = kit.start(arguments, server.url, **limits)
        told = last.communicate(timeout=WAIT_S)
        assert last.returncode == 0, told
    assert kit.wrong_labels(bridges_workspace, out, count) == []
    bought_twice = model.answered.total() - count
    assert bought_twice <= server.steps["chat"] - 1, "only the direct request may be lost"


def test_an_interrupt_leaves_the_batch_and_the_same_command_collects_it(tmp_path, bridges_workspace):
    source, out = kit.write_list(tmp_path / "list.jsonl", 6), tmp_path / "out"
    arguments = kit.command(source, out, "--batch-api")
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model) as server:
        slow = kit.start(arguments, server.url, CLASSIFIER_BATCH_POLL_S="30")
        wait_beside(slow, lambda: server.steps["look"])
        slow.send_signal(signal.SIGINT)
        told, said = slow.communicate(timeout=WAIT_S)
        assert slow.returncode == 130, said
        assert "5 requests at the provider" in told
        assert "its answers come within a day" in said
        without = kit.start(kit.command(source, out), server.url)
        _, said = without.communicate(timeout=WAIT_S)
        assert (without.returncode, "--batch-api" in said, "--drop-batches" in said) == (2, True, True)
        last = kit.start(arguments, server.url, **QUICK)
        last.communicate(timeout=WAIT_S)
        assert last.returncode == 0
    assert answered_once(model, 6)
    assert kit.wrong_labels(bridges_workspace, out, 6) == []


def test_batches_can_be_given_up_and_their_papers_asked_directly(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    source, out = kit.write_list(tmp_path / "list.jsonl", 5), tmp_path / "out"
    with BatchApiServer(model) as server:
        with server.holding("look"):
            process = kit.start(kit.command(source, out, "--batch-api"), server.url, **QUICK)
            assert server.reached.wait(WAIT_S)
            kit.kill(process)
        summary = run(tmp_path, server, bridges_workspace, 5, batch_api=False, drop_batches=True)
    assert summary["totals"]["labelled"] == 5
    assert server.batches["batch_0"]["status"] == "cancelled"


def test_a_server_that_cannot_list_batches_is_never_sent_one_twice_unasked(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    source, out = kit.write_list(tmp_path / "list.jsonl", 4), tmp_path / "out"
    arguments = kit.command(source, out, "--batch-api")
    with BatchApiServer(model, lists=False) as server:
        with server.holding("create"):
            process = kit.start(arguments, server.url, **QUICK)
            assert server.reached.wait(WAIT_S)
            kit.kill(process)
        unsure = kit.start(arguments, server.url, **QUICK)
        _, said = unsure.communicate(timeout=WAIT_S)
        assert unsure.returncode == 2
        assert "cannot tell whether batch" in said
        assert len(server.batches) == 1


def test_the_cap_is_kept_by_what_answers_may_cost_at_most(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model) as server:
        with pytest.raises(ConfigError, match="needs a price"):
            run(tmp_path, server, bridges_workspace, 9, max_cost_usd=1.0, prices={}, model="unheard-of")
        first = run(tmp_path, server, bridges_workspace, 9, max_cost_usd=0.03)
        assert first["stopped"]["code"] == "budget-spent"
        assert first["spent"]["cost_usd"] <= 0.03
        assert 0 < first["totals"]["labelled"] < 9
        second = run(tmp_path, server, bridges_workspace, 9, max_cost_usd=1.0)
    assert second["totals"]["labelled"] == 9
    assert answered_once(model, 9)


def test_a_key_that_the_server_echoes_is_not_written(tmp_path, bridges_workspace):
    def echo(body):
        return reply(kit.answer(bridges_workspace, kit.number_of(body)), model=f"fake of {kit.KEY}")

    with BatchApiServer(echo) as server:
        run(tmp_path, server, bridges_workspace, 3, api_key=kit.KEY)
        assert server.steps["create"] == 1
    assert all(
        kit.KEY not in label["provenance"]["model"] for label in kit.labels_of(tmp_path / "out").values()
    )


def test_the_estimate_is_half(tmp_path, bridges_workspace):
    def dollars(**more):
        made = Job(sources=("list.jsonl",), out=tmp_path / "out", **more)
        given = settings("http://127.0.0.1:9/v1")
        return estimate(made, given, bridges_workspace, entries=kit.entries(4)).cost_usd

    assert dollars(batch_api=True) == pytest.approx(tuple(cost / 2 for cost in dollars()))


ERROR_502 = (502, b'{"error": {"message": "bad gateway"}}')
CROWDED = (429, b'{"error": {"message": "too many enqueued tokens", "code": "rate_limit_exceeded"}}')


def test_wrong_lost_and_expired_answers_together_cost_no_other_twice(tmp_path, bridges_workspace):
    wrong = reply(kit.answer(bridges_workspace, 2, label="no such leaf", confidence="high"))
    model = kit.Model(bridges_workspace, faults={2: [wrong], 3: [status(500)]})
    with BatchApiServer(model, expire=(1,)) as server:
        run(tmp_path, server, bridges_workspace, 9)
    assert answered_once(model, 9)
    assert kit.wrong_labels(bridges_workspace, tmp_path / "out", 9) == []


def test_papers_that_cannot_be_read_do_not_keep_the_others_from_being_sent(tmp_path, bridges_workspace):
    urls = [f"http://127.0.0.1:9/{number}.pdf" for number in range(12)]
    dead = [ListEntry(key=url, source="x", line=1, paper=Paper(), url=url) for url in urls]
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model) as server:
        made = Job(sources=("x",), out=tmp_path / "out", batch_api=True, concurrency=4)
        given = settings(server.url, allow_private=True)
        summary = label_lists(made, given, bridges_workspace, entries=[*dead, *kit.entries(10)])
    assert (summary["totals"]["labelled"], summary["totals"]["failed"]) == (10, 12)
    assert answered_once(model, 10)


def test_other_settings_are_refused_while_requests_are_out(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    source, out = kit.write_list(tmp_path / "list.jsonl", 4), tmp_path / "out"
    with BatchApiServer(model) as server:
        with server.holding("look"):
            process = kit.start(kit.command(source, out, "--batch-api"), server.url, **QUICK)
            assert server.reached.wait(WAIT_S)
            kit.kill(process)
        with pytest.raises(ConfigError, match="model: fake -> other"):
            run(tmp_path, server, bridges_workspace, 4, model="other")


def test_a_cascade_of_two_models_goes_by_few_batches_with_one_model_each(tmp_path, bridges_workspace):
    def unsure_at_first(body):
        number, cheap = kit.number_of(body), body["model"] == "cheap"
        return reply(kit.answer(bridges_workspace, number, confidence=0.3 if cheap else 0.9))

    prices = kit.PRICES | {"cheap": {"input": 0.1, "output": 1.0}}
    with BatchApiServer(unsure_at_first) as server:
        summary = run(tmp_path, server, bridges_workspace, 12, cascade="cheap", prices=prices)
    assert summary["totals"]["labelled"] == 12
    models = [{line["body"]["model"] for line in lines} for lines in server.lines.values()]
    assert all(len(names) == 1 for names in models)
    assert len(models) <= 4


def test_answers_that_are_there_are_used_when_the_cap_is_reached(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model) as server:
        first = run(tmp_path, server, bridges_workspace, 9, max_cost_usd=0.03, batch_requests=4)
    assert first["stopped"]["code"] == "budget-spent"
    assert first["totals"]["labelled"] == model.answered.total()


def test_a_result_file_that_is_late_is_waited_for(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    missing = (404, b'{"error": {"message": "no such file"}}')
    with BatchApiServer(model, answers={"content": [missing] * 3}) as server:
        run(tmp_path, server, bridges_workspace, 5)
    assert answered_once(model, 5)


@pytest.mark.parametrize("told", [None, 0, "200"])
def test_a_whole_answer_with_a_strange_status_is_an_answer(tmp_path, bridges_workspace, told):
    def twist(row):
        row["response"]["status_code"] = told
        return row

    model = kit.Model(bridges_workspace)
    with BatchApiServer(model, twist=twist) as server:
        run(tmp_path, server, bridges_workspace, 5)
    assert answered_once(model, 5)
    assert kit.wrong_labels(bridges_workspace, tmp_path / "out", 5) == []


@pytest.mark.parametrize(
    "change",
    [
        {"custom_id": "99999999999999999999999"},
        {"custom_id": 1e999},
        {"custom_id": None},
        {"response": []},
        {"response": {"status_code": 200, "body": {"choices": [], "usage": {"prompt_tokens": 10**30}}}},
        {"response": {"status_code": 10**30, "body": {"error": {"message": "x" * 9000}}}},
    ],
)
def test_hostile_lines_cost_their_request_a_try_and_nothing_else(tmp_path, bridges_workspace, change):
    hit: list[str] = []

    def twist(row):
        if hit:
            return row
        hit.append(row["custom_id"])
        return row | change

    model = kit.Model(bridges_workspace)
    with BatchApiServer(model, twist=twist) as server:
        run(tmp_path, server, bridges_workspace, 5)
    assert len(server.lines["batch_1"]) == 1
    assert kit.wrong_labels(bridges_workspace, tmp_path / "out", 5) == []


def test_a_submit_whose_answer_is_lost_is_looked_for_and_not_repeated(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    nothing = (200, b'{"data": [], "has_more": false}')  # the list lags behind
    with BatchApiServer(model, answers={"create": [ERROR_502], "list": [nothing]}) as server:
        run(tmp_path, server, bridges_workspace, 5, batch_poll_s=2)
    assert len(server.batches) == 1
    assert answered_once(model, 5)


def test_a_provider_without_metadata_is_known_by_the_file(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model, answers={"create": [ERROR_502]}) as server:
        keep = server._create
        server._create = lambda body: keep(body | {"metadata": {}})
        run(tmp_path, server, bridges_workspace, 5)
    assert len(server.batches) == 1
    assert answered_once(model, 5)


def test_a_queue_that_is_full_at_the_submit_waits_for_what_is_out(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    answers = {"create": [None, *[CROWDED] * 2]}
    with BatchApiServer(model, answers=answers) as server:
        keep, refused = server._create, iter([False, True, True])

        def create(body):
            return keep(body) if not next(refused, False) else CROWDED

        server._create = create
        run(tmp_path, server, bridges_workspace, 9, batch_requests=4, max_attempts=2)
    assert [len(lines) for lines in server.lines.values()] == [4, 4]
    assert answered_once(model, 9)


def test_answers_whose_file_is_not_there_yet_are_waited_for(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model) as server:
        keep, told = server._look, []

        def look(name):
            code, body = keep(name)
            batch = json.loads(body)
            if batch["status"] == "completed" and len(told) < 3:
                told.append(name)
                batch |= {"output_file_id": None}
            return code, json.dumps(batch).encode()

        server._look = look
        run(tmp_path, server, bridges_workspace, 5)
    assert len(told) == 3
    assert answered_once(model, 5)


def test_a_batch_unknown_right_after_its_submit_is_looked_at_again(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    missing = (404, b'{"error": {"message": "no such batch"}}')
    with BatchApiServer(model, answers={"look": [missing, ERROR_502, missing]}) as server:
        run(tmp_path, server, bridges_workspace, 5)
    assert answered_once(model, 5)


def test_other_settings_leave_nothing_of_the_earlier_ones_to_send(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model) as server:
        run(tmp_path, server, bridges_workspace, 9, max_cost_usd=0.03)
        run(
            tmp_path,
            server,
            bridges_workspace,
            2,
            model="fake2",
            prices=kit.PRICES | {"fake2": {"input": 1, "output": 1}},
            relabel=True,
        )
    last = [line["body"]["model"] for line in server.lines[max(server.lines, key=lambda name: int(name[6:]))]]
    assert set(last) == {"fake2"}
    assert len(last) <= 2


def test_a_batch_that_a_person_cancelled_ends_the_run_and_counts_no_try(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    with BatchApiServer(model) as server:
        keep = server._look

        def look(name):
            if name == "batch_0":
                server.batches[name]["status"] = "cancelled"
            return keep(name)

        server._look = look
        first = run(tmp_path, server, bridges_workspace, 5)
        assert "was cancelled" in first["stopped"]["message"]
        second = run(tmp_path, server, bridges_workspace, 5)
    assert second["totals"]["labelled"] == 5
    assert answered_once(model, 5)


def test_a_cap_that_cannot_be_kept_stops_batches_too(tmp_path, bridges_workspace):
    def silent(body):
        return reply(kit.answer(bridges_workspace, kit.number_of(body)), usage={})

    with BatchApiServer(silent) as server:
        summary = run(tmp_path, server, bridges_workspace, 30, max_cost_usd=0.5)
    assert "cannot be kept" in summary["stopped"]["message"]
    assert server.steps["create"] == 0


def test_many_refusals_are_failures_of_their_papers_and_not_of_the_server(tmp_path, bridges_workspace):
    refused = status(400, "no", code="invalid_prompt")
    model = kit.Model(bridges_workspace, faults={number: [refused] * 9 for number in range(1, 20)})
    with BatchApiServer(model) as server:
        summary = run(tmp_path, server, bridges_workspace, 22)
    assert (summary["stopped"], summary["totals"]["failed"]) == (None, 19)
    assert summary["totals"]["labelled"] == 3


def test_the_offline_engine_has_no_batches(tmp_path, bridges_workspace):
    made = Job(sources=("list.jsonl",), out=tmp_path / "out", batch_api=True)
    with pytest.raises(ConfigError, match="--engine openai"):
        label_lists(made, load_settings(engine="offline"), bridges_workspace, entries=kit.entries(1))
