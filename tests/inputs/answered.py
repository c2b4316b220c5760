"""The odd answers, by name, whole and streamed."""

from __future__ import annotations

import gzip
import json
from typing import Any

from thence.testing import Answer

__all__ = ["ANSWERS", "CHUNK", "SSE", "STREAMS", "event"]

ANSWERS: dict[str, Answer] = {
    "html": Answer("<html>busy</html>", headers={"content-type": "text/html"}),
    "html called json": Answer("<html>busy</html>", headers={"content-type": "application/json"}),
    "html with an error status": Answer("<html>busy</html>", status=503, headers={"content-type": "text/html"}),
    "nothing": Answer(b"", headers={"content-type": "application/json"}),
    "no content": Answer(b"", status=204),
    "null": Answer(b"null", headers={"content-type": "application/json"}),
    "list": Answer(b"[1, 2]", headers={"content-type": "application/json"}),
    "cut json": Answer(b'{"id": "x", "choi', headers={"content-type": "application/json"}),
    "duplicate keys": Answer(b'{"id": "a", "id": "b", "choices": []}', headers={"content-type": "application/json"}),
    "unknown fields": Answer({"id": "a", "choices": [], "new": {"x": [1]}, "usage": {"prompt_tokens": 1, "new": 2}}),
    "null usage": Answer({"id": "a", "choices": [], "usage": None}),
    "negative usage": Answer({"id": "a", "choices": [], "usage": {"prompt_tokens": -1, "completion_tokens": "many"}}),
    "null everything": Answer({"id": None, "choices": None, "model": None}),
    "choices that are text": Answer({"id": "a", "choices": "none"}),
    "nan": Answer(b'{"id": "a", "created": NaN, "x": Infinity}', headers={"content-type": "application/json"}),
    "great number": Answer(b'{"created": 1%s}' % (b"0" * 300), headers={"content-type": "application/json"}),
    "number of 5000 digits": Answer(b'{"created": 1%s}' % (b"0" * 5000), headers={"content-type": "application/json"}),
    "lone surrogate": Answer(b'{"id": "\\ud800"}', headers={"content-type": "application/json"}),
    "no utf-8": Answer(b'{"id": "\xff"}', headers={"content-type": "application/json"}),
    "deep": Answer(b"[" * 5000 + b"]" * 5000, headers={"content-type": "application/json"}),
    "error in a 200": Answer({"error": {"message": "no", "type": "server_error"}}),
    "error without a body": Answer(b"", status=500),
    "error that is text": Answer("no", status=429),
    "error that is a list": Answer(b"[1]", status=400, headers={"content-type": "application/json"}),
    "gzip": Answer(
        gzip.compress(b'{"id": "z"}'), headers={"content-type": "application/json", "content-encoding": "gzip"}
    ),
    "gzip that is none": Answer(b"{}", headers={"content-type": "application/json", "content-encoding": "gzip"}),
    "unknown encoding": Answer(b"{}", headers={"content-type": "application/json", "content-encoding": "zz"}),
    "redirect to nowhere": Answer(b"", status=302),
    "cut": Answer(b'{"id": "0123456789"}', cut_after=5),
}


def event(value: Any) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()


CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}
SSE = {"content-type": "text/event-stream"}
STREAMS: dict[str, Answer] = {
    "no chunks": Answer([], headers=SSE),
    "only the end": Answer([b"data: [DONE]\n\n"], headers=SSE),
    "no end": Answer([event(CHUNK)], headers=SSE),
    "cut in an event": Answer([event(CHUNK), b'data: {"id": "c"'], headers=SSE),
    "broken connection": Answer([event(CHUNK)] * 3, headers=SSE, cut_after=1),
    "broken json": Answer([event(CHUNK), b"data: {no}\n\n", event(CHUNK)], headers=SSE),
    "error event": Answer([event(CHUNK), b'event: error\ndata: {"error": {"message": "no"}}\n\n'], headers=SSE),
    "error as data": Answer([event({"error": {"message": "no"}})], headers=SSE),
    "comments": Answer([b": ping\n\n", event(CHUNK), b": ping\n\n", b"data: [DONE]\n\n"], headers=SSE),
    "line ends": Answer([b"data: {}\r\n\r\n", b"data: {}\r\r", b"data: [DONE]\n\n"], headers=SSE),
    "letters in pieces": Answer([b'data: {"id": "\xc3', b'\xa9"}\n', b"\ndata: [DO", b"NE]\n\n"], headers=SSE),
    "no stream at all": Answer({"id": "x", "choices": []}),
    "html": Answer("<html>busy</html>", headers={"content-type": "text/html"}),
    "error status": Answer({"error": {"message": "no"}}, status=400),
}
