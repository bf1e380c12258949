"""What tokens cost under a run's settings."""

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
    """What tokens cost under these settings in US dollars; None where that is not known.

    Args:
        model: The one that was asked; None for the settings'.
        reported_model: The name that the server gave it, where that is another.
        batch: By the provider's Batch API, at half the price.
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
