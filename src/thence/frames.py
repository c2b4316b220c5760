"""The facts of one call, as they are written to the journal.

A call is a :class:`Begin` frame and an :class:`End` frame with the same ``call_id``. The begin frame's payload is the
request body as it went on the wire; the end frame's payload is the answer's bytes as they came. A begin frame without
an end is a call that was interrupted (its process was killed while it waited). A second begin frame with the same
``call_id`` replaces the first one's payload: a retry went out with another body.

A :class:`Gap` says that records were lost and how many: loss is never silent.

Frames hold facts only. Nothing here parses, hashes or judges: that is :mod:`thence.ingest`, later, elsewhere.
"""

from __future__ import annotations

from typing import Any, Union

import msgspec

from thence.faults import from_outside

__all__ = [
    "PARAMETER_HEADERS",
    "Asked",
    "Attempt",
    "Begin",
    "End",
    "Frame",
    "Gap",
    "Origin",
    "begins_as_events",
    "decode",
    "encode",
    "plain",
    "plain_name",
    "restore",
]

PARAMETER_HEADERS = frozenset({"anthropic-beta"})
"""Request headers that are parameters of a call, in lower case."""


_EVENTS = (b"data:", b"event:", b":", b"id:", b"retry:")


def begins_as_events(body: bytes) -> bool:
    """Whether an answer's bytes are server-sent events, whatever its content type says: some servers say JSON."""
    return body[:64].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_EVENTS)


class Origin(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """A place in somebody's source: file (absolute), line (1-based) and function."""

    file: str
    line: int
    function: str = ""


class Asked(msgspec.Struct, array_like=True, omit_defaults=True):
    """What one layer asked for. ``source`` is a :class:`~thence.params.source.ParameterSource`'s name.

    ``values`` holds the layer's values; ``same`` names the parameters whose value is the one in the wire body (so that
    it need not be written twice); ``origins`` gives one parameter's own place where it differs from ``origin``.
    """

    source: str
    origin: str | None
    values: dict[str, Any] = {}
    same: list[str] = []
    origins: dict[str, str] = {}


class Attempt(msgspec.Struct, array_like=True, omit_defaults=True):
    """One HTTP request of a call. Times are nanoseconds after the call's begin."""

    started: int
    ended: int | None = None
    status: int | None = None
    request_id: str | None = None
    error: str | None = None
    headers: dict[str, str] = {}


class Begin(msgspec.Struct, tag="b", omit_defaults=True):
    """A call begins. ``at`` is nanoseconds since the epoch; ``call_id`` the 16 bytes of a UUIDv7.

    ``body`` says what the payload is: ``json`` (a JSON request body), ``form`` (a JSON description of a multipart form:
    field names and values, file names and sizes), ``bytes`` (as it is), ``unread`` (a stream that was not touched),
    ``none``, ``options`` (not seen on the wire: the SDK's options as JSON, see :func:`plain`). ``trace_id`` and
    ``span_id`` are those of the span that was active around the call, in hex.
    """

    call_id: bytes
    at: int
    seam: str
    method: str
    url: str
    body: str
    sdk: str | None = None
    asked: list[Asked] = []
    headers: dict[str, str] = {}
    callsite: Origin | None = None
    label: str | None = None
    tract: str | None = None
    branch: str | None = None
    parent: bytes | None = None
    tags: list[str] = []
    metadata: dict[str, Any] = {}
    client: dict[str, Any] = {}
    versions: dict[str, str] = {}
    capture: str = "full"
    operation: str | None = None
    provider: str | None = None
    trace_id: str | None = None
    span_id: str | None = None


class End(msgspec.Struct, tag="e", omit_defaults=True):
    """A call ended: ``completed``, ``closed``, ``failed`` or ``interrupted``. Times as in :class:`Attempt`.

    ``content_type`` and ``content_encoding`` describe the payload, which is the answer's bytes as they came from the
    wire; ``parts`` counts the pieces in which they came; ``size`` is the whole length, and ``digest`` its sha256 where
    the payload was not kept (``kept`` false). ``used`` holds what only the seam could see of the values that were used.
    """

    call_id: bytes
    elapsed: int
    status: str
    error: str | None = None
    attempts: list[Attempt] = []
    first_chunk: int | None = None
    parts: int = 0
    content_type: str | None = None
    content_encoding: str | None = None
    kept: bool = True
    size: int | None = None
    digest: bytes | None = None
    used: dict[str, Any] = {}


class Gap(msgspec.Struct, tag="g", omit_defaults=True):
    """``count`` records of this process were not kept, and why; ``at`` is nanoseconds since the epoch."""

    at: int
    count: int
    reason: str


Frame = Union[Begin, End, Gap]

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Frame] = msgspec.msgpack.Decoder(Frame)


def encode(frame: Frame) -> bytes:
    """A frame's header as msgpack. The payload travels beside it, as raw bytes."""
    try:
        return _encoder.encode(frame)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        if from_outside(error):
            raise
        # What a layer or a session was given is anything at all.
        said = plain(msgspec.to_builtins(frame, enc_hook=_keep))
        try:
            return _encoder.encode(msgspec.convert(said, type(frame)))
        except msgspec.ValidationError:  # a lone surrogate where only text may stand: a branch, a path, a tag
            return _encoder.encode(msgspec.convert(_escaped(said), type(frame)))


def _keep(value: Any) -> Any:
    return plain(value)


def _escaped(value: Any) -> Any:
    """What :func:`plain` made, with lone surrogates spelled out."""
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    if isinstance(value, dict):
        restored = restore(value)
        return (
            plain_name(restored) if isinstance(restored, str) else {key: _escaped(item) for key, item in value.items()}
        )
    return value


def decode(header: bytes) -> Frame:
    """The frame of a header that :func:`encode` wrote.

    Raises:
        msgspec.DecodeError: the bytes are no frame.
    """
    return _decoder.decode(header)


def plain(value: Any, *, depth: int = 64) -> Any:
    """Any object as what msgpack and JSON can hold, without calling anything of the object's own.

    What they can't hold is tagged: ``{"$int": "0x…"}`` (64 bits and more), ``{"$utf8": bytes}`` (text with lone
    surrogates), ``{"$type": "module.Class"}`` (anything else, and what lies deeper than ``depth``).
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        number = int.__index__(value)
        return number if -(2**63) <= number < 2**63 else {"$int": hex(number)}
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, str):
        return _plain_text(str.__str__(value))
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if depth and isinstance(value, dict):
        items = dict.items(value)
        return {plain_name(k): plain(v, depth=depth - 1) for k, v in items}
    if depth and isinstance(value, (list, tuple)):
        members = list.__iter__(value) if isinstance(value, list) else tuple.__iter__(value)
        return [plain(item, depth=depth - 1) for item in members]
    return {"$type": f"{type(value).__module__}.{type(value).__qualname__}"}


def _plain_text(text: str) -> Any:
    try:
        text.encode()
    except UnicodeEncodeError:
        return {"$utf8": text.encode("utf-8", "surrogatepass")}
    return text


def plain_name(key: Any) -> str:
    """A key of a mapping as JSON writes it; what JSON can't write, as :func:`plain` has it."""
    if isinstance(key, str):
        return str.__str__(key).encode("utf-8", "backslashreplace").decode()
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return str(plain(key, depth=0))


def restore(value: Any) -> Any:
    """What :func:`plain` made a tag of, as it was, where that can be had back."""
    if isinstance(value, list):
        return [restore(item) for item in value]
    if isinstance(value, dict):
        if len(value) == 1:
            if "$int" in value:
                return int(value["$int"], 16)
            if isinstance(value.get("$utf8"), bytes):
                return value["$utf8"].decode("utf-8", "surrogatepass")
        return {key: restore(item) for key, item in value.items()}
    return value
