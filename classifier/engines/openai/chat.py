"""One server and model: a conversation in, a completion out, with retries and the ladder.

What enters: messages and the answer's schema. What leaves: a `Completion` whose text is not empty and not cut
in transport, and the JSON object in it. Every request is counted in a `Tally`, so that the cost of failed
attempts is known too. It does not check the answer.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from classifier.engines.openai.completion import Completion, read_completion, replied
from classifier.engines.openai.extraction import Extracted, extract_object
from classifier.engines.openai.failures import one_line
from classifier.engines.openai.ladder import Findings, Profile, Wishes, fits
from classifier.engines.openai.messages import Messages, put
from classifier.engines.openai.retry import RetryPolicy, Unusable, retry_after_of, retrying
from classifier.engines.openai.scout import Scout
from classifier.engines.openai.transport import ChatTransport, Kept
from classifier.engines.openai.trial import EmptyReply, Trial
from classifier.errors import ModelError, Refused, Truncated

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChatQuestion:
    """A conversation (system message first), the answer's schema, and the output limit in tokens.

    Attributes:
        is_reask: The conversation says what was wrong with the model's first reply.
    """

    messages: Messages
    schema: Mapping[str, Any]
    max_tokens: int
    is_reask: bool = False


class CutInTransport(Unusable, Truncated):
    """The reply ends inside its JSON although the server reports it as finished (retryable)."""

    retryable = True


@dataclass
class Tally:
    """The cost of one task so far: requests sent, and completions received, usable or not."""

    requests: int = 0
    completions: list[Completion] = field(default_factory=list)


@dataclass(frozen=True)
class ServerReply:
    """A completion, its JSON object, and the profile of the request (None for a stored reply)."""

    completion: Completion
    extracted: Extracted
    profile: Profile | None


class ChatServer:
    """Sends conversations to one model of one server, and learns what they accept.

    Args:
        transport: Sends the requests.
        model: The model's name at the server.
        wishes: The parameters that requests should have.
        key: Server and model: the name under which findings are stored.
        start: The profile to start with if nothing is known.
        findings: The profiles that earlier runs stored.
        retries: How one question is retried.
    """

    def __init__(
        self,
        transport: ChatTransport,
        *,
        model: str,
        wishes: Wishes,
        key: str,
        start: Profile,
        findings: Findings,
        retries: RetryPolicy,
    ) -> None:
        self._transport = transport
        self._model = model
        self._wishes = wishes
        self._key = key
        self._start = start
        self._findings = findings
        self._retries = retries
        self._profile: Profile | None = None
        self._kept: Profile | None = None
        self._answered = False  # this process has received a completion, usable or not
        self._proven = False  # this process has received a usable reply
        self._scout = Scout()

    async def ask(self, question: ChatQuestion, tally: Tally, doubted: Profile | None = None) -> ServerReply:
        """Asks until there is a whole completion.

        Args:
            question: What is sent.
            tally: Counts the requests of this call.
            doubted: A profile that did not work, as an earlier reply shows; the next lower rung is used
                instead.

        Raises:
            ModelError: There was no response, the request was rejected, or all attempts failed.
            CutInTransport: Each attempt's reply ended inside its JSON.
        """
        trial = Trial(self._known())
        trial.doubt(doubted)
        async for attempt in retrying(self._retries.attempts, self._retries.waits, self._retries.on_wait):
            with attempt:
                # Calls that waited for the very first exchange start together, with its findings.
                return await self._scout.send(
                    lambda: self._adapting(trial, question, tally), lambda: trial.begin(self._known())
                )
        raise AssertionError("tenacity either returns or raises")

    def _known(self) -> Profile:
        if self._profile is None:
            self._kept = self._findings.get(self._key)
            self._scout.is_back = self._kept is not None
            self._profile = self._kept or self._start
        return self._profile

    def _keep(self, profile: Profile, *, spoken: bool) -> None:
        if profile != self._kept:
            self._kept = profile
            self._findings.keep(self._key, profile, spoken=spoken)

    async def _adapting(self, trial: Trial, question: ChatQuestion, tally: Tally) -> ServerReply:
        """One exchange; repeated at once as long as the server's error says what to change."""
        while True:
            await self._retries.pause.wait(self._retries.waits.total_s)
            tally.requests += 1
            try:
                body = await self._transport.complete(self._body(question, trial.profile))
            except ModelError as error:
                self._retries.pause.extend(retry_after_of(error) or 0.0)
                if not self._adapts(trial, question, error):
                    raise
                continue
            completion = replied(read_completion(body), question.schema["required"])
            self._answered = True
            tally.completions.append(completion)
            try:
                extracted = _usable(completion, question.schema)
            except EmptyReply as error:
                raise trial.put_lower(error) from None
            if isinstance(body, Kept):
                return ServerReply(completion, extracted, None)
            self._learn(trial)
            return ServerReply(completion, extracted, trial.profile)

    def _body(self, question: ChatQuestion, profile: Profile) -> dict[str, Any]:
        shown = question.schema if profile.shows_schema else None
        messages = put(question.messages, shown, system=profile.system)
        rest = profile.parameters(question.schema, question.max_tokens, self._wishes)
        return {"model": self._model, "messages": messages, **rest}

    def _adapts(self, trial: Trial, question: ChatQuestion, error: ModelError) -> bool:
        """Whether the trial has changed its profile, so that asking again at once makes sense."""
        before = trial.profile
        is_new = self._kept is None and not self._answered
        again = trial.adapts(error, is_reask=question.is_reask, is_new=is_new, is_proven=self._proven)
        if trial.profile != before:
            _log.info("%s: %s", self._key, error)
        return again

    def _learn(self, trial: Trial) -> None:
        if trial.sporadic and self._proven:
            return
        if trial.profile != trial.start:  # other calls may have learned more in the meantime
            self._profile = self._known().merge(trial.profile)
        self._proven = True
        self._keep(self._known(), spoken=not trial.inferred)


def _usable(completion: Completion, schema: Mapping[str, Any]) -> Extracted:
    """The JSON object of a completion.

    Raises:
        Refused: The model declined.
        EmptyReply: The reply has no text (retryable).
        CutInTransport: The text ends inside its JSON although the server reports it as finished.
    """
    if completion.refusal is not None or completion.finish == "content_filter":
        words = one_line(completion.refusal or "stopped by the content filter")
        raise Refused(f"the model declined to answer: {words}; file this paper by hand or use another model")
    extracted = extract_object(completion.text, schema["required"])
    if completion.finish == "length":
        return extracted
    if not completion.text.strip():
        raise EmptyReply("the model's reply is empty; try again", 200)
    if extracted.state == "cut":
        raise CutInTransport(
            f"the reply ends inside its JSON after {len(completion.text)} characters although it was said "
            "to be finished; try again",
            completion.text,
        )
    return extracted


def enforced(said: ServerReply, schema: Mapping[str, Any]) -> bool:
    """Whether the server seems to have enforced the structure that the request asked for.

    Under a strict schema, the model cannot deviate from it; the other rungs only promise JSON.
    """
    if said.profile is None:
        return True
    try:
        value = json.loads(said.extracted.text)
    except (ValueError, RecursionError):
        return False
    return said.profile.rung != "json_schema" or fits(value, schema)
