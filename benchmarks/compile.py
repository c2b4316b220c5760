"""How fast a context is compiled, and what asking again costs.

CPU time of this thread, medians. ``cold`` is the first compile of a line by a program that has it open; ``messages`` is
the first look at them (they are made then); ``again`` is a compile whose answer is known, the look-up of the branch
in the store included; ``after a commit`` is the compile of a line whose beginning is known. The reference is what bare
``sqlite3`` needs to read the same rows, one recursive statement, nothing decoded.

Run: ``python benchmarks/compile.py [commits]``
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from thence.tract import Tract

_WALK = """
WITH RECURSIVE line(hash, parent, content_hash) AS (
    SELECT hash, parent, content_hash FROM commits
    WHERE tract_id = 'main' AND hash = (SELECT commit_hash FROM refs WHERE tract_id = 'main' AND name = 'main')
    UNION ALL
    SELECT commits.hash, commits.parent, commits.content_hash FROM commits
    JOIN line ON commits.tract_id = 'main' AND commits.hash = line.parent
)
SELECT line.hash, blobs.body FROM line JOIN blobs ON blobs.tract_id = 'main' AND blobs.hash = line.content_hash
"""


def cost(work: Callable[[], Any]) -> float:
    """Milliseconds of this thread's CPU time that ``work`` takes."""
    started = time.thread_time()
    work()
    return (time.thread_time() - started) * 1e3


def grown(path: Path, commits: int) -> Tract:
    """A conversation of so many turns, a configuration on each answer."""
    tract = Tract.open(path)
    with tract.batch():
        for number in range(commits):
            if number % 2:
                config = {"model": "gpt-4o", "temperature": number % 5 / 5}
                answer = {"role": "assistant", "content": f"Answer {number}: as long as a short answer may be."}
                tract.commit(answer, generation_config=config)
            else:
                tract.commit(f"Question {number}, which is about as long as a short question is.")
    return tract


def _looked_at(tract: Tract) -> list[dict[str, Any]]:
    return tract.compile().messages


def measured(commits: int, rounds: int = 9) -> dict[str, float]:
    """Medians, by name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        tract = grown(path, commits)
        tract.compile()
        bare = sqlite3.connect(path)
        costs: dict[str, list[float]] = {}

        def note(name: str, work: Callable[[], Any], times: int = 1) -> None:
            costs.setdefault(name, []).append(cost(lambda: [work() for _ in range(times)]) / times)

        for number in range(rounds):
            cold = Tract(tract.store)
            note("bare sqlite3", lambda: bare.execute(_WALK).fetchall())
            note("cold", cold.compile)
            context = cold.compile()
            note("messages", partial(getattr, context, "messages"))
            note("again", cold.compile, 50)
            note("messages again", partial(_looked_at, cold))
            note("commit", partial(tract.commit, f"More {number}"))
            note("after a commit", cold.compile)
        bare.close()
        tract.close()
        return {name: statistics.median(each) for name, each in costs.items()}


def main() -> None:
    """Print a table."""
    commits = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(f"{commits} commits, milliseconds of CPU time")
    for name, median in measured(commits).items():
        print(f"{name:>16}  {median:9.3f}")


if __name__ == "__main__":
    main()
