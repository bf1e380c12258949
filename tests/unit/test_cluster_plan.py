"""How a run on a cluster is cut into workers and blocks."""

import pytest

from classifier.batch.cluster.runner import Plan, plan


@pytest.mark.parametrize(
    ("engine", "cores", "waiting", "concurrency", "expected"),
    [
        pytest.param("offline", 2, 500, 32, Plan(2, 32, 1, 1), id="a worker a core, eight blocks each"),
        pytest.param("offline", 2, 1, 32, Plan(2, 1, 1, 1), id="one entry"),
        pytest.param("offline", 400, 10**6, 32, Plan(400, 64, 1, 1), id="blocks stay small"),
        pytest.param("openai", 2, 500, 32, Plan(2, 16, 2, 16), id="two blocks fill a worker"),
        pytest.param(
            "openai", 400, 10**6, 32, Plan(4, 8, 2, 8), id="no more workers than requests are worth"
        ),
        pytest.param("openai", 2, 500, 1, Plan(1, 1, 2, 1), id="one request at a time"),
        pytest.param("openai", 2, 10**6, 1024, Plan(2, 64, 12, 512), id="many requests a worker"),
    ],
)
def test_the_work_is_cut(engine, cores, waiting, concurrency, expected):
    made = plan(engine, cores, waiting, concurrency)
    assert made == expected
    assert made.workers * made.concurrency <= max(concurrency, made.workers)
