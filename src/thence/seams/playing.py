"""Answers of recorded calls in a provider's place, given where an HTTP client would reach for the network.

The SDK does all that it does with a real answer: it decodes, parses and streams these very bytes. ``httpx`` and
``httpx2`` are told apart by the module of the client's own class; neither is imported here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from typing_extensions import Self

from thence.frames import Begin
from thence.scope import in_flight
from thence.seams.recording import Recording

__all__ = ["Asked", "Played", "Player", "play", "stop"]

_HTTP = ("httpx", "httpx2")


class Asked(NamedTuple):
    """A request that wants an answer.

    Attributes:
        method, path: the path with its query, without the host.
        body: its bytes; None where it is no body that was in memory (a file, a form).
        is_retry: the SDK sends the same request again.
        begin: what is recorded of the call; None of a request that no wrapped client makes.
    """

    method: str
    path: str
    body: bytes | None
    is_retry: bool
    begin: Begin | None


class Played(NamedTuple):
    """An answer: bytes as they came over the wire. Status None: there was none, and ``error`` says why."""

    status: int | None
    headers: Mapping[str, str]
    content: bytes
    error: str | None = None


class Player(Protocol):
    """Has the answers."""

    def answer(self, asked: Asked) -> Played:
        """The answer to a request; raises what the caller shall see where there is none."""
        ...


def play(client: Any, player: Player) -> Any:
    """Answer the requests of an SDK's client from ``player`` from now on. What :func:`stop` takes is returned."""
    http = client._client
    before = (http._transport, http._mounts)
    http._transport, http._mounts = _Transport(_module_of(http), player), {}
    return before


def stop(client: Any, before: Any) -> None:
    """Give a client the network back."""
    client._client._transport, client._client._mounts = before


def _module_of(http: Any) -> Any:
    """The HTTP library that a client is of, or of which it is a subclass."""
    roots = (cls.__module__.partition(".")[0] for cls in type(http).__mro__)
    return sys.modules[next(root for root in roots if root in _HTTP)]


class _Transport:
    """A transport of either library, sync and async."""

    def __init__(self, library: Any, player: Player) -> None:
        self._library = library
        self._player = player

    def handle_request(self, request: Any) -> Any:
        return self._answered(request)

    async def handle_async_request(self, request: Any) -> Any:
        return self._answered(request)

    def _answered(self, request: Any) -> Any:
        recording = in_flight.get()
        asked = Asked(
            method=request.method,
            path=request.url.raw_path.decode("ascii", "replace"),
            body=getattr(request, "_content", None),
            is_retry=request.headers.get("x-stainless-retry-count", "0") != "0",
            begin=recording.begin if isinstance(recording, Recording) else None,
        )
        played = self._player.answer(asked)
        if played.status is None:
            raise self._library.ConnectError(played.error or "no answer", request=request)
        stream = self._library.ByteStream(played.content)
        return self._library.Response(played.status, headers=dict(played.headers), stream=stream, request=request)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to close."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """There is nothing to close."""

    def close(self) -> None:
        """There is nothing to close."""

    async def aclose(self) -> None:
        """There is nothing to close."""
