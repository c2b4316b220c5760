"""A tool runner is one record a request, and each is asked in the context that the one before it made."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import anthropic
import pytest
from tests.seams.forms import USER, client_of, settled

import thence
from thence.testing import Provider

both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
HEAD = {"id": "msg_first", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
ASKS = {
    **HEAD,
    "content": [{"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 1, "output_tokens": 1},
}


def tool(*, is_async: bool) -> Any:
    """A tool as the SDK's users make one."""
    decorate = getattr(anthropic, "beta_async_tool" if is_async else "beta_tool", None)
    if decorate is None:
        pytest.skip(f"anthropic {anthropic.__version__} has no tool runner")

    def look() -> str:
        """Look."""
        return "a cat"

    async def look_later() -> str:
        """Look."""
        return "a cat"

    look_later.__name__ = "look"
    return decorate(look_later if is_async else look)


@both
def test_one_record_a_request(is_async: bool, provider: Provider, tmp_path: Path) -> None:
    """However the runner sends the conversation on: whole, or held by the provider under the id of its last answer."""
    provider.answer(ASKS)
    client = thence.wrap(client_of("anthropic", provider.url, is_async=is_async), store=tmp_path / "store.db")
    tools = [tool(is_async=is_async)]

    async def main() -> Any:
        runner = client.beta.messages.tool_runner(model="m", max_tokens=9, messages=USER, tools=tools)
        return await settled(runner.until_done())

    assert asyncio.run(main()).content[0].text
    check(provider, tmp_path)


@both
@pytest.mark.parametrize("held", [False, True], ids=["sent whole", "held by the provider"])
def test_a_conversation_goes_on(held: bool, is_async: bool, provider: Provider, tmp_path: Path) -> None:
    provider.answer(ASKS)
    client = thence.wrap(client_of("anthropic", provider.url, is_async=is_async), store=tmp_path / "store.db")
    results = [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "a cat"}]
    said: list[Any] = [] if held else [*USER, {"role": "assistant", "content": ASKS["content"]}]
    thread = {"thread": {"type": "continue", "previous_message_id": "msg_first"}} if held else None

    async def main() -> None:
        create = client.messages.create
        await settled(create(model="m", max_tokens=9, messages=USER))
        again = [*said, {"role": "user", "content": results}]
        await settled(create(model="m", max_tokens=9, messages=again, extra_body=thread))

    asyncio.run(main())
    check(provider, tmp_path)


def check(provider: Provider, folder: Path) -> None:
    """Two records of what was sent; the second is asked after the first one's answer."""
    with thence.open(folder / "store.db") as store:
        store.flush()
        first, second = store.calls()
        assert [call.request for call in (first, second)] == [seen.json for seen in provider.seen]
        assert "a cat" in json.dumps(second.request)
        assert first.commit is not None
        assert second.base is not None
        assert second.base.parent == first.commit.hash
        assert second.base.depth == first.commit.depth + 1
        assert not store.fsck()
