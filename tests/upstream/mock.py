"""A provider for an SDK's own tests, driven by the SDK's own types.

Run: ``python -m tests.upstream.mock PACKAGE PORT LOG``. ``LOG`` gets one line a request, in a form that compares
between two runs: without the headers that differ by nature, and with one name for every multipart boundary.
"""

from __future__ import annotations

import hashlib
import json
import sys
import typing
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TextIO

from tests.upstream.routes import Route, routes_of
from tests.upstream.smallest import smallest

__all__ = ["HEALTH", "REQUEST_ID"]

HEALTH = "/_health"
REQUEST_ID = "req_mock"
_VOLATILE = {
    "connection",
    "content-length",
    "date",
    "host",
    "idempotency-key",
    "user-agent",
    "x-client-request-id",
    "x-stainless-retry-count",
}


class Mock(ThreadingHTTPServer):
    """The server, with what it answers and where it writes what it saw."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, package: str, port: int, log: TextIO) -> None:
        super().__init__(("127.0.0.1", port), _Answering)
        self.package = package
        self.routes = routes_of(package)
        self.log = log


class _Answering(BaseHTTPRequestHandler):
    server: Mock
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # one write an answer, else each waits for an acknowledgement
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Say nothing: the log is the list of requests."""

    def _answer_any(self) -> None:
        body = self._body()
        path, _, query = self.path.partition("?")
        if path == HEALTH:
            self._reply(200, b"{}")
            return
        self._write_down(body)
        known = [route for route in self.server.routes if route.method == self.command and route.path.match(path)]
        if not known:
            self._reply(404, b'{"type": "error", "error": {"type": "not_found_error", "message": "no route"}}')
            return
        self._reply_by(min(known, key=lambda r: (r.beta != ("beta=true" in query), r.parameters)), body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer_any  # noqa: N815 - http.server's names

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _write_down(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() not in _VOLATILE}
        kind = headers.get("content-type", "")
        if "boundary=" in kind:
            boundary = kind.split("boundary=")[1].split(";")[0].strip('"')
            body, headers["content-type"] = body.replace(boundary.encode(), b"B"), kind.replace(boundary, "B")
        seen = [self.command, self.path, sorted(headers.items()), hashlib.sha256(body).hexdigest()]
        self.server.log.write(json.dumps([*seen, body[:4000].decode("utf-8", "replace")]) + "\n")

    def _reply(self, status: int, content: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        for name, value in (("content-type", kind), ("request-id", REQUEST_ID), ("content-length", len(content))):
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content)

    def _reply_by(self, route: Route, body: bytes) -> None:
        name = str(route.answer)
        if route.answer is str or name == "~ResponseT":
            self._reply(200, b"text", "text/plain")
        elif "JSONLDecoder" in name:
            line = json.dumps(self._value(typing.get_args(route.answer)[0])) + "\n"
            self._reply(200, line.encode(), "application/x-jsonl")
        elif route.answer is type(None):
            self._reply(204, b"")
        elif "Binary" in name:
            self._reply(200, b"binary", "application/octet-stream")
        elif _wants_stream(body):
            self._reply(200, b"".join(self._events(route)), "text/event-stream")
        else:
            self._reply(200, json.dumps(self._value(route.answer)).encode())

    def _value(self, kind: Any) -> Any:
        value = smallest(kind)
        if isinstance(value, dict) and "results_url" in value:
            host, port = self.server.server_address[:2]
            value["results_url"] = f"http://{host!s}:{port}/v1/messages/batches/mb/results"
        return value

    def _events(self, route: Route) -> Iterator[bytes]:
        if self.server.package == "anthropic":
            for event in _message_events(self._value(route.answer)):
                yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
            return
        event = self._value(route.event)
        kind = f"event: {event['type']}\n" if isinstance(event, dict) and event.get("type") else ""
        yield f"{kind}data: {json.dumps(event)}\n\ndata: [DONE]\n\n".encode()


def _wants_stream(body: bytes) -> bool:
    try:
        given = json.loads(body)
    except ValueError:
        return False
    return isinstance(given, dict) and given.get("stream") is True


def _message_events(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}}
    text = {"type": "text", "text": "", "citations": None}
    yield {"type": "content_block_start", "index": 0, "content_block": text}
    yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}}
    yield {"type": "content_block_stop", "index": 0}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 1},
    }
    yield {"type": "message_stop"}


if __name__ == "__main__":
    with Path(sys.argv[3]).open("w", buffering=1, encoding="utf-8") as log:
        Mock(sys.argv[1], int(sys.argv[2]), log).serve_forever()
