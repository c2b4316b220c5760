"""How long the viewer's pages take over 200,000 calls on SQLite.

    python benchmarks/viewer.py [--calls 200000] [--repeat 9] [--keep FILE] [--browser /usr/bin/chromium]

The store is filled by SQL alone: the configurations and calls of ``benchmarks/query.py``, each with a context of its
own, conversations of five turns on ten branches. Printed for each page: the median and the slowest time to the first
byte over HTTP, the median CPU time, the size of the page, and, where there is a Chromium, the median time to its first
paint. The limit is a second.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import uvicorn
from query import BEGIN, CONFIGURATIONS, call_rows, configure
from sqlalchemy import insert

from thence.hashing import commit_hash, content_hash, to_text
from thence.store import Store, open_store, schema
from thence.store.packing import RAW
from thence.web.app import application
from thence.web.doors import Doors
from thence.web.serving import listener

LIMIT = 1_000.0
TURNS = 5
BRANCHES = 10
TEXTS = 4_000
FAILED = 997  # every so many calls one fails

PAGES = {
    "log, the newest": "/log",
    "log, far back": "/log?before={middle}",
    "log, half of all match": "/log?q=temperature+%3E+0.8",
    "log, fifty match": "/log?q=rare_setting+%3D+1",
    "log, one in a thousand": "/log?q=status+%3D+failed",
    "log, nothing matches": "/log?q=usage.output_tokens+%3E+999999",
    "log, one branch of ten": "/log?branch=b3",
    "log as JSON": "/log.json",
    "log, nothing new": "/log.json?seen={mark}",
    "completion": "/complete.json?q=model+%3D+g",
    "call, the newest": "/call?rev=HEAD",
    "call, raw": "/call?rev=HEAD&show=raw",
    "call, far back": "/call?rev={middle}",
    "diff": "/diff?a={middle}&b=HEAD",
    "compile": "/compile?rev=HEAD&to=anthropic",
    "status": "/status",
    "sweep": "/sweep",
    "usage": "/usage",
    "sources": "/sources",
}

PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
  const paint = list.getEntriesByName("first-contentful-paint")[0];
  if (paint) done(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""


def text(number: int) -> bytes:
    """One of the texts that are said."""
    chance = random.Random(number)
    words = " ".join(chance.choices(("order", "late", "port", "ship", "letter", "answer", "brief", "please"), k=60))
    role = "assistant" if number % 2 else "user"
    return f'{{"content":"{number} {words}","role":"{role}"}}'.encode()


def rows(count: int, names: list[bytes]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each call with the two commits that it adds: a question and its answer."""
    contents = [content_hash(text(number)) for number in range(TEXTS)]
    tips: dict[int, tuple[bytes | None, int]] = {}
    chance = random.Random(2)
    for number, call in enumerate(call_rows(count, names)):
        branch = number % BRANCHES
        parent, depth = tips.get(branch, (None, 0))
        if depth >= 2 * TURNS:
            parent, depth = None, 0
        made = []
        said = (chance.randrange(0, TEXTS, 2), chance.randrange(1, TEXTS, 2))
        for role, content in zip(("user", "assistant"), (contents[each] for each in said), strict=True):
            name = commit_hash(parent, "dialogue", "append", None, content)
            made.append(
                {
                    "tract_id": "main",
                    "hash": to_text(name),
                    "parent": parent and to_text(parent),
                    "depth": depth,
                    "content_type": "dialogue",
                    "operation": "append",
                    "content_hash": to_text(content),
                    "role": role,
                    "created_at": call["started_at"],
                }
            )
            parent, depth = name, depth + 1
        tips[branch] = (parent, depth)
        failed = number % FAILED == 0
        found = {"branch": f"b{branch}", "base": made[0]["hash"], "request_model": "gpt-4o"}
        outcome = {"status": "failed", "error": "limit"} if failed else {"commit_hash": made[1]["hash"]}
        yield {**call, "commit_hash": None, "error": None, **found, **outcome}, made[:1] if failed else made


def fill(store: Store, count: int) -> None:
    """Put ``count`` calls with their contexts into an empty store."""
    names = [content_hash(str(number).encode()) for number in range(CONFIGURATIONS)]
    hashes = [to_text(name) for name in names]
    with store.writing() as connection:
        tract = {"tract_id": "main", "name": "main", "head": "b0", "epoch": 0, "created_at": BEGIN}
        connection.execute(insert(schema.tracts), [tract])
        blobs = [(content_hash(each), each) for each in map(text, range(TEXTS))]
        connection.execute(
            insert(schema.blobs),
            [
                {"tract_id": "main", "hash": to_text(name), "codec": RAW, "size": len(body), "body": body}
                for name, body in blobs
            ],
        )
        configure(connection, hashes)
        every = rows(count, hashes)  # type: ignore[arg-type]
        known: set[str] = set()
        tips: dict[str, str] = {}
        while page := list(islice(every, 10_000)):
            made = {commit["hash"]: commit for _, commits in page for commit in commits if commit["hash"] not in known}
            known |= made.keys()
            connection.execute(insert(schema.commits), list(made.values()))
            connection.execute(insert(schema.calls), [call for call, _ in page])
            answered = [(call["id"], call["commit_hash"]) for call, _ in page if call["commit_hash"]]
            connection.execute(
                insert(schema.answers),
                [
                    {"tract_id": "main", "call_id": call, "choice": 0, "position": 0, "commit_hash": commit}
                    for call, commit in answered
                ],
            )
            tips |= {call["branch"]: call["commit_hash"] for call, _ in page if call["commit_hash"]}
        connection.execute(
            insert(schema.refs),
            [
                {"tract_id": "main", "name": name, "kind": "branch", "commit_hash": tip, "moved_at": BEGIN}
                for name, tip in tips.items()
            ],
        )


class Asking:
    """A viewer, and requests to it."""

    def __init__(self, store: Store) -> None:
        self.listening = listener("127.0.0.1", 0)
        self.port = self.listening.getsockname()[1]
        self.doors = Doors("127.0.0.1", self.port)
        config = uvicorn.Config(application(store, self.doors), log_level="error", lifespan="off", ws="none")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listening]}, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def first_byte(self, path: str) -> tuple[float, int, int, float]:
        """Milliseconds to the first byte, the status, the size, and milliseconds of CPU."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        begin, worked = time.perf_counter(), time.process_time()
        connection.request("GET", path, headers={"Authorization": f"Bearer {self.doors.token}"})
        answer = connection.getresponse()
        took = (time.perf_counter() - begin) * 1000
        size = len(answer.read())
        worked = (time.process_time() - worked) * 1000
        connection.close()
        return took, answer.status, size, worked

    def mark(self) -> str:
        """The mark of the newest page of the log."""
        request = Request(f"{self.doors.origin}/log.json", headers={"Authorization": f"Bearer {self.doors.token}"})
        with urlopen(request) as answer:
            return str(json.load(answer)["mark"])

    def stop(self) -> None:
        """End the server."""
        self.server.should_exit = True
        self.thread.join(10)
        self.listening.close()


def painted(asking: Asking, browser: str, paths: dict[str, str], repeat: int) -> dict[str, float]:
    """The median time from navigation to first paint of each page, in milliseconds."""
    from playwright.sync_api import sync_playwright

    found: dict[str, float] = {}
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser, args=arguments)
        page = launched.new_page()
        page.goto(asking.doors.url)
        page.wait_for_url("**/log*")
        for name, path in paths.items():
            if ".json" in path:
                continue
            times = []
            for _ in range(repeat):
                page.goto(f"{asking.doors.origin}{path}")
                times.append(page.evaluate(PAINT))
            found[name] = statistics.median(times)
        launched.close()
    return found


def main() -> None:
    """Fill, ask, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=200_000)
    options.add_argument("--repeat", type=int, default=9)
    options.add_argument("--keep", type=Path, help="a store to fill, or to use again where it exists")
    options.add_argument("--browser", default=shutil.which("chromium"))
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.keep or Path(folder) / "store.db"
        known = path.exists()
        store = open_store(path)
        if not known:
            begin = time.perf_counter()
            fill(store, given.calls)
            print(f"filled {given.calls:,} calls in {time.perf_counter() - begin:.0f} s")
        asking = Asking(store)
        half = datetime.fromtimestamp(BEGIN / 10**9 + given.calls / 2, timezone.utc)
        middle = next(store.calls("main").until(half).newest_first(1)).id
        ask(asking, given, middle)
        asking.stop()
        store.close()


def ask(asking: Asking, given: argparse.Namespace, middle: str) -> None:
    """Ask for every page, and print what it took."""
    paths = {name: path.format(middle=middle, mark=asking.mark()) for name, path in PAGES.items()}
    shown = painted(asking, given.browser, paths, max(given.repeat // 3, 1)) if given.browser else {}
    print(f"{'page':<26}{'first byte, median':>20}{'slowest':>10}{'CPU':>10}{'kB':>8}{'first paint':>13}")
    for name, path in paths.items():
        found = [asking.first_byte(path) for _ in range(given.repeat)]
        times = [took for took, _, _, _ in found]
        worked = statistics.median(each[3] for each in found)
        paint = shown.get(name)
        verdict = "" if max(times) < LIMIT and (paint or 0) < LIMIT else "  NO"
        said = f"{paint:>10.0f} ms" if paint is not None else f"{'':>13}"
        times_said = f"{statistics.median(times):>17.0f} ms{max(times):>7.0f} ms{worked:>7.0f} ms"
        print(f"{name:<26}{times_said}{found[0][2] / 1000:>8.0f}{said}{verdict}")


if __name__ == "__main__":
    main()
