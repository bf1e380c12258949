"""Tokens -> US dollars, from the prices in the settings or from genai-prices' offline data.

An unknown price is None, never 0. No network is used: the price data is part of the package.
"""

from __future__ import annotations

from collections.abc import Mapping

from classifier.model.reply import Usage
from classifier.settings import Price

_MILLION = 1_000_000
_BATCH_SHARE = 0.5
"""Price of a Batch API answer as a share of the ordinary price, at OpenAI and compatible providers."""


def cost_usd(
    usage: Usage,
    *,
    model: str,
    reported_model: str | None,
    base_url: str,
    prices: Mapping[str, Price],
    batch: bool = False,
) -> float | None:
    """The cost of one response, in US dollars.

    Args:
        usage: Tokens of one response; `tokens_cached` are part of `tokens_in`.
        model: The name in the request; the prices in the settings are looked up by it first.
        reported_model: The name that the server returned, often with a date.
        base_url: Determines the provider: the same model may have another price elsewhere.
        prices: Model name -> price; these are used first.
        batch: Whether it came from the Batch API; `prices` are those of ordinary requests.

    Returns:
        None if the tokens or the price are unknown.
    """
    if usage.tokens_in is None or usage.tokens_out is None:
        return None
    names = [name for name in (model, reported_model) if name]
    own = next((prices[name] for name in names if name in prices), None)
    counts = usage.tokens_in, usage.tokens_cached or 0, usage.tokens_out
    cost = _by_list(*counts, names[::-1], base_url) if own is None else _by_price(*counts, own)
    return cost * _BATCH_SHARE if batch and cost is not None else cost


def _by_price(tokens_in: int, cached: int, tokens_out: int, price: Price) -> float:
    cached = min(cached, tokens_in)
    per_cached = price.input if price.cached_input is None else price.cached_input
    return ((tokens_in - cached) * price.input + cached * per_cached + tokens_out * price.output) / _MILLION


def _by_list(tokens_in: int, cached: int, tokens_out: int, names: list[str], base_url: str) -> float | None:
    import genai_prices

    used = genai_prices.Usage(
        input_tokens=tokens_in, cache_read_tokens=min(cached, tokens_in), output_tokens=tokens_out
    )
    for name in names:
        try:
            return float(genai_prices.calc_price(used, name, provider_api_url=base_url).total_price)
        except (LookupError, ValueError):  # unknown provider or model, or usage without a price
            continue
    return None
