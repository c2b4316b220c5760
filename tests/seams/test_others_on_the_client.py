"""A program, or another tool, puts something of its own on a client or its class: recorded once, and left as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
import wrapt
from tests.seams.conftest import Tape
from tests.seams.forms import USER, client_of, settled

from thence.seams import stainless
from thence.testing import Provider

both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
sdks = pytest.mark.parametrize("sdk", ["openai", "anthropic"])


@pytest.fixture
def ask() -> Iterator[Callable[[Any], Any]]:
    """Asks a client; an async one always in the same event loop."""

    async def asked(client: Any) -> Any:
        if hasattr(client, "chat"):
            return await settled(client.chat.completions.create(model="m", messages=USER))
        return await settled(client.messages.create(model="m", max_tokens=9, messages=USER))

    loop = asyncio.new_event_loop()
    yield lambda client: loop.run_until_complete(asked(client))
    loop.close()


def plain(real: Any, seen: list[str]) -> Any:
    def traced(*args: Any, **kwargs: Any) -> Any:
        seen.append("traced")
        return real(*args, **kwargs)

    return traced


def coroutine(real: Any, seen: list[str]) -> Any:
    async def traced(*args: Any, **kwargs: Any) -> Any:
        seen.append("traced")
        return await real(*args, **kwargs)

    return traced


def proxy(real: Any, seen: list[str]) -> Any:
    def traced(wrapped: Any, _instance: Any, args: Any, kwargs: Any) -> Any:
        seen.append("traced")
        return wrapped(*args, **kwargs)

    return wrapt.FunctionWrapper(real, traced)


Ask = Callable[[Any], Any]
Traced = Callable[[Any, list[str]], Any]
kinds = pytest.mark.parametrize("traced", [plain, coroutine, proxy])


def client_for(sdk: str, traced: Traced, url: str) -> Any:
    return client_of(sdk, url, is_async=traced is coroutine)


@kinds
@sdks
def test_what_was_there_before_is_called_and_given_back(
    traced: Traced, sdk: str, ask: Ask, tape: Tape, provider: Provider
) -> None:
    seen: list[str] = []
    client = client_for(sdk, traced, provider.url)
    client.request = mine = traced(client.request, seen)
    tape.wrap(client)
    assert ask(client).id
    call = tape.only()
    assert call.request == provider.seen[0].body
    assert call.end is not None
    assert call.end.status == "completed"
    stainless.uncover(client)
    assert client.request is mine
    ask(client)
    assert seen == ["traced", "traced"]
    tape.only()


@kinds
@sdks
def test_what_is_put_over_the_cover_is_recorded_once(
    traced: Traced, sdk: str, ask: Ask, tape: Tape, provider: Provider
) -> None:
    """Before the client is wrapped again and after it; and no more when it is unwrapped."""
    seen: list[str] = []
    client = tape.wrap(client_for(sdk, traced, provider.url))
    client.request = mine = traced(client.request, seen)
    assert stainless.covered(client) is tape.recorder
    ask(client)
    assert len(tape.calls()) == 1
    tape.wrap(client)
    ask(client)
    assert len(tape.calls()) == 2
    assert [call.request for call in tape.calls()] == [each.body for each in provider.seen]
    assert stainless.uncover(client)
    assert stainless.covered(client) is None
    assert client.request is mine
    ask(client)
    assert seen == ["traced"] * 3
    assert len(tape.calls()) == 2


def test_a_replacement_that_does_not_call_the_cover_is_covered_again(ask: Ask, tape: Tape, provider: Provider) -> None:
    client = client_of("openai", provider.url)
    real = client.request
    tape.wrap(client)
    client.request = plain(real, [])
    tape.wrap(client)
    ask(client)
    tape.only()


@both
@sdks
def test_a_patched_class_is_patched_for_a_wrapped_client(
    sdk: str, is_async: bool, ask: Ask, tape: Tape, provider: Provider
) -> None:
    client = tape.wrap(client_of(sdk, provider.url, is_async=is_async))
    base = next(cls for cls in type(client).__mro__ if "request" in vars(cls))
    seen: list[str] = []
    real = base.request  # type: ignore[attr-defined]
    with mock.patch.object(base, "request", coroutine(real, seen) if is_async else plain(real, seen)):
        ask(client)
    with mock.patch.object(type(client), "request", return_value=6):
        assert ask(client) == 6
    ask(client)
    assert seen == ["traced"]
    sent = [call.request for call in tape.calls() if call.begin.url.startswith("http")]
    assert sent == [each.body for each in provider.seen]
