"""Processes that are killed, forked and interrupted, threads and finalisers in each other's way: no record is lost."""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, overload

import pytest
from tests.faults.children import forked

from thence import journal

WRITE_UNTIL_KILLED = """
import os, sys
from pathlib import Path
from thence import journal
writer = journal.Writer(Path(sys.argv[1]), segment_size=20_000)
number = 0
while writer.append(b"%d" % number, os.urandom(number * 37 % 3000)):
    os.write(1, b"%d\\n" % number)
    number += 1
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[journal.Writer]:
    writer = journal.Writer(tmp_path / "journal", segment_size=1 << 20)
    yield writer
    writer.close()


def everything(folder: Path) -> list[journal.Record]:
    for segment in journal.segments(folder):
        health = journal.check(segment.path)
        assert (health.torn_bytes, health.corrupt) == (0, [])
    return [record for segment in journal.segments(folder) for record in journal.read(segment.path)]


def headers(folder: Path) -> list[bytes]:
    return sorted(record.header for record in everything(folder))


def test_what_was_acknowledged_survives_kill_9_of_another_program(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITE_UNTIL_KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for _ in range(200):
            child.stdout.readline()
        child.kill()
        acknowledged = 200 + len(child.stdout.readlines())
    found = [record for segment in journal.segments(tmp_path) for record in journal.read(segment.path)]
    assert [record.header for record in found[:acknowledged]] == [b"%d" % number for number in range(acknowledged)]
    assert len(found) <= acknowledged + 1
    assert not any(segment.alive for segment in journal.segments(tmp_path))


def test_what_was_acknowledged_survives_kill_9_at_any_moment(tmp_path: Path) -> None:
    chance = random.Random(20)
    for turn in range(30):
        folder = tmp_path / str(turn)
        reading, writing = os.pipe()

        def write_on(folder: Path = folder, writing: int = writing) -> None:
            writer = journal.Writer(folder, segment_size=3000)
            for number in range(100_000):
                writer.append(b"%d" % number, bytes(500))
                os.write(writing, b".")

        child = os.fork()
        if child == 0:
            try:
                write_on()
            finally:
                os._exit(1)
        os.close(writing)
        os.read(reading, 1)
        time.sleep(chance.random() / 100)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        acknowledged = 1
        while more := os.read(reading, 1 << 16):
            acknowledged += len(more)
        os.close(reading)
        found = [record.sequence for segment in journal.segments(folder) for record in journal.read(segment.path)]
        assert found[:acknowledged] == list(range(acknowledged))
        assert len(found) <= acknowledged + 1


def test_a_child_writes_a_segment_of_its_own(writer: journal.Writer) -> None:
    writer.append(b"before")
    assert forked(lambda: writer.append(b"child") and writer.kept == 1) == 0
    writer.append(b"after")
    parents, childs = (
        [(record.header, record.sequence) for record in journal.read(segment.path)]
        for segment in sorted(journal.segments(writer.folder), key=lambda segment: not segment.alive)
    )
    assert parents == [(b"before", 0), (b"after", 1)]
    assert childs == [(b"child", 0)]


def test_a_child_leaves_its_parents_lock_alone_and_does_not_keep_it(writer: journal.Writer) -> None:
    writer.append(b"before")
    begun, beginning = os.pipe()
    ended, ending = os.pipe()
    parent = os.fork()
    if parent == 0:
        child = os.fork()
        if child == 0:
            os.close(ending)
            os.write(beginning, b".")
            os.read(ended, 1)  # live on, idle, until the parent is gone and has been looked at
        os.kill(os.getpid(), signal.SIGKILL)
    os.read(begun, 1)
    (segment,) = journal.segments(writer.folder)
    assert segment.alive
    os.waitpid(parent, 0)
    (segment,) = journal.segments(writer.folder)
    assert segment.alive
    writer.close()
    (segment,) = journal.segments(writer.folder)
    assert not segment.alive
    for fd in (begun, beginning, ended, ending):
        os.close(fd)


def test_a_parent_that_is_killed_leaves_no_lock_with_its_child(tmp_path: Path) -> None:
    begun, beginning = os.pipe()
    ended, ending = os.pipe()
    parent = os.fork()
    if parent == 0:
        try:
            writer = journal.Writer(tmp_path)
            writer.append(b"parents")
            if os.fork() == 0:
                os.close(ending)
                os.write(beginning, b".")
                os.read(ended, 1)
            else:
                signal.pause()
        finally:
            os._exit(1)
    os.read(begun, 1)
    assert [segment.alive for segment in journal.segments(tmp_path)] == [True]
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    assert [segment.alive for segment in journal.segments(tmp_path)] == [False]
    for fd in (begun, beginning, ended, ending):
        os.close(fd)


def test_a_child_drops_what_its_parent_has_still_to_write(writer: journal.Writer) -> None:
    def fork_in_the_middle() -> None:
        writer.append_soon(b"parents")
        codes.append(forked(lambda: writer.append(b"childs")))

    codes: list[int] = []
    writer.append(b"first", Parts(fork_in_the_middle))
    assert codes == [0]
    assert headers(writer.folder) == [b"childs", b"first", b"parents"]


def test_a_fork_while_another_thread_holds_the_lock_does_not_hang(writer: journal.Writer) -> None:
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        release.wait(20)

    thread = threading.Thread(target=writer.append, args=(b"slow", Parts(hold)))
    thread.start()
    held.wait(20)
    code = forked(lambda: writer.append(b"child"))
    release.set()
    thread.join()
    assert code == 0
    assert headers(writer.folder) == [b"child", b"slow"]


def test_forks_amid_writing_threads(writer: journal.Writer) -> None:
    stop = threading.Event()

    def write_on() -> None:
        while not stop.is_set():
            writer.append(b"thread", bytes(5_000))  # not so much that the folder fills up meanwhile

    threads = [threading.Thread(target=write_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    codes = [forked(lambda: writer.append(b"child", bytes(5_000))) for _ in range(20)]
    stop.set()
    for thread in threads:
        thread.join()
    assert codes == [0] * 20
    found = headers(writer.folder)
    assert found.count(b"child") == 20
    assert found.count(b"thread") == writer.kept


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing(writer: journal.Writer, method: str) -> None:
    writer.append(b"parent")
    context: Any = multiprocessing.get_context(method)
    if method == "fork":
        child = context.Process(target=writer.append, args=(b"child",))
    else:
        child = context.Process(target=_write_one, args=(writer.folder,))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert headers(writer.folder) == [b"child", b"parent"]


def _write_one(folder: Path) -> None:
    journal.Writer(folder).append(b"child")


def test_a_started_program_does_not_inherit_the_segment(writer: journal.Writer) -> None:
    writer.append(b"one")
    with subprocess.Popen(["sleep", "30"], close_fds=False) as child:
        writer.close()
        alive = [segment.alive for segment in journal.segments(writer.folder)]
        child.kill()
    assert alive == [False]


def test_many_threads(writer: journal.Writer) -> None:
    def write(name: int) -> None:
        for number in range(200):
            header = b"%d-%d" % (name, number)
            if number % 3:
                assert writer.append(header, bytes(number))
            else:
                writer.append_soon(header, bytes(number))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = everything(writer.folder)
    assert sorted(record.header for record in records) == sorted(
        b"%d-%d" % (a, b) for a in range(8) for b in range(200)
    )
    assert [record.sequence for record in records] == list(range(1600))


class Parts(Sequence[bytes]):
    """A payload that does something when it is looked at: in the middle of its own record's write."""

    def __init__(self, action: Callable[[], object]) -> None:
        self._action = action

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        return (b"part",)[index]

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[bytes]:
        self._action()
        return iter((b"part",))


def test_a_record_in_the_middle_of_a_record_follows_it(writer: journal.Writer) -> None:
    def more() -> None:
        writer.append_soon(b"soon")
        assert writer.append(b"now")

    assert writer.append(b"outer", Parts(more))
    assert [record.header for record in everything(writer.folder)] == [b"outer", b"soon", b"now"]


def test_append_soon_does_not_wait_for_a_writing_thread_which_writes_it(writer: journal.Writer) -> None:
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        release.wait(20)

    thread = threading.Thread(target=writer.append, args=(b"slow", Parts(hold)))
    thread.start()
    held.wait(20)
    writer.append_soon(b"soon")
    assert not release.is_set()
    release.set()
    thread.join()
    assert [record.header for record in everything(writer.folder)] == [b"slow", b"soon"]


class Tardy(journal.Writer):
    """One of its threads is late to look at the queue after its write."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.late: threading.Thread | None = None
        self.looked = threading.Event()

    def _catch_up(self) -> None:
        if threading.current_thread() is self.late:
            self.looked.wait(20)
        super()._catch_up()


def test_what_a_thread_left_is_written_before_its_next_record(tmp_path: Path) -> None:
    writer = Tardy(tmp_path)
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        release.wait(20)

    writer.late = threading.Thread(target=writer.append, args=(b"slow", Parts(hold)))
    writer.late.start()
    held.wait(20)
    writer.append_soon(b"left")
    release.set()
    assert writer.append(b"next")
    assert [record.header for record in everything(tmp_path)] == [b"slow", b"left", b"next"]
    writer.looked.set()
    writer.late.join()


class Abandoned:
    """Garbage in a cycle, which says so in its finaliser."""

    def __init__(self, writer: journal.Writer, number: int) -> None:
        self.writer, self.number, self.itself = writer, number, self

    def __del__(self) -> None:
        self.writer.append_soon(b"gone %d" % self.number)


def test_finalisers_that_run_anywhere_in_a_write(writer: journal.Writer) -> None:
    before = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        for number in range(300):
            Abandoned(writer, number)
            assert writer.append(b"call %d" % number, [b"a" * 5000, b"b" * 5000])
        gc.collect()
    finally:
        gc.set_threshold(*before)
    expected = [b"%s %d" % (what, number) for what in (b"call", b"gone") for number in range(300)]
    assert headers(writer.folder) == sorted(expected)


def test_a_signal_handler_may_write_and_may_raise_anywhere_in_a_write(
    writer: journal.Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What it raises inside some finaliser is nobody's to catch: the interpreter reports it, and goes on.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    chance, signals, raised, calls, ringing = random.Random(3), 0, 0, 0, False

    def ring(_: int, frame: FrameType | None) -> None:
        nonlocal signals, ringing
        if not ringing:
            ringing = True
            signals += writer.append(b"signal")
            ringing = False
            if frame and Path(frame.f_code.co_filename).parent.name == "journal":
                raise TimeoutError

    def send(until: threading.Event, to: int) -> None:
        while not until.wait(chance.random() / 1000 + 1e-4):
            signal.pthread_kill(to, signal.SIGUSR1)

    old = signal.signal(signal.SIGUSR1, ring)
    enough = threading.Event()
    sender = threading.Thread(target=send, args=(enough, threading.get_ident()))
    sender.start()
    while raised < 200:
        try:
            calls += writer.append(b"call", bytes(20_000))
        except TimeoutError:
            raised += 1
    enough.set()
    sender.join()
    signal.signal(signal.SIGUSR1, old)
    assert writer.append(b"last")
    records = [record for segment in journal.segments(writer.folder) for record in journal.read(segment.path)]
    found = [record.header for record in records]
    sequence = [record.sequence for record in records]
    assert found.count(b"call") >= calls > 0
    assert 0 < found.count(b"signal") <= signals
    assert b"last" in found
    assert sequence == sorted(set(sequence))
    assert writer.dropped == 0
    assert [place for segment in journal.segments(writer.folder) for place in journal.check(segment.path).corrupt] == []
