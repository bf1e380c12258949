"""The model of the settings, with its replies kept in a workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from classifier.drafting.asking import ModelQuestion
from classifier.drafting.kept import KeptReplies
from classifier.engines.build import build_model, server_from
from classifier.engines.openai.conversation import StructuredModel
from classifier.engines.openai.secrets import secrets_of
from classifier.engines.openai.transport import OpenAITransport
from classifier.model.reply import Usage
from classifier.runs.prices import price_of
from classifier.settings import Settings
from classifier.text.counting import count_of
from classifier.waiting import OnWait

_REPLY_TOKENS = 500
"""Estimated tokens of one reply; measured on the prompts of two lists."""


class KeptModel(NamedTuple):
    """A model, and the replies that its transport uses."""

    model: StructuredModel
    replies: KeptReplies


class DraftPlan(NamedTuple):
    """What will be asked.

    Attributes:
        about: What the questions are about: "12 sections"; empty if nothing is asked.
        tokens_in: Of all prompts, characters / 4.
        cost_usd: About what the replies will cost; None if no price is known.
    """

    about: str
    tokens_in: int
    cost_usd: float | None


def plan_of(questions: Sequence[ModelQuestion[Any]], settings: Settings, one: str, several: str) -> DraftPlan:
    """What these questions will cost.

    Args:
        one, several: What they are about: "section", "sections".
    """
    tokens = sum(question.prompt.tokens for question in questions)
    usage = Usage(tokens_in=tokens, tokens_out=_REPLY_TOKENS * len(questions))
    about = count_of(len(questions), one, several) if questions else ""
    return DraftPlan(about, tokens, price_of(settings, usage))


@asynccontextmanager
async def kept_model(
    root: Path, settings: Settings, *, max_cost_usd: float | None, on_wait: OnWait | None
) -> AsyncIterator[KeptModel]:
    """The model; its replies are in the workspace's `init/replies.jsonl`, and none is paid for twice.

    Raises:
        ConfigError: The settings are wrong.
        StoreError: The file cannot be used, or another process uses it.
    """
    secrets = secrets_of(settings.api_key.get_secret_value() if settings.api_key else None, settings.base_url)
    settings = settings.model_copy(update={"logprobs": False})
    with KeptReplies(
        root, price=lambda usage: price_of(settings, usage), max_cost_usd=max_cost_usd, secrets=secrets
    ) as kept:
        transport = kept.through(
            OpenAITransport.of(server_from(settings)), {"temperature": settings.temperature}
        )
        model = build_model(
            settings, on_wait=on_wait, transport=transport, memory=settings.data_dir / "servers.json"
        )
        try:
            yield KeptModel(model, kept)
        finally:
            await model.aclose()
