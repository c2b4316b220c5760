"""A team's record on PostgreSQL: programs write to it from many machines, and all read the same.
The calls go to a journal on the machine first, so the database may be away for a while; nothing waits for it.
Needs a database: ``pip install 'thence[openai,local,postgres]'``, then ``python examples/postgresql.py URL``.
"""

from __future__ import annotations

import sys

import openai

import thence
from thence import local


def main(url: str) -> None:
    """One call, recorded in the database, in a tract of its own."""
    with local.serve() as server:
        client = thence.wrap(openai.OpenAI(base_url=server.base_url, api_key="none"), store=url, tract="colours")
        client.chat.completions.create(
            model="smollm2", messages=[{"role": "user", "content": "Name a colour."}], max_tokens=8, temperature=0.2
        )
    with thence.open(url) as store:
        store.flush()
        for call in store.calls("colours").where("temperature between 0 and 1").last(5):
            print(f"{call.started_at:%H:%M:%S}  {call.request_model}  {call.generation_config}")
        print(f"{len(store.calls())} calls in {store.url}")
        print(f"proven: {len(store.fsck())} findings")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/postgresql.py postgresql://user@host/database")
    main(sys.argv[1])
