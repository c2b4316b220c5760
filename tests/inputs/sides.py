"""Two sides of one call, a bare client and a wrapped one: what each gives, raises, sends and touches."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from tests.seams.conftest import Tape
from tests.seams.forms import client_of, items, method_of, settled

from thence.testing import Answer, Provider

__all__ = ["CHAT", "Make", "Outcome", "attempt", "body", "compare", "kind"]

CHAT = "chat.completions.create"


@dataclass(frozen=True)
class Outcome:
    """What a caller can see of one call: what it gave or raised, what was sent, what was touched."""

    result: Any
    sent: list[tuple[str, str, str | None, bytes]]
    touched: Any = None


def said(value: Any) -> Any:
    """A result as something that compares, NaN included."""
    text = value.model_dump_json(warnings=False) if isinstance(value, BaseModel) else repr(value)
    if hasattr(value, "content") and not isinstance(value, BaseModel):
        text = repr(value.content)
    return type(value), text


def raised(error: BaseException | None) -> Any:
    """An exception, with what it comes from."""
    if error is None:
        return None
    return type(error), str(error)[:5000], raised(error.__cause__), error.__suppress_context__


async def attempt(client: Any, path: str, kwargs: dict[str, Any]) -> Any:
    """Call and read to the end; exceptions are results."""
    given: list[Any] = []
    try:
        result = await settled(method_of(client, path)(**kwargs))
        if hasattr(result, "__stream__"):
            given.append(type(result))
            async for item in items(result):
                given.append(said(item))
            return collections.Counter(given) if len(given) > 1000 else given
        return said(result)
    except Exception as error:
        return given, raised(error)


Make = Callable[[], dict[str, Any]]


def side(
    make: Make, *, sdk: str, path: str, is_async: bool, tape: Tape | None, answer: Answer | None, touched: Any = None
) -> Outcome:
    """One of the two sides."""
    with Provider() as provider:
        if answer is not None:
            provider.answer(answer)
        client = client_of(sdk, provider.url, is_async=is_async)
        kwargs = make()
        result = asyncio.run(attempt(tape.wrap(client) if tape else client, path, kwargs))
        sent = [(s.method, s.path, kind(s.headers), body(s.headers, s.body)) for s in provider.seen]
        return Outcome(result, sent, touched(kwargs) if touched else None)


def kind(headers: dict[str, str]) -> str | None:
    return headers.get("content-type", "").partition(";")[0]


def body(headers: dict[str, str], sent: bytes) -> bytes:
    boundary = headers.get("content-type", "").partition("boundary=")[2]
    return sent.replace(boundary.encode(), b"boundary") if boundary else sent


def compare(
    make: Make,
    tape: Tape,
    *,
    sdk: str = "openai",
    path: str = CHAT,
    is_async: bool = False,
    answer: Answer | None = None,
    touched: Any = None,
) -> Outcome:
    """Both sides are equal, and what was sent is on record."""
    how: Any = {"sdk": sdk, "path": path, "is_async": is_async, "answer": answer, "touched": touched}
    bare = side(make, tape=None, **how)
    wrapped = side(make, tape=tape, **how)
    assert wrapped == bare
    calls = tape.calls()
    assert len(calls) == max(len(bare.sent), len(calls) and 1)
    if bare.sent:
        assert calls[0].end is not None
        if calls[0].begin.body == "json":
            assert calls[0].request == bare.sent[0][3]
    return bare
