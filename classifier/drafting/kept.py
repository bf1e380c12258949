"""Replies about drafts on disk: stored when they come, used instead of being paid for again.

What enters: requests of drafting conversations. What leaves: the stored reply to the same question if there
is one, else the server's, after it is on disk. A request is sent only if the most that it can cost fits under
the limit, together with those on their way. Errors are not stored. What it does not do: retry, or read
replies.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from classifier.engines.openai.canonical import request_sha256
from classifier.engines.openai.completion import read_completion
from classifier.engines.openai.messages import question_of
from classifier.engines.openai.secrets import without_secrets
from classifier.engines.openai.transport import ChatTransport, Kept
from classifier.errors import BudgetSpent, ModelError, ReplyError, StoreError
from classifier.model.reply import Usage

REPLIES_FILE = "init/replies.jsonl"
_LEAST_CHARS_A_TOKEN = 2
"""No tokenizer needs more tokens for English; the limit on money must hold whatever the model."""

_ASKED: ContextVar[list[tuple[str, int]]] = ContextVar("asked")
"""The questions of this task's conversation, with their numbers."""


class KeptReplies:
    """The replies of one workspace; use it as a context manager.

    Args:
        root: The workspace.
        price: Usage -> US dollars; None if unknown.
        max_cost_usd: The limit on what all replies of this file have cost together; None for none.
        secrets: Strings that are removed from each body, since servers echo keys.

    Attributes:
        spent_usd: What the replies have cost, earlier ones included.
        new: Replies that this process has paid for.

    Raises:
        StoreError: The file cannot be used, or another process uses it.
    """

    def __init__(
        self,
        root: Path,
        *,
        price: Callable[[Usage], float | None],
        max_cost_usd: float | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        self._path = root / REPLIES_FILE
        self._price = price
        self._max = max_cost_usd
        self._secrets = secrets
        self._known: dict[tuple[str, int], dict[str, Any]] = {}
        self._put: Counter[str] = Counter()
        self._held = 0.0
        self._file: BinaryIO | None = None
        self._lock = FileLock(f"{self._path}.lock", timeout=0)
        self.spent_usd = 0.0
        self.new = 0
        self.unpriced = 0

    def __enter__(self) -> KeptReplies:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            self._file = self._path.open("ab+")
            self._file.seek(0)
            self._load(self._file)
        except Timeout as error:
            raise StoreError(
                f"{self._path}: another process is drafting for this workspace; wait until it has ended"
            ) from error
        except OSError as error:
            self.__exit__()
            raise StoreError(
                f"{self._path}: cannot be used ({error.strerror or error}); check the folder's permissions"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self._lock.release()

    def through(self, inner: ChatTransport, basis: Mapping[str, Any]) -> KeptTransport:
        """A transport that uses these replies.

        Args:
            basis: What else decides a reply besides its question, such as the temperature.
        """
        return KeptTransport(self, inner, basis)

    @contextmanager
    def conversation(self) -> Iterator[None]:
        """The questions about one section. If it ends without a usable reply, a later run asks again.

        Raises:
            StoreError: That cannot be noted.
        """
        asked: list[tuple[str, int]] = []
        token = _ASKED.set(asked)
        try:
            yield
        except ReplyError:
            for question, number in asked:
                self._known.pop((question, number), None)
                self._append({"question": question, "nth": number, "dropped": True})
            raise
        finally:
            _ASKED.reset(token)

    def find(self, key: tuple[str, int]) -> dict[str, Any] | None:
        """The stored reply to a question that was put so often before."""
        return self._known.get(key)

    def count(self, question: str) -> int:
        """How often this process has put a question before."""
        number = self._put[question]
        self._put[question] += 1
        return number

    def uncount(self, question: str) -> None:
        """Takes back a count: a failed exchange has no reply, so that the next one gets its number."""
        self._put[question] -= 1

    def hold(self, request: Mapping[str, Any]) -> float:
        """Sets aside what a request can cost at most, in US dollars.

        Raises:
            BudgetSpent: The limit leaves no room for it, or cannot be kept.
        """
        if self._max is None:
            return 0.0
        text = json.dumps(request, ensure_ascii=False)
        others = "".join(char for char in text if not char.isascii())
        tokens_in = (len(text) - len(others)) // _LEAST_CHARS_A_TOKEN + len(others.encode("utf-8", "replace"))
        room = request.get("max_completion_tokens") or request.get("max_tokens") or 0
        most = self._price(Usage(tokens_in=tokens_in, tokens_out=room))
        if most is None or self.unpriced:
            raise BudgetSpent(
                f"--max-cost cannot be kept: no price is known for {request['model']}, or its server does "
                "not count tokens; set CLASSIFIER_PRICES, or remove --max-cost"
            )
        if self.spent_usd + self._held + most > self._max:
            raise BudgetSpent(
                f"--max-cost {self._max:g} leaves no room for the next request (${self.spent_usd:.4f} spent, "
                f"a request may cost ${most:.4f}); replies are saved: rerun with a higher one to resume"
            )
        self._held += most
        return most

    def release(self, held: float) -> None:
        """Frees what was set aside."""
        self._held -= held

    def store(self, key: tuple[str, int], body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Saves a reply, on disk before it is used; returns it without secrets.

        Raises:
            StoreError: It cannot be saved.
        """
        clean = without_secrets(body, self._secrets)
        cost = self._price(read_completion(clean).usage)
        self._append({"question": key[0], "nth": key[1], "cost_usd": cost, "body": clean})
        self._count(cost)
        self.new += 1
        return clean

    def _append(self, row: Mapping[str, Any]) -> None:
        if self._file is None:
            raise StoreError(f"{self._path}: is closed")
        try:
            self._file.write(json.dumps(row).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise StoreError(
                f"cannot write {self._path}: {error.strerror or error}; make room, then rerun to resume"
            ) from error

    def _count(self, cost: float | None) -> None:
        self.spent_usd += cost or 0.0
        self.unpriced += cost is None

    def _load(self, file: BinaryIO) -> None:
        """Reads the file; what a killed process left half-written at its end is cut off."""
        end = 0
        for line in file:
            if not line.endswith(b"\n"):
                break
            end += len(line)
            try:
                row = json.loads(line)
                key = str(row["question"]), int(row["nth"])
                if row.get("dropped"):
                    self._known.pop(key, None)
                    continue
                self._known[key] = dict(row["body"])
                self._count(row["cost_usd"] if row["cost_usd"] is None else float(row["cost_usd"]))
            except (ValueError, TypeError, KeyError) as error:
                raise StoreError(
                    f"{self._path}: a line is no reply; move the file away, and replies are paid for again"
                ) from error
        file.truncate(end)
        file.seek(0, os.SEEK_END)


class KeptTransport:
    """A `ChatTransport` over stored replies."""

    def __init__(self, kept: KeptReplies, inner: ChatTransport, basis: Mapping[str, Any]) -> None:
        self._kept = kept
        self._inner = inner
        self._basis = basis

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One exchange; see `ChatTransport.complete`.

        Raises:
            BudgetSpent: The limit on money leaves no room for it.
            StoreError: The reply cannot be saved.
        """
        question = request_sha256({**self._basis, **question_of(request)})
        key = question, self._kept.count(question)
        _ASKED.get().append(key)
        known = self._kept.find(key)
        if known is not None:
            return Kept(known)
        held = self._kept.hold(request)
        try:
            body = await self._inner.complete(request)
            read_completion(body)  # a body without a message is an error, and is asked for again
            return self._kept.store(key, body)
        except ModelError:
            self._kept.uncount(question)
            raise
        finally:
            self._kept.release(held)

    async def aclose(self) -> None:
        """Closes the inner transport."""
        await self._inner.aclose()
