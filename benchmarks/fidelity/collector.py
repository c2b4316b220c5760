"""Where the telemetry of a tool ends: a server on loopback that reads every form in which the tools send it.

OTLP (spans and log records; protobuf), JSON, and multipart forms of JSON parts, compressed by gzip or not. What it
can't read it keeps as text, so that no value in it is overlooked.
"""

from __future__ import annotations

import gzip
import json
import sys
import threading
import time
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Collector", "stay_here"]

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def stay_here() -> None:
    """From now on, refuse every connection of this process that would leave the machine."""

    def guard(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        elif event == "socket.getaddrinfo":
            host = arguments[0]
        else:
            return
        name = host.decode() if isinstance(host, bytes) else host
        if name not in _LOOPBACK and name is not None:
            raise OSError(f"nothing leaves the machine: {name}")

    sys.addaudithook(guard)


class Collector:
    """Takes what is sent to it. Every request is answered with 200."""

    def __init__(self) -> None:
        self._documents: list[Any] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Exchange)
        self._server.daemon_threads = True
        self._server.documents = self._documents  # type: ignore[attr-defined]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, patience: float) -> list[Any]:
        """What came since the last time: ``patience`` seconds for the first piece; half a second of rest ends it."""
        until = time.monotonic() + patience
        while not self._documents and time.monotonic() < until:
            time.sleep(0.05)
        count = -1
        while count != len(self._documents):
            count = len(self._documents)
            time.sleep(0.5)
        taken = self._documents[:]
        del self._documents[: len(taken)]
        return taken


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """No line a request on stderr."""

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _exchange(self) -> None:
        body = self._body()
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        kind = self.headers.get("content-type", "")
        if body:
            documents = self.server.documents  # type: ignore[attr-defined]
            documents.extend(_read(self.path, kind, body))
        answer = b"" if "protobuf" in kind else b"{}"
        self.send_response(200)
        self.send_header("content-type", kind if "protobuf" in kind else "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_PATCH = _exchange  # noqa: N815 - http.server's names


def _read(path: str, kind: str, body: bytes) -> Iterator[Any]:
    if "protobuf" in kind:
        yield from _otlp(path, body)
    elif "multipart" in kind:
        whole = BytesParser(policy=HTTP).parsebytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + body)
        for part in whole.iter_parts():
            name = part.get_param("name", header="content-disposition")
            yield {str(name): _json(part.get_payload(decode=True))}
    else:
        yield _json(body)


def _json(body: Any) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def _otlp(path: str, body: bytes) -> Iterator[Any]:
    from google.protobuf.json_format import MessageToDict
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    if path.endswith("/metrics"):
        return
    kind = ExportLogsServiceRequest if path.endswith("/logs") else ExportTraceServiceRequest
    whole = MessageToDict(kind.FromString(body))
    for resource in whole.get("resourceSpans", []) + whole.get("resourceLogs", []):
        for scope in resource.get("scopeSpans", []) + resource.get("scopeLogs", []):
            for record in scope.get("spans", []) + scope.get("logRecords", []):
                yield {
                    "name": record.get("name"),
                    "attributes": _attributes(record),
                    "body": _value(record.get("body", {})),
                    "events": [{"name": e.get("name"), **_attributes(e)} for e in record.get("events", [])],
                }


def _attributes(record: Any) -> dict[str, Any]:
    return {each["key"]: _value(each.get("value", {})) for each in record.get("attributes", [])}


def _value(value: Any) -> Any:
    """An OTLP value as a plain one."""
    for kind, inner in value.items():
        if kind == "arrayValue":
            return [_value(each) for each in inner.get("values", [])]
        if kind == "kvlistValue":
            return {each["key"]: _value(each.get("value", {})) for each in inner.get("values", [])}
        return int(inner) if kind == "intValue" else inner
    return None
