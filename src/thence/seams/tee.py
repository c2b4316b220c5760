"""The bytes of an answer, kept as they pass.

A tee stands in a response's ``stream`` and has the protocol of the stream it replaces. It reads nothing ahead
and nothing by itself: what the caller reads, it keeps; what the caller never reads, nobody reads. It tells its
:class:`Body` how the reading ended; the first of *read to the end*, *broken*, *closed*, *dropped* wins.

The stream's class must be a subclass of the HTTP library's own (``httpx`` and ``httpx2`` check that), and which library
that is, only the stream can say: so the classes are made once a library, from what the stream is.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Any

from thence import faults

__all__ = ["BODY_LIMIT", "Body", "tee"]

BODY_LIMIT = 16 << 20
"""Bytes of an answer that are kept. Of a longer one, and of one that is no text, size and digest are."""


class Body:
    """The bytes of one answer so far.

    Args:
        keep: whether the bytes are kept, or only counted and hashed.
        began: ``time.perf_counter_ns()`` from which ``first`` is measured.
        ended: called once with ``completed``, ``closed``, ``failed`` or ``dropped``, and what broke the stream.
    """

    __slots__ = ("_began", "_digest", "_ended", "_hashed", "_hashed_parts", "chunks", "first", "outcome")

    def __init__(self, *, keep: bool, began: int, ended: Callable[[str, BaseException | None], None]) -> None:
        self.chunks: list[bytes] = []
        self.first: int | None = None
        self.outcome: str | None = None
        self._began = began
        self._ended = ended
        self._digest = None if keep else hashlib.sha256()
        self._hashed = self._hashed_parts = 0

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._hashed + sum(map(len, self.chunks))

    @property
    def parts(self) -> int:
        """Pieces so far."""
        return self._hashed_parts + len(self.chunks)

    @property
    def keeper(self) -> Callable[[bytes], None]:
        """What takes a piece that is not the first, as long as no more than :data:`BODY_LIMIT` has passed."""
        return self.chunks.append if self._digest is None else self.add

    def add(self, chunk: bytes) -> None:
        """Take one piece as it passes."""
        if self.first is None:
            self.first = time.perf_counter_ns() - self._began
        self.chunks.append(chunk)
        if self._digest is None and self.size <= BODY_LIMIT:
            return
        self._digest = self._digest or hashlib.sha256()
        self._hashed, self._hashed_parts = self.size, self.parts
        for piece in self.chunks:
            self._digest.update(piece)
        self.chunks.clear()

    @property
    def digest(self) -> bytes | None:
        """sha256 of the whole where the bytes were not kept."""
        return None if self._digest is None else self._digest.digest()

    def take(self, content: bytes) -> None:
        """An answer that was in memory before anybody could watch it pass."""
        if content:
            self.add(content)
        self.end("completed")

    def end(self, outcome: str, error: BaseException | None = None) -> None:
        """The reading is over; only the first word counts."""
        if self.outcome is None:
            try:
                self.outcome = outcome
                self._ended(outcome, error)
            except BaseException:  # an interrupt: the next word counts
                self.outcome = None
                raise


class _Tee:
    """What the sync and the async tee share. Attributes it lacks are the replaced stream's own."""

    def __init__(self, stream: Any, body: Body) -> None:
        self._stream = stream
        self._body = body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _take(self, chunk: bytes) -> None:
        try:
            self._body.add(chunk)
        except Exception as error:
            faults.note("a piece of an answer", error)

    def _over(self, outcome: str, error: BaseException | None = None) -> None:
        try:
            self._body.end(outcome, error)
        except Exception as fault:
            faults.note("end of a stream", fault)


class _SyncTee(_Tee):
    def __iter__(self) -> Iterator[bytes]:
        body, keep, size = self._body, self._body.keeper, 0
        try:
            for chunk in self._stream:
                size += len(chunk)
                if body.first is None or size > BODY_LIMIT:
                    self._take(chunk)
                else:
                    keep(chunk)
                yield chunk
        except GeneratorExit:  # by who reads on, or by the collector: nobody can go on reading
            self._over("dropped")
            raise
        except BaseException as error:
            self._over("failed", error)
            raise
        self._over("completed")

    def close(self) -> None:
        try:
            self._stream.close()
        finally:
            self._over("closed")


class _AsyncTee(_Tee):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        body, keep, size = self._body, self._body.keeper, 0
        stream = self._stream.__aiter__()
        try:
            async for chunk in stream:
                size += len(chunk)
                if body.first is None or size > BODY_LIMIT:
                    self._take(chunk)
                else:
                    keep(chunk)
                yield chunk
        except GeneratorExit:  # by who reads on, or by the collector: nobody can go on reading
            self._over("dropped")
            raise
        except BaseException as error:
            self._over("failed", error)
            raise
        finally:
            if isinstance(stream, AsyncGenerator):  # it waits for the collector, otherwise
                await stream.aclose()
        self._over("completed")

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            self._over("closed")


_classes: dict[type, type[_Tee]] = {}


def _tee_class(stream: type) -> type[_Tee] | None:
    """The tee for streams of this class: a subclass of the byte stream of its own HTTP library."""
    for base in stream.__mro__:
        kind = {"AsyncByteStream": _AsyncTee, "SyncByteStream": _SyncTee}.get(base.__name__)
        if kind is not None:
            made = _classes[stream] = type(kind.__name__[1:], (kind, base), {"__module__": __name__})
            return made
    return None


def tee(stream: Any, body: Body) -> Any:
    """A stream of the same protocol that tells ``body`` of every piece; None where the protocol isn't known."""
    kind = _classes.get(type(stream)) or _tee_class(type(stream))
    return None if kind is None else kind(stream, body)
