"""What is kept of an answer as it passes: all of it up to a bound, then its size and digest."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thence.seams.tee import Body, tee

http: Any = pytest.importorskip("httpx2")


class Pieces(http.SyncByteStream):  # type: ignore[misc]
    """A body in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)


class LatePieces(http.AsyncByteStream):  # type: ignore[misc]
    """The same, for those who wait."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def read(pieces: list[bytes], body: Body, *, is_async: bool) -> list[bytes]:
    if not is_async:
        return list(tee(Pieces(pieces), body))

    async def main() -> list[bytes]:
        return [piece async for piece in tee(LatePieces(pieces), body)]

    return asyncio.run(main())


@pytest.mark.parametrize("is_async", [False, True])
@given(pieces=st.lists(st.binary(max_size=40)), keep=st.booleans(), limit=st.integers(0, 200))
def test_all_or_its_digest(is_async: bool, pieces: list[bytes], keep: bool, limit: int) -> None:
    ended: list[str] = []
    body = Body(keep=keep, began=0, ended=lambda outcome, _: ended.append(outcome))
    with patch("thence.seams.tee.BODY_LIMIT", limit):
        assert read(pieces, body, is_async=is_async) == pieces
    whole = b"".join(pieces)
    assert ended == ["completed"]
    assert (body.size, body.parts) == (len(whole), len(pieces))
    assert (body.first is None) == (not pieces)
    if keep and len(whole) <= limit:
        assert (b"".join(body.chunks), body.digest) == (whole, None)
    else:
        assert (body.chunks, body.digest) == ([], hashlib.sha256(whole).digest())


@pytest.mark.parametrize("broken", ["add", "end"])
def test_a_bug_of_ours_keeps_no_piece_from_its_reader(broken: str) -> None:
    def bug(*_: object) -> None:
        raise RuntimeError("a bug")

    async def late() -> list[bytes]:
        passing = tee(LatePieces([b"a", b"b"]), Body(keep=True, began=0, ended=lambda *_: None))
        pieces = [piece async for piece in passing]
        await passing.aclose()
        return pieces

    with patch.object(Body, broken, bug):
        passing = tee(Pieces([b"a", b"b"]), Body(keep=True, began=0, ended=lambda *_: None))
        assert [*passing] == [b"a", b"b"]
        passing.close()
        assert asyncio.run(late()) == [b"a", b"b"]


@pytest.mark.parametrize("is_async", [False, True])
def test_a_reading_that_is_given_up_is_over(is_async: bool) -> None:
    body = Body(keep=True, began=0, ended=lambda *_: None)

    async def late() -> None:
        reading = aiter(tee(LatePieces([b"a", b"b"]), body))
        await anext(reading)
        await reading.aclose()

    if is_async:
        asyncio.run(late())
    else:
        reading = iter(tee(Pieces([b"a", b"b"]), body))
        next(reading)
        reading.close()
    assert (body.outcome, body.chunks) == ("dropped", [b"a"])
