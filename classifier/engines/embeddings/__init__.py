"""Texts -> vectors of their meaning, for the offline engine: by a local model or by a server (ADR 21).

`build` makes what the settings name, `local` runs an ONNX file, `server` asks any OpenAI-compatible
`/embeddings`, `cache` keeps vectors on disk. What this does not do: compare vectors
(`classifier.engines.offline.semantic`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from classifier.model.reply import Usage

Vector = Any
"""A numpy array of float32, of length 1 in the Euclidean norm; all of one embedder have equal dimensions."""


class Embedded(NamedTuple):
    """Vectors in the order of the texts, and what they cost (nothing if all were known or made locally).

    Attributes:
        requests: Sent to a server.
    """

    vectors: list[Vector]
    usage: Usage = Usage()
    requests: int = 0


class Embedder(Protocol):
    """Makes vectors of texts; the same text always gets the same vector."""

    @property
    def name(self) -> str:
        """What decides the vectors: model and a hash of its files or address. Part of the engine's name."""
        ...

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """One vector for each text; without texts, none.

        Raises:
            ConfigError: The model's files cannot be used.
            ModelError: The server did not answer.
        """
        ...

    async def aclose(self) -> None:
        """Releases connections."""
        ...
