"""groq, together and cerebras, recorded: their SDKs come from the generator of OpenAI's, so ``wrap`` takes them."""

import os

import groq
import together
from cerebras.cloud.sdk import Cerebras

import thence

provider = os.environ["PROVIDER"]  # in a program of yours, leave the addresses out
hello = [{"role": "user", "content": "hi"}]

clients = [
    thence.wrap(groq.Groq(base_url=provider, api_key="none"), params={"top_p": 0.9}),
    thence.wrap(together.Together(base_url=provider, api_key="none"), params={"top_p": 0.9}),
    thence.wrap(Cerebras(base_url=provider, api_key="none", warm_tcp_connection=False), params={"top_p": 0.9}),
]
for client in clients:
    print(client.chat.completions.create(model="llama", temperature=0.2, messages=hello).choices[0].message.content)
    parts = client.chat.completions.create(model="llama", messages=hello, stream=True)
    print("".join(part.choices[0].delta.content or "" for part in parts if part.choices))
