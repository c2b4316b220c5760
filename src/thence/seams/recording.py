"""One call while it is being recorded: from what was asked to the last byte of the answer.

Life of a recording::

    asked ──sending()──▶ sent ──answered()──▶ answering ──▶ ended
                          │  ▲                   │
                          └──┘ a retry           └─ returned() while the body is still open: the stream's end is the end

The begin frame is written when the first request leaves, the end frame exactly once, by whichever comes first: the SDK
returned with the whole answer read, the stream was read to its end, closed, broken off or dropped, or the SDK raised.
Everything here runs in the caller's thread and time: it collects and appends bytes, and leaves thinking to the ingest.
"""

from __future__ import annotations

import os
import random
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from thence import faults, frames
from thence.params import Layer
from thence.redact import Redactor, redact_value
from thence.scope import in_flight
from thence.seams.tee import Body
from thence.seams.written import written

__all__ = ["Journal", "Recorder", "Recording", "Sent", "around", "new_call_id", "now"]

_LATEST = (1 << 63) - 1


class Journal(Protocol):
    """Where frames go. :class:`thence.journal.Writer` is one."""

    def append(self, header: bytes, payload: bytes | Sequence[bytes] = b"") -> bool:
        """Write one frame; True when it is safe from the end of this process."""
        ...

    def append_soon(self, header: bytes, payload: bytes | Sequence[bytes] = b"") -> None:
        """Write one frame when nobody else is writing: for finalisers, which must not wait."""
        ...


@dataclass(frozen=True)
class Recorder:
    """What the calls of one wrapped client are recorded with.

    Attributes:
        store: which store the journal is of: a path or a URL.
        journal: gives the journal of this process.
        wake: tells the background ingest that there is something to do.
        tract, branch: where calls go that no session sends elsewhere.
        layers: the client's own parameter layers (``CLIENT``, ``ENV``, ``CONFIG_FILE``, ``PRESET``).
        capture: ``full`` or ``params`` (no text is written).
        redact: replaces secrets in all that is written.
    """

    store: str
    journal: Callable[[], Journal]
    wake: Callable[[], None]
    tract: str | None = None
    branch: str | None = None
    layers: tuple[Layer, ...] = ()
    capture: str = "full"
    redact: Redactor | None = None


class Sent(NamedTuple):
    """One HTTP request as it leaves. ``body`` is None where it can't be read without touching it."""

    method: str
    url: str
    kind: str
    body: bytes | None
    headers: dict[str, str]


def _nothing() -> None:
    return None


def now() -> int:
    """Nanoseconds since the epoch, as a record holds them: a program's tests set the clock to any year."""
    return min(max(time.time_ns(), 0), _LATEST)


class _CallIds:
    """UUIDv7s. Random bits come from a generator of our own: a program that seeds ``random`` must not repeat ids."""

    def __init__(self) -> None:
        self._pid = 0
        self._bits = random.Random().getrandbits  # noqa: S311 - uniqueness, not secrecy

    def __call__(self, at: int) -> bytes:
        """An id for a call that began ``at`` nanoseconds since the epoch; sortable by time to about 250 ns."""
        if os.getpid() != self._pid:
            # A forked child would go on with its parent's numbers.
            self._pid, self._bits = os.getpid(), random.Random().getrandbits  # noqa: S311
        milli, rest = divmod(at, 1_000_000)
        number = milli << 80 | 0x7 << 76 | ((rest << 12) // 1_000_000) << 64 | 0x2 << 62 | self._bits(62)
        return number.to_bytes(16, "big")


new_call_id = _CallIds()


class Recording:
    """One call. Its begin frame is a template until the first request leaves.

    Args:
        recorder: what to record with.
        begin: the facts that are known before the wire.
        described: the request as JSON from what the SDK was given, for a body that can't be read on the wire (a
            multipart form) and for a call that makes no HTTP request.
    """

    __slots__ = (
        "__weakref__",
        "_attempts",
        "_began",
        "_begun",
        "_body",
        "_content",
        "_described",
        "_ended",
        "_pid",
        "_recorder",
        "_returned",
        "_sent_body",
        "_stream",
        "begin",
        "leaving",
    )

    def __init__(self, recorder: Recorder, begin: frames.Begin, described: Callable[[], bytes] | None = None) -> None:
        self.begin = begin
        self._described = described
        self._recorder = recorder
        self._began = time.perf_counter_ns()
        self._begun = False
        self._ended = False
        self._pid = os.getpid()
        self._returned = False
        self._attempts: list[frames.Attempt] = []
        self._body: Body | None = None
        self._content: tuple[str | None, str | None] = (None, None)
        self._sent_body: bytes | None = None
        self._stream: Callable[[], object | None] = _nothing
        self.leaving: object = None
        """The HTTP library's request on its way, by which its answer is known."""

    # -- on the way out

    def sending(self, sent: Sent) -> None:
        """A request leaves. The first one is the call's; a retry is written again only where its body differs."""
        self._attempts.append(frames.Attempt(started=time.perf_counter_ns() - self._began))
        if self._begun and (sent.body is self._sent_body or sent.body == self._sent_body):
            return
        self._sent_body = sent.body
        begin = self.begin
        begin.method, begin.url, begin.body, begin.headers = sent.method, sent.url, sent.kind, sent.headers
        self._write_begin(sent.body)

    def _write_begin(self, body: bytes | None) -> None:
        begin, payload = self.begin, body or b""
        if body is None and self._described is not None:
            begin.body, payload = ("options" if begin.body == "options" else "form"), _text(self._described)
        try:
            self._begun = True
            header, payload = written(self._recorder, begin, payload)
            self._recorder.journal().append(header, payload)
        except BaseException as error:
            # After an interrupt, or where the stack was full, the end frame will see to it.
            self._begun = not isinstance(error, RecursionError) and faults.is_own(error)
            raise
        self._described = None

    # -- on the way back

    def answered(
        self, status: int, headers: dict[str, str], *, keep: bool, kind: str | None, encoding: str | None = None
    ) -> Body:
        """The head of an answer is here. What is returned takes its body as it passes."""
        now = time.perf_counter_ns() - self._began
        attempt = self._attempts[-1]
        attempt.status, attempt.ended = status, now
        attempt.headers = headers
        attempt.request_id = headers.get("x-request-id") or headers.get("request-id") or headers.get("x-amzn-requestid")
        self._content = (kind, encoding)
        self._body = body = Body(keep=keep, began=self._began, ended=self._body_ended)
        return body

    def watch(self, stream: object) -> None:
        """``stream`` is the tee of the newest answer."""
        self._stream = weakref.ref(stream)

    def returned(self) -> None:
        """The SDK's method has returned. An answer that is still being read ends the call with its stream."""
        self._returned = True
        body = self._body
        if body is None or body.outcome is not None:
            self._end("completed" if body is None else body.outcome or "completed", None)
            return
        stream = self._stream()
        if stream is None:
            self._end("closed", None)
        else:
            weakref.finalize(stream, body.end, "dropped")

    def failed(self, error: BaseException) -> None:
        """The SDK's method has raised ``error``, which goes on to the caller as it is."""
        self._returned = True
        self._end("failed" if isinstance(error, Exception) else "interrupted", error)

    def _body_ended(self, outcome: str, error: BaseException | None) -> None:
        if not self._returned:
            return
        try:
            if error is not None and not isinstance(error, Exception):
                outcome = "interrupted"
            self._end(outcome, error, soon=outcome == "dropped")
        except Exception as fault:
            faults.note("end of a stream", fault)

    def _end(self, status: str, error: BaseException | None, *, soon: bool = False) -> None:
        if self._ended or os.getpid() != self._pid:
            return  # a forked child lets go of what its parent goes on reading
        try:
            self._ended = True
            self._write_end(status, error, soon=soon)
        except BaseException as fault:
            self._ended = faults.is_own(fault)  # after an interrupt, whoever hears of it ends the call
            raise

    def _write_end(self, status: str, error: BaseException | None, *, soon: bool) -> None:
        if not self._begun:
            self._write_begin(self._sent_body)
        body, recorder = self._body, self._recorder
        said = None if error is None else describe(error)
        if said and self._attempts and self._attempts[-1].status is None:
            self._attempts[-1].error = said
        end = frames.End(
            call_id=self.begin.call_id,
            elapsed=time.perf_counter_ns() - self._began,
            status="closed" if status == "dropped" else status,
            error=said,
            attempts=self._attempts,
            content_type=self._content[0],
            content_encoding=self._content[1],
            **({} if body is None else _facts(body)),
        )
        append = recorder.journal().append_soon if soon else recorder.journal().append
        append(*written(recorder, end, b"" if body is None else b"".join(body.chunks), begin=self.begin))
        recorder.wake()


def _text(described: Callable[[], bytes]) -> bytes:
    """What describes a request. Where nothing can, the call is recorded all the same."""
    try:
        return described()
    except RecursionError:
        raise  # once more, further up the stack
    except Exception as error:
        faults.note("description of a request", error)
        return b""


def _facts(body: Body) -> dict[str, Any]:
    digest = body.digest
    return {
        "first_chunk": body.first,
        "parts": body.parts,
        "kept": digest is None,
        "size": body.size,
        "digest": digest,
    }


def describe(error: BaseException) -> str:
    """An exception as text: its class and what it says, without secrets, bounded; its class alone where str() fails."""
    kind = type(error)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.partition('.')[0]}.{kind.__name__}"
    try:
        said = redact_value(str(error))  # before it is cut: half a token is no known kind any more
    except Exception as fault:
        faults.note("text of an error", fault)
        return name
    return f"{name}: {said[:2000]}" if said else name


def around() -> bytes | None:
    """The id of the call within whose request this code runs: a middleware's, an HTTP hook's or a transport's."""
    outer = in_flight.get()
    return outer.begin.call_id if isinstance(outer, Recording) else None
