"""New requests -> a batch at the provider, in steps that are saved before each is taken.

    intent (tag, requests) > file uploaded > about to submit > the provider's id

Only between the last two is it unknown whether the provider has the batch: then its list is searched for the
tag and for the file. A batch that was never submitted is cancelled; nothing is submitted twice without a
request by the user.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from classifier.batch.ledger.requests import SentBatch
from classifier.batch.ledger.writer import LedgerWriter
from classifier.engines.openai.batches import ENDPOINT, Batch, BatchServer
from classifier.engines.openai.failures import RejectedRequest
from classifier.engines.openai.retry import Waits, retrying
from classifier.errors import ConfigError, ContextOverflow, ModelError, StoreError

_ROWS = 200
"""Requests that are read from the ledger at a time."""


class Submitter:
    """Submits batches, and finds out whether they exist at the provider.

    Args:
        folder: For temporary files.
        attempts: Per exchange.
        poll_s: Seconds by which a list of batches may be out of date.
    """

    def __init__(
        self, server: BatchServer, store: LedgerWriter, folder: Path, *, attempts: int, poll_s: float
    ) -> None:
        self._server = server
        self._store = store
        self._folder = folder
        self._attempts = attempts
        self._poll_s = poll_s

    async def submit(self, batch: SentBatch) -> str:
        """Uploads and submits an intended batch; returns its id at the provider.

        If it is rejected, its requests are new again.

        Raises:
            ConfigError: It is unknown whether it was submitted.
            ModelError: It was rejected, or the server does not answer.
        """
        try:
            file_id = await self._upload(batch)
        except ModelError:
            await self._take_back(batch)
            raise
        await self._store.do(lambda ledger: ledger.requests.uploaded(batch, file_id))
        batch = replace(batch, file_id=file_id, sent=time.time())
        made = await self._create(batch, file_id)
        await self._store.do(lambda ledger: ledger.requests.submitted(batch, made.id))
        return made.id

    async def settle(self, batch: SentBatch) -> str | None:
        """Finds a batch whose submit had an unknown result: returns its id, or None.

        If it was not submitted, its requests are new again.

        Raises:
            ConfigError, ModelError: As `submit`.
        """
        if batch.sent is not None and (found := await self._find(batch)) is not None:
            await self._store.do(lambda ledger: ledger.requests.submitted(batch, found.id))
            return found.id
        await self._take_back(batch)
        return None

    def tidy(self) -> None:
        """Removes files that a killed run has left."""
        for path in self._folder.glob(".batch-*.jsonl"):
            path.unlink(missing_ok=True)

    @contextmanager
    def file(self, batch: SentBatch) -> Iterator[Path]:
        """A temporary file for an upload or a download; removed at the end.

        Raises:
            StoreError: It cannot be written or read.
        """
        path = self._folder / f".batch-{batch.tag}.jsonl"
        try:
            yield path
        except OSError as error:
            raise StoreError(
                f"{path}: {error.strerror or error}; saved results are kept: free some disk "
                "space, then rerun "
                "the command"
            ) from error
        finally:
            path.unlink(missing_ok=True)

    async def _upload(self, batch: SentBatch) -> str:
        with self.file(batch) as path:
            await self._write(batch, path)
            async for attempt in retrying(self._attempts, Waits()):
                with attempt:
                    try:
                        return await self._server.upload(path)
                    except ContextOverflow as error:  # 413
                        raise RejectedRequest(
                            f"{self._server.where} accepts no file of {path.stat().st_size:,} bytes; "
                            "lower CLASSIFIER_BATCH_BYTES",
                            413,
                        ) from error
        raise AssertionError("tenacity either returns or raises")

    async def _write(self, batch: SentBatch, path: Path) -> None:
        with path.open("wb") as file:
            after = 0
            while rows := await self._store.do(
                lambda ledger, after=after: ledger.requests.bodies_of(batch, after, _ROWS)  # type: ignore[misc]
            ):
                for custom_id, body in rows:
                    head = f'{{"custom_id":"{custom_id}","method":"POST","url":"{ENDPOINT}","body":'
                    file.write(head.encode() + body + b"}\n")
                after = rows[-1][0]

    async def _create(self, batch: SentBatch, file_id: str) -> Batch:
        async for attempt in retrying(self._attempts, Waits()):
            with attempt:
                again = attempt.retry_state.attempt_number > 1
                found = await self._find(batch) if again else None
                if found is not None:
                    return found
                try:
                    return await self._server.create(file_id, batch.tag)
                except ModelError as error:
                    if not (again or error.retryable):  # a clear rejection, and none was unclear
                        await self._take_back(batch)
                    raise
        raise AssertionError("tenacity either returns or raises")

    async def _find(self, batch: SentBatch) -> Batch | None:
        try:
            found = await self._server.find(batch.tag, batch.file_id)
            young = batch.sent is not None and time.time() - batch.sent < 2 * self._poll_s
            if found is None and young:  # lists may lag behind
                await asyncio.sleep(self._poll_s)
                found = await self._server.find(batch.tag, batch.file_id)
        except RejectedRequest as error:
            raise ConfigError(
                f"cannot tell whether batch {batch.tag} was submitted ({error.message}); look for that tag "
                "there, then drop it with --drop-batches"
            ) from error
        return found

    async def _take_back(self, batch: SentBatch) -> None:
        await self._store.do(lambda ledger: ledger.requests.release(batch))
        if batch.file_id is not None:
            await self._server.remove(batch.file_id)
