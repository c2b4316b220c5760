"""Odd requests and odd answers, side by side: a wrapped client gives, raises, sends and touches what a bare one does.

Every case is driven twice, each time with objects of its own, and the two are compared. The record is then what was on
the wire, byte for byte.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import datetime as dt
import decimal
import enum
import gzip
import io
import json
import pathlib
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import openai
import pytest
from pydantic import BaseModel
from tests.seams.conftest import Tape
from tests.seams.forms import client_of, entered, items, method_of, settled
from typing_extensions import TypedDict

from thence.testing import Answer, Provider

both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
CHAT = "chat.completions.create"
HI = {"role": "user", "content": "hi"}


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


def chat(**more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [dict(HI)], **more}


class Colour(enum.Enum):
    """A value that JSON does not know."""

    RED = "red"


class Parsed(BaseModel):
    """A pydantic model as a response format."""

    city: str = "here"


@dataclass
class Data:
    """A dataclass as a response format."""

    city: str = "here"


class Typed(TypedDict):
    """A TypedDict as a response format."""

    city: str


class NeverCalled:
    """A class that must not be called."""

    def __init__(self) -> None:
        raise AssertionError("called")


def cycle() -> dict[str, Any]:
    message: dict[str, Any] = dict(HI)
    message["self"] = message
    return message


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


def numbered(count: int) -> Iterator[dict[str, Any]]:
    for n in range(count):
        yield {"role": "user", "content": f"{n}"}


async def asked_for(count: int) -> Any:
    for n in range(count):
        yield {"role": "user", "content": f"{n}"}


REQUESTS: dict[str, Make] = {
    "nan": lambda: chat(temperature=float("nan")),
    "inf": lambda: chat(top_p=float("inf")),
    "minus zero": lambda: chat(temperature=-0.0),
    "true for one": lambda: chat(temperature=True),
    "text for one": lambda: chat(temperature="1"),
    "2 to the 63": lambda: chat(seed=2**63),
    "10 to the 30": lambda: chat(seed=10**30),
    "10 to the 5000": lambda: chat(seed=10**5000),
    "decimal": lambda: chat(temperature=decimal.Decimal("0.1")),
    "datetime": lambda: chat(metadata={"at": dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)}),
    "date": lambda: chat(metadata={"at": dt.date(2026, 1, 1)}),
    "uuid": lambda: chat(user=uuid.UUID(int=7)),
    "enum": lambda: chat(user=Colour.RED),
    "path": lambda: chat(user=pathlib.Path("/x")),
    "set": lambda: chat(stop={"a"}),
    "lone surrogate in a prompt": lambda: chat(user="\ud800"),
    "lone surrogate in a name": lambda: chat(extra_body={"a\udfff": 1}),
    "nul": lambda: chat(user="a\x00b", extra_body={"c\x00": "\x00"}),
    "unnormalised text": lambda: chat(user="\ufeffe\u0301 \u00e9 \u202e \u200b"),
    "cycle": lambda: chat(messages=[cycle()]),
    "cycle in extra_body": lambda: chat(extra_body={"x": cycle()}),
    "900 deep": lambda: chat(extra_body={"x": deep(200)}),
    "100,000 deep": lambda: chat(extra_body={"x": deep(100_000)}),
    "bytes in content": lambda: chat(messages=[{"role": "user", "content": b"hi"}]),
    "bytes in extra_body": lambda: chat(extra_body={"x": b"hi"}),
    "generator": lambda: chat(messages=numbered(50)),
    "generator of content": lambda: chat(messages=[{"role": "user", "content": ({"type": "text"} for _ in range(3))}]),
    "iterator": lambda: chat(messages=iter([HI]), tools=iter([{"type": "function"}])),
    "map and filter": lambda: chat(messages=map(dict, [HI]), tools=filter(None, [{"type": "function"}])),
    "dict view": lambda: chat(messages={"a": HI}.values(), stop={"a": 1}.keys()),
    "tuple, deque": lambda: chat(messages=(HI,), tools=collections.deque([{"type": "function"}])),
    "range": lambda: chat(stop=range(3)),
    "generator that raises": lambda: chat(messages=(1 // 0 for _ in range(3))),
    "async generator": lambda: chat(messages=asked_for(3)),
    "mapping that is no dict": lambda: chat(metadata=collections.ChainMap({"a": "b"})),
    "pydantic class": lambda: chat(response_format=Parsed),
    "pydantic instance": lambda: chat(response_format=Parsed(), messages=[HI, Parsed()]),
    "dataclass": lambda: chat(response_format=Data),
    "dataclass instance": lambda: chat(response_format=Data()),
    "typed dict": lambda: chat(response_format=Typed),
    "class": lambda: chat(response_format=NeverCalled, user=NeverCalled),
    "none": lambda: chat(temperature=None, stop=None),
    "not given": lambda: chat(temperature=openai.NOT_GIVEN, extra_body={"top_k": 3}),
    "not given in extra_body": lambda: chat(extra_body={"top_k": openai.NOT_GIVEN}),
    "extra everything": lambda: chat(
        extra_body={"k": 1}, extra_query={"q": "1", "z": [1, 2]}, extra_headers={"x-a": "b"}
    ),
    "extra_body over keyword": lambda: chat(temperature=0.1, extra_body={"temperature": 0.9, "messages": []}),
    "extra_body that is a list": lambda: chat(extra_body=[1, 2]),
    "odd names": lambda: chat(
        extra_body={
            "a.b": 1,
            "a[0]": 2,
            "$": 3,
            "": 4,
            "'\"\\": 5,
            "é": 6,
            "; drop table": 7,
            "__proto__": 8,
            "k" * 10240: 9,
        }
    ),
    "names that are no text": lambda: chat(extra_body={1: 2, None: 3, False: 4, 0.5: 5}),
    "names that can't be written": lambda: chat(extra_body={(1, 2): 5}),
    "10,000 messages, 500 tools": lambda: chat(
        messages=[dict(HI) for _ in range(10_000)],
        tools=[{"type": "function", "function": {"name": f"f{n}"}} for n in range(500)],
    ),
    "no messages": lambda: {"model": "m"},
    "unknown keyword": lambda: chat(temprature=1),
    "messages that are text": lambda: chat(messages="hi"),
    "messages that are none": lambda: chat(messages=None),
    "header with a line break": lambda: chat(extra_headers={"x-a": "b\r\nc: d"}),
    "header that is none": lambda: chat(extra_headers={"user-agent": None}),
    "timeout that is text": lambda: chat(timeout="soon"),
    "stream that is none": lambda: chat(stream=None),
    "stream that is text": lambda: chat(stream="yes"),
}


@both
@pytest.mark.parametrize("name", REQUESTS)
def test_requests(name: str, is_async: bool, tape: Tape) -> None:
    compare(REQUESTS[name], tape, is_async=is_async)


@both
@pytest.mark.parametrize("name", ["generator", "iterator", "map and filter"])
def test_what_can_be_read_once_reaches_the_wire_whole(name: str, is_async: bool, tape: Tape) -> None:
    (sent,) = compare(REQUESTS[name], tape, is_async=is_async).sent
    assert len(json.loads(sent[3])["messages"]) == (50 if name == "generator" else 1)


@pytest.mark.parametrize("is_async", [False, True])
def test_fifty_megabytes(is_async: bool, tape: Tape) -> None:
    image = "data:image/png;base64," + "iVBO" * (50 * 2**18)

    def make() -> dict[str, Any]:
        return chat(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": image}}]}])

    assert len(compare(make, tape, is_async=is_async).sent[0][3]) > 50 * 2**20


UPLOADS: dict[str, Callable[[pathlib.Path], Any]] = {
    "open file": lambda path: path.open("rb"),
    "file at a position": lambda path: at(path.open("rb"), 3),
    "named": lambda path: ("b.jsonl", path.open("rb")),
    "in memory": lambda _: io.BytesIO(b"0123456789"),
    "in memory at a position": lambda _: at(io.BytesIO(b"0123456789"), 4),
    "bytes": lambda _: b"0123456789",
    "path": lambda path: path,
    "text file": lambda path: path.open(),
    "text": lambda _: "0123456789",
    "closed file": lambda path: closed(path.open("rb")),
    "file without a descriptor": lambda _: Unnamed(b"0123456789"),
}


class Unnamed(io.BytesIO):
    """A file whose ``fileno`` must not be called twice, nor its size be asked for by moving."""

    def fileno(self) -> int:
        raise OSError("no descriptor")


def at(file: Any, position: int) -> Any:
    file.seek(position)
    return file


def closed(file: Any) -> Any:
    file.close()
    return file


def position(kwargs: dict[str, Any]) -> Any:
    file = kwargs["file"][1] if isinstance(kwargs["file"], tuple) else kwargs["file"]
    if not hasattr(file, "tell"):
        return None
    return "closed" if file.closed else file.tell()


@both
@pytest.mark.parametrize("name", UPLOADS)
def test_uploads(name: str, is_async: bool, tape: Tape, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"0123456789")

    def make() -> dict[str, Any]:
        return {"file": UPLOADS[name](path), "purpose": "batch"}

    answer = Answer(
        {"id": "file_1", "object": "file", "bytes": 1, "created_at": 1, "filename": "f", "purpose": "batch"}
    )
    compare(make, tape, path="files.create", is_async=is_async, answer=answer, touched=position)


TOUCHES = (
    "__repr__",
    "__str__",
    "__eq__",
    "__hash__",
    "__iter__",
    "__len__",
    "__getitem__",
    "__bool__",
    "__contains__",
)


def watched(base: type, *, raises: bool) -> type:
    """A subclass of ``base`` that counts, and may refuse, every touch."""

    def touch(name: str) -> Any:
        def method(self: Any, *args: Any) -> Any:
            vars(self).setdefault("touches", collections.Counter())[name] += 1
            if raises:
                raise RuntimeError(f"{name} was called")
            return getattr(base, name)(self, *args) if hasattr(base, name) else True

        return method

    names = [name for name in (*TOUCHES, "keys", "items", "values", "get", "copy") if name != "__bool__"]
    return type(f"Watched{base.__name__}", (base,), {name: touch(name) for name in names if hasattr(base, name)})


class Opaque:
    """Neither JSON nor anything else."""

    def __str__(self) -> str:
        return "opaque"


PLACES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "messages": lambda thing: chat(messages=thing),
    "a message": lambda thing: chat(messages=[thing]),
    "a parameter": lambda thing: chat(metadata=thing),
    "extra_body": lambda thing: chat(extra_body=thing),
    "inside extra_body": lambda thing: chat(extra_body={"x": thing}),
    "extra_query": lambda thing: chat(extra_query={"x": thing}),
    "response_format": lambda thing: chat(response_format=thing),
}


@pytest.mark.parametrize("raises", [False, True], ids=["counts", "raises"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("base", [dict, list, str, Opaque], ids=lambda base: base.__name__)
def test_objects_are_touched_no_more_than_without_thence(base: Any, place: str, raises: bool, tape: Tape) -> None:
    things: list[Any] = []
    kind = watched(base, raises=raises)

    def make() -> dict[str, Any]:
        things.append(kind())
        return PLACES[place](things[-1])

    def touches(_: Any) -> Any:
        found = vars(things[-1]).get("touches", {})
        # To look up a key of the options is not to touch what the caller gave; what could run code of theirs is.
        return {name: found[name] for name in ("__repr__", "__str__", "__eq__", "__hash__") if name in found}

    compare(make, tape, touched=touches)


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


@both
@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
@pytest.mark.parametrize("name", ANSWERS)
def test_answers(name: str, sdk: str, is_async: bool, tape: Tape) -> None:
    path, more = (CHAT, {}) if sdk == "openai" else ("messages.create", {"max_tokens": 1})
    compare(lambda: chat(**more), tape, sdk=sdk, path=path, is_async=is_async, answer=ANSWERS[name])


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


@both
@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
@pytest.mark.parametrize("name", STREAMS)
def test_streams(name: str, sdk: str, is_async: bool, tape: Tape) -> None:
    path, more = (CHAT, {}) if sdk == "openai" else ("messages.create", {"max_tokens": 1})
    compare(lambda: chat(stream=True, **more), tape, sdk=sdk, path=path, is_async=is_async, answer=STREAMS[name])


@both
def test_a_stream_of_many_chunks(is_async: bool, tape: Tape) -> None:
    chunks = 5_000
    answer = Answer([event(CHUNK) * 10] * (chunks // 10) + [b"data: [DONE]\n\n"], headers=SSE)
    bare = compare(lambda: chat(stream=True), tape, is_async=is_async, answer=answer)
    assert sum(bare.result.values()) == chunks + 1
    assert tape.only().answer.count(b"data: {") == chunks


@pytest.mark.slow
def test_a_stream_of_100_000_chunks(tape: Tape) -> None:
    answer = Answer([event(CHUNK)] * 100_000 + [b"data: [DONE]\n\n"], headers=SSE)
    bare = compare(lambda: chat(stream=True), tape, answer=answer)
    assert sum(bare.result.values()) == 100_001
    assert tape.only().answer.count(b"data: {") == 100_000


def test_messages_changed_while_the_request_is_under_way(tape: Tape) -> None:
    """The record is what was sent, whatever another thread does to the caller's objects meanwhile."""
    under_way, changed = threading.Event(), threading.Event()

    def script(_: Any) -> None:
        under_way.set()
        changed.wait(5)

    with Provider(script) as provider:
        client = tape.wrap(client_of("openai", provider.url))
        messages: Any = [dict(HI)]

        def change() -> None:
            under_way.wait(5)
            messages[0]["content"] = "something else"
            messages.append("nonsense")
            changed.set()

        thread = threading.Thread(target=change)
        thread.start()
        client.chat.completions.create(model="m", messages=messages, extra_body={"x": messages})
        thread.join()
        call = tape.only()
        assert call.request == provider.seen[0].body
    assert b"something else" not in call.request
    assert not any("something else" in str(asked.values) for asked in call.begin.asked)


@both
def test_the_callers_objects_stay_as_they_were(is_async: bool, tape: Tape, provider: Provider) -> None:
    client = tape.wrap(client_of("openai", provider.url, is_async=is_async))
    kwargs = chat(extra_body={"a": {"b": [1]}}, extra_headers={"x": "y"}, metadata={"k": "v"}, stop=["."])
    before = json.dumps(kwargs)

    async def main() -> None:
        await settled(client.chat.completions.create(**kwargs))
        async with entered(client.chat.completions.with_streaming_response.create(**kwargs)):
            pass

    asyncio.run(main())
    assert json.dumps(kwargs) == before


def test_a_fault_of_the_recording_is_not_the_callers(
    tape: Tape, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THENCE_STRICT")
    client = tape.wrap(client_of("openai", provider.url))
    for name in ("append", "append_soon"):
        monkeypatch.setattr(tape.writer, name, lambda *_: 1 // 0)
    assert client.chat.completions.create(**chat()).choices[0].message.content == "You said: hi"
    with contextlib.closing(client.chat.completions.create(**chat(stream=True))) as stream:
        assert list(stream)
