"""pydantic-ai, recorded: its provider takes a client, and gets a wrapped one."""

import asyncio

from anthropic import AsyncAnthropic
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

import thence


class City(BaseModel):
    """What the second agent answers with."""

    name: str
    inhabitants: int


def made() -> OpenAIChatModel:
    """A model whose client is recorded."""
    provider = OpenAIProvider(openai_client=thence.wrap(AsyncOpenAI(), params={"top_p": 0.9}))
    return OpenAIChatModel("gpt-4o-mini", provider=provider)


async def main() -> None:
    """Ask whole, streamed, for a typed answer, and another provider."""
    model = made()
    agent = Agent(model, system_prompt="You are terse.", model_settings={"temperature": 0.2})
    print((await agent.run("whole")).output)
    async with agent.run_stream("streamed") as answer:
        print(await answer.get_output())
    print((await Agent(model, output_type=City).run("a city")).output)
    claude = AnthropicModel(
        "claude-sonnet-4-5", provider=AnthropicProvider(anthropic_client=thence.wrap(AsyncAnthropic()))
    )
    print((await Agent(claude, model_settings={"max_tokens": 64}).run("from Anthropic")).output)


asyncio.run(main())
print(Agent(made()).run_sync("from no coroutine").output)
