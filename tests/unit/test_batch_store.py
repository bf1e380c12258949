"""Many writers, one transaction; and replies that are on disk before they are used."""

import asyncio

import pytest

from classifier.batch.ledger.lock import open_ledger
from classifier.batch.ledger.writer import LedgerWriter
from classifier.batch.replies import StoredReplies, StoringTransport, asking
from classifier.batch.spending import RunSpending
from classifier.engines.openai.completion import read_usage
from classifier.errors import RateLimited, StoreError
from classifier.model.entries import ListEntry


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(tmp_path, {}) as opened:
        listing = opened.begin_listing()
        opened.add(listing, 1, ListEntry(key="a", source="x", line=1))
        yield opened


def question(number, **more):
    return {"model": "m", "messages": [{"role": "system", "content": f"q{number}"}], "max_tokens": 9} | more


def usage_of(model, body):
    return read_usage(body)


def kept(server, store, spending=None, basis=None):
    return StoredReplies(StoringTransport(server, store, usage_of, spending or RunSpending()), basis)


class Server:
    """Counts requests; fails where it is told to."""

    def __init__(self, *errors: Exception) -> None:
        self.asked = 0
        self.errors = list(errors)

    async def complete(self, request):
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return {"n": self.asked, "usage": {"prompt_tokens": 7, "completion_tokens": 1}}

    async def aclose(self):
        pass


async def test_jobs_of_many_tasks_share_transactions_and_get_their_own_results(ledger):
    commits = 0
    commit = ledger.commit

    def counting():
        nonlocal commits
        commits += 1
        commit()

    ledger.commit = counting
    async with LedgerWriter(ledger) as store:

        async def write(number):
            await store.do(lambda led: led.keep(f"k{number}", number))
            return await store.do(lambda led: led.value(f"k{number}"))

        assert await asyncio.gather(*map(write, range(50))) == list(range(50))
    assert commits <= 10


async def test_a_job_that_fails_tells_its_caller_and_the_writer_goes_on(ledger):
    async with LedgerWriter(ledger) as store:
        with pytest.raises(StoreError, match="no such table"):
            await store.do(lambda led: led._db.execute("SELECT * FROM nowhere"))
        await store.do(lambda led: led.keep("x", 1))
    assert ledger.value("x") == 1


async def test_what_a_cancelled_task_wrote_is_written(ledger):
    async with LedgerWriter(ledger) as store:
        task = asyncio.create_task(store.do(lambda led: led.keep("x", 1)))
        await asyncio.sleep(0)
        task.cancel()
    assert ledger.value("x") == 1


async def test_a_reply_is_bought_once_for_each_time_its_request_is_put(ledger):
    server = Server()
    for _ in range(2):  # as after a restart
        async with LedgerWriter(ledger) as store:
            spending = RunSpending()
            transport = kept(server, store, spending)
            with asking(ledger.waiting(0, 1)[0]) as conversation:
                said = [await transport.complete(question(1)), await transport.complete(question(1))]
                said.append(await transport.complete(question(2)))
            assert [one["n"] for one in said] == [1, 2, 3]
    assert server.asked == 3
    assert (conversation.sent, spending.replies) == (0, 0)
    assert ledger.spent().replies == 3


async def test_an_error_is_not_kept_and_the_next_reply_takes_its_place(ledger):
    server = Server(RateLimited("later"))
    item = ledger.waiting(0, 1)[0]
    async with LedgerWriter(ledger) as store:
        transport = kept(server, store)
        with asking(item):
            with pytest.raises(RateLimited):
                await transport.complete(question(1))
            await transport.complete(question(1))
        with asking(ledger.waiting(0, 1)[0]):
            assert (await transport.complete(question(1)))["n"] == 2
    assert server.asked == 2


async def test_a_reply_is_found_again_however_the_server_wants_the_question_put(ledger):
    server = Server()
    ways = [
        question(1, temperature=0, response_format={"type": "json_schema"}),
        question(1, tools=[{"type": "function"}]),
        {"model": "m", "messages": question(1)["messages"], "max_completion_tokens": 9},
    ]
    async with LedgerWriter(ledger) as store:
        for request in ways:
            transport = kept(server, store)
            with asking(ledger.waiting(0, 1)[0]):
                assert (await transport.complete(request))["n"] == 1
        other = kept(server, store, basis={"temperature": 1})
        with asking(ledger.waiting(0, 1)[0]):
            assert (await other.complete(ways[0]))["n"] == 2
    assert server.asked == 2


async def test_tasks_do_not_mix_their_items(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        listing = ledger.begin_listing()
        for place in range(1, 21):
            ledger.add(listing, place, ListEntry(key=f"k{place}", source="x", line=place))
        async with LedgerWriter(ledger) as store:
            transport = kept(Server(), store)

            async def ask(item):
                with asking(item):
                    await asyncio.sleep(0)
                    await transport.complete(question(1))

            await asyncio.gather(*map(ask, ledger.waiting(0, 99)))
        assert [len(item.replies) for item in ledger.waiting(0, 99)] == [1] * 20
