"""What every resumable run needs: intervals, failures in a row, workers."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from classifier.errors import StoreError
from classifier.model.record import Notice
from classifier.runs.intervals import wilson_interval
from classifier.runs.streak import LIMIT, FailureStreak, stop_message
from classifier.runs.workers import work_together

DOWN = Notice(code="model-unavailable", message="no")
WRONG = Notice(code="unknown-label", message="no")


@given(
    st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.sampled_from([0.9, 0.95]),
)
def test_wilsons_interval_is_scipys(counts, level):
    hits, n = counts
    expected = binomtest(hits, n).proportion_ci(confidence_level=level, method="wilson")
    assert wilson_interval(hits, n, level) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_ten_failures_in_a_row_in_which_nothing_was_judged_stop_a_run():
    streak = FailureStreak[int]()
    assert [streak.add(number, DOWN) for number in range(LIMIT)] == [False] * (LIMIT - 1) + [True]
    assert streak.take() == list(range(LIMIT))
    assert streak.take() == []


@pytest.mark.parametrize("judged", [None, WRONG, Notice(code="needs-ocr", message="no")])
def test_an_item_that_was_judged_ends_the_streak(judged):
    streak = FailureStreak[int]()
    for number in range(3 * LIMIT):
        assert not streak.add(number, judged if number % LIMIT == LIMIT - 1 else DOWN)
    assert streak.take() == []


def test_why_a_run_stopped_is_one_line_with_what_is_saved():
    assert stop_message("no") == (
        "stopped after 10 failures in a row, the last one: no; fix this, then rerun the same "
        "command to resume"
    )
    assert "; 4 of 9 items are saved in out; " in stop_message("no", "4 of 9 items are saved in out")


async def test_the_first_error_of_a_worker_ends_all_and_comes_alone():
    ended = []

    async def worker() -> None:
        try:
            if not ended:
                ended.append("failed")
                raise StoreError("full")
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    with pytest.raises(StoreError, match="full"):
        await work_together(worker, 3)
    assert ended == ["failed", "cancelled", "cancelled"]


async def test_workers_share_one_supply():
    items, seen = iter(range(50)), []

    async def worker() -> None:
        for item in items:
            await asyncio.sleep(0)
            seen.append(item)

    await work_together(worker, 7)
    assert sorted(seen) == list(range(50))
    await work_together(worker, 0)
