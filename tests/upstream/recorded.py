"""How many requests that the mock server answered are on record, by method and path.

Run in the environment that recorded: ``python recorded.py FOLDER ID``. ``FOLDER`` has the stores; ``ID`` is the request
id of all the mock server's answers, which tells them from those of transports inside the tests.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import thence


def main() -> None:
    """Print ``[[method, path, requests], ...]``."""
    found: Counter[tuple[str, str]] = Counter()
    for path in Path(sys.argv[1]).glob("*.db"):
        with thence.open(path) as store:
            store.flush()
            for call in store.calls():
                answered = sum(attempt.request_id == sys.argv[2] for attempt in call.attempts)
                found[call.method, urlsplit(call.url).path] += answered
    print(json.dumps([[method, path, times] for (method, path), times in sorted(found.items()) if times]))


if __name__ == "__main__":
    main()
