"""How long queries take among a million calls on SQLite.

    python benchmarks/query.py [--calls 1000000] [--repeat 15] [--keep FILE]

The store is filled by SQL alone: a few hundred configurations of twelve parameters, calls spread over them as programs
do (few configurations make most calls), and a volatile ``user`` for every tenth call. Printed are medians of whole
queries, from text to objects, in milliseconds of CPU time, beside the figure to reach and what ``sqlite3`` alone needs
for fifty rows by their key.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from thence.hashing import content_hash
from thence.params import Parameter, ParameterSource
from thence.store import Store, open_store, schema
from thence.store.configuration import rows_of
from thence.store.identity import new_id

BEGIN = 1_700_000_000 * 10**9
CONFIGURATIONS = 300
MODELS = ("gpt-4o", "gpt-4o-mini", "o3", "claude-sonnet-4-5", "llama-3.3-70b")
RARE = 50

# what is asked: its query, its limit, the milliseconds to reach (None: for information)
QUERIES: dict[str, tuple[str, int | None, float | None]] = {
    "one parameter, 50 calls match": ("rare_setting = 1", None, 5),
    "one parameter, the newest 50 of half of all": ("temperature > 0.8", 50, 5),
    "one parameter by pattern, newest 50": ('model ~ "gpt-4*"', 50, 5),
    "two parameters and a source, newest 50": (
        'temperature > 0.8 and model = "gpt-4o" and source(temperature) = preset',
        50,
        30,
    ),
    "two parameters and a source, 50 match": ("rare_setting = 1 and top_p <= 1 and source(top_p) = call", None, 30),
    "a parameter that calls keep, one matches": ('user = "user-77770"', None, 5),
    "a parameter and usage, newest 50": ("temperature > 0.8 and usage.output_tokens > 900", 50, None),
    "not, or, missing; newest 50": ("not (temperature > 0.8 or model = o3) and seed missing", 50, None),
    "one hour of them": ("since 2023-11-20T00:00Z and until 2023-11-20T00:10Z and temperature > 0.8", None, None),
    "newest 50, nothing asked": ("", 50, 5),
}


def configuration(number: int) -> list[Parameter]:
    """Twelve parameters; the last configuration is the rare one."""
    chance = random.Random(number)
    values: dict[str, Any] = {f"setting_{each}": chance.random() for each in range(7)}
    values |= {
        "model": chance.choice(MODELS),
        "temperature": number % 20 / 10,
        "top_p": chance.choice((0.5, 1)),
        "response_format": {"type": chance.choice(("text", "json_object"))},
        "max_tokens": chance.choice((256, 1024, 4096)),
    }
    if number == CONFIGURATIONS - 1:
        values["rare_setting"] = 1
    preset = ParameterSource.PRESET if number % 3 == 0 else ParameterSource.CALL
    sources = {"temperature": preset}
    return [
        Parameter(name, value, sources.get(name, ParameterSource.CALL), asked=value, sent=value)
        for name, value in values.items()
    ]


def call_rows(count: int, names: list[bytes]) -> Iterator[dict[str, Any]]:
    """Rows of calls, a few configurations making most of them, the rare one fifty."""
    chance = random.Random(1)
    weights = [1 / (1 + number) for number in range(CONFIGURATIONS - 1)]
    order = list(range(CONFIGURATIONS - 1))
    chance.shuffle(order)
    chosen = iter(chance.choices(order, weights, k=count))
    step = max(1, count // RARE)
    for number, picked in enumerate(chosen):
        at = BEGIN + number * 10**9
        name = names[-1] if number % step == step // 2 else names[picked]
        yield {
            "tract_id": "main",
            "id": new_id(at),
            "status": "completed",
            "started_at": at,
            "duration": 10**9,
            "provider": "openai",
            "operation": "chat",
            "endpoint": "/v1/chat/completions",
            "configuration_hash": name,
            "attempt_count": 1,
            "input_tokens": chance.randrange(2000),
            "output_tokens": chance.randrange(1000),
            "capture": "full",
        }


def configure(connection: Connection, names: Sequence[bytes | str]) -> None:
    """Put the configurations into an empty store, by these names."""
    for number, name in enumerate(names):
        parameters = configuration(number)
        owner = {"tract_id": "main", "configuration_hash": name}
        connection.execute(insert(schema.configurations), [{"tract_id": "main", "hash": name, "size": len(parameters)}])
        connection.execute(
            insert(schema.parameters), [{**owner, **row} for each in parameters for row in rows_of(each)[0]]
        )


def fill(store: Store, count: int) -> None:
    """Put ``count`` calls into an empty store."""
    names = [content_hash(str(number).encode()) for number in range(CONFIGURATIONS)]
    with store.writing() as connection:
        tract = {"tract_id": "main", "name": "main", "head": "main", "epoch": 0, "created_at": BEGIN}
        connection.execute(insert(schema.tracts), [tract])
        configure(connection, names)
        rows, number = call_rows(count, names), 0
        while page := list(islice(rows, 20_000)):
            connection.execute(insert(schema.calls), page)
            own = [
                {"tract_id": "main", "call_id": row["id"], "exact": None, **rows_of(user(number + at))[0][0]}
                for at, row in enumerate(page)
                if (number + at) % 10 == 0
            ]
            connection.execute(insert(schema.call_parameters), own)
            number += len(page)


def user(number: int) -> Parameter:
    """A parameter that differs on every call."""
    name = f"user-{number}"
    return Parameter("user", name, ParameterSource.CALL, asked=name, sent=name)


def measured(ask: Callable[[], list[Any]], repeat: int) -> tuple[float, int]:
    """The median of ``repeat`` rounds in milliseconds, a first one not counted, and how many calls were found."""
    found = len(ask())
    times = []
    for _ in range(repeat):
        begin = time.thread_time()
        ask()
        times.append((time.thread_time() - begin) * 1000)
    return statistics.median(times), found


def asked(store: Store, query: str, limit: int | None) -> Callable[[], list[Any]]:
    """The whole way: from text to objects."""

    def ask() -> list[Any]:
        calls = store.calls("main")
        calls = calls.where(query) if query else calls
        return list(iter(calls) if limit is None else calls.newest_first(limit))  # list(calls) would count them too

    return ask


def reference(path: Path, repeat: int) -> float:
    """Fifty whole rows by their key, by sqlite3 alone."""
    connection = sqlite3.connect(path)
    statement = "SELECT * FROM calls WHERE tract_id = 'main' ORDER BY id DESC LIMIT 50"
    took, _ = measured(lambda: connection.execute(statement).fetchall(), repeat)
    connection.close()
    return took


def main() -> None:
    """Fill, ask, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=1_000_000)
    options.add_argument("--repeat", type=int, default=15)
    options.add_argument("--keep", type=Path, help="a store to fill, or to use again where it exists")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.keep or Path(folder) / "store.db"
        known = path.exists()
        store = open_store(path)
        if not known:
            begin = time.perf_counter()
            fill(store, given.calls)
            print(f"filled {given.calls:,} calls in {time.perf_counter() - begin:.0f} s")
        print(f"{'query':<48}{'found':>8}{'ms':>9}{'to reach':>10}")
        for name, (query, limit, goal) in QUERIES.items():
            took, found = measured(asked(store, query, limit), given.repeat)
            verdict = "" if goal is None else f"{goal:>7.0f} {'ok' if took <= goal else 'NO'}"
            print(f"{name:<48}{found:>8,}{took:>9.2f}{verdict:>10}")
        print(f"{'sqlite3 alone, 50 rows by key':<48}{50:>8}{reference(path, given.repeat):>9.2f}")
        store.close()


if __name__ == "__main__":
    main()
