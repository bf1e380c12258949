"""Vectors that were made before: in memory, and in a folder of the cache, one small file per text.

A file's name is the hash of the text, its folder the embedder's name, so other files, servers or models never
share vectors. No text is stored. The cache is a help, not a store: what cannot be written is made again.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from classifier.engines.embeddings import Embedded, Embedder, Vector
from classifier.extras import need

_KEPT = 20_000
"""Vectors in memory: 30 MB of 384 dimensions."""


class CachedEmbedder:
    """An `Embedder` that asks another one only for texts that it does not know, and for each text once.

    Args:
        folder: The cache's folder; None keeps vectors in memory only.
    """

    def __init__(self, inner: Embedder, folder: Path | None) -> None:
        self._inner = inner
        self._folder = folder and folder / inner.name
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._asked: dict[str, asyncio.Event] = {}

    @property
    def name(self) -> str:
        """The inner embedder's."""
        return self._inner.name

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """One vector for each text; see `Embedder`."""
        keys = [_key(text) for text in texts]
        wanted, found = dict(zip(keys, texts, strict=True)), dict[str, Vector]()
        spent = Embedded([])
        while missing := self._missing(wanted, found):
            own = {key: text for key, text in missing.items() if key not in self._asked}
            if own:
                made = await self._make(own)
                usage = spent.usage.plus(made.usage) if spent.requests else made.usage
                spent = Embedded([], usage, spent.requests + made.requests)
                found |= zip(own, made.vectors, strict=True)
            else:  # other papers have asked for them; if they get none, they are asked for here
                for key in missing:
                    if key in self._asked:
                        await self._asked[key].wait()
        return spent._replace(vectors=[found[key] for key in keys])

    def knows(self, text: str) -> bool:
        """Whether a text's vector is there, so that nobody is asked for it."""
        return self._get(_key(text)) is not None

    def _missing(self, wanted: Mapping[str, str], found: dict[str, Vector]) -> dict[str, str]:
        """Adds what is known to `found`, and returns what is not."""
        found |= {
            key: vector for key in wanted if key not in found and (vector := self._get(key)) is not None
        }
        return {key: text for key, text in wanted.items() if key not in found}

    async def _make(self, texts: Mapping[str, str]) -> Embedded:
        """Asks the inner embedder; others who want the same texts wait for it."""
        there = asyncio.Event()
        self._asked |= dict.fromkeys(texts, there)
        try:
            made = await self._inner.embed([*texts.values()])
            for key, vector in zip(texts, made.vectors, strict=True):
                self._remember(key, vector)
                self._write(key, vector)
            return made
        finally:
            for key in texts:
                self._asked.pop(key, None)
            there.set()

    async def aclose(self) -> None:
        """Closes the inner embedder."""
        await self._inner.aclose()

    def _get(self, key: str) -> Vector | None:
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        vector = self._read(key)
        if vector is not None:
            self._remember(key, vector)
        return vector

    def _remember(self, key: str, vector: Vector) -> None:
        self._known[key] = vector
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)

    def _read(self, key: str) -> Vector | None:
        np = need("numpy", "semantic", "embeddings")
        if self._folder is None:
            return None
        with suppress(OSError, ValueError):
            vector = np.frombuffer((self._folder / key[:2] / key).read_bytes(), dtype=np.float32)
            # A file that was cut, or is no vector, is made again.
            if vector.size and abs(float(vector @ vector) - 1.0) < 0.01:
                return vector
        return None

    def _write(self, key: str, vector: Vector) -> None:
        if self._folder is None:
            return
        path = self._folder / key[:2] / key
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            scratch = path.with_name(f".{key}.{os.getpid()}")
            scratch.write_bytes(vector.tobytes())
            scratch.replace(path)


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
