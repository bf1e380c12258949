"""A real HTTP proxy on loopback that sends every request to one server, whatever its address says.

with ProxyServer(("127.0.0.1", port)) as proxy:
    monkeypatch.setenv("HTTP_PROXY", proxy.address)
    ...
assert proxy.seen == ["http://llm.example.org/v1/chat/completions"]
"""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler

from tests.loopback import Loopback


class ProxyServer(Loopback):
    """The proxy as a context manager.

    Args:
        target: Host and port that requests really go to.
        password: Whether it answers 407 to requests without `Proxy-Authorization`.

    Attributes:
        seen: Addresses of requests; of tunnels, host and port.
        credentials: What came as `Proxy-Authorization`.
    """

    def __init__(self, target: tuple[str, int], *, password: bool = False) -> None:
        self.target = target
        self.password = password
        self.seen: list[str] = []
        self.credentials: list[str | None] = []
        super().__init__(_handler(self), threading.Event())

    @property
    def address(self) -> str:
        """Of the proxy."""
        return self.url.removesuffix("/v1")


def _handler(proxy: ProxyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            proxy.seen.append(self.path)
            proxy.credentials.append(self.headers.get("Proxy-Authorization"))
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if proxy.password and proxy.credentials[-1] is None:
                self._send(407, {}, b"")
                return
            path = "/" + self.path.split("://", 1)[1].partition("/")[2]
            connection = http.client.HTTPConnection(*proxy.target)
            connection.request(self.command, path, body, dict(self.headers))
            response = connection.getresponse()
            self._send(response.status, dict(response.getheaders()), response.read())
            connection.close()

        do_POST = do_GET  # noqa: N815 - the base class's name

        def do_CONNECT(self) -> None:
            proxy.seen.append(self.path)
            proxy.credentials.append(self.headers.get("Proxy-Authorization"))
            self._send(407 if proxy.password else 502, {}, b"")

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.close_connection = True
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
