"""The price of tokens under a run's settings."""

from __future__ import annotations

from classifier.model.reply import Usage
from classifier.runs.facts import server_of
from classifier.settings import Settings


def price_of(
    settings: Settings,
    usage: Usage,
    model: str | None = None,
    reported_model: str | None = None,
    *,
    batch: bool = False,
) -> float | None:
    """The price of tokens under these settings, in US dollars; None if it is unknown.

    Args:
        model: The model that was asked; None for the one in the settings.
        reported_model: The name that the server reported, if it differs.
        batch: Whether the provider's Batch API was used, at half the price.
    """
    from classifier.engines.openai.prices import cost_usd

    return cost_usd(
        usage,
        model=model or settings.model or "",
        reported_model=reported_model,
        base_url=server_of(settings),
        prices=settings.prices,
        batch=batch,
    )
