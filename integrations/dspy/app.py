"""DSPy, recorded: told to call models through LiteLLM, which tells Thence's callback of each call."""

import asyncio
import os

import dspy
import litellm

import thence

litellm.callbacks = [thence.litellm.Callback()]
settings = {"temperature": 0.2, "max_tokens": 64, "cache": False, "api_base": os.environ["PROVIDER"] + "/v1"}
dspy.configure(lm=dspy.LM("openai/gpt-4o-mini", engine="litellm", **settings))

answerer = dspy.Predict("question -> answer")


async def streamed() -> None:
    """A prediction whose answer comes in parts."""
    listeners = [dspy.streaming.StreamListener(signature_field_name="answer")]
    async for part in dspy.streamify(answerer, stream_listeners=listeners)(question="streamed"):
        print(part)
    await litellm.close_litellm_async_clients()


with thence.session(tags=["dspy"]):
    print(answerer(question="whole"))
    asyncio.run(streamed())
