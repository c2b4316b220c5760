"""The program whose calls the pictures of the viewer show. ``docs/pictures.py`` runs it in a folder of its own."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import anthropic
import openai

import thence

SYSTEM = "You help a shop's staff. Be brief. Order 4471: due 3 November, port of Rotterdam, customer Ms Aydin."
CONFIGURATION = """\
[params]
max_tokens = 400

[presets.precise]
temperature = 0.0
top_p = 0.9
"""


def user(text: str) -> dict[str, Any]:
    """A message of the user's."""
    return {"role": "user", "content": text}


def classify(client: openai.OpenAI) -> None:
    """Two small calls."""
    for text in ("Where is my parcel?", "I was charged twice."):
        client.chat.completions.create(model="gpt-4o-mini", messages=[user(f"Classify: '{text}'")])


def explore(client: openai.OpenAI) -> None:
    """One question with many settings; ``seed`` is given in some of them only."""
    asked: list[Any] = [user("A subject line, please.")]
    for temperature in (0.0, 0.4, 0.8, 1.2, 1.6):
        for top_p in (0.5, 0.8, 1.0):
            client.chat.completions.create(
                model="gpt-4o-mini", messages=asked, temperature=temperature, top_p=top_p, max_tokens=40
            )
        client.chat.completions.create(model="gpt-4o-mini", messages=asked, temperature=temperature, seed=7)


def converse(client: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    """A conversation, whose last question is asked again, otherwise and elsewhere."""
    messages: list[Any] = [{"role": "system", "content": SYSTEM}]
    for question in ("Which order is late?", "Write to the customer."):
        messages.append(user(question))
        answer = client.chat.completions.create(model="gpt-4o", messages=messages)
        messages.append({"role": "assistant", "content": answer.choices[0].message.content})
    messages.append(user("Shorter, please."))
    with thence.session(branch="warm", params={"presence_penalty": 0.4}):
        answer = client.chat.completions.create(model="gpt-4o", messages=messages, temperature=1.1, seed=7)
        warm = [*messages, {"role": "assistant", "content": answer.choices[0].message.content}]
        client.chat.completions.create(model="gpt-4o", messages=[*warm, user("Is it friendly?")], temperature=1.1)
    with thence.session(branch="claude"):
        claude.messages.create(
            model="claude-opus-4-5", max_tokens=200, system=SYSTEM, messages=messages[1:], extra_body={"top_k": 40}
        )
    with suppress(openai.RateLimitError):
        client.chat.completions.create(model="gpt-4o", messages=messages, max_tokens=64)
    with thence.session(preset="precise"):
        client.chat.completions.create(model="gpt-4o", messages=messages, seed=7)


def main(url: str) -> None:
    """Everything, against the provider at ``url``."""
    Path("thence.toml").write_text(CONFIGURATION)
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    client = thence.wrap(client, params={"temperature": 0.2})
    claude = thence.wrap(anthropic.Anthropic(base_url=url, api_key="none"))
    with thence.session(branch="subjects"):
        explore(client)
    classify(client)
    converse(client, claude)


if __name__ == "__main__":
    main(sys.argv[1])
