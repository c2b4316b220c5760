"""Nothing half done crosses a fork: no module in the middle of its import, no lock, no connection to a database."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.faults.children import forked

from thence import forks
from thence.errors import StoreUnavailable
from thence.tract import Tract

FORKS_WHILE_THE_INGEST_IMPORTS = """
import os, signal, sys, threading
from thence import journal
from thence.ingest import Background
writer = journal.Writer(sys.argv[1])
background = Background(sys.argv[2], writer, gather=0)
background.wake()
while "sqlalchemy" not in sys.modules:
    pass
child = os.fork()
if child == 0:
    signal.alarm(60)
    import sqlalchemy.orm
    from thence.ingest import Ingest
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
COUNTS = """
import sys
from thence.tract import Tract
with Tract.open(sys.argv[1]) as tract:
    print(len(tract.log()))
"""


def test_a_fork_in_the_middle_of_the_ingests_imports(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        FORKS_WHILE_THE_INGEST_IMPORTS,
        str(tmp_path / "journal"),
        str(tmp_path / "store.db"),
    ]
    done = subprocess.run(command, timeout=90, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_a_child_commits_is_there_when_its_parent_had_the_store_open(tmp_path: Path) -> None:
    """A child that relied on its parent's lock would write to a log that the last of the others deletes."""
    path = tmp_path / "store.db"
    with Tract.open(path) as tract:
        tract.commit("first")
    opened, opening = os.pipe()
    looked, looking = os.pipe()
    written, writing = os.pipe()

    def parent() -> bool:
        tract = Tract.open(path)
        tract.log()  # and so its pool has a connection
        if os.fork() == 0:
            child = Tract.open(path)
            child.log()
            os.write(opening, b".")
            os.read(looked, 1)
            child.commit("second")
            os.write(writing, b".")
            os._exit(0)
        return True

    def seen() -> str:
        done = subprocess.run([sys.executable, "-c", COUNTS, path], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert forked(parent) == 0  # it is gone, and the child lives on
    os.read(opened, 1)
    assert seen() == "1"  # the last one to close the store, as far as it can see
    os.write(looking, b".")
    os.read(written, 1)
    assert seen() == "2"


def test_a_child_that_was_forked_in_a_transaction_must_not_open_the_store(tmp_path: Path) -> None:
    with Tract.open(tmp_path / "store.db") as tract, Tract.open(tmp_path / "other.db") as other:

        def work() -> bool:
            other.commit("in the child")
            with pytest.raises(StoreUnavailable, match="was in use when this process was forked"):
                Tract.open(tmp_path / "store.db").log()
            return True

        with tract.batch():
            tract.commit("in the parent")
            assert forked(work) == 0
        assert [len(each.log()) for each in (tract, other)] == [1, 1]
        assert forked(lambda: tract.commit("after")) == 0
        assert len(tract.log()) == 2


def test_a_fork_waits_for_what_others_do_and_they_wait_for_the_fork() -> None:
    inside, told, order = threading.Event(), threading.Event(), []

    def work() -> None:
        with forks.undivided():
            inside.set()
            told.wait(20)
            order.append("done")

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(20)
    threading.Timer(0.05, told.set).start()
    assert forked(lambda: order == ["done"]) == 0
    with forks.undivided():  # whoever forks may be inside itself
        assert forked(lambda: True) == 0
    thread.join()


def test_a_lock_is_free_in_a_child() -> None:
    lock = forks.Lock()
    with lock:
        assert not lock.acquire(blocking=False)

        def work() -> bool:
            with lock:
                return True

        assert forked(work) == 0
    assert lock.acquire(blocking=False)
