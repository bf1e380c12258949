"""A result file's lines -> what each means for its request.

Every line is the provider's word, hence hostile: what cannot be read counts as no answer, and its request is
asked again in another batch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.batch.items import pack
from classifier.batch.replies import UsageOf, kept_refusal, without_secrets
from classifier.engines.openai.completion import as_batch_answer
from classifier.engines.openai.failures import failure
from classifier.errors import BudgetSpent, ModelError
from classifier.records import Usage

_FREE = Usage(cost_usd=0.0)
_NOT_THE_REQUESTS = (401, 403)


@dataclass(frozen=True)
class Answer:
    """What is kept of a line: a reply, or a refusal that no repetition mends."""

    custom_id: int
    body: bytes
    usage: Usage


class AnswerReader:
    """Reads result files.

    Args:
        usage_of: Reads what a reply has cost.
        secrets: Strings that are cut out of each body: servers echo keys.
        where: The server's public URL, for messages.

    Attributes:
        stop: An error that concerns every request (quota, key); None while there was none.
    """

    def __init__(self, usage_of: UsageOf, secrets: Sequence[str], where: str) -> None:
        self.stop: ModelError | None = None
        self._usage_of = usage_of
        self._secrets = secrets
        self._where = where

    def read(self, path: Path) -> Iterator[Answer]:
        """The answers of a file, in its order; lines that bring none are left out.

        Raises:
            OSError: The file cannot be read.
        """
        with path.open("rb") as file:
            for line in file:
                answer = self._answer(line)
                if answer is not None:
                    yield answer

    def _answer(self, line: bytes) -> Answer | None:
        try:
            row = json.loads(line)
            custom_id, response = int(row["custom_id"]), row.get("response") or {}
            status, body = response.get("status_code"), response.get("body")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        if not isinstance(status, int) or not isinstance(body, dict):
            return None
        body = without_secrets(body, self._secrets)
        if status == 200 and body.get("choices"):
            body = as_batch_answer(body)
            return Answer(custom_id, pack(body), self._usage_of(body))
        return self._refusal(custom_id, status, body)

    def _refusal(self, custom_id: int, status: int, body: Mapping[str, Any]) -> Answer | None:
        if not 400 <= status < 600:
            return None
        error = failure(status, {}, json.dumps(body), where=self._where, key=None)
        if isinstance(error, BudgetSpent) or status in _NOT_THE_REQUESTS:
            self.stop = error
        if error.retryable or self.stop is error:
            return None
        return Answer(custom_id, pack(kept_refusal(status, body, self._where)), _FREE)
