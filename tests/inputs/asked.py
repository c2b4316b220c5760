"""The odd requests, by name: every row is driven through a bare and a wrapped client, and recorded on each database."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import enum
import io
import pathlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import openai
from pydantic import BaseModel
from tests.inputs.sides import Make
from typing_extensions import TypedDict

__all__ = ["HI", "REQUESTS", "UPLOADS", "chat"]

HI = {"role": "user", "content": "hi"}


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
    "one": lambda: chat(temperature=1),
    "one and nothing": lambda: chat(temperature=1.0),
    "true for one": lambda: chat(temperature=True),
    "text for one": lambda: chat(temperature="1"),
    "2 to the 63": lambda: chat(seed=2**63),
    "10 to the 30": lambda: chat(seed=10**30),
    "10 to the 5000": lambda: chat(seed=10**5000),
    "decimal": lambda: chat(temperature=decimal.Decimal("0.1")),
    "numpy scalars": lambda: chat(temperature=np.float64(0.5), seed=np.int64(7)),
    "numpy scalar that is no float": lambda: chat(temperature=np.float32(0.5)),
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
    "schema of 1 MB": lambda: chat(
        response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": {"description": "x" * 2**20}}}
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
