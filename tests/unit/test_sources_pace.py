"""One request at a time with a pause between two, over tasks and processes."""

import asyncio
import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier.errors import StoreError
from classifier.sources import Sources
from classifier.sources.limits import Patience
from classifier.sources.pace import Pace
from tests.arxiv_server import ArxivServer, busy, entry, feed
from tests.waiting import WAIT_S, until

INTERVAL_S = 0.2


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with ArxivServer() as running:
        yield running


def gaps(moments: list[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(moments)]


PROGRAM = """
import asyncio, sys
from pathlib import Path
from classifier.sources import Sources
from classifier.sources.limits import Patience

async def main():
    cache, url, interval, *ids = sys.argv[1:]
    options = {"arxiv_base_url": url, "min_interval_s": float(interval)}
    options["patience"] = Patience(longest_wait_s=0.5)
    async with Sources(Path(cache), "me", **options) as one, Sources(Path(cache), "me", **options) as two:
        await asyncio.gather(*((one, two)[i % 2].metadata(id) for i, id in enumerate(ids)))

asyncio.run(main())
"""


def test_two_processes_share_one_connection_and_the_pause(server: ArxivServer, tmp_path: Path) -> None:
    ids = [f"2402.0000{n}v1" for n in range(6)]
    for arxiv_id in ids:
        server.on_id(arxiv_id, feed(entry(arxiv_id, "A title")))
    began = time.monotonic()
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), server.url, str(INTERVAL_S), *half],
            stderr=subprocess.PIPE,
            text=True,
        )
        for half in (ids[:3], ids[3:])
    ]
    assert [(process.communicate(timeout=WAIT_S)[1], process.returncode) for process in running] == [
        ("", 0)
    ] * 2
    assert len(server.seen) == len(set(server.seen)) == 6
    assert server.most_at_once == 1
    # A lower bound that no slow machine can break: six requests have five pauses between them.
    assert time.monotonic() - began > 5 * INTERVAL_S


async def test_a_pause_applies_to_all_processes(server: ArxivServer, tmp_path: Path) -> None:
    for number in (1, 2):
        answer = feed(entry(f"2402.0000{number}v1", "A title"))
        server.on_id(f"2402.0000{number}v1", *([busy(503, "0.5"), busy(429, "1"), answer][number:]))
    async with (
        Sources(
            tmp_path, "me", arxiv_base_url=server.url, min_interval_s=0, patience=Patience(longest_wait_s=0.3)
        ) as one,
        Sources(tmp_path, "me", arxiv_base_url=server.url, min_interval_s=0) as two,
    ):
        await asyncio.gather(one.metadata("2402.00001v1"), two.metadata("2402.00002v1"))
    refused = server.seen.index("/api/query?id_list=2402.00001v1")
    assert len(server.seen) == 3
    assert gaps(server.starts)[refused] > 0.25


async def test_a_short_wish_does_not_shorten_the_pause(server: ArxivServer, tmp_path: Path) -> None:
    server.on_id("2402.00001v1", busy(503, "0"), feed(entry("2402.00001v1", "A title")))
    began = time.monotonic()
    async with Sources(tmp_path, "me", arxiv_base_url=server.url, min_interval_s=INTERVAL_S) as sources:
        await sources.metadata("2402.00001v1")
    assert len(server.seen) == 2
    # From before the first request: when the server saw that one depends on how busy the machine is.
    assert server.starts[1] - began > INTERVAL_S / 2


async def test_a_turn_is_held_while_its_body_runs(tmp_path: Path) -> None:
    log: list[str] = []

    async def use(pace: Pace, name: str) -> None:
        async with pace.turn():
            log.append(f"{name} starts")
            await asyncio.sleep(0.02)
            log.append(f"{name} ends")

    same, other = Pace(tmp_path, "host", 0), Pace(tmp_path, "host", 0)
    await asyncio.gather(use(same, "a"), use(same, "b"), use(other, "c"))
    assert len(log) == 6
    for starts, ends in zip(log[::2], log[1::2], strict=True):
        assert starts.split()[0] == ends.split()[0]


async def test_a_cancelled_wait_gives_the_turn_back(tmp_path: Path) -> None:
    pace = Pace(tmp_path, "host", 60)
    async with pace.turn():
        pass
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), pace.turn():
            raise AssertionError("the pause was not kept")
    (tmp_path / "host.next").unlink()
    async with asyncio.timeout(WAIT_S), Pace(tmp_path, "host", 0).turn():
        pass


async def test_a_damaged_stamp_costs_one_pause(tmp_path: Path) -> None:
    (tmp_path / "host.next").write_text("rubbish")
    before = time.monotonic()
    async with Pace(tmp_path, "host", 0.1).turn():
        assert time.monotonic() - before >= 0.09


async def test_a_directory_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="choose another cache directory"):
        async with Pace(tmp_path / "file" / "below", "host", 0).turn():
            pass


async def test_a_request_that_never_left_makes_nobody_wait(tmp_path: Path) -> None:
    pace = Pace(tmp_path, "x", 60.0)
    async with asyncio.timeout(WAIT_S):
        for _ in range(3):
            async with pace.turn():
                pace.give_back()


async def test_a_long_pause_of_another_process_is_reported(tmp_path: Path) -> None:
    told: list[float] = []
    other, pace = (
        Pace(tmp_path, "x", 0.01),
        Pace(tmp_path, "x", 0.01, lambda seconds, _: told.append(seconds)),
    )
    async with other.turn():
        other.defer(300)

    async def wait() -> None:
        async with pace.turn():
            raise AssertionError("the pause was not kept")

    waiting = asyncio.create_task(wait())
    await until(lambda: told)
    waiting.cancel()
    [seconds] = told
    assert 0 < seconds <= 300
