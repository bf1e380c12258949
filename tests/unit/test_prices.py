"""Cost of a response: from the settings, from the offline list, or not known."""

from __future__ import annotations

import pytest

from classifier.engines.openai.prices import cost_usd
from classifier.model.reply import Usage
from classifier.settings import Price

OPENAI = "https://api.openai.com/v1"
USAGE = Usage(tokens_in=1_000_000, tokens_out=100_000, tokens_cached=400_000)


def cost(usage=USAGE, model="m", reported=None, base_url=OPENAI, prices=None):
    return cost_usd(usage, model=model, reported_model=reported, base_url=base_url, prices=prices or {})


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (Price(input=1, output=10), 1.0 + 1.0),
        (Price(input=1, output=10, cached_input=0.5), 0.6 + 0.2 + 1.0),
        (Price(input=0, output=0), 0.0),
    ],
)
def test_prices_of_the_settings_are_per_million(price, expected):
    assert cost(prices={"m": price}) == pytest.approx(expected)


def test_settings_go_before_the_list_and_know_the_reported_name_too():
    price = Price(input=1, output=0)
    assert cost(model="gpt-4o", prices={"gpt-4o": price}) == pytest.approx(1.0)
    assert cost(model="alias", reported="real", prices={"real": price}) == pytest.approx(1.0)


def test_the_offline_list_knows_models_of_a_known_provider():
    known = cost(model="gpt-4o-mini")
    assert known is not None
    assert 0 < known < cost(Usage(tokens_in=1_000_000, tokens_out=100_000), model="gpt-4o-mini")
    assert cost(model="my-alias", reported="gpt-4o-mini-2024-07-18") == pytest.approx(known)


@pytest.mark.parametrize(
    ("model", "base_url"),
    [
        ("no-such-model", OPENAI),
        ("gpt-4o-mini", "http://127.0.0.1:8080/v1"),
        ("gpt-4o-mini", "https://llm.example.org/v1"),
    ],
)
def test_a_model_or_server_that_nobody_knows_has_no_price(model, base_url):
    assert cost(model=model, base_url=base_url) is None


@pytest.mark.parametrize("usage", [Usage(), Usage(tokens_in=5), Usage(tokens_out=5)])
def test_tokens_that_the_server_does_not_count_have_no_price(usage):
    assert cost(usage, prices={"m": Price(input=1, output=1)}) is None


def test_more_cached_tokens_than_tokens_is_survived():
    odd = Usage(tokens_in=1_000_000, tokens_out=0, tokens_cached=9_000_000)
    assert cost(odd, prices={"m": Price(input=2, output=0, cached_input=1)}) == pytest.approx(1.0)
    assert cost(odd, model="gpt-4o-mini") is not None
