"""The engine for any OpenAI-compatible server: a rendered prompt in, a validated Reply out.

It asks for one JSON object under the prompt's answer schema and validates the reply (`conversation`: one
re-ask, and a higher limit for a reply that was cut). Transport, retries and adaptation to the server are in
`chat`, `transport`, `retry` and `ladder`. It does not read settings, check quotes, or decide what is
reviewed. An engine belongs to one event loop.
"""

from __future__ import annotations

import time

from classifier.engines.openai.chat import ServerReply, Tally
from classifier.engines.openai.conversation import StructuredModel
from classifier.engines.openai.logprobs import label_probability
from classifier.errors import ModelError, ReplyError
from classifier.model.record import Notice
from classifier.model.reply import Answer, Reply, Usage
from classifier.model.task import Prompt, Task
from classifier.survey.answer_schema import labels_of, parse_answer, stated_confidence

_LEAST_CHARS_A_TOKEN = 12
"""No tokenizer needs fewer tokens for prose: a smaller count means that the server cut the prompt."""


class OpenAIEngine:
    """Asks a language model through the chat-completions API.

    Args:
        asked: The model. The engine closes its connections.
    """

    name = "openai"
    needs_prompt = True

    def __init__(self, asked: StructuredModel) -> None:
        self._asked = asked

    @property
    def model(self) -> str:
        """The model's name at the server."""
        return self._asked.model

    def __repr__(self) -> str:
        return f"OpenAIEngine(model={self.model!r}, base_url={self._asked.base_url!r})"

    async def answer(self, task: Task) -> Reply:
        """Answers one task; see `Engine.answer`.

        Raises:
            ModelError: All attempts failed, or a retry would not help.
            ReplyError: The reply to the re-ask was invalid too, or every reply was cut by the output limit.
                Both have `attempts` and `usage`, since failures cost money too.
        """
        if task.prompt is None:
            raise ValueError("the openai engine needs Task.prompt")
        started, tally, schema = time.monotonic(), Tally(), task.prompt.answer_schema
        try:
            answer, said = await self._asked.ask(task.prompt, lambda text: parse_answer(schema, text), tally)
        except (ModelError, ReplyError) as error:
            error.attempts, error.usage = tally.requests, self._asked.usage(tally)
            raise
        usage = self._asked.usage(tally)
        found = (
            label_probability(said.extracted.text, said.completion.tokens, "label", labels_of(schema))
            if self._asked.wishes.logprobs
            else None
        )
        if found is not None:
            answer = answer.model_copy(update={"confidence": min(found.p, 1.0)})
        stated = "unknown" if answer.confidence is None else "stated"
        return Reply(
            answer=answer,
            engine=self.name,
            model=said.completion.model or self.model,
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
                f"the cost of {self.model} cannot be computed: {missing}; set prices for it in the settings"
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
