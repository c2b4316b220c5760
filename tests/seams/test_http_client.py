"""The HTTP client of a wrapped client: what a program sees of it, and does with it, is as without Thence."""

from __future__ import annotations

import asyncio
import copy
import time
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.seams.conftest import Tape
from tests.seams.forms import USER, client_of

import thence
from thence.seams import stainless
from thence.testing import Provider

both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def ask(client: Any) -> Any:
    async def main() -> Any:
        answer = client.chat.completions.create(model="m", messages=USER)
        return await answer if hasattr(answer, "__await__") else answer

    return asyncio.run(main())


def hooked(seen: list[Any], *, is_async: bool) -> dict[str, list[Any]]:
    """A program's own hooks, which note what comes by."""

    async def awaited(each: Any) -> None:
        seen.append(type(each).__name__)

    return {event: [awaited if is_async else lambda each: seen.append(type(each).__name__)] for event in EVENTS}


EVENTS = ("request", "response")


@both
def test_a_program_finds_its_own_hooks_and_no_others(is_async: bool, tape: Tape, provider: Provider) -> None:
    seen: list[Any] = []
    client = client_of("openai", provider.url, is_async=is_async)
    mine = hooked(seen, is_async=is_async)
    client._client.event_hooks = mine
    tape.wrap(client)
    assert client._client.event_hooks == mine
    assert [len(client._client.event_hooks[event]) for event in EVENTS] == [1, 1]
    assert repr(client._client.event_hooks) == repr(mine)
    ask(client)
    assert seen == ["Request", "Response"]
    stainless.uncover(client)
    assert {type(client._client.event_hooks[event]) for event in EVENTS} == {list}
    assert client._client.event_hooks == mine
    tape.only()


@both
def test_hooks_that_are_copied_or_put_together_anew_see_each_call_once(
    is_async: bool, tape: Tape, provider: Provider
) -> None:
    client = tape.wrap(client_of("openai", provider.url, is_async=is_async))
    hooks = client._client.event_hooks
    copied = copy.deepcopy(hooks)
    assert copied == {"request": [], "response": []}
    assert {type(each) for each in copied.values()} == {list}
    more = hooked([], is_async=is_async)
    client._client.event_hooks = {event: [*hooks[event], *more[event]] for event in EVENTS}
    ask(client)
    assert len(provider.seen) == 1
    end = tape.ended()
    assert [attempt.status for attempt in end.attempts] == [200]
    assert client._client.event_hooks == more


def test_what_a_hook_adds_to_a_request_is_recorded(tape: Tape, provider: Provider) -> None:
    client = client_of("openai", provider.url, is_async=False)
    tape.wrap(client)
    client._client.event_hooks["request"].append(lambda request: request.headers.update({"openai-beta": "tried=1"}))
    ask(client)
    assert tape.only().begin.headers["openai-beta"] == "tried=1"


def test_an_answer_that_a_hook_refuses_is_recorded(tape: Tape, provider: Provider) -> None:
    def refuse(_response: Any) -> None:
        raise RuntimeError("not like this")

    client = client_of("openai", provider.url, is_async=False)
    client._client.event_hooks["response"].append(refuse)
    tape.wrap(client)
    with pytest.raises(Exception, match=r"not like this|Connection error"):
        client.with_options(max_retries=0).chat.completions.create(model="m", messages=USER)
    end = tape.ended()
    assert (end.status, [attempt.status for attempt in end.attempts]) == ("failed", [200])


def test_an_http_client_that_has_no_hash(tape: Tape, provider: Provider) -> None:
    class Unhashable(openai.DefaultHttpxClient):
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return False

    client = openai.OpenAI(api_key="x", base_url=f"{provider.url}/v1", http_client=Unhashable())
    other = tape.wrap(client.with_options(timeout=3))
    tape.wrap(client)
    assert stainless.uncover(other)
    ask(client)  # the HTTP client is still watched for this one
    assert tape.only().request
    assert stainless.uncover(client)
    assert type(client._client.event_hooks["request"]) is list


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the program has slept: it counts, and does not sleep, as tests of retries do."""
    found: list[float] = []
    monkeypatch.setattr(time, "sleep", found.append)
    return found


def test_a_program_that_replaces_sleep_sees_its_own(slept: list[float], provider: Provider, tmp_path: Path) -> None:
    client = thence.wrap(client_of("openai", provider.url, is_async=False), store=tmp_path / "store.db")
    for _ in range(20):
        ask(client)
    with thence.open(tmp_path / "store.db") as store:
        store.flush()
        assert len(store.calls()) == 20
    assert slept == []
