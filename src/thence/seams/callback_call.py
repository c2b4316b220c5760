"""One call of LiteLLM while it is being recorded, and the calls that are open.

LiteLLM tells of one call many times: before each attempt (with one id for all of them), after the answer, and once more
for each of sync and async, some of it late and in other threads, some never. A :class:`Call` takes the first word that
ends it. Failures are different: LiteLLM may try again under the same id and tells nobody how that failed, so where it
may, a failure ends the call only when nobody can answer any more.
"""

from __future__ import annotations

import base64
import os
import re
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import suppress
from contextvars import ContextVar
from types import FrameType
from typing import Any

from msgspec import json

from thence import faults, frames
from thence.forks import Lock
from thence.frames import Attempt, Begin, End, Origin
from thence.seams.recording import Recorder, describe
from thence.seams.writing import write

__all__ = ["Call", "Calls", "encoded", "is_inside", "newest", "watch"]

_SHAPES = {
    "EmbeddingResponse": "embeddings",
    "ModelResponse": "chat_completions",
    "ResponsesAPIResponse": "responses",
    "TextCompletionResponse": "completions",
}
_LAST = frozenset({"response.completed", "response.incomplete", "response.failed"})
_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
_REMEMBERED = 4096
_WRAPPED = re.compile(rb'(?<="id":")resp_(bGl0ZWxsb[\w+/]+=*)(?=")')  # LiteLLM's, with "litellm:" and what it asked
_SIMPLE = re.compile(rb"[\w.:/+=-]+")

newest: ContextVar[Call | None] = ContextVar("thence.litellm", default=None)
_open: weakref.WeakValueDictionary[str, Call] = weakref.WeakValueDictionary()


def is_inside(origin: Origin | None) -> bool:
    """Whether a call made at ``origin`` is LiteLLM's own doing for a call that is being recorded already."""
    if origin is None or f"{os.sep}litellm{os.sep}" not in origin.file:
        return False
    call = newest.get()
    return (call is not None and not call.is_over) or any(_open_in_frames())


def _open_in_frames() -> Iterator[Call]:
    """Open calls whose object is at work here: LiteLLM tells of some in a thread, and sends them from another."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith("litellm."):
            name = getattr(frame.f_locals.get("logging_obj"), "litellm_call_id", None)
            call = _open.get(name) if isinstance(name, str) else None
            if call is not None and not call.is_over:
                yield call
        frame = frame.f_back


class Call:
    """One call, from LiteLLM's first word to its last.

    Args:
        recorder: what to record with.
        begin: the begin frame; an attempt that sends another body rewrites it.

    Attributes:
        is_over: whether the end frame is written.
        may_retry: whether LiteLLM may try again, under the same id, after a failure.
        is_stream: whether the answer was asked for as a stream.
    """

    def __init__(self, recorder: Recorder, begin: Begin) -> None:
        self.begin = begin
        self.is_over = False
        self.may_retry = self.is_stream = False
        self._recorder = recorder
        self._began = time.perf_counter_ns()
        self._attempts: list[Attempt] = []
        self._body: bytes | None = None
        self._chunks: Sequence[Any] = ()
        self._events: list[Any] = []
        self._failure: str | None = None  # its text: the exception would keep LiteLLM's frames alive
        self._pid = os.getpid()
        self._lock = threading.Lock()

    def sends(self, body: bytes) -> None:
        """An attempt leaves with ``body``."""
        self._close_attempt()
        self._attempts.append(Attempt(started=time.perf_counter_ns() - self._began))
        if body != self._body:
            self._body = body
            write(self._recorder, self.begin, body)

    def passes(self, piece: Any, stream: Any) -> None:
        """A piece of the answer is on its way to who reads ``stream``. Events of the Responses API nobody gathers."""
        if self.is_over:
            return
        if _is_event(piece):
            self._events.append(piece)
            self._chunks = self._events
        elif not self._chunks:
            self.streams_in(stream)

    def streams_in(self, stream: Any) -> bool:
        """The pieces of the answer are gathered by ``stream``, LiteLLM's; false where it is none of that kind."""
        chunks = getattr(stream, "chunks", None)
        if not isinstance(chunks, list):
            return False
        if not self.is_over:
            self._chunks = chunks
        return True

    def succeeds(self, answer: Any, *, is_left: bool) -> None:
        """LiteLLM reports ``answer``. The pieces of a stream tell more than what LiteLLM makes of them: it mixes the
        texts of several choices, and counts tokens that no provider has told of.
        """
        status = "closed" if is_left else "completed"
        if self._chunks and (is_left or not self._events):
            self.ends(status)
        else:
            unsaid = {"usage"} if _says_nothing(getattr(answer, "usage", None)) else None
            self.ends(status, encoded(answer, unsaid), _kind_of(answer))

    def fails(self, error: BaseException | str, *, final: bool) -> None:
        """An attempt failed with ``error``; ``final`` where no other can follow."""
        self._failure = describe(error) if isinstance(error, BaseException) else error
        status = getattr(error, "status_code", None)
        self._close_attempt(self._failure, status if isinstance(status, int) else None)
        if final:
            self.ends("failed")

    def gives_up(self) -> None:
        """LiteLLM's object of the call is gone: nobody can answer, and nobody reads on. For a finaliser."""
        with faults.guard("end of a LiteLLM call"):
            unread = "closed" if self.is_stream else "interrupted"
            said = "completed" if _is_whole(self._chunks) else unread
            self.ends(said if self._failure is None else "failed", soon=True)

    def ends(self, status: str, answer: bytes = b"", kind: str | None = None, *, soon: bool = False) -> None:
        """The call is over; only the first word counts."""
        if os.getpid() != self._pid:
            return  # a forked child lets go of what its parent goes on reading
        with self._lock:
            if self.is_over:
                return
            self.is_over = True
        self._close_attempt()
        chunks, self._chunks, self._events, self._body = self._chunks, (), [], None
        if not answer and chunks:
            shape = "responses" if _is_event(chunks[0]) else "chat_completions"
            answer, kind = _streamed(chunks), f"text/event-stream; shape={shape}"
        end = End(
            call_id=self.begin.call_id,
            elapsed=time.perf_counter_ns() - self._began,
            status=status,
            error=self._failure if status == "failed" else None,
            attempts=self._attempts,
            parts=len(chunks),
            content_type=kind,
            size=len(answer),
        )
        write(self._recorder, end, answer, begin=self.begin, soon=soon)

    def _close_attempt(self, error: str | None = None, status: int | None = None) -> None:
        if self._attempts and self._attempts[-1].ended is None:
            attempt = self._attempts[-1]
            attempt.ended = time.perf_counter_ns() - self._began
            attempt.error, attempt.status = error, status


def _is_whole(chunks: Sequence[Any]) -> bool:
    """Whether the pieces say that nothing was to follow."""
    if chunks and _is_event(chunks[0]):
        return chunks[-1].type in _LAST
    return any(getattr(choice, "finish_reason", None) for chunk in chunks[-3:] for choice in chunk.choices)


def _is_event(piece: Any) -> bool:
    """Whether a piece is an event of the Responses API, not a part of a chat completion."""
    return isinstance(getattr(piece, "type", None), str) and not hasattr(piece, "choices")


def _streamed(chunks: Sequence[Any]) -> bytes:
    """The pieces of an answer as the event stream that LiteLLM's proxy would send."""
    lines = []
    for chunk in list(chunks):
        with faults.guard("piece of a stream"):
            lines.append(b"data: " + encoded(chunk) + b"\n\n")
    return b"".join(lines)


class Calls:
    """The calls by LiteLLM's id: those that are open, and the newest that are over, which are told of again later."""

    def __init__(self) -> None:
        self._known: dict[str, Call] = {}
        self._lock = Lock()

    def get(self, name: str) -> Call | None:
        """The call of this id."""
        return self._known.get(name)

    def add(self, name: str, call: Call) -> Call:
        """Know ``call``; the one that is known already where another thread was faster."""
        with self._lock:
            if len(self._known) >= _REMEMBERED:
                for old in [key for key, each in self._known.items() if each.is_over][: _REMEMBERED // 2]:
                    del self._known[old]
            _open[name] = known = self._known.setdefault(name, call)
            return known


class _FirstPiece:
    """What LiteLLM's object of a call has for a method until a stream tells it of its first piece."""

    name = "update_completion_start_time"

    def __init__(self, owner: Any) -> None:
        self.calls: list[Call] = []
        self._owner = weakref.ref(owner)  # an object that held itself would not end

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Learn where the pieces are gathered; the method is the object's own from then on."""
        owner = self._owner()
        if owner is None:
            return None
        with faults.guard("first piece of a LiteLLM stream"):
            vars(owner).pop(self.name, None)
            stream = sys._getframe(1).f_locals.get("self")
            for call in self.calls:
                call.streams_in(stream)
        return getattr(owner, self.name)(*args, **kwargs)


def watch(owner: Any, call: Call) -> None:
    """Learn from the first piece of a stream where its pieces are gathered: the stream tells ``owner``, LiteLLM's
    object of the call, and no callback.
    """
    told = getattr(owner, _FirstPiece.name, None)
    if callable(told) and not isinstance(told, _FirstPiece):
        told = _FirstPiece(owner)
        setattr(owner, _FirstPiece.name, told)
    if isinstance(told, _FirstPiece):
        told.calls.append(call)


def _kind_of(answer: Any) -> str:
    """The content type of LiteLLM's answer: in LiteLLM's own shape, whatever the shape of the request is."""
    shape = _SHAPES.get(type(answer).__name__)
    return "application/json" if shape is None else f"application/json; shape={shape}"


def encoded(answer: Any, unsaid: set[str] | None = None) -> bytes:
    """An answer as JSON, without its members ``unsaid``; nothing of one that can't be JSON (sound)."""
    dump = getattr(answer, "model_dump_json", None)
    if callable(dump):
        return _WRAPPED.sub(_unwrapped, dump(exclude_none=True, exclude=unsaid, warnings=False).encode())
    told = frames.plain(answer)
    return b"" if isinstance(told, dict) and told.keys() == {"$type"} else json.encode(told)


def _unwrapped(found: re.Match[bytes]) -> bytes:
    """A response's id as its provider gave it, which is the one that goes over the wire again."""
    with suppress(ValueError):
        own = base64.b64decode(found[1]).partition(b";response_id:")[2]
        return own if _SIMPLE.fullmatch(own) else found[0]
    return found[0]


def _says_nothing(usage: Any) -> bool:
    """Whether all counts are zero, as LiteLLM writes what no provider has told."""
    return usage is not None and not any(getattr(usage, name, None) != 0 for name in _COUNTS)
