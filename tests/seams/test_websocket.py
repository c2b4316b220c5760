"""A connection that bypasses HTTP is not recorded: a wrapped client says so, once, and works as a bare one does."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from tests.seams.conftest import Tape
from tests.seams.forms import USER, client_of, entered, method_of, settled

from thence import faults
from thence.seams import websocket
from thence.seams.stainless import uncover
from thence.testing import Provider

server = pytest.importorskip("websockets.sync.server")

both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
SURFACES: dict[str, dict[str, Any]] = {
    "realtime": {"model": "m"},
    "beta.realtime": {"model": "m"},
    "responses": {},
    "beta.responses": {},
    "live": {},
}


@pytest.fixture
def url() -> Iterator[str]:
    """A WebSocket server that sends back what it is sent."""

    def echo(connection: Any) -> None:
        for message in connection:
            connection.send(message)

    with server.serve(echo, "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{running.socket.getsockname()[1]}/v1"
        running.shutdown()
        thread.join(5)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing was said before."""
    faults._counts.pop(websocket.KIND, None)
    yield
    faults._counts.pop(websocket.KIND, None)


async def spoken(client: Any, surface: str) -> str:
    """What comes back over a connection."""
    connect = method_of(client, surface).connect
    async with entered(connect(**SURFACES[surface])) as connection:
        await settled(connection.send({"type": "response.create"}))
        return str(json.loads(await settled(connection.recv_bytes()))["type"])


def ours(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What Thence has logged; a loop of a test before may still have something to say."""
    return [record for record in caplog.records if record.name.startswith("thence")]


@both
@pytest.mark.parametrize("surface", SURFACES)
def test_it_is_said_once(surface: str, is_async: bool, tape: Tape, url: str, caplog: pytest.LogCaptureFixture) -> None:
    client = client_of("openai", "http://127.0.0.1:9", is_async=is_async, websocket_base_url=url)
    try:
        method_of(client, f"{surface}.connect")
    except AttributeError:
        pytest.skip(f"openai {openai.__version__} has no {surface}")
    if "responses" in surface and importlib.util.find_spec("openai._websocket_connection") is None:
        pytest.skip(f"openai {openai.__version__} opens it without a word to its client")
    with caplog.at_level(logging.WARNING, logger="thence"):
        bare = asyncio.run(spoken(client, surface))
        assert not ours(caplog)
        tape.wrap(client)
        assert [asyncio.run(spoken(client, surface)) for _ in range(2)] == [bare] * 2 == ["response.create"] * 2
        uncover(client)
        assert asyncio.run(spoken(client, surface)) == bare
    (record,) = ours(caplog)
    assert "not recorded" in record.getMessage()
    assert faults.counts()[websocket.KIND] == 2
    assert tape.calls() == []


@both
def test_a_request_says_nothing(is_async: bool, tape: Tape, provider: Provider) -> None:
    """Not even one that asks a function for its key, as a connection does."""
    asked = []

    def key() -> str:
        asked.append(1)
        return "sk-test"

    async def key_later() -> str:
        return key()

    kind: Any = openai.AsyncOpenAI if is_async else openai.OpenAI
    client = tape.wrap(kind(api_key=key_later if is_async else key, base_url=f"{provider.url}/v1"))

    async def main() -> None:
        await settled(client.chat.completions.create(model="m", messages=USER))

    asyncio.run(main())
    assert asked
    assert websocket.KIND not in faults.counts()
    assert tape.only().begin.body == "json"


def test_unwrapped_it_is_as_it_was(tape: Tape, provider: Provider) -> None:
    client = client_of("openai", provider.url)
    before = dict(vars(client))
    uncover(tape.wrap(client))
    assert vars(client) == before
