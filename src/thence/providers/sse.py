"""The framings of a streamed answer: server-sent events, lines of JSON, AWS event streams.

Each decoder takes bytes in any pieces (``feed``) and gives the events that are complete; ``close`` gives what an
unfinished stream still holds. Whatever the pieces, the events are the same.

None of them ever refuses. Bytes that are no UTF-8 are replaced, data that is no JSON has the value None, and an AWS
frame whose lengths make no sense ends the stream where it stands. Checksums of AWS frames are not verified: TLS and TCP
have done that, and a recording must not lose what a caller could read.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Protocol

import msgspec

from thence.frames import begins_as_events
from thence.providers.exact import loads

__all__ = ["Decoder", "Event", "EventStream", "JsonLines", "ServerSentEvents", "decoder_for"]


class Event(msgspec.Struct, frozen=True):
    """One event: its name (or None), its data as text, and the JSON value of that, None where it is no JSON."""

    name: str | None
    data: str
    value: Any


class Decoder(Protocol):
    """Bytes in, events out."""

    def feed(self, piece: bytes) -> list[Event]:
        """The events that ``piece`` completes."""

    def close(self) -> list[Event]:
        """The events of what is left, once no more bytes come."""


def decoder_for(content_type: str | None, body: bytes) -> Decoder | None:
    """The decoder of a body, by its content type and by how it begins; None for no stream.

    Neither is enough: some servers send events as ``application/json``, and some an error as an event stream.
    """
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind == "text/event-stream":
        start = body[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
        return None if start.startswith((b"{", b"[")) else ServerSentEvents()
    if kind == "application/vnd.amazon.eventstream":
        return EventStream()
    if kind in {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/stream+json"}:
        return JsonLines()
    if begins_as_events(body):
        return ServerSentEvents()
    return None


def _event(name: str | None, data: str) -> Event:
    try:
        value = loads(data)
    except (ValueError, RecursionError):
        value = None
    return Event(name, data, value)


class _Lines:
    """Bytes cut into lines at LF, CRLF or CR; a CR that ends a piece waits for its LF."""

    def __init__(self, *, bare_cr: bool) -> None:
        self._rest = b""
        self._bare_cr = bare_cr

    def feed(self, piece: bytes) -> list[str]:
        whole = self._rest + piece
        if self._bare_cr and b"\r" in whole:
            held = b"\r" if whole.endswith(b"\r") else b""
            whole = whole[: len(whole) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n") + held
        *lines, self._rest = whole.split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines]

    def close(self) -> list[str]:
        rest, self._rest = self._rest.rstrip(b"\r"), b""
        return [rest.decode("utf-8", "replace")] if rest else []


class ServerSentEvents:
    """``text/event-stream``, by the rules of the HTML standard; an event that the end cuts off counts too.

    A field ``error`` is none of the standard's: llama.cpp's server tells of an error by it.
    """

    def __init__(self) -> None:
        self._lines = _Lines(bare_cr=True)
        self._name: str | None = None
        self._data: list[str] = []
        self._first = True

    def feed(self, piece: bytes) -> list[Event]:
        """The events that ``piece`` completes."""
        return self._read(self._lines.feed(piece))

    def close(self) -> list[Event]:
        """The event that the end of the stream cut off, if it had data."""
        return self._read([*self._lines.close(), ""])

    def _read(self, lines: list[str]) -> list[Event]:
        events: list[Event] = []
        for line in lines:
            if self._first:
                self._first = False
                line = line.removeprefix("\ufeff")  # noqa: PLW2901 - the one mark that may stand before all
            if line.startswith("data: "):
                self._data.append(line[6:])
            elif not line:
                if self._data:
                    events.append(_event(self._name, "\n".join(self._data)))
                self._name, self._data = None, []
            else:
                field, _, value = line.partition(":")
                if field == "data":
                    self._data.append(value)
                elif field == "event":
                    self._name = value.removeprefix(" ")
                elif field == "error":
                    self._name = field
                    self._data.append(value)
        return events


class JsonLines:
    """One JSON value a line."""

    def __init__(self) -> None:
        self._lines = _Lines(bare_cr=False)

    def feed(self, piece: bytes) -> list[Event]:
        """The events that ``piece`` completes."""
        return [_event(None, line.strip()) for line in self._lines.feed(piece) if line.strip()]

    def close(self) -> list[Event]:
        """The last line, where no line feed ends it."""
        return [_event(None, line.strip()) for line in self._lines.close() if line.strip()]


_PRELUDE = 12
_CHECKSUM = 4
_HEADER_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}  # by value type; 6 and 7 carry their own length


class EventStream:
    """``application/vnd.amazon.eventstream``; the payload of Bedrock's ``chunk`` events is unwrapped."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[Event]:
        """The events that ``piece`` completes."""
        self._rest += piece
        events = []
        at = 0
        while len(self._rest) - at >= _PRELUDE:
            total = int.from_bytes(self._rest[at : at + 4], "big")
            headers = int.from_bytes(self._rest[at + 4 : at + 8], "big")
            if total < _PRELUDE + headers + _CHECKSUM or at + total > len(self._rest):
                break
            start = at + _PRELUDE + headers
            named = _aws_headers(self._rest[at + _PRELUDE : start])
            name = named.get(":event-type") or named.get(":exception-type") or named.get(":error-code")
            events.append(_unwrapped(name, self._rest[start : at + total - _CHECKSUM]))
            at += total
        self._rest = self._rest[at:]
        return events

    def close(self) -> list[Event]:
        """Nothing: a frame that was cut off can't be read."""
        self._rest = b""
        return []


def _aws_headers(raw: bytes) -> dict[str, str]:
    """The string headers of a frame, as far as they can be read."""
    headers: dict[str, str] = {}
    at = 0
    while at < len(raw):
        name_end = at + 1 + raw[at]
        name = raw[at + 1 : name_end].decode("utf-8", "replace")
        if name_end >= len(raw):
            break
        kind, at = raw[name_end], name_end + 1
        if kind in {6, 7}:
            size = int.from_bytes(raw[at : at + 2], "big")
            headers[name] = raw[at + 2 : at + 2 + size].decode("utf-8", "replace")
            at += 2 + size
        elif kind in _HEADER_SIZES:
            at += _HEADER_SIZES[kind]
        else:
            break
    return headers


def _unwrapped(name: str | None, payload: bytes) -> Event:
    event = _event(name, payload.decode("utf-8", "replace"))
    if isinstance(event.value, dict) and isinstance(event.value.get("bytes"), str):
        try:
            inner = base64.b64decode(event.value["bytes"])
        except (binascii.Error, ValueError):
            return event
        return _event(name, inner.decode("utf-8", "replace"))
    return event
