"""Many writers at once: threads, tasks and processes on one branch make one chain of all that they were told."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from thence.errors import StoreLocked
from thence.tract import Tract

PROGRAM = """
import sys
from thence.tract import Tract
with Tract.open(sys.argv[1]) as t:
    for number in range(int(sys.argv[3])):
        print(t.commit(f"{sys.argv[2]} {number}", generation_config={"temperature": number}).hash)
"""


def check(tract: Tract, told: list[list[str]]) -> None:
    """The branch is a chain of exactly what was told, each writer's in order."""
    log = tract.log()
    assert [info.depth for info in reversed(log)] == list(range(len(log)))
    chain = [info.hash for info in reversed(log)]
    assert sorted(chain) == sorted(name for names in told for name in names)
    for names in told:
        assert [name for name in chain if name in set(names)] == names


def test_threads_that_share_a_tract(tract: Tract) -> None:
    def work(writer: int) -> list[str]:
        return [tract.commit(f"{writer} {number}").hash for number in range(6)]

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(work, range(8)))
    check(tract, told)


def test_tracts_of_their_own(store_url: str) -> None:
    def work(writer: int) -> list[str]:
        with Tract.open(store_url) as t:
            return [t.commit(f"{writer} {number}").hash for number in range(6)]

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(work, range(6)))
    with Tract.open(store_url) as t:
        check(t, told)


def test_tasks(tract: Tract) -> None:
    async def work(writer: int) -> list[str]:
        return [(await asyncio.to_thread(tract.commit, f"{writer} {number}")).hash for number in range(4)]

    async def every() -> list[list[str]]:
        return await asyncio.gather(*(work(writer) for writer in range(6)))

    check(tract, asyncio.run(every()))


def test_processes(store_url: str) -> None:
    with Tract.open(store_url) as t:
        writers = [
            subprocess.Popen([sys.executable, "-c", PROGRAM, store_url, str(n), "8"], stdout=subprocess.PIPE, text=True)
            for n in range(3)
        ]
        told = [(writer.communicate()[0].split(), writer.returncode) for writer in writers]
        assert [code for _, code in told] == [0, 0, 0]
        check(t, [names for names, _ in told])
        assert len(t.query_by_config("temperature", ">", 6)) == 3


def test_a_writer_that_waits_long_for_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thence.store.engine.BUSY_SECONDS", 0.05)
    store = tmp_path / "store.db"
    with Tract.open(store) as t:
        t.commit("first")
        stranger = sqlite3.connect(store, isolation_level=None, check_same_thread=False)
        stranger.execute("BEGIN IMMEDIATE")
        threading.Timer(0.5, lambda: stranger.execute("ROLLBACK")).start()
        t.commit("second")
        stranger.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr("thence.store.transactions.PATIENCE", 0.1)
        with pytest.raises(StoreLocked):
            t.commit("third")
        stranger.execute("ROLLBACK")
        assert [info.content["content"] for info in t.log()] == ["second", "first"]


def test_a_batch_is_not_its_neighbours(tract: Tract) -> None:
    with ThreadPoolExecutor(2) as pool:
        with tract.batch():
            tract.commit("mine")
            other = pool.submit(tract.commit, "yours")
        other.result()
    assert [info.content["content"] for info in tract.log()] == ["yours", "mine"]
