"""A real HTTP server on loopback that plays arXiv, or any other host, and misbehaves on request.

    with ArxivServer() as server:
        server.on("/pdf/2402.01874v1", busy(429, retry_after="0"), pdf_reply())
        ...
        assert server.seen == ["/pdf/2402.01874v1"] * 2

A path's replies are sent in order; the last one is sent again and again. `seen` holds the paths (with
query) of all requests, `headers` what came with them, `starts` when they came. An unknown path is 404.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import escape

from classifier.sources.limits import Patience

PDF = b"%PDF-1.4\n" + b"% not a real one, but it starts like one\n" * 60 + b"%%EOF\n"


@dataclass(frozen=True)
class Reply:
    """What the server does with one request."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_length: int | None = (
        None  # None: the true one; negative: none, the connection's end marks the end
    )
    reset_after: int | None = None  # bytes of the body after which the connection is torn down
    pause_s: float = 0.0  # before the answer
    drip_s: float = 0.0  # between two bytes of the body


def pdf_reply(body: bytes = PDF, **more: object) -> Reply:
    return Reply(body=body, **({"headers": {"Content-Type": "application/pdf"}} | more))  # type: ignore[arg-type]


def html_reply(status: int = 200) -> Reply:
    page = b"<!DOCTYPE html>\n<html><title>Denied</title><p>" + b"no " * 500 + b"</html>"
    return Reply(status=status, body=page, headers={"Content-Type": "text/html"})


def busy(status: int, retry_after: str | None = None) -> Reply:
    return Reply(status=status, headers={} if retry_after is None else {"Retry-After": retry_after})


def redirect(to: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": to})


def gzip_bomb(size: int) -> Reply:
    return Reply(body=gzip.compress(PDF + bytes(size)), headers={"Content-Encoding": "gzip"})


def feed(*entries: str) -> Reply:
    body = f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>'
    return Reply(body=body.encode(), headers={"Content-Type": "application/atom+xml"})


def entry(
    arxiv_id: str,
    title: str,
    authors: tuple[str, ...] = ("Ada Lovelace",),
    doi: str | None = None,
    published: str = "2024-02-02T20:01:15Z",
) -> str:
    names = "".join(f"<author><name>{escape(name)}</name></author>" for name in authors)
    doi_element = (
        f'<arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">{escape(doi)}</arxiv:doi>' if doi else ""
    )
    return (
        f"<entry><id>http://arxiv.org/abs/{arxiv_id}</id><title>{escape(title)}</title>"
        f"<summary>  About\n  things. </summary><published>{published}</published>"
        f"{names}{doi_element}</entry>"
    )


def error_entry(reason: str) -> str:
    return (
        "<entry><id>http://arxiv.org/api/errors#incorrect_id_format</id><title>Error</title>"
        f"<summary>{escape(reason)}</summary></entry>"
    )


class ArxivServer:
    """See the module's docstring."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.names: list[str | None] = []  # asked for in TLS (SNI)
        self.seen: list[str] = []
        self.headers: list[Message] = []
        self.starts: list[float] = []
        self.most_at_once = 0
        self._at_once = 0
        self._replies: dict[str, list[Reply]] = defaultdict(list)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        if certificate:
            self._speak_tls(certificate)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def on(self, path: str, *replies: Reply) -> None:
        self._replies[path] = list(replies)

    def on_id(self, arxiv_id: str, *replies: Reply) -> None:
        """Replies of the API to a question for an id."""
        self.on(f"/api/query?id_list={quote(arxiv_id, safe='')}", *replies)

    def on_search(self, *replies: Reply) -> None:
        """Replies of the API to searches, whatever their words."""
        self.on("/api/query?search", *replies)

    def paper(self, arxiv_id: str, title: str, *, newest: bool = True, **more: object) -> None:
        """A well-behaved paper: metadata and PDF of one version, which is the newest."""
        answer = feed(entry(arxiv_id, title, **more))  # type: ignore[arg-type]
        self.on_id(arxiv_id, answer)
        if newest:
            self.on_id(arxiv_id.rpartition("v")[0], answer)
        self.on(f"/pdf/{arxiv_id}", pdf_reply())

    def searches(self) -> list[str]:
        return [
            parse_qs(urlsplit(path).query)["search_query"][0] for path in self.seen if "search_query" in path
        ]

    def __enter__(self) -> ArxivServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _speak_tls(self, certificate: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.set_servername_callback(lambda _socket, name, _context: self.names.append(name))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def _enter(self, path: str, headers: Message) -> Reply:
        with self._lock:
            self.seen.append(path)
            self.headers.append(headers)
            self.starts.append(time.monotonic())
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            key = "/api/query?search" if path.startswith("/api/query?search_query=") else path
            replies = self._replies.get(key)
            if not replies:
                return Reply(status=404)
            return replies.pop(0) if len(replies) > 1 else replies[0]

    def _leave(self) -> None:
        with self._lock:
            self._at_once -= 1


def _handler(server: ArxivServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = server._enter(self.path, self.headers)
            server._closing.wait(reply.pause_s)
            server._leave()  # before the answer: its client may send the next request at once
            with contextlib.suppress(ConnectionError):
                self._send(reply, server._closing.wait)

        def _send(self, reply: Reply, wait: Callable[[float], bool]) -> None:
            self.close_connection = True
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            length = len(reply.body) if reply.content_length is None else reply.content_length
            if length >= 0:
                self.send_header("Content-Length", str(length))
            self.send_header("Connection", "close")
            self.end_headers()
            if reply.drip_s:
                for byte in reply.body:
                    self.wfile.write(bytes([byte]))
                    if wait(reply.drip_s):
                        return
            elif reply.reset_after is not None:
                self.wfile.write(reply.body[: reply.reset_after])
                linger = struct.pack("ii", 1, 0)  # close() sends RST instead of FIN
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            else:
                self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def sources_options(**given: Any) -> dict[str, Any]:
    """Arguments of `Sources`, with those that belong to a `Patience` in one."""
    names = {field.name for field in fields(Patience)}
    patience = {name: value for name, value in given.items() if name in names}
    rest = {name: value for name, value in given.items() if name not in names}
    return rest | ({"patience": Patience(**patience)} if patience else {})
