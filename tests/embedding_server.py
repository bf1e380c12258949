"""A real `/v1/embeddings` on loopback: words that mean the same are one dimension of its vectors."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import Loopback

CONCEPTS = (
    ("bread", "loaf", "loaves", "sourdough", "baguette", "bake", "baked", "oven", "dough"),
    ("bridge", "bridges", "deck", "span", "viaduct", "crossing"),
    ("truck", "trucks", "lorry", "lorries", "load", "weighed"),
    ("sensor", "sensors", "gauge", "gauges", "accelerometer", "accelerometers"),
    ("picture", "pictures", "camera", "drone", "image", "photograph"),
    ("tunnel", "dam", "tower", "lining"),
    ("drawings", "steel", "calculation", "rating", "samples"),
)
_OF = {word: number for number, words in enumerate(CONCEPTS) for word in words}

Answer = tuple[int, dict[str, Any]]
"""Status and body."""


def vector(text: str) -> list[float]:
    """Counts of the concepts in a text, and a small constant, so that no vector is zero."""
    counts = [0.01] * (len(CONCEPTS) + 1)
    for word in re.findall(r"[a-z]+", text.casefold()):
        if word in _OF:
            counts[_OF[word]] += 1.0
    return counts


def answer(texts: list[str]) -> Answer:
    """What a server says, with the vectors in another order than the texts."""
    rows = [{"index": number, "embedding": vector(text)} for number, text in enumerate(texts)]
    tokens = sum(len(text.split()) for text in texts)
    return 200, {
        "data": rows[::-1],
        "model": "concepts",
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


class EmbeddingServer(Loopback):
    """The server as a context manager.

    Args:
        script: Answers instead of the first ones, in order; None stands for the usual one.

    Attributes:
        requests: The bodies of the requests; `headers` what came with them.
    """

    def __init__(self, script: Iterable[Callable[[list[str]], Answer] | None] = ()) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._script = list(script)
        self._lock = threading.Lock()
        super().__init__(self._handler(), threading.Event())

    @property
    def texts(self) -> list[str]:
        """Every text that was sent."""
        return [text for body in self.requests for text in body["input"]]

    def _take(self, body: dict[str, Any], headers: dict[str, str]) -> Answer:
        with self._lock:
            self.requests.append(body)
            self.headers.append(headers)
            made = self._script.pop(0) if self._script else None
        return (made or answer)(body["input"])

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - two selfs
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                assert self.path.split("?")[0] == "/v1/embeddings", self.path
                status, said = server._take(body, {k.lower(): v for k, v in self.headers.items()})
                content = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Silence."""

        return Handler
