"""A batch's result files -> replies in the ledger."""

from __future__ import annotations

from itertools import islice

from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.requests import SentBatch
from classifier.batch.ledger.writer import LedgerWriter
from classifier.batch.provider.answers import AnswerReader, BatchAnswer
from classifier.batch.provider.submit import Submitter
from classifier.batch.replies import UsageOf
from classifier.batch.spending import RunSpending
from classifier.engines.openai.batches import Batch, BatchServer
from classifier.engines.openai.failures import RejectedRequest
from classifier.engines.openai.retry import Waits, retrying
from classifier.errors import ClassifierError
from classifier.model.reply import Usage

_ROWS = 200
"""Answers per transaction."""

_NOTHING = Usage(cost_usd=0.0)


class ResultFiles:
    """Downloads result files and stores their answers.

    Reading a file twice changes nothing: each answer removes its request from `asked` in the transaction that
    stores the reply.

    Args:
        server: Where the files are.
        store: The ledger.
        spending: Counts each new reply.
        submitter: Provides the temporary files of a batch.
        reader: Reads the result lines.
        usage_of: Reads the usage of an answer.
        attempts: Downloads of one file before giving up.
    """

    def __init__(
        self,
        server: BatchServer,
        store: LedgerWriter,
        spending: RunSpending,
        submitter: Submitter,
        reader: AnswerReader,
        usage_of: UsageOf,
        attempts: int,
    ) -> None:
        self._server = server
        self._store = store
        self._spending = spending
        self._submitter = submitter
        self._reader = reader
        self._usage_of = usage_of
        self._attempts = attempts

    def take_stop(self) -> ClassifierError | None:
        """Returns an error in the files that concerns every request, only once."""
        stop, self._reader.stop = self._reader.stop, None
        return stop

    async def take_in(self, batch: SentBatch, file_id: str) -> bool:
        """Stores a file's answers; returns False if the provider does not have the file."""
        with self._submitter.file(batch) as path:
            try:
                async for attempt in retrying(self._attempts, Waits()):
                    with attempt:
                        await self._server.download(file_id, path)
            except RejectedRequest as error:
                if error.status != 404:
                    raise
                return False
            answers = self._reader.read(path)
            while rows := list(islice(answers, _ROWS)):
                await self._keep(batch, rows)
        return True

    async def _keep(self, batch: SentBatch, rows: list[BatchAnswer]) -> None:
        usages = [_NOTHING if row.refused else self._usage_of(batch.model, row.body) for row in rows]

        def keep(ledger: Ledger) -> list[bool]:
            return [
                ledger.requests.answered(batch, row.custom_id, row.packed, usage, refused=row.refused)
                for row, usage in zip(rows, usages, strict=True)
            ]

        kept = await self._store.do(keep)
        for row, usage, is_new in zip(rows, usages, kept, strict=True):
            if is_new and not row.refused:
                self._spending.add(usage)

    async def remove(self, state: Batch) -> None:
        """Removes files from the provider, since they contain text of papers.

        Call it after the answers are saved.
        """
        for file_id in filter(None, (state.input_file, *state.results)):
            await self._server.remove(file_id)
