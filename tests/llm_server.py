"""A real OpenAI-compatible server on loopback that misbehaves on request.

    with LlmServer([status(429, headers={"retry-after": "0"}), reply(ANSWER)]) as server:
        ... base_url=server.url ...
    assert len(server.requests) == 2

A script is a list of behaviours, taken in order (the last one stays), or a function from the request
body to a behaviour. It runs in threads of its own; every request is kept in `requests`.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import Loopback


@dataclass(frozen=True)
class Behaviour:
    """What to do with one request: wait, then reset the connection or send a response.

    Attributes:
        gate: The response is held back until it is set.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    gate: threading.Event | None = None
    reset: bool = False
    cut_at: int | None = None


Script = Iterable[Behaviour] | Callable[[dict[str, Any]], Behaviour]


def reply(
    content: str | dict[str, Any] | None,
    *,
    finish: str = "stop",
    model: str = "fake-2026-01-01",
    usage: Mapping[str, Any] | None = None,
    logprobs: list[dict[str, Any]] | None = None,
    **message: Any,
) -> Behaviour:
    """A completion whose message holds the content; a dict is written as JSON."""
    text = json.dumps(content) if isinstance(content, dict) else content
    choice = {
        "index": 0,
        "finish_reason": finish,
        "message": {"role": "assistant", "content": text, **message},
        "logprobs": None if logprobs is None else {"content": logprobs},
    }
    counted = {"prompt_tokens": 1000, "completion_tokens": 100} if usage is None else dict(usage)
    return Behaviour(
        body=json.dumps(
            {"id": "x", "object": "chat.completion", "model": model, "choices": [choice], "usage": counted}
        ).encode()
    )


def tool_reply(arguments: dict[str, Any]) -> Behaviour:
    """A completion that calls the forced tool."""
    call = {"id": "c", "type": "function", "function": {"name": "answer", "arguments": json.dumps(arguments)}}
    return reply(None, finish="tool_calls", tool_calls=[call])


def streamed(
    *deltas: dict[str, Any],
    finish: str | None = "stop",
    end: bool = True,
    before: str = "",
    gap: str = "\n\n",
) -> Behaviour:
    """A completion as server-sent events: an event for each delta, one with the usage, and the end mark."""
    chunks: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    chunks.append({"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 100}})
    said = [f"data: {json.dumps({'model': 'fake-2026-01-01', **chunk})}" for chunk in chunks]
    body = before + gap.join([*said, "data: [DONE]"] if end else said) + gap
    return Behaviour(body=body.encode(), headers={"content-type": "text/event-stream"})


def status(
    http: int, message: str = "no reason", *, headers: Mapping[str, str] | None = None, **error: Any
) -> Behaviour:
    """An error response of OpenAI's shape."""
    body = {"error": {"message": message, "type": None, "param": None, "code": None, **error}}
    return Behaviour(http, json.dumps(body).encode(), headers or {})


def raw(body: bytes, code: int = 200, *, cut_at: int | None = None) -> Behaviour:
    """Any bytes; `cut_at` closes the connection after so many, though more were announced."""
    return Behaviour(code, body, cut_at=cut_at)


def reset() -> Behaviour:
    """Resets the connection instead of answering."""
    return Behaviour(reset=True)


def hang(seconds: float) -> Behaviour:
    """Answers only after so long."""
    return Behaviour(status=500, wait_s=seconds)


class LlmServer(Loopback):
    """The server as a context manager; `requests` holds the bodies and `headers` the headers.

    Args:
        script: What it does with the requests.
        models: The names that it lists; None for a server without a list.

    Attributes:
        paths: Of each request, with its query; `looked` those of GET requests.
    """

    def __init__(self, script: Script, models: Iterable[str] | None = None) -> None:
        self.models = models
        self.paths: list[str] = []
        self.looked: list[str] = []
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._next = script if callable(script) else _in_order(script)
        super().__init__(self._handler(), self._stopped)

    @property
    def roles(self) -> list[list[str]]:
        """The roles of each request's messages."""
        return [[message["role"] for message in body["messages"]] for body in self.requests]

    @property
    def formats(self) -> list[str]:
        """How each request asked for structure: the ladder's rungs."""
        return [_rung(body) for body in self.requests]

    def _take(self, body: dict[str, Any], headers: dict[str, str]) -> Behaviour:
        with self._lock:
            self.requests.append(body)
            self.headers.append(headers)
            self.times.append(time.monotonic())
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            return self._next(body)

    def _leave(self) -> None:
        with self._lock:
            self._at_once -= 1

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - two selfs
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.looked.append(self.path)
                listed = {"object": "list", "data": [{"id": name} for name in server.models or ()]}
                known = server.models is not None and self.path.partition("?")[0] == "/v1/models"
                self._act(
                    Behaviour(body=json.dumps(listed).encode()) if known else status(404, "no such path")
                )

            def do_POST(self) -> None:
                server.paths.append(self.path)
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                act = server._take(body, {name.lower(): value for name, value in self.headers.items()})
                try:
                    server._stopped.wait(act.wait_s)
                    while act.gate and not (server._stopped.is_set() or act.gate.wait(0.01)):
                        pass
                finally:
                    server._leave()  # before the answer: its client may send the next request at once
                try:
                    self._act(act)
                except OSError:  # the client has gone
                    self.close_connection = True

            def _act(self, act: Behaviour) -> None:
                if act.reset:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                    self.close_connection = True
                    return
                self.send_response(act.status)
                for name, value in {"content-type": "application/json", **act.headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(act.body)))
                self.end_headers()
                self.wfile.write(act.body[: act.cut_at])
                self.close_connection = act.cut_at is not None

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _in_order(script: Iterable[Behaviour]) -> Callable[[dict[str, Any]], Behaviour]:
    waiting = list(script)

    def take(_: dict[str, Any]) -> Behaviour:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return take


def _rung(body: Mapping[str, Any]) -> str:
    if "tools" in body:
        return "tool"
    return str(body.get("response_format", {}).get("type", "prompt"))
