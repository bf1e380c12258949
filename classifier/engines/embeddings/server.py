"""Embeddings from any OpenAI-compatible server (`POST /embeddings`), sent as the openai engine sends."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from classifier.engines.embeddings import Embedded, Vector
from classifier.engines.openai.failures import UnusableBody
from classifier.engines.openai.prices import cost_usd
from classifier.engines.openai.retry import RetryPolicy, retrying
from classifier.engines.openai.transport import ChatTransport, OpenAITransport, Server
from classifier.extras import need
from classifier.model.reply import Usage
from classifier.settings import Price

BATCH = 64
"""Texts of one request; servers accept between 32 (some local ones) and 2,048 (OpenAI)."""
MAX_CHARS = 8_000
"""Length to which a text is cut, about 2,000 tokens. OpenAI's models accept 8,192, some local ones 512."""


class ServerEmbedder:
    """Asks a server for vectors.

    Args:
        server: Address, key and timeout.
        model: The embedding model's name there.
        prices: Model name -> price, for models that the price list does not know.
        transport: Sends the requests, such as one that counts their cost; None makes one for the server.
    """

    def __init__(
        self,
        server: Server,
        model: str,
        retries: RetryPolicy,
        prices: Mapping[str, Price] | None = None,
        transport: ChatTransport | None = None,
    ) -> None:
        own = OpenAITransport.of(server)
        self._base_url = own.base_url
        self._transport = transport or own
        self._model = model
        self._retries = retries
        self._prices = prices or {}
        address = hashlib.sha256(f"{self._base_url} {model}".encode()).hexdigest()
        self.name = f"{re.sub(r'[^A-Za-z0-9.]+', '-', model).strip('-')[:40]}-{address[:12]}"

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """One vector for each text; see `Embedder`."""
        vectors: list[Vector] = []
        usage, requests = Usage(), 0
        for start in range(0, len(texts), BATCH):
            some = [text[:MAX_CHARS] or " " for text in texts[start : start + BATCH]]
            body = await self._ask(some)
            vectors += self._vectors(body, len(some))
            spent = self._usage(body)
            usage = usage.plus(spent) if requests else spent
            requests += 1
        return Embedded(vectors, usage, requests)

    async def aclose(self) -> None:
        """Closes connections."""
        await self._transport.aclose()

    async def _ask(self, texts: list[str]) -> Mapping[str, Any]:
        request = {"model": self._model, "input": texts, "encoding_format": "float"}
        async for attempt in retrying(self._retries.attempts, self._retries.waits, self._retries.on_wait):
            with attempt:
                await self._retries.pause.wait()
                body = await self._transport.complete(request)
                self._vectors(body, len(texts))
                return body
        raise AssertionError("retrying ends with a result or an error")

    def _vectors(self, body: Mapping[str, Any], count: int) -> list[Vector]:
        """The vectors of a response, in the order of the texts.

        Raises:
            UnusableBody: They are not there, or not one of equal length for each text.
        """
        np = need("numpy", "semantic", "embeddings")
        data = body.get("data")
        rows = [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
        rows.sort(key=lambda row: row["index"] if isinstance(row.get("index"), int) else 0)
        found = [row.get("embedding") for row in rows]
        usable = [vector for vector in found if isinstance(vector, list) and _is_vector(vector)]
        if len(usable) != count or len({len(vector) for vector in usable}) != 1:
            raise UnusableBody(
                f"{self._base_url} sent {len(usable)} vectors for {count} texts, expected one for "
                f"each; check that {self._model} is an embedding model"
            )
        made = [np.asarray(vector, dtype=np.float32) for vector in usable]
        return [vector / (float(np.linalg.norm(vector)) or 1.0) for vector in made]

    def _usage(self, body: Mapping[str, Any]) -> Usage:
        usage = embedding_usage(body)
        cost = cost_usd(
            usage,
            model=self._model,
            reported_model=str(body.get("model") or self._model),
            base_url=self._base_url,
            prices=self._prices,
        )
        return usage.model_copy(update={"cost_usd": cost})


def embedding_usage(body: Mapping[str, Any]) -> Usage:
    """The token counts of a response, without their cost; nothing is written, so only the input counts."""
    told = body.get("usage")
    tokens = told.get("prompt_tokens", told.get("total_tokens")) if isinstance(told, dict) else None
    is_count = isinstance(tokens, int) and not isinstance(tokens, bool) and tokens >= 0
    return Usage(tokens_in=tokens, tokens_out=0) if is_count else Usage()


def _is_vector(value: list[object]) -> bool:
    return bool(value) and all(
        isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) for x in value
    )
