"""A sentence-embedding model in an ONNX file, run on the CPU by onnxruntime; nothing is downloaded or sent.

What enters: `model.onnx` and `tokenizer.json` as sentence-transformers exports them (inputs `input_ids`,
`attention_mask` and perhaps `token_type_ids`; output per token or per text). What leaves: unit vectors, by
the mean of the tokens. Texts are run one by one: int8 models scale their numbers by what is in a batch, so
in batches the vector of a text would depend on its neighbours.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from classifier.engines.embeddings import Embedded, Vector
from classifier.errors import ConfigError
from classifier.extras import need

MAX_TOKENS = 256
"""The rest of a text is not read: all-MiniLM-L6-v2 was trained on texts of at most this length."""


class OnnxEmbedder:
    """Runs a model file.

    Args:
        model, tokenizer: The files.
        label: The beginning of its name.

    Raises:
        ConfigError: A file cannot be read.
    """

    def __init__(self, model: Path, tokenizer: Path, label: str) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self.name = f"{label}-{_sha256(model, tokenizer)[:12]}"

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """One vector for each text; see `Embedder`."""
        return Embedded([await asyncio.to_thread(self._vector, text) for text in texts])

    async def aclose(self) -> None:
        """Does nothing: the model is freed with this object."""

    @cached_property
    def _loaded(self) -> tuple[Any, Any, set[str]]:
        """Tokenizer, session, and the names of the session's inputs."""
        onnxruntime = need("onnxruntime", "semantic", "embeddings by a local model")
        tokenizers = need("tokenizers", "semantic", "embeddings by a local model")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # several papers are read at once
        options.log_severity_level = 4
        try:
            session = onnxruntime.InferenceSession(
                str(self._model), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises classes of its own C++ module
            raise ConfigError(
                f"{self._model}: not a model that onnxruntime can run ({_first_line(error)}); expected a "
                "sentence-embedding model in ONNX format"
            ) from error
        try:
            tokenizer = tokenizers.Tokenizer.from_file(str(self._tokenizer))
        except Exception as error:  # tokenizers raises plain Exception
            raise ConfigError(
                f"{self._tokenizer}: not a tokenizer ({_first_line(error)}); expected the model's "
                "tokenizer.json of Hugging Face"
            ) from error
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.no_padding()
        return tokenizer, session, {one.name for one in session.get_inputs()}

    def _vector(self, text: str) -> Vector:
        import numpy as np

        tokenizer, session, names = self._loaded
        ids = tokenizer.encode(text).ids or [0]
        given = {
            "input_ids": np.array([ids], dtype=np.int64),
            "attention_mask": np.ones((1, len(ids)), dtype=np.int64),
            "token_type_ids": np.zeros((1, len(ids)), dtype=np.int64),
        }
        try:
            found = session.run(None, {name: given[name] for name in names})[0]
        except Exception as error:  # a model with other inputs, or for another tokenizer
            raise ConfigError(
                f"{self._model}: does not accept this text ({_first_line(error)}); expected a model with the "
                f"inputs {', '.join(given)} that belongs to {self._tokenizer.name}"
            ) from error
        vector = found[0].mean(axis=0) if found.ndim == 3 else found[0]
        length = float(np.linalg.norm(vector))
        return np.asarray(vector / (length or 1.0), dtype=np.float32)


def file_sha256(path: Path) -> bytes:
    """The hash of a file, which is read again only if its size or time of change is another one.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        state = path.stat()
        return _digest(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); embeddings need a folder with model.onnx and "
            "tokenizer.json"
        ) from error


@lru_cache(maxsize=8)
def _digest(path: Path, _size: int, _changed: int) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _sha256(*paths: Path) -> str:
    return hashlib.sha256(b"".join(map(file_sha256, paths))).hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
