"""One model of one server: a prompt and a reader of replies in, what the reader made of the reply out.

It asks for one JSON object under the prompt's schema. If a complete reply is invalid, it asks a second
time and gives the reason; if the output limit cut the reply, it asks again with a higher limit. What the
object means is the reader's business: labels (`engine`), or texts of a taxonomy (`classifier.drafting`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from classifier.engines.openai.chat import ChatQuestion, ChatServer, ServerReply, Tally, enforced
from classifier.engines.openai.failures import FailedSample, RejectedRequest
from classifier.engines.openai.ladder import Findings, Profile, Wishes, findings_key
from classifier.engines.openai.messages import Messages
from classifier.engines.openai.prices import cost_usd
from classifier.engines.openai.retry import RetryPolicy
from classifier.engines.openai.transport import ChatTransport, OpenAITransport, Server
from classifier.errors import ConfigError, ContextOverflow, ReplyError, SchemaMismatch, Truncated
from classifier.model.reply import Usage
from classifier.model.task import Prompt
from classifier.settings import Price

ROOMS = (1, 2, 4)
"""Factors of the output limit: after a cut reply, it is doubled, at most twice (docs/adr/0005)."""
_MAX_BAD_REPLY_CHARS = 12_000
"""Most characters of an invalid reply that the re-ask quotes: three times the length of a valid one."""

T = TypeVar("T")


def plain_repair(reason: str) -> str:
    """The text of the re-ask for callers without a template of their own."""
    return (
        f"Your reply cannot be used: {reason}. "
        "Answer again with one JSON object of the schema and nothing else."
    )


class StructuredModel:
    """Asks one model for JSON objects.

    Args:
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

    def __init__(
        self,
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
        server, self.wishes = server or Server(), wishes or Wishes()
        if not (server.api_key or server.base_url or transport):
            raise ConfigError(
                "neither a key nor a base URL is set; set OPENAI_API_KEY, or OPENAI_BASE_URL for a local "
                "server, or use the offline engine"
            )
        self.model = model
        http = OpenAITransport.of(server)
        self._transport = transport or http
        self.base_url = http.base_url
        self._prices = prices or {}
        self._repair = repair
        # Old servers silently ignore the new name, and then their output has no limit.
        of_openai = urlsplit(self.base_url).hostname == "api.openai.com"
        self._server = ChatServer(
            self._transport,
            model=model,
            wishes=self.wishes,
            key=findings_key(self.base_url, model),
            start=profile or Profile(limit="max_completion_tokens" if of_openai else "max_tokens"),
            findings=Findings(memory),
            retries=retries or RetryPolicy(),
        )

    async def ask(self, prompt: Prompt, read: Callable[[str], T], tally: Tally) -> tuple[T, ServerReply]:
        """Sends the question, and at most one re-ask that says what was wrong.

        Args:
            read: Makes the result from the reply's JSON text; raises `ReplyError` if it is invalid.
            tally: Counts the requests, also those of a conversation that fails.

        Raises:
            ModelError: All attempts failed, or a retry would not help.
            ReplyError: The reply to the re-ask was invalid too, or every reply was cut by the output limit.
        """
        messages: Messages = [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ]
        doubted = None
        try:
            said = await self._whole(messages, prompt, tally)
            return read(said.extracted.text), said
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
        return read(said.extracted.text), said

    def usage(self, tally: Tally) -> Usage:
        """The sum over all completions. The cost is None if one of them has an unknown cost."""
        used = [completion.usage for completion in tally.completions]
        costs = [
            cost_usd(
                completion.usage,
                model=self.model,
                reported_model=completion.model,
                base_url=self.base_url,
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

    async def aclose(self) -> None:
        """Closes connections."""
        await self._transport.aclose()

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
        for factor in ROOMS:
            max_tokens = self.wishes.max_output_tokens * factor
            question = ChatQuestion(messages, prompt.answer_schema, max_tokens, is_reask)
            try:
                said = await self._server.ask(question, tally, doubted)
            except (RejectedRequest, ContextOverflow) as error:
                if factor == 1 or isinstance(error, FailedSample):
                    raise
                raise Truncated(_cut_message(max_tokens // 2), cut) from error
            if said.completion.finish != "length" or said.extracted.state == "whole":
                return said
            cut = said.completion.text
        raise Truncated(_cut_message(max_tokens), cut)


def _cut_message(max_tokens: int) -> str:
    return (
        f"the reply was cut by the output limit, last at {max_tokens} tokens; "
        "raise max_output_tokens or use another model"
    )


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
