"""A function as a serverless platform runs it: one process, an event a line, frozen between two of them."""

from __future__ import annotations

import os
import sys

from tests.deploy.programs.web import ask

import thence

store = thence.open() if "FLUSH" in os.environ else None
print("ready", flush=True)
for line in sys.stdin:
    said = ask(line.strip())
    if store is not None:
        store.flush()
    print(said, flush=True)
