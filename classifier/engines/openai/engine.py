"""The engine for any OpenAI-compatible server: a rendered prompt in, a validated Reply out.

It asks for one JSON object under the taxonomy's answer schema and validates the reply. If a complete reply is
invalid, it asks again and gives the reason; if the output limit cut the reply, it asks again with a
higher limit. Transport, retries and adaptation to the server are in `chat`, `transport`, `retry` and
`ladder`. It does not read settings, check quotes, or decide what is reviewed. An engine belongs to one event
loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from classifier.engines.openai.chat import ChatQuestion, ChatServer, ServerReply, Tally, enforced
from classifier.engines.openai.failures import FailedSample, RejectedRequest
from classifier.engines.openai.ladder import Findings, Profile, Wishes, findings_key
from classifier.engines.openai.logprobs import label_probability
from classifier.engines.openai.messages import Messages
from classifier.engines.openai.prices import cost_usd
from classifier.engines.openai.retry import RetryPolicy
from classifier.engines.openai.transport import ChatTransport, OpenAITransport, Server
from classifier.errors import ConfigError, ContextOverflow, ModelError, ReplyError, SchemaMismatch, Truncated
from classifier.model.record import Notice
from classifier.model.reply import Answer, Reply, Usage
from classifier.model.task import Prompt, Task
from classifier.settings import Price
from classifier.survey.answer_schema import parse_answer, stated_confidence
from classifier.survey.taxonomy import Taxonomy

_ROOMS = (1, 2, 4)
"""Factors of the output limit: after a cut reply, it is doubled, at most twice (docs/adr/0005)."""
_MAX_BAD_REPLY_CHARS = 12_000
"""Most characters of an invalid reply that the re-ask quotes: three times the length of a valid one."""
_LEAST_CHARS_A_TOKEN = 12
"""No tokenizer needs fewer tokens for prose: a smaller count means that the server cut the prompt."""


def plain_repair(reason: str) -> str:
    """The text of the re-ask for callers without a template of their own."""
    return (
        f"Your reply cannot be used: {reason}. "
        "Answer again with one JSON object of the schema and nothing else."
    )


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
        if not model:
            raise ConfigError(
                "no model named; expected the server's name for it: --model or CLASSIFIER_MODEL"
            )
        server, self._wishes = server or Server(), wishes or Wishes()
        if not (server.api_key or server.base_url or transport):
            raise ConfigError(
                "neither a key nor a base URL is set; set OPENAI_API_KEY, or OPENAI_BASE_URL for a local "
                "server, or use the offline engine"
            )
        self.model: str | None = model
        self._model = model
        self._taxonomy = taxonomy
        http = OpenAITransport.of(server)
        self._transport = transport or http
        self._base_url = http.base_url
        self._prices = prices or {}
        self._repair = repair
        # Old servers silently ignore the new name, and then their output has no limit.
        of_openai = urlsplit(self._base_url).hostname == "api.openai.com"
        self._server = ChatServer(
            self._transport,
            model=model,
            wishes=self._wishes,
            key=findings_key(self._base_url, model),
            start=profile or Profile(limit="max_completion_tokens" if of_openai else "max_tokens"),
            findings=Findings(memory),
            retries=retries or RetryPolicy(),
        )

    def __repr__(self) -> str:
        return f"OpenAIEngine(model={self._model!r}, base_url={self._base_url!r})"

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
            answer, said = await self._converse(task.prompt, tally)
        except (ModelError, ReplyError) as error:
            error.attempts, error.usage = tally.requests, self._usage(tally)
            raise
        usage = self._usage(tally)
        found = (
            label_probability(said.extracted.text, said.completion.tokens, "label", self._taxonomy.labels)
            if self._wishes.logprobs
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
        await self._transport.aclose()

    async def _converse(self, prompt: Prompt, tally: Tally) -> tuple[Answer, ServerReply]:
        """Sends the question, and at most one re-ask that says what was wrong."""
        messages: Messages = [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ]
        doubted = None
        try:
            said = await self._whole(messages, prompt, tally)
            return parse_answer(self._taxonomy, said.extracted.text), said
        except FailedSample as error:
            reason, written = "the server found that it does not fit the schema", error.generation
        except ReplyError as error:
            if isinstance(error, Truncated):
                raise
            reason, written = error.message, said.completion.text
            doubted = None if enforced(said, prompt.answer_schema) else said.profile
        messages = _told(messages, written, self._repair(reason))
        try:
            said = await self._whole(messages, prompt, tally, doubted, is_reask=True)
        except FailedSample as error:
            raise SchemaMismatch(error.message, error.generation) from error
        return parse_answer(self._taxonomy, said.extracted.text), said

    async def _whole(
        self,
        messages: Messages,
        prompt: Prompt,
        tally: Tally,
        doubted: Profile | None = None,
        *,
        is_reask: bool = False,
    ) -> ServerReply:
        """A reply that the output limit did not cut.

        Raises:
            Truncated: Every reply was cut.
        """
        cut = ""
        for factor in _ROOMS:
            max_tokens = self._wishes.max_output_tokens * factor
            question = ChatQuestion(messages, prompt.answer_schema, max_tokens, is_reask)
            try:
                said = await self._server.ask(question, tally, doubted)
            except (RejectedRequest, ContextOverflow) as error:
                if factor == 1 or isinstance(error, FailedSample):
                    raise
                raise Truncated(self._cut_message(max_tokens // 2), cut) from error
            if said.completion.finish != "length" or said.extracted.state == "whole":
                return said
            cut = said.completion.text
        raise Truncated(self._cut_message(max_tokens), cut)

    def _cut_message(self, max_tokens: int) -> str:
        return (
            f"the reply was cut by the output limit, last at {max_tokens} tokens; "
            "raise max_output_tokens or use another model"
        )

    def _usage(self, tally: Tally) -> Usage:
        """The sum over all completions. The cost is None if one of them has an unknown cost."""
        used = [completion.usage for completion in tally.completions]
        costs = [
            cost_usd(
                completion.usage,
                model=self._model,
                reported_model=completion.model,
                base_url=self._base_url,
                prices=self._prices,
                batch=completion.batch,
            )
            for completion in tally.completions
        ]
        known = [cost for cost in costs if cost is not None]
        return Usage(
            tokens_in=_sum([usage.tokens_in for usage in used]),
            tokens_out=_sum([usage.tokens_out for usage in used]),
            tokens_cached=_sum([usage.tokens_cached for usage in used]),
            cost_usd=sum(known) if costs and len(known) == len(costs) else None,
        )

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


def _told(messages: Messages, written: str, repair: str) -> list[Mapping[str, str]]:
    """The conversation, extended by the model's reply and the text of the re-ask; roles alternate."""
    if not written.strip():
        *before, last = messages
        return [*before, {**last, "content": f"{last['content']}\n\n{repair}"}]
    answer = {"role": "assistant", "content": written[:_MAX_BAD_REPLY_CHARS]}
    return [*messages, answer, {"role": "user", "content": repair}]


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
