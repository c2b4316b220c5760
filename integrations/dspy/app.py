"""DSPy, recorded: it calls models through LiteLLM, which tells Thence's callback of each call."""

import asyncio

import dspy
import litellm

import thence

litellm.callbacks = [thence.litellm.Callback()]
dspy.configure(lm=dspy.LM("openai/gpt-4o-mini", temperature=0.2, max_tokens=64, cache=False))

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
