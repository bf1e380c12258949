"""One server and model: a conversation in, a completion out, with retries and the ladder.

What enters: messages and the answer's schema. What leaves: a `Completion` whose text is not empty and
not cut in transport, and the JSON object in it. Every request is counted in a `Tally`, so that what
failed attempts cost is known too. What it does not do: judge the answer.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from classifier.engines.openai.completion import Completion, Extracted, extract_object, read_completion
from classifier.engines.openai.failures import RejectedRequest, ServerError, one_line
from classifier.engines.openai.ladder import Findings, Profile, Wishes, fits, unexplained
from classifier.engines.openai.retry import RetryPolicy, retry_after_of, retrying
from classifier.engines.openai.scout import Scout
from classifier.engines.openai.transport import ChatTransport, Kept
from classifier.errors import ModelError, Refused, Truncated

_log = logging.getLogger(__name__)

_SILENT_FAILURES = 2
"""Wordless 5xx in a row, before any success, after which something else is tried."""

_SCHEMA_NOTE = "\n\nAnswer with one JSON object that fits this JSON Schema, and nothing else:\n"

Messages = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class ChatQuestion:
    """A conversation (system message first), the schema of the answer, and room for it in tokens."""

    messages: Messages
    schema: Mapping[str, Any]
    max_tokens: int


class CutInTransport(Truncated):
    """The reply ends inside its JSON although the server calls it finished (retryable)."""

    retryable = True


@dataclass
class Tally:
    """What one task has cost so far: requests sent, and completions received, usable or not."""

    requests: int = 0
    completions: list[Completion] = field(default_factory=list)


@dataclass(frozen=True)
class ServerReply:
    """A completion, the JSON object found in it, and the profile it was asked with; None if kept."""

    completion: Completion
    extracted: Extracted
    profile: Profile | None


class ChatServer:
    """Puts conversations to one model of one server, and learns what they accept.

    Args:
        transport: Where requests go.
        model: The model's name at the server.
        wishes: Parameters to send.
        key: Server and model, the name under which findings are kept.
        start: The profile to begin with where nothing is known.
        findings: What earlier runs found out.
        retries: How one question is tried again.
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
        self._proven = False  # a reply has come in this process
        self._scout = Scout()

    async def ask(self, question: ChatQuestion, tally: Tally, doubted: Profile | None = None) -> ServerReply:
        """Asks until there is a whole completion.

        Args:
            question: What is sent.
            tally: Counts this call's requests in.
            doubted: A profile that an earlier reply shows to be of no use; one rung lower is tried.

        Raises:
            ModelError: No answer, refused, or out of attempts.
            CutInTransport: Each attempt's reply ended inside its JSON.
        """
        trial = _Trial(self._known())
        if doubted == trial.profile:
            trial.profile, trial.inferred = doubted.lower() or doubted, True
        async for attempt in retrying(self._retries.attempts, self._retries.waits, self._retries.on_wait):
            with attempt:
                # Those that wait for the very first exchange go together, with what it has found.
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

    async def _adapting(self, trial: _Trial, question: ChatQuestion, tally: Tally) -> ServerReply:
        """One exchange, repeated at once for as long as the server's words name what to give up."""
        while True:
            await self._retries.pause.wait(self._retries.waits.total_s)
            tally.requests += 1
            try:
                body = await self._transport.complete(self._body(question, trial.profile))
            except ModelError as error:
                self._retries.pause.extend(retry_after_of(error) or 0.0)
                if not self._adapt(trial, error):
                    raise
                continue
            completion = read_completion(body)
            tally.completions.append(completion)
            extracted = _usable(completion, question.schema)
            if isinstance(body, Kept):
                return ServerReply(completion, extracted, None)
            self._learn(trial)
            return ServerReply(completion, extracted, trial.profile)

    def _body(self, question: ChatQuestion, profile: Profile) -> dict[str, Any]:
        messages = question.messages
        if profile.shows_schema:
            messages = _with_schema(messages, question.schema)
        rest = profile.parameters(question.schema, question.max_tokens, self._wishes)
        return {"model": self._model, "messages": [_sendable(message) for message in messages], **rest}

    def _adapt(self, trial: _Trial, error: ModelError) -> bool:
        """Whether the trial has changed so that asking again at once makes sense."""
        if not isinstance(error, RejectedRequest | ServerError):
            return False
        spoken = trial.profile.after(error.said)
        if spoken is None and error.status in (400, 422) and unexplained(error.said):
            spoken = trial.profile.weaker()
        if spoken is not None:
            _log.info("%s: %s", self._key, error)
            trial.profile = spoken
            return trial.turn()
        if isinstance(error, ServerError) and error.status == 500 and not self._proven:
            trial.failures += 1
            if trial.failures >= _SILENT_FAILURES:
                trial.profile, trial.inferred = trial.profile.weaker() or trial.profile, True
        return False

    def _learn(self, trial: _Trial) -> None:
        if trial.profile != trial.start:  # others may have found out more in the meantime
            self._profile = self._known().merge(trial.profile)
        self._proven = True
        self._keep(self._known(), spoken=not trial.inferred)


@dataclass
class _Trial:
    """What one call tries; it becomes the server's profile once it has led to a reply."""

    start: Profile
    failures: int = 0
    inferred: bool = False
    turns: int = 0

    def __post_init__(self) -> None:
        self.begin(self.start)

    def begin(self, profile: Profile) -> None:
        """Takes over what is known by now."""
        self.start = self.profile = profile

    def turn(self) -> bool:
        """Counts an adaptation; false after so many that the server must be contradicting itself."""
        self.turns += 1
        return self.turns <= 8


def _usable(completion: Completion, schema: Mapping[str, Any]) -> Extracted:
    """The JSON object of a completion that is worth judging.

    Raises:
        Refused: The model declined.
        ServerError: There is no text (retryable).
        CutInTransport: The text ends inside its JSON although it is said to be finished.
    """
    if completion.refusal is not None or completion.finish == "content_filter":
        words = one_line(completion.refusal or "stopped by the content filter")
        raise Refused(f"the model declined to answer: {words}; file this paper by hand or use another model")
    extracted = extract_object(completion.text, schema["required"])
    if completion.finish == "length":
        return extracted
    if not completion.text.strip():
        raise ServerError("the model's reply is empty; try again", 200)
    if extracted.state == "cut":
        raise CutInTransport(
            f"the reply ends inside its JSON after {len(completion.text)} characters although it was said "
            "to be finished; try again",
            completion.text,
        )
    return extracted


def enforced(said: ServerReply, schema: Mapping[str, Any]) -> bool:
    """Whether a reply looks as if the server had held the model to the structure that was asked for.

    A strict schema cannot be broken by the model, the other rungs only promise JSON.
    """
    if said.profile is None:
        return True
    try:
        value = json.loads(said.extracted.text)
    except (ValueError, RecursionError):
        return False
    return said.profile.rung != "json_schema" or fits(value, schema)


def _sendable(message: Mapping[str, str]) -> Mapping[str, str]:
    """The message without halves of surrogate pairs, which PDFs hold and UTF-8 does not."""
    return {name: text.encode("utf-8", "replace").decode() for name, text in message.items()}


def _with_schema(messages: Messages, schema: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """The schema at the end of the system message, which stays the same from paper to paper."""
    first, *rest = messages
    text = f"{first['content']}{_SCHEMA_NOTE}{json.dumps(schema, ensure_ascii=False)}"
    return [{**first, "content": text}, *rest]


def question_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """What a request asks, however the server wants it put: the same on every rung of the ladder."""
    first, *rest = request["messages"]
    return {
        "model": request["model"],
        "messages": [{**first, "content": first["content"].partition(_SCHEMA_NOTE)[0]}, *rest],
        "room": request.get("max_completion_tokens") or request.get("max_tokens"),
    }
