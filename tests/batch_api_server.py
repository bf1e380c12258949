"""A real server on loopback with files, batches and a list of them, as OpenAI's Batch API has them.

    with BatchApiServer(script) as server:
        ... base_url=server.url ...

Each line of a batch is answered by the script (see `tests.llm_server`): what is not 200 goes into the error
file. Direct requests are answered by it too. Steps can be held back, so that a client dies in the middle:

    with server.holding("create"):      # the batch is there, but the client is not told
        ... start the client, server.reached.wait(), kill it ...
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.llm_server import Behaviour
from tests.loopback import Loopback

Step = str
"""What a client asks for: upload, create, list, look, content, cancel, remove, chat."""


class BatchApiServer(Loopback):
    """See above.

    Args:
        script: Request body -> behaviour.
        lists: Whether `GET /batches` is there.
        refuse: Batch number (from 1) -> (code, message) with which it fails as a whole.
        expire: Numbers of batches that expire after half their requests.
        twist: Changes a result row: the provider's whims.
        answers: Step -> what its next comings answer instead, in order; None stands for the usual.

    Attributes:
        batches: By id, as they are told; `lines` holds the requests of each.
        steps: How often each was asked for.
    """

    def __init__(
        self,
        script: Callable[[dict[str, Any]], Behaviour],
        *,
        lists: bool = True,
        refuse: Mapping[int, tuple[str, str]] | None = None,
        expire: tuple[int, ...] = (),
        twist: Callable[[dict[str, Any]], dict[str, Any]] = lambda row: row,
        answers: Mapping[Step, Sequence[tuple[int, bytes] | None]] | None = None,
    ) -> None:
        self.batches: dict[str, dict[str, Any]] = {}
        self.lines: dict[str, list[dict[str, Any]]] = {}
        self.files: dict[str, bytes] = {}
        self.steps: Counter[Step] = Counter()
        self.reached = threading.Event()
        self._script = script
        self._lists = lists
        self._refuse = dict(refuse or {})
        self._expire = expire
        self._twist = twist
        self._answers = {step: list(given) for step, given in (answers or {}).items()}
        self._held: Step | None = None
        self._let_go = threading.Event()
        self._lock = threading.Lock()
        super().__init__(self._handler(), self._let_go)

    @contextmanager
    def holding(self, step: Step) -> Iterator[None]:
        """The step is done at its first coming, but its answer does not arrive before the block ends."""
        self.reached.clear()
        self._let_go.clear()
        self._held = step
        try:
            yield
        finally:
            self._held = None
            self._let_go.set()

    def answer(self, step: Step, name: str, query: str, headers: Any, body: bytes) -> tuple[int, bytes]:
        """HTTP status and body of a step."""
        with self._lock:
            self.steps[step] += 1
            match step:
                case "chat":
                    act = self._script(json.loads(body))
                    told = act.status, act.body
                case "upload":
                    told = self._upload(headers, body)
                case "create":
                    told = self._create(json.loads(body))
                case "list":
                    told = self._list(query)
                case "look":
                    told = self._look(name)
                case "content":
                    told = (200, self.files[name]) if name in self.files else _missing(name)
                case "cancel":
                    self.batches[name]["status"] = "cancelled"
                    told = _ok(self.batches[name])
                case _:
                    told = _ok({"id": name, "deleted": self.files.pop(name, None) is not None})
            instead = self._answers[step].pop(0) if self._answers.get(step) else None
        if step == self._held:
            self.reached.set()
            self._let_go.wait()
        return instead or told

    def _upload(self, headers: Any, body: bytes) -> tuple[int, bytes]:
        head = f"content-type: {headers['content-type']}\r\n\r\n".encode()
        parts = BytesParser(policy=HTTP).parsebytes(head + body)
        (content,) = [
            part.get_payload(decode=True) for part in parts.iter_parts() if part.get_filename() is not None
        ]
        name = f"file-{len(self.files)}"
        self.files[name] = content
        return _ok({"id": name, "object": "file", "bytes": len(content), "purpose": "batch"})

    def _create(self, body: dict[str, Any]) -> tuple[int, bytes]:
        name = f"batch_{len(self.batches)}"
        lines = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
        assert len({line["custom_id"] for line in lines}) == len(lines)
        self.lines[name] = lines
        self.batches[name] = body | {
            "id": name,
            "object": "batch",
            "status": "validating",
            "created_at": int(time.time()),
            "output_file_id": None,
            "error_file_id": None,
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
        }
        return _ok(self.batches[name])

    def _list(self, query: str) -> tuple[int, bytes]:
        if not self._lists:
            return 404, b'{"error": {"message": "no such route"}}'
        after = re.search(r"after=(\w+)", query)
        names = list(self.batches)[::-1]
        names = names[names.index(after[1]) + 1 :] if after else names
        page = names[:2]  # small, so that clients must turn pages
        return _ok({"data": [self.batches[name] for name in page], "has_more": len(names) > len(page)})

    def _look(self, name: str) -> tuple[int, bytes]:
        if name not in self.batches:
            return _missing(name)
        batch = self.batches[name]
        if batch["status"] == "validating" and int(name.removeprefix("batch_")) + 1 not in self._refuse:
            batch["status"] = "in_progress"
        elif batch["status"] in ("validating", "in_progress"):
            self._finish(name, batch)
        return _ok(batch)

    def _finish(self, name: str, batch: dict[str, Any]) -> None:
        number = int(name.removeprefix("batch_")) + 1
        if number in self._refuse:
            code, message = self._refuse[number]
            batch |= {"status": "failed", "errors": {"data": [{"code": code, "message": message}]}}
            return
        lines, expired = self.lines[name], number in self._expire
        good, bad = [], []
        for line in lines[: len(lines) // 2] if expired else lines:
            act = self._script(line["body"])
            row = {
                "id": f"r{line['custom_id']}",
                "custom_id": line["custom_id"],
                "response": {"status_code": act.status, "body": json.loads(act.body)},
                "error": None,
            }
            (good if act.status == 200 else bad).append(self._twist(row))
        if expired:
            error = {"code": "batch_expired", "message": "This request could not be executed in time."}
            bad += [
                {"custom_id": line["custom_id"], "response": None, "error": error}
                for line in lines[len(lines) // 2 :]
            ]
        for kind, rows in (("output", good), ("error", bad)):
            if rows:
                file = f"file-{kind}-{name}"
                self.files[file] = "".join(json.dumps(row) + "\n" for row in reversed(rows)).encode()
                batch[f"{kind}_file_id"] = file
        batch["status"] = "expired" if expired else "completed"
        batch["request_counts"] |= {"completed": len(good), "failed": len(bad)}

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - two selfs
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self._answer()

            def do_GET(self) -> None:
                self._answer()

            def do_DELETE(self) -> None:
                self._answer()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                path, _, query = self.path.removeprefix("/v1/").partition("?")
                try:
                    status, told = server.answer(*_step(self.command, path), query, self.headers, body)
                    self.send_response(status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(told)))
                    self.end_headers()
                    self.wfile.write(told)
                except OSError:  # the client has gone
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _step(verb: str, path: str) -> tuple[Step, str]:
    parts = path.split("/")
    name = parts[1] if len(parts) > 1 else ""
    if parts[0] == "chat":
        return "chat", ""
    if parts[0] == "files":
        if verb == "POST":
            return "upload", ""
        return ("remove" if verb == "DELETE" else "content"), name
    if len(parts) == 3:
        return "cancel", name
    if name:
        return "look", name
    return ("create" if verb == "POST" else "list"), ""


def _ok(body: Mapping[str, Any]) -> tuple[int, bytes]:
    return 200, json.dumps(body).encode()


def _missing(name: str) -> tuple[int, bytes]:
    return 404, json.dumps({"error": {"message": f"no such thing: {name}"}}).encode()
