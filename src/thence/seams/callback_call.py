"""One call of LiteLLM while it is being recorded, and the calls that are open.

LiteLLM tells of one call many times: before each attempt (with one id for all of them), after the answer, and once more
for each of sync and async, some of it late and in other threads, some never. A :class:`Call` takes the first word that
ends it. Failures are different: LiteLLM may try again under the same id and tells nobody how that failed, so where it
may, a failure ends the call only when nobody can answer any more.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from msgspec import json

from thence import faults, frames
from thence.forks import Lock
from thence.frames import Attempt, Begin, End, Origin
from thence.seams.recording import Recorder, describe
from thence.seams.writing import write

__all__ = ["Call", "Calls", "encoded", "is_inside", "kind_of", "newest"]

_STREAM_SHAPE = "text/event-stream; shape=chat_completions"
_SHAPES = {
    "EmbeddingResponse": "embeddings",
    "ModelResponse": "chat_completions",
    "ResponsesAPIResponse": "responses",
    "TextCompletionResponse": "completions",
}
_REMEMBERED = 4096

newest: ContextVar[Call | None] = ContextVar("thence.litellm", default=None)


def is_inside(origin: Origin | None) -> bool:
    """Whether a call made at ``origin`` is LiteLLM's own doing for a call that is being recorded already."""
    call = newest.get()
    if call is None or call.is_over or origin is None:
        return False
    return f"{os.sep}litellm{os.sep}" in origin.file


class Call:
    """One call, from LiteLLM's first word to its last.

    Args:
        recorder: what to record with.
        begin: the begin frame; an attempt that sends another body rewrites it.

    Attributes:
        is_over: whether the end frame is written.
        may_retry: whether LiteLLM may try again, under the same id, after a failure.
    """

    def __init__(self, recorder: Recorder, begin: Begin) -> None:
        self.begin = begin
        self.is_over = False
        self.may_retry = False
        self._recorder = recorder
        self._began = time.perf_counter_ns()
        self._attempts: list[Attempt] = []
        self._body: bytes | None = None
        self._chunks: Sequence[Any] = ()
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

    @property
    def is_watched(self) -> bool:
        """Whether it is known where the pieces of the answer are gathered."""
        return bool(self._chunks)

    def streams(self, chunks: Sequence[Any]) -> None:
        """The pieces of the answer are gathered in ``chunks``, by LiteLLM."""
        if not self.is_over:
            self._chunks = chunks

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
            unread = "completed" if _is_whole(self._chunks) else "closed"
            self.ends(unread if self._failure is None else "failed", soon=True)

    def ends(self, status: str, answer: bytes = b"", kind: str | None = None, *, soon: bool = False) -> None:
        """The call is over; only the first word counts."""
        if os.getpid() != self._pid:
            return  # a forked child lets go of what its parent goes on reading
        with self._lock:
            if self.is_over:
                return
            self.is_over = True
        self._close_attempt()
        chunks, self._chunks, self._body = self._chunks, (), None
        if not answer and chunks:
            answer, kind = _events(chunks), _STREAM_SHAPE
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
    return any(getattr(choice, "finish_reason", None) for chunk in chunks[-3:] for choice in chunk.choices)


def _events(chunks: Sequence[Any]) -> bytes:
    """The pieces of an answer as the event stream that LiteLLM's proxy would send."""
    lines = []
    for chunk in list(chunks):
        with faults.guard("piece of a stream"):
            lines.append(b"data: " + chunk.model_dump_json(exclude_none=True).encode() + b"\n\n")
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
            return self._known.setdefault(name, call)


def kind_of(answer: Any) -> str:
    """The content type of LiteLLM's answer: in LiteLLM's own shape, whatever the shape of the request is."""
    shape = _SHAPES.get(type(answer).__name__)
    return "application/json" if shape is None else f"application/json; shape={shape}"


def encoded(answer: Any) -> bytes:
    """LiteLLM's answer as JSON."""
    dump = getattr(answer, "model_dump_json", None)
    if callable(dump):
        return bytes(dump(exclude_none=True).encode())
    return json.encode(frames.plain(answer))
