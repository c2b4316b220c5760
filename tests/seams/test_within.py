"""A call that is made within the request of another one: both are recorded, and the inner one says which is around."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.seams.conftest import Tape
from tests.seams.forms import USER, client_of, settled

from thence.testing import Provider


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_guard_that_asks_a_model_is_within_the_call_that_it_guards(
    tape: Tape, provider: Provider, is_async: bool
) -> None:
    guard = tape.wrap(client_of("anthropic", provider.url, is_async=is_async))
    guarded = tape.wrap(client_of("openai", provider.url, is_async=is_async))
    send = guarded._client.send

    def sync_send(request: Any, **more: Any) -> Any:
        guard.messages.create(model="guard", max_tokens=9, messages=USER)
        return send(request, **more)

    async def async_send(request: Any, **more: Any) -> Any:
        await guard.messages.create(model="guard", max_tokens=9, messages=USER)
        return await send(request, **more)

    async def ask() -> None:
        guarded._client.send = async_send if is_async else sync_send
        await settled(guarded.chat.completions.create(model="m", messages=USER))
        await settled(guard.messages.create(model="guard", max_tokens=9, messages=USER))

    asyncio.run(ask())
    within, around, after = tape.calls()
    assert within.begin.parent == around.begin.call_id
    assert around.begin.parent is after.begin.parent is None
    assert [call.end and call.end.status for call in (within, around, after)] == ["completed"] * 3
