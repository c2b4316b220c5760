"""A provider on loopback: a real HTTP server in a thread, that answers as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from typing_extensions import Self

from thence.testing.canned import canned

__all__ = ["Answer", "Provider", "Seen"]


@dataclass(frozen=True)
class Seen:
    """A request as it came over the wire. Header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: it is none.
        """
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the provider answers.

    Attributes:
        body: JSON value, text, bytes, or an iterable of pieces that are sent one by one (a stream).
        status: HTTP status.
        headers: beside ``content-type`` and the length, which follow from the body.
        delay: seconds before the answer's head, and before each piece of a stream.
        cut_after: after so many pieces the connection is broken off.
        stall: after the last piece the connection stays open without a word, until the server stops.
    """

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut_after: int | None = None
    stall: bool = False

    @classmethod
    def sse(cls, events: Iterable[Any], *, done: bool = True, **more: Any) -> Self:
        """A stream of server-sent events: JSON values, or ``(event name, JSON value)`` pairs."""
        pieces = []
        for event in events:
            name, value = event if isinstance(event, tuple) else (None, event)
            head = f"event: {name}\n" if name else ""
            pieces.append(f"{head}data: {json.dumps(value)}\n\n".encode())
        if done:
            pieces.append(b"data: [DONE]\n\n")
        return cls(pieces, headers={"content-type": "text/event-stream"}, **more)


Script = Callable[[Seen], "Answer | Any"]


class Provider:
    """A provider on loopback. ``seen`` lists the requests in the order in which they came.

    Args:
        script: gives the answer to a request; None where it leaves it to the canned ones.
    """

    def __init__(self, script: Script | None = None) -> None:
        self.seen: list[Seen] = []
        self.script = script
        self._queue: list[Answer] = []
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Exchange)
        self._server.provider = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens, without a trailing slash and without ``/v1``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, *answers: Answer | Any) -> None:
        """Answer the next requests with these, in this order; a plain value is a JSON body with status 200."""
        self._queue += [given if isinstance(given, Answer) else Answer(given) for given in answers]

    def next_answer(self, seen: Seen) -> Answer:
        """What is answered to a request: a queued answer, else the script's, else a canned one."""
        if self._queue:
            return self._queue.pop(0)
        given = self.script(seen) if self.script is not None else None
        if given is not None:
            return given if isinstance(given, Answer) else Answer(given)
        status, body, events = canned(seen.method, seen.path, _json_or_none(seen.body), len(self.seen))
        return Answer(body, status=status) if events is None else Answer.sse(events, done="/messages" not in seen.path)

    def wait_until_stopped(self) -> None:
        """Block until the server is told to stop."""
        self._stopping.wait()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _json_or_none(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    provider: Provider

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the game."""


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *args: Any) -> None:
        """No line a request on stderr."""

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("transfer-encoding", ""):
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _exchange(self) -> None:
        provider = self.server.provider
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, self._body())
        provider.seen.append(seen)
        answer = provider.next_answer(seen)
        if answer.delay:
            time.sleep(answer.delay)
        if _is_stream(answer.body):
            self._streamed(provider, answer)
        else:
            self._whole(answer)

    def _head(self, answer: Answer, kind: str) -> None:
        self.send_response(answer.status)
        given = {name.lower(): value for name, value in answer.headers.items()}
        for name, value in {
            "content-type": kind,
            "x-request-id": f"req_{len(self.server.provider.seen)}",
            **given,
        }.items():
            self.send_header(name, value)

    def _whole(self, answer: Answer) -> None:
        body, kind = answer.body, "application/json"
        if isinstance(body, str):
            body, kind = body.encode("utf-8", "surrogatepass"), "text/plain; charset=utf-8"
        elif isinstance(body, bytes):
            kind = "application/octet-stream"
        else:
            body = json.dumps(body).encode()
        self._head(answer, kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if answer.cut_after is not None:
            self.wfile.write(body[: answer.cut_after])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def _streamed(self, provider: Provider, answer: Answer) -> None:
        self._head(answer, "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for n, piece in enumerate(answer.body):
            if answer.cut_after is not None and n >= answer.cut_after:
                self.close_connection = True
                return
            if answer.delay:
                time.sleep(answer.delay)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if answer.stall:
            provider.wait_until_stopped()
            self.close_connection = True
            return
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _exchange  # noqa: N815 - http.server's names


def _is_stream(body: Any) -> bool:
    return isinstance(body, (list, tuple)) and all(isinstance(piece, bytes) for piece in body)
