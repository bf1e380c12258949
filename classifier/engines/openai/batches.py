"""The Batch API of an OpenAI-compatible server: files, batches and their results.

What enters: JSON Lines files of requests. What leaves: the server's descriptions of its batches, parsed
leniently. Errors are those of `classifier.errors`; nothing is retried. It does not decide what goes into a
batch, or what an answer means.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from classifier.engines.openai.failures import RejectedRequest
from classifier.engines.openai.lenient import count_of, dict_of, list_of
from classifier.engines.openai.transport import OpenAITransport
from classifier.errors import ConfigError, ModelError

ENDPOINT = "/v1/chat/completions"
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
"""Final states of a batch."""

_ID = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_OTHER_NAMES = {"canceled": "cancelled", "canceling": "cancelling", "succeeded": "completed"}
_TAG = "classifier_batch"
_WINDOW = "24h"
_TRANSFER_S = 3600.0
"""Seconds for the upload or download of one file: enough for 200 MB on a slow line."""
_PAGE, _PAGES = 100, 100


@dataclass(frozen=True)
class Batch:
    """A batch as the server describes it.

    Attributes:
        tag: The tag that was given to `create`.
        input_file, output_file, error_file: Ids of the files with requests, answers and failures.
        errors: (code, message) of each error of a batch that was rejected as a whole.
        completed, failed: Numbers of requests.
    """

    id: str
    status: str
    tag: str | None = None
    input_file: str | None = None
    output_file: str | None = None
    error_file: str | None = None
    errors: tuple[tuple[str, str], ...] = ()
    completed: int = 0
    failed: int = 0

    @property
    def ended(self) -> bool:
        """Whether the batch is in a final state."""
        return self.status in ENDED

    @property
    def results(self) -> tuple[str, ...]:
        """Ids of the result files that exist."""
        return tuple(filter(None, (self.output_file, self.error_file)))


class BatchServer:
    """The server's batches.

    Args:
        transport: Sends the requests; its owner closes it.
    """

    def __init__(self, transport: OpenAITransport) -> None:
        self._transport = transport

    @property
    def where(self) -> str:
        """The server's public URL."""
        return self._transport.base_url

    async def upload(self, path: Path) -> str:
        """Uploads a file of requests and returns its id at the server.

        Raises:
            ConfigError: The server's response has no usable id.
            ModelError: The file was not accepted.
        """

        async def send(client: Any) -> Any:
            with path.open("rb") as file:
                return await client.files.create(file=(path.name, file), purpose="batch")

        made = await self._transport.call(send, _TRANSFER_S)
        return self._id(getattr(made, "id", None), "file")

    async def create(self, file_id: str, tag: str) -> Batch:
        """Submits a batch. If an error leaves open whether the batch exists, ask with `find`.

        Raises:
            ModelError: The batch was rejected, or there was no response.
        """
        return self._read(
            await self._send(
                "post",
                "/batches",
                body={
                    "input_file_id": file_id,
                    "endpoint": ENDPOINT,
                    "completion_window": _WINDOW,
                    "metadata": {_TAG: tag},
                },
            )
        )

    async def look(self, batch_id: str) -> Batch:
        """The current state of a batch.

        Raises:
            ModelError: The server does not know it, or nobody answered.
        """
        return self._read(await self._send("get", f"/batches/{batch_id}"))

    async def find(self, tag: str, file_id: str | None) -> Batch | None:
        """The batch that was submitted with a tag or with a file, or None.

        Raises:
            RejectedRequest: The server cannot list its batches, or not all of them.
            ModelError: There was no response.
        """
        async for row in self._listed():
            # Some servers drop the metadata, but the file belongs to this batch only.
            theirs = dict_of(row.get("metadata")).get(_TAG), row.get("input_file_id")
            if theirs[0] == tag or (file_id is not None and theirs[1] == file_id):
                return self._read(row)
        return None

    async def download(self, file_id: str, path: Path) -> None:
        """Writes a result file to disk.

        Raises:
            ModelError: The file is not available.
            OSError: The file cannot be written.
        """

        async def fetch(client: Any) -> None:
            async with client.files.with_streaming_response.content(file_id) as response:
                await response.stream_to_file(path)

        await self._transport.call(fetch, _TRANSFER_S)

    async def cancel(self, batch_id: str) -> None:
        """Cancels a batch; requests that were already answered cost money.

        Raises:
            ModelError: The server does not know it, or nobody answered.
        """
        await self._send("post", f"/batches/{batch_id}/cancel", body={})

    async def remove(self, file_id: str) -> None:
        """Removes a file from the server, so that papers' text does not stay there. Failures are ignored."""
        try:
            await self._transport.call(lambda client: client.files.delete(file_id))
        except ModelError:
            return

    async def _listed(self) -> AsyncIterator[Mapping[str, Any]]:
        after = ""
        for _ in range(_PAGES):
            more = f"&after={quote(after, safe='')}" if after else ""
            page = await self._send("get", f"/batches?limit={_PAGE}{more}")
            rows = [row for row in list_of(page.get("data")) if isinstance(row, dict)]
            for row in rows:
                yield row
            last = str(rows[-1].get("id")) if rows else after
            if last == after or not page.get("has_more"):
                return
            after = last
        raise RejectedRequest(f"{self.where} lists more than {_PAGE * _PAGES} batches")

    async def _send(self, verb: str, path: str, **more: Any) -> Mapping[str, Any]:
        import httpx2

        async def send(client: Any) -> httpx2.Response:
            response: httpx2.Response = await getattr(client, verb)(path, cast_to=httpx2.Response, **more)
            return response

        return self._transport.read(await self._transport.call(send))

    def _read(self, row: Mapping[str, Any]) -> Batch:
        counts, errors = dict_of(row.get("request_counts")), dict_of(row.get("errors"))
        tag = dict_of(row.get("metadata")).get(_TAG)
        status = str(row.get("status")).lower()
        return Batch(
            id=self._id(row.get("id"), "batch"),
            status=_OTHER_NAMES.get(status, status),
            tag=tag if isinstance(tag, str) else None,
            input_file=_file(row.get("input_file_id")),
            output_file=_file(row.get("output_file_id")),
            error_file=_file(row.get("error_file_id")),
            errors=tuple(
                (
                    str(dict_of(error).get("code")),
                    self._transport.harmless(str(dict_of(error).get("message"))),
                )
                for error in list_of(errors.get("data"))
            ),
            completed=count_of(counts.get("completed")) or 0,
            failed=count_of(counts.get("failed")) or 0,
        )

    def _id(self, value: object, what: str) -> str:
        """An id that is safe in a path.

        Raises:
            ConfigError: The server returned no usable id, although it accepted the request.
        """
        if _is_usable(value):
            return str(value)
        raise ConfigError(
            f"{self.where} made a {what} without a usable id: its Batch API is not OpenAI's; cancel it "
            "there, drop it with --drop-batches, and remove --batch-api"
        )


def _is_usable(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _file(value: object) -> str | None:
    return str(value) if _is_usable(value) else None
