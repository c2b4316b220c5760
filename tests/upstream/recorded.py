"""What a store has of the calls that went to one server, one line of JSON for each attempt's method and path.

Run in the environment that recorded: ``python recorded.py STORE HOST:PORT``.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from urllib.parse import urlsplit

import thence


def main() -> None:
    """Print ``[[method, path, attempts], ...]``."""
    found: Counter[tuple[str, str]] = Counter()
    with thence.open(sys.argv[1]) as store:
        for call in store.calls():
            url = urlsplit(call.url)
            if url.netloc == sys.argv[2]:
                # A request that reached the server had an answer, unless its caller gave it up.
                found[call.method, url.path] += len(call.attempts)
    print(json.dumps([[method, path, times] for (method, path), times in sorted(found.items())]))


if __name__ == "__main__":
    main()
