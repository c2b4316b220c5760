"""Threads of one process that make their stores at the same time: Alembic's context is one for the process."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from thence.store import open_store

THREADS = 8


def test_threads_make_stores_of_their_own(tmp_path: Path) -> None:
    together = threading.Barrier(THREADS)

    def opened(number: int) -> int:
        together.wait()
        with open_store(tmp_path / f"{number}.db") as store:
            return len(list(store.calls()))

    with ThreadPoolExecutor(THREADS) as threads:
        assert list(threads.map(opened, range(THREADS))) == [0] * THREADS
