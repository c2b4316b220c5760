"""LlamaIndex, recorded: its models make the SDK's own clients, and ``thence.install()`` records every one of these."""

import thence

thence.install()

from llama_index.core.llms import ChatMessage  # noqa: E402
from llama_index.llms.openai import OpenAI  # noqa: E402

model = OpenAI(model="gpt-4o-mini", temperature=0.2, max_tokens=64)
print(model.chat([ChatMessage(role="user", content="whole")]).message.content)
with thence.session(params={"top_p": 0.9}):
    print("".join(part.delta or "" for part in model.stream_chat([ChatMessage(role="user", content="streamed")])))
