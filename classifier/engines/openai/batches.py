"""The Batch API of an OpenAI-compatible server: files up, batches made, looked at, found again, answers down.

What enters: JSON Lines files of requests. What leaves: what the server says of its batches, read leniently.
Errors are those of `classifier.errors`, without retries. What it does not do: decide what goes into a batch,
or what an answer means.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.engines.openai.failures import RejectedRequest, one_line
from classifier.engines.openai.transport import OpenAITransport, public_url
from classifier.errors import ModelError

ENDPOINT = "/v1/chat/completions"
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
"""States in which a batch stays."""

_TAG = "classifier_batch"
_WINDOW = "24h"
_TRANSFER_S = 3600.0
_PAGE, _PAGES = 100, 100


@dataclass(frozen=True)
class Batch:
    """What the server says of a batch.

    Attributes:
        tag: Given by whoever submitted it.
        created: Unix time.
        results: File ids: answers, then errors; either may be missing.
        errors: (code, message) of a batch that was refused as a whole.
        done, total: Requests.
    """

    id: str
    status: str
    tag: str | None = None
    created: float = 0.0
    input_file: str | None = None
    results: tuple[str, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    done: int = 0
    total: int = 0

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come."""
        return self.status in ENDED


class BatchServer:
    """The server's batches.

    Args:
        transport: Carries the requests; closed by its owner.
    """

    def __init__(self, transport: OpenAITransport) -> None:
        self._transport = transport

    @property
    def where(self) -> str:
        """The server's public URL."""
        return public_url(self._transport.base_url)

    async def upload(self, path: Path) -> str:
        """Uploads a file of requests; returns the server's id of it.

        Raises:
            ModelError: It was not taken.
        """
        made = await self._transport.call(
            lambda client: client.files.create(file=path, purpose="batch"), _TRANSFER_S
        )
        return self._id(getattr(made, "id", None), "file")

    async def create(self, file_id: str, tag: str) -> Batch:
        """Submits a batch. After an error that leaves open whether it came about, `find` tells.

        Raises:
            ModelError: It was refused, or nobody answered.
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
        """How far a batch is.

        Raises:
            ModelError: The server does not know it, or nobody answered.
        """
        return self._read(await self._send("get", f"/batches/{batch_id}"))

    async def find(self, tag: str, since: float) -> Batch | None:
        """The batch that was submitted with a tag, or None.

        Args:
            since: Unix time before which it cannot have been created.

        Raises:
            RejectedRequest: The server cannot list its batches.
            ModelError: Nobody answered.
        """
        async for batch in self._listed():
            if batch.tag == tag:
                return batch
            if batch.created and batch.created < since:  # the newest come first
                return None
        return None

    async def download(self, file_id: str, path: Path) -> None:
        """Writes a result file to disk.

        Raises:
            ModelError: It cannot be had.
            OSError: It cannot be written.
        """

        async def fetch(client: Any) -> None:
            async with client.files.with_streaming_response.content(file_id) as response:
                await response.stream_to_file(path)

        await self._transport.call(fetch, _TRANSFER_S)

    async def cancel(self, batch_id: str) -> None:
        """Asks for a batch's end; what is answered by then is paid for.

        Raises:
            ModelError: The server does not know it, or nobody answered.
        """
        await self._send("post", f"/batches/{batch_id}/cancel", body={})

    async def remove(self, file_id: str) -> None:
        """Removes a file from the server: papers' text need not lie there. Failing changes nothing."""
        try:
            await self._transport.call(lambda client: client.files.delete(file_id))
        except ModelError:
            return

    async def _listed(self) -> AsyncIterator[Batch]:
        after = ""
        for _ in range(_PAGES):
            page = await self._send("get", f"/batches?limit={_PAGE}" + (f"&after={after}" if after else ""))
            batches = [self._read(row) for row in _list(page.get("data")) if isinstance(row, dict)]
            for batch in batches:
                yield batch
            if not batches or not page.get("has_more") or batches[-1].id == after:
                return
            after = batches[-1].id

    async def _send(self, verb: str, path: str, **more: Any) -> Mapping[str, Any]:
        import httpx2

        async def send(client: Any) -> httpx2.Response:
            response: httpx2.Response = await getattr(client, verb)(path, cast_to=httpx2.Response, **more)
            return response

        return self._transport.read(await self._transport.call(send))

    def _read(self, row: Mapping[str, Any]) -> Batch:
        counts, errors = _dict(row.get("request_counts")), _dict(row.get("errors"))
        tag = _dict(row.get("metadata")).get(_TAG)
        files = (row.get("output_file_id"), row.get("error_file_id"))
        input_file, created = row.get("input_file_id"), row.get("created_at")
        return Batch(
            id=self._id(row.get("id"), "batch"),
            status=str(row.get("status")),
            tag=tag if isinstance(tag, str) else None,
            created=float(created) if isinstance(created, int | float) else 0.0,
            input_file=input_file if isinstance(input_file, str) else None,
            results=tuple(file for file in files if file and isinstance(file, str)),
            errors=tuple(
                (str(_dict(error).get("code")), one_line(str(_dict(error).get("message"))))
                for error in _list(errors.get("data"))
            ),
            done=_count(counts.get("completed")) + _count(counts.get("failed")),
            total=_count(counts.get("total")),
        )

    def _id(self, value: object, what: str) -> str:
        """An id that can stand in a path.

        Raises:
            RejectedRequest: The server gave none.
        """
        if isinstance(value, str) and value and all(char.isalnum() or char in "-_." for char in value):
            return value
        raise RejectedRequest(
            f"{self.where} made a {what} without a usable id: its Batch API is not OpenAI's; leave "
            "--batch-api out"
        )


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _count(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
