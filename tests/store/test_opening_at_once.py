"""Threads of one process that make stores at the same time: their own, and one together. A reader waits, and reads."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.store.journals import conversation, frames_of

import thence
from thence import journal
from thence.errors import StoreLocked
from thence.ingest import Background
from thence.store import migrations, open_store

THREADS = 8


def test_threads_make_stores_of_their_own(tmp_path: Path) -> None:
    together = threading.Barrier(THREADS)

    def opened(number: int) -> int:
        together.wait()
        with open_store(tmp_path / f"{number}.db") as store:
            return len(list(store.calls()))

    with ThreadPoolExecutor(THREADS) as threads:
        assert list(threads.map(opened, range(THREADS))) == [0] * THREADS


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite waits for a lock for a moment only, as it does for all of a busy machine's purposes."""
    monkeypatch.setattr("thence.store.engine.BUSY_SECONDS", 0.05)


@pytest.mark.usefixtures("impatient")
def test_a_store_that_is_being_made_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes: a thread that comes meanwhile sees the whole of it."""
    upgrade, begun = migrations._upgrade, threading.Event()

    def slowly(connection: object) -> None:
        begun.set()
        time.sleep(1)
        upgrade(connection)  # type: ignore[arg-type]

    monkeypatch.setattr(migrations, "_upgrade", slowly)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(lambda: open_store(tmp_path / "store.db").close())
        assert begun.wait(20)
        with open_store(tmp_path / "store.db") as store:
            assert list(store.calls()) == []
        first.result()


@pytest.mark.usefixtures("impatient")
def test_a_store_that_is_never_free_is_said_to_be_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "_PATIENCE", 0.2)
    stranger = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    stranger.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreLocked):
        open_store(tmp_path / "store.db")
    stranger.close()


@pytest.fixture
def without_alembic() -> Iterator[None]:
    """As in a program that has made no store yet."""
    known = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "alembic"}
    for name in known:
        del sys.modules[name]
    yield
    sys.modules.update(known)


@pytest.mark.usefixtures("without_alembic")
def test_alembic_is_imported_before_the_store_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = []

    def look(_: object) -> None:
        there.append("alembic.command" in sys.modules)

    monkeypatch.setattr(migrations, "write_ahead", look)
    open_store(tmp_path / "store.db").close()
    assert there == [True]


def test_a_reading_right_after_a_first_call(tmp_path: Path) -> None:
    """The thread that ingests makes the store while the reader opens it."""
    for number in range(10):
        location = str(tmp_path / f"{number}.db")
        writer = journal.Writer(journal.folder_for(location))
        background = Background(location, writer, gather=0.002 * number)
        for frame in frames_of(conversation(1)[0]):
            writer.append(*frame)
            background.wake()
        time.sleep(0.02)
        (call,) = thence.calls(location)
        assert call.status == "completed"
        background.stop()
        writer.close()
