"""The number of concurrent requests: growth, halving, and no waiting task is forgotten."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.batch.ledger.items import Spent
from classifier.batch.spending import RunSpending
from classifier.batch.throttle import START, AdaptiveLimit, Throttle
from classifier.engines.openai.retry import Pause
from classifier.errors import BudgetSpent, ModelTimeout, RateLimited
from classifier.model.reply import Usage
from tests.waiting import settle


class Server:
    """Answers when it is told to; counts who is inside."""

    def __init__(self, *errors: Exception) -> None:
        self.inside = self.most = self.served = 0
        self.open = asyncio.Event()
        self.errors = list(errors)

    async def complete(self, request):
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await self.open.wait()
            if self.errors:
                raise self.errors.pop(0)
            self.served += 1
            return {}
        finally:
            self.inside -= 1

    async def aclose(self):
        pass


def answers(limit: AdaptiveLimit, count: int, latency: float = 0.2, start: float = 0.0) -> None:
    for number in range(count):
        limit.answered(start + number, start + number + latency, limit.value)


def test_it_starts_low_doubles_each_round_and_stops_at_the_ceiling():
    limit = AdaptiveLimit(50)
    assert limit.value == START
    answers(limit, START)
    assert limit.value == 2 * START
    answers(limit, 100)
    assert limit.value == 50


def test_a_limit_that_nobody_reaches_does_not_grow():
    limit = AdaptiveLimit(50)
    for number in range(100):
        limit.answered(number, number + 0.2, 3)
    assert limit.value == START


def test_an_overload_halves_once_however_many_report_it_and_growth_is_slow_afterwards():
    limit = AdaptiveLimit(64)
    answers(limit, 100)
    limit.overloaded(started=100, now=101)
    for _ in range(20):
        limit.overloaded(started=100.5, now=101)  # they were out when it was halved
    assert limit.value == 32
    answers(limit, 32, start=200)
    assert limit.value == 32  # 32 + 32 / 32 of a request, nearly
    answers(limit, 2, start=300)
    assert limit.value == 33


def test_answers_that_take_longer_and_come_less_often_halve_it():
    limit = AdaptiveLimit(32)
    answers(limit, 300)
    answers(limit, 60, latency=2.0, start=1000)
    assert limit.value < 32


def test_answers_that_take_longer_because_more_are_out_do_not():
    limit, clock = AdaptiveLimit(256), 0.0
    for _ in range(600):
        latency = 0.2 + limit.value * 0.005  # a server that works off 200 a second
        limit.answered(clock, clock + latency, limit.value)
        clock += 0.01
    assert limit.value == 256


@given(st.lists(st.tuples(st.booleans(), st.floats(0.001, 100)), max_size=300), st.integers(1, 300))
def test_the_limit_stays_between_one_and_the_ceiling(events, ceiling):
    limit, clock = AdaptiveLimit(ceiling), 0.0
    for overload, seconds in events:
        if overload:
            limit.overloaded(clock, clock + seconds)
        else:
            limit.answered(clock, clock + seconds, limit.value)
        clock += seconds
        assert 1 <= limit.value <= ceiling


async def test_no_more_are_out_than_the_limit_and_all_are_served():
    server = Server()
    throttle = Throttle(server, 100)
    tasks = [asyncio.create_task(throttle.complete({})) for _ in range(100)]
    await settle()
    assert (server.inside, len(throttle.in_flight)) == (START, START)
    server.open.set()
    await asyncio.gather(*tasks)
    assert (server.served, server.inside, throttle.requests) == (100, 0, 100)
    assert throttle.in_flight == set()


async def test_waiting_tasks_that_are_cancelled_leave_their_place_to_others():
    server = Server()
    throttle = Throttle(server, 1)
    tasks = [asyncio.create_task(throttle.complete({})) for _ in range(10)]
    await settle()
    for task in tasks[:6]:
        task.cancel()
    server.open.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError] * 6 + [dict] * 4


@pytest.mark.parametrize("error", [RateLimited("later"), ModelTimeout("late")])
async def test_429_and_timeouts_halve_the_limit(error):
    server = Server(error)
    server.open.set()
    throttle = Throttle(server, START)
    with pytest.raises(type(error)):
        await throttle.complete({})
    assert throttle.limit.value == START // 2


async def test_who_waited_for_a_turn_waits_for_the_shared_pause_as_well():
    server, pause = Server(), Pause()
    server.open.set()
    started = asyncio.get_running_loop().time()
    pause.extend(0.2)
    await Throttle(server, 4, pause=pause).complete({})
    assert asyncio.get_running_loop().time() - started >= 0.19


async def test_a_stopped_throttle_lets_those_out_come_back_and_no_one_else_go():
    server = Server()
    throttle = Throttle(server, 2)
    tasks = [asyncio.create_task(throttle.complete({})) for _ in range(4)]
    await settle()
    throttle.stop("enough")
    server.open.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [dict, dict, BudgetSpent, BudgetSpent]


def test_spending_counts_what_earlier_runs_spent_and_stops_at_the_cap():
    spending = RunSpending(Spent(replies=3, cost_usd=0.9), max_cost_usd=1.0)
    spending.check()
    spending.add(Usage(tokens_in=10, tokens_out=5, cost_usd=0.2))
    with pytest.raises(BudgetSpent, match=r"--max-cost 1 is reached \(\$1.1000 spent\)"):
        spending.check()


def test_the_rest_costs_what_the_items_of_this_run_did():
    spending = RunSpending(Spent(replies=3, cost_usd=5.0))
    assert spending.rest_usd(10) is None
    for _ in range(4):
        spending.add(Usage(tokens_in=1, tokens_out=1, cost_usd=0.25))
        spending.finish(0.25)
    assert spending.rest_usd(10) == pytest.approx(2.5)
    spending.add(Usage(tokens_in=1, tokens_out=1, cost_usd=0.5))  # of an item that is still in work
    assert spending.rest_usd(10) == pytest.approx(2.0)
    spending.add(Usage())
    assert spending.rest_usd(10) is None
