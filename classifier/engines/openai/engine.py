"""The engine for any OpenAI-compatible server: a rendered prompt in, a validated Reply out.

It asks for one JSON object under the taxonomy's answer schema and validates the reply (`conversation`: one
re-ask, and a higher limit for a reply that was cut). Transport, retries and adaptation to the server are in
`chat`, `transport`, `retry` and `ladder`. It does not read settings, check quotes, or decide what is
reviewed. An engine belongs to one event loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from classifier.engines.openai.chat import ServerReply, Tally
from classifier.engines.openai.conversation import StructuredModel, plain_repair
from classifier.engines.openai.ladder import Profile, Wishes
from classifier.engines.openai.logprobs import label_probability
from classifier.engines.openai.retry import RetryPolicy
from classifier.engines.openai.transport import ChatTransport, Server
from classifier.errors import ModelError, ReplyError
from classifier.model.record import Notice
from classifier.model.reply import Answer, Reply, Usage
from classifier.model.task import Prompt, Task
from classifier.settings import Price
from classifier.survey.answer_schema import parse_answer, stated_confidence
from classifier.survey.taxonomy import Taxonomy

_LEAST_CHARS_A_TOKEN = 12
"""No tokenizer needs fewer tokens for prose: a smaller count means that the server cut the prompt."""


class OpenAIEngine:
    """Asks a language model through the chat-completions API.

    Args:
        taxonomy: Defines the allowed labels and the schema that replies are validated against.
        model: The model's name at the server.
        server: The server's address, key and timeout.
        wishes: The parameters that requests should have.
        retries: How one question is retried.
        prices: Model name -> price, for models that the price list does not know.
        memory: File that stores what servers accept; None stores nothing.
        profile: What the server is assumed to accept if `memory` has no entry for it.
        repair: Makes the text of the re-ask from the validation message.
        transport: Used instead of HTTP, for example to record or replay.

    Raises:
        ConfigError: There is no model, or neither a key nor a base URL, or one of them is invalid.
    """

    name = "openai"
    needs_prompt = True

    def __init__(
        self,
        taxonomy: Taxonomy,
        *,
        model: str | None,
        server: Server | None = None,
        wishes: Wishes | None = None,
        retries: RetryPolicy | None = None,
        prices: Mapping[str, Price] | None = None,
        memory: Path | None = None,
        profile: Profile | None = None,
        repair: Callable[[str], str] = plain_repair,
        transport: ChatTransport | None = None,
    ) -> None:
        self._asked = StructuredModel(
            model=model,
            server=server,
            wishes=wishes,
            retries=retries,
            prices=prices,
            memory=memory,
            profile=profile,
            repair=repair,
            transport=transport,
        )
        self.model: str | None = self._asked.model
        self._model = self._asked.model
        self._taxonomy = taxonomy

    def __repr__(self) -> str:
        return f"OpenAIEngine(model={self._model!r}, base_url={self._asked.base_url!r})"

    async def answer(self, task: Task) -> Reply:
        """Answers one task; see `Engine.answer`.

        Raises:
            ModelError: All attempts failed, or a retry would not help.
            ReplyError: The reply to the re-ask was invalid too, or every reply was cut by the output limit.
                Both have `attempts` and `usage`, since failures cost money too.
        """
        if task.prompt is None:
            raise ValueError("the openai engine needs Task.prompt")
        started, tally = time.monotonic(), Tally()
        try:
            answer, said = await self._asked.ask(
                task.prompt, lambda text: parse_answer(self._taxonomy, text), tally
            )
        except (ModelError, ReplyError) as error:
            error.attempts, error.usage = tally.requests, self._asked.usage(tally)
            raise
        usage = self._asked.usage(tally)
        found = (
            label_probability(said.extracted.text, said.completion.tokens, "label", self._taxonomy.labels)
            if self._asked.wishes.logprobs
            else None
        )
        if found is not None:
            answer = answer.model_copy(update={"confidence": min(found.p, 1.0)})
        stated = "unknown" if answer.confidence is None else "stated"
        return Reply(
            answer=answer,
            engine=self.name,
            model=said.completion.model or self._model,
            probabilities={} if found is None else found.distribution,
            confidence_source=stated if found is None else "logprobs",
            usage=usage,
            latency_s=time.monotonic() - started,
            attempts=tally.requests,
            raw=said.completion.text,
            notices=tuple(self._notices(task.prompt, answer, said, usage)),
        )

    async def aclose(self) -> None:
        """Closes connections."""
        await self._asked.aclose()

    def _notices(self, prompt: Prompt, answer: Answer, said: ServerReply, usage: Usage) -> list[Notice]:
        notices = []
        if answer.confidence is None:
            stated = stated_confidence(said.extracted.text)
            text = f"the model stated the confidence {stated}, expected a number from 0 to 1; it is unknown"
            notices.append(Notice(code="unusable-confidence", message=text))
        if usage.cost_usd is None:
            missing = (
                "its price is not known"
                if usage.tokens_in is not None
                else "the server reports no token counts"
            )
            text = (
                f"the cost of {self._model} cannot be computed: {missing}; set prices for it in the settings"
            )
            notices.append(Notice(code="unknown-price", message=text))
        sent, counted = len(prompt.system) + len(prompt.user), said.completion.usage.tokens_in
        if counted and counted * _LEAST_CHARS_A_TOKEN < sent:
            text = (
                f"the server counted {counted} prompt tokens for {sent} characters: it seems to have cut the "
                "prompt; raise its context length"
            )
            notices.append(Notice(code="prompt-cut", message=text))
        return notices
