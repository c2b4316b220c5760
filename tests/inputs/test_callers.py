"""Odd requests and odd answers, side by side: a wrapped client gives, raises, sends and touches what a bare one does.

Every case is driven twice, each time with objects of its own, and the two are compared. The record is then what was on
the wire, byte for byte.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import pathlib
import threading
from collections.abc import Callable
from typing import Any

import anthropic
import pytest
from tests.inputs.answered import ANSWERS, CHUNK, SSE, STREAMS, event
from tests.inputs.asked import HI, REQUESTS, UPLOADS, chat
from tests.inputs.sides import CHAT, compare
from tests.seams.conftest import Tape
from tests.seams.forms import client_of, entered, settled

from thence.testing import Answer, Provider

both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@both
@pytest.mark.parametrize("name", REQUESTS)
def test_requests(name: str, is_async: bool, tape: Tape) -> None:
    compare(REQUESTS[name], tape, is_async=is_async)


@both
@pytest.mark.parametrize("name", [name for name in REQUESTS if not name.startswith("not given")])
def test_requests_of_anthropic(name: str, is_async: bool, tape: Tape) -> None:
    """Its newer releases refuse some of these as keywords; then both sides do."""
    compare(
        lambda: {"max_tokens": 9, **REQUESTS[name]()}, tape, sdk="anthropic", path="messages.create", is_async=is_async
    )


@pytest.mark.parametrize("mark", ["NOT_GIVEN", "omit"])
def test_marks_of_anthropic_are_absent(mark: str, tape: Tape) -> None:
    absent = getattr(anthropic, mark, None)
    if absent is None:
        pytest.skip(f"anthropic {anthropic.__version__} has no {mark}")
    given = {"max_tokens": 9, "tools": absent, "stop_sequences": absent}
    bare = compare(lambda: chat(**given), tape, sdk="anthropic", path="messages.create")
    assert set(json.loads(bare.sent[0][3])) == {"model", "messages", "max_tokens"}


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


@both
@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
@pytest.mark.parametrize("name", ANSWERS)
def test_answers(name: str, sdk: str, is_async: bool, tape: Tape) -> None:
    path, more = (CHAT, {}) if sdk == "openai" else ("messages.create", {"max_tokens": 1})
    compare(lambda: chat(**more), tape, sdk=sdk, path=path, is_async=is_async, answer=ANSWERS[name])


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
