"""A result file's lines -> an answer or a refusal for each request.

Every line comes from the provider and is hostile input: a line that cannot be read counts as no answer, and
its request is sent again in another batch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.batch.ledger.items import pack
from classifier.batch.replies import stored_refusal
from classifier.engines.openai.completion import as_batch_answer
from classifier.engines.openai.failures import failure
from classifier.engines.openai.secrets import without_secrets
from classifier.errors import BudgetSpent, ModelError

_CUSTOM_ID = re.compile(r"[0-9]{1,18}")
_NOT_THE_REQUESTS = (401, 403)
"""Statuses about the key, which every request of the batch would get."""


@dataclass(frozen=True)
class BatchAnswer:
    """A line's content as it is stored: a response body, or a refusal that a retry would not change."""

    custom_id: int
    body: Mapping[str, Any]
    refused: bool = False

    @property
    def packed(self) -> bytes:
        """The body in the form in which the ledger stores it."""
        return pack(self.body)


class AnswerReader:
    """Reads result files.

    Args:
        secrets: Strings that are removed from each body, since servers echo keys.
        where: The server's public URL, for messages.

    Attributes:
        stop: An error that concerns every request (quota, key); None if there was none.
    """

    def __init__(self, secrets: Sequence[str], where: str) -> None:
        self.stop: ModelError | None = None
        self._secrets = secrets
        self._where = where

    def read(self, path: Path) -> Iterator[BatchAnswer]:
        """The answers in a file, in its order; lines without an answer are left out.

        Raises:
            OSError: The file cannot be read.
        """
        with path.open("rb") as file:
            for line in file:
                try:
                    answer = self._answer(json.loads(line))
                except (ValueError, TypeError, AttributeError, RecursionError):
                    continue
                if answer is not None:
                    yield answer

    def _answer(self, row: Any) -> BatchAnswer | None:
        custom_id, response = row.get("custom_id"), row.get("response")
        if not isinstance(custom_id, str) or not _CUSTOM_ID.fullmatch(custom_id):
            return None
        if not isinstance(response, dict) or not isinstance(response.get("body"), dict):
            return None
        body, status = without_secrets(response["body"], self._secrets), response.get("status_code")
        failed = isinstance(status, int) and status >= 400
        if body.get("choices") and not failed:  # some providers give no status, or 0, with a complete answer
            return BatchAnswer(int(custom_id), as_batch_answer(body))
        return self._refusal(int(custom_id), status, body) if isinstance(status, int) and failed else None

    def _refusal(self, custom_id: int, status: int, body: Mapping[str, Any]) -> BatchAnswer | None:
        error = failure(status, {}, json.dumps(body), where=self._where)
        if isinstance(error, BudgetSpent) or status in _NOT_THE_REQUESTS:
            self.stop = error
        if error.retryable or self.stop is error:
            return None
        return BatchAnswer(custom_id, stored_refusal(status, body, self._where), refused=True)
