"""Query parameters, and headers that are parameters, are parameters of the record like any other."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import FunctionType
from typing import Any

import anthropic
import pytest
from tests.seams.forms import USER, client_of, settled

import thence
from thence.testing import Answer, Provider

both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def recorded(folder: Path) -> thence.Call:
    with thence.open(folder / "store.db") as store:
        store.flush()
        (call,) = store.calls()
        assert not store.fsck()
        return call


def called(folder: Path, sdk: str, path: str, *, is_async: bool, capture: str = "full", **given: Any) -> thence.Call:
    """One call with ``given``, and its record."""
    with Provider() as provider:
        client = thence.wrap(
            client_of(sdk, provider.url, is_async=is_async), store=folder / "store.db", capture=capture
        )

        async def main() -> None:
            method: Any = client
            for name in path.split("."):
                method = getattr(method, name)
            await settled(method(model="m", messages=USER, **given))

        asyncio.run(main())
        call = recorded(folder)
        assert call.request == provider.seen[0].json or capture == "params"
    return call


PLATFORMS: list[tuple[Any, dict[str, Any]]] = [
    (anthropic.AnthropicBedrock, {"api_key": "k", "aws_region": "us-east-1"}),
    (anthropic.AnthropicVertex, {"region": "r", "project_id": "p", "access_token": "t"}),
]


@pytest.mark.parametrize(("platform", "given"), PLATFORMS, ids=[kind.__name__ for kind, _ in PLATFORMS])
@pytest.mark.parametrize("layered", [False, True], ids=["alone", "over a default"])
def test_a_model_in_the_url(layered: bool, platform: Any, given: dict[str, Any], tmp_path: Path) -> None:
    """Cloud platforms' clients take it out of the body: who asked for it is known all the same."""
    params = {"model": "another"} if layered else None
    said = {"id": "m", "type": "message", "role": "assistant", "model": "resolved", "content": [], "usage": {}}
    with Provider(lambda _seen: Answer(said)) as provider:
        client = thence.wrap(platform(base_url=provider.url, **given), store=tmp_path / "store.db", params=params)
        client.messages.create(model="anthropic.claude:1", max_tokens=9, messages=USER)
        assert "model" not in provider.seen[0].json
    call = recorded(tmp_path)
    assert call.request == provider.seen[0].json
    found = call.params["model"]
    assert (found.source.name, found.asked, found.sent) == ("CALL", "anthropic.claude:1", "anthropic.claude:1")
    assert found.used == "resolved"
    assert [shadowed.value for shadowed in found.shadowed] == (["another"] if layered else [])
    with thence.open(tmp_path / "store.db") as store:
        assert len(list(store.calls().where("model = 'anthropic.claude:1'"))) == 1


def test_a_stream_in_the_url(tmp_path: Path) -> None:
    """Bedrock's client says by the address that it wants a stream."""
    platform, given = PLATFORMS[0]
    frames = Answer([b""], headers={"content-type": "application/vnd.amazon.eventstream"})
    with Provider(lambda _seen: frames) as provider:
        client = thence.wrap(platform(base_url=provider.url, **given), store=tmp_path / "store.db")
        with suppress(ModuleNotFoundError):  # what decodes the frames is not installed everywhere
            list(client.messages.create(model="anthropic.claude:1", max_tokens=9, messages=USER, stream=True))
        assert "stream" not in provider.seen[0].json
    found = recorded(tmp_path).params["stream"]
    assert (found.source.name, found.asked, found.sent) == ("CALL", True, True)
    with thence.open(tmp_path / "store.db") as store:
        assert len(list(store.calls().where("stream = true"))) == 1


@both
@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
def test_extra_query(sdk: str, is_async: bool, tmp_path: Path) -> None:
    more: dict[str, Any]
    path, more = ("chat.completions.create", {}) if sdk == "openai" else ("messages.create", {"max_tokens": 9})
    call = called(tmp_path, sdk, path, is_async=is_async, extra_query={"api-version": "7", "n": 2}, **more)
    found = call.params["extra_query"]
    assert found.value == found.sent == {"api-version": "7", "n": 2}
    assert found.source.name == "CALL"
    assert found.origin is not None
    assert found.origin.endswith("extra_query")
    assert "extra_query" not in call.request
    assert call.metadata == {}
    with thence.open(tmp_path / "store.db") as store:
        assert len(list(store.calls().where("extra_query.n = 2"))) == 1
        assert list(store.calls().where("extra_query.n = 3")) == []


@both
@pytest.mark.parametrize("how", ["betas", "extra_headers", "default_headers"])
def test_betas(how: str, is_async: bool, tmp_path: Path) -> None:
    """The header is what stood on the wire, whoever set it."""
    given: dict[str, Any] = {"max_tokens": 9}
    if how == "betas":
        call = called(tmp_path, "anthropic", "beta.messages.create", is_async=is_async, betas=["a-1", "b-2"], **given)
    elif how == "extra_headers":
        headers = {"Anthropic-Beta": "a-1,b-2", "x-secret": "never"}
        call = called(tmp_path, "anthropic", "messages.create", is_async=is_async, extra_headers=headers, **given)
    else:
        pytest.importorskip("anthropic")
        with Provider() as provider:
            client = client_of(
                "anthropic", provider.url, is_async=is_async, default_headers={"anthropic-beta": "a-1,b-2"}
            )
            thence.wrap(client, store=tmp_path / "store.db")

            async def main() -> None:
                await settled(client.messages.create(model="m", max_tokens=9, messages=USER))

            asyncio.run(main())
            call = recorded(tmp_path)
    found = call.params["extra_headers"]
    assert found.sent == {"anthropic-beta": "a-1,b-2"}
    assert found.source.name == ("SDK" if how == "default_headers" else "CALL")
    assert "never" not in repr(call.params)


def test_no_text_of_a_query_where_none_is_wanted(tmp_path: Path) -> None:
    said = {"q": "a secret question", "n": 2}
    call = called(tmp_path, "openai", "chat.completions.create", is_async=False, capture="params", extra_query=said)
    assert "secret question" not in repr(call.params)
    assert b"secret question" not in (tmp_path / "store.db").read_bytes()


@pytest.mark.parametrize("capture", ["full", "params"])
def test_fields_of_a_form_are_parameters(capture: str, tmp_path: Path) -> None:
    sound = io.BytesIO(b"RIFF")
    sound.name = "/home/me/a.wav"
    with Provider(lambda _seen: Answer({"text": "hello"})) as provider:
        client = thence.wrap(
            client_of("openai", provider.url, is_async=False), store=tmp_path / "store.db", capture=capture
        )
        client.audio.transcriptions.create(model="m", file=sound, temperature=0.2, extra_body={"vad": True})
    call = recorded(tmp_path)
    assert {name: (p.source.name, p.value) for name, p in call.params.items() if name != "files"} == {
        "model": ("CALL", "m"),
        "temperature": ("CALL", 0.2),
        "vad": ("CALL", True),
    }
    assert call.params["files"].source.name == "CALL"
    assert [file["size"] for file in call.request["files"]] == [4]
    assert [file["filename"] for file in call.request["files"]] == ["a.wav"] or capture == "params"
    with thence.open(tmp_path / "store.db") as store:
        assert len(list(store.calls().where("model = 'm' and temperature = 0.2"))) == 1


def test_a_method_that_a_pool_calls_has_no_place_in_a_source(tmp_path: Path) -> None:
    with Provider() as provider, ThreadPoolExecutor(1) as pool:
        client = thence.wrap(client_of("openai", provider.url, is_async=False), store=tmp_path / "store.db")
        pool.submit(client.chat.completions.create, model="m", messages=USER).result()
    assert recorded(tmp_path).callsite is None


@pytest.mark.parametrize(("module", "place"), [("pydantic_ai.agent", __file__), ("program", None)])
def test_a_loop_that_a_framework_runs_for_one_call(module: str, place: str | None, tmp_path: Path) -> None:
    def run_sync(request: Coroutine[Any, Any, Any]) -> None:
        asyncio.run(request)

    running = FunctionType(run_sync.__code__, {"__name__": module, "asyncio": asyncio})
    with Provider() as provider:
        client = thence.wrap(client_of("openai", provider.url, is_async=True), store=tmp_path / "store.db")
        running(client.chat.completions.create(model="m", messages=USER))
    callsite = recorded(tmp_path).callsite
    assert (callsite and callsite.partition(":")[0]) == place
