"""What goes wrong: damaged journals, dead processes, locked, newer and vanished stores. Nothing is lost."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from tests.faults.children import forked
from tests.store.journals import chat, conversation, frames_of, responses, stored, write

from thence import faults, journal
from thence.errors import StoreCorrupt, StoreLocked, StoreTooNew, StoreUnavailable, ThenceError, TimeLimit
from thence.ingest import Background, Ingest, drain
from thence.ingest.chunk import Report
from thence.journal.writer import gap_header
from thence.store import Store, open_store, recall
from thence.store.migrations import REVISIONS
from thence.store.readonly import asked
from thence.store.schema import tracts
from thence.upkeep import fsck


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "store.db")


def folder_of(store: Store) -> Path:
    return journal.folder_for(store.url)


def segment_of(store: Store) -> Path:
    return journal.segments(folder_of(store))[0].path


def test_the_store_is_its_owners_alone(tmp_path: Path) -> None:
    os.umask(os.umask(0o022))
    open_store(tmp_path / ".thence" / "store.db").close()
    assert stat.S_IMODE((tmp_path / ".thence" / "store.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / ".thence").stat().st_mode) == 0o700
    assert (tmp_path / ".thence" / ".gitignore").read_text() == "*\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody without rights")
def test_a_store_that_can_only_be_read_is_read() -> None:
    """SQLite makes files beside a store even to read it, where nobody tells it not to."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "store.db"
        with open_store(path) as made:
            write(folder_of(made), conversation(3))
            drain(made)
        path.chmod(0o444)
        Path(name).chmod(0o555)

        def reads() -> bool:
            os.setuid(65534)
            with open_store(path) as store:
                with asked(store, "SELECT count(*) FROM calls", 5) as table:
                    counted = next(table.rows)
                return (len(list(store.calls())), *counted) == (3, 3)

        assert forked(reads) == 0
        assert [found.name for found in Path(name).iterdir() if found.is_file()] == ["store.db"]


def test_a_torn_tail_is_cut_and_counted(store: Store) -> None:
    write(folder_of(store), conversation(3))
    segment = segment_of(store)
    os.truncate(segment, segment.stat().st_size - 10)
    report = drain(store)
    assert (report.calls, report.interrupted) == (2, 1)
    assert report.torn > 0
    assert [call.status for call in store.calls()] == ["completed", "completed", "interrupted"]
    assert sum(row["torn"] for row in store.status()["segments"]) == report.torn


def test_corrupt_bytes_are_stepped_over_and_counted(store: Store) -> None:
    write(folder_of(store), conversation(5))
    segment = segment_of(store)
    raw = bytearray(segment.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    segment.write_bytes(raw)
    report = drain(store)
    assert report.corrupt > 0
    assert report.missing == 1
    assert len(store.calls()) == 5 or (len(store.calls()), report.unreadable) == (5, 1)
    assert [call.status for call in store.calls()].count("completed") >= 4


def test_a_frame_that_makes_no_sense_stops_nothing(store: Store) -> None:
    writer = journal.Writer(folder_of(store))
    for call in conversation(2):
        writer.append(b"\xc1 no frame", b"")
        for header, payload in frames_of(call):
            writer.append(header, payload)
    writer.close()
    report = drain(store)
    assert (report.calls, report.unreadable) == (2, 2)
    assert faults.counts()["ingest.frame"] >= 2


@pytest.mark.parametrize("drained", [set(), {0}, {1}, {0, 1}], ids=["at once", "between", "before the second", "each"])
def test_an_end_that_was_written_twice_counts_once(drained: set[int], store: Store) -> None:
    """As after an interrupt that came when it was in the file, and its writer had not yet been told."""
    begin, end = frames_of(chat(1, [{"role": "user", "content": "hi"}]))
    writer = journal.Writer(folder_of(store))
    unreadable = 0
    for number, record in enumerate((begin, end, end)):
        writer.append(*record)
        if number in drained:
            unreadable += drain(store).unreadable
    writer.close()
    assert unreadable + drain(store).unreadable == 0
    (call,) = store.calls()
    assert (call.status, call.request_model, call.response is not None) == ("completed", "gpt-4o", True)
    assert not [finding for finding in fsck(store) if finding.level == "damage"]


def test_an_end_after_others_closed_the_call_is_counted_and_costs_no_request(store: Store) -> None:
    call = chat(1, [{"role": "user", "content": "hi"}])
    reports = []
    for record in frames_of(call):
        writer = journal.Writer(folder_of(store))
        writer.append(*record)
        writer.close()
        reports.append(drain(store))
    assert [(report.interrupted, report.unreadable) for report in reports] == [(1, 0), (0, 1)]
    (found,) = store.calls()
    assert (found.status, found.request) == ("interrupted", call.body)


def test_what_a_writer_could_not_keep_is_said(store: Store) -> None:
    writer = journal.Writer(folder_of(store))
    writer.append(gap_header(3, "folder full"))
    writer.close()
    assert drain(store).lost == 3


def test_a_call_in_flight_is_pending_and_is_closed_later(store: Store) -> None:
    call = chat(1, [{"role": "user", "content": "hi"}])
    (begin, end) = frames_of(call)
    writer = journal.Writer(folder_of(store))
    writer.append(*begin)
    assert drain(store).pending == 1
    (found,) = store.calls()
    assert (found.status, found.request_model, found.commit) == ("pending", "gpt-4o", None)
    assert Ingest(store).drain().interrupted == 0  # its process lives
    writer.append(*end)
    assert drain(store).calls == 1
    (found,) = store.calls()
    assert (found.status, found.request) == ("completed", call.body)


def test_calls_of_a_dead_process_are_interrupted_with_their_request(store: Store) -> None:
    call = chat(1, [{"role": "user", "content": "hi"}])
    call.end = False
    write(folder_of(store), [call])
    report = drain(store)
    assert (report.interrupted, report.retired) == (1, 1)
    (found,) = store.calls()
    assert (found.status, found.request, found.commit) == ("interrupted", call.body, None)
    assert found.base is not None
    assert found.params["temperature"].value == 0.5
    assert journal.segments(folder_of(store)) == []


def test_a_call_that_another_process_ends_is_not_kept_in_memory(store: Store) -> None:
    begin, end = frames_of(chat(1, [{"role": "user", "content": "hi"}]))
    writer = journal.Writer(folder_of(store))
    ingest, other = Ingest(store), Ingest(store)
    writer.append(*begin)
    ingest.drain()
    assert len(ingest._begun) == 1
    writer.append(*end)
    assert other.drain().calls == 1
    ingest.drain()
    assert not ingest._begun


def test_two_that_close_the_calls_of_a_dead_process(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    call = chat(1, [{"role": "user", "content": "hi"}])
    call.end = False
    write(folder_of(store), [call])
    ingest, faster = Ingest(store), Ingest(store)
    interrupt = ingest._interrupt

    def overtaken(segments: Sequence[journal.Segment], report: Report) -> None:
        assert (faster.drain().interrupted, journal.segments(folder_of(store))) == (1, [])
        interrupt(segments, report)

    monkeypatch.setattr(ingest, "_interrupt", overtaken)
    report = ingest.drain()
    assert (report.interrupted, report.complete) == (0, True)
    (found,) = store.calls()
    assert (found.status, found.request) == ("interrupted", call.body)


def test_a_writer_that_begins_another_segment_lives(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    call, other = chat(1, [{"role": "user", "content": "hi"}]), chat(2, [{"role": "user", "content": "ho"}])
    writer = journal.Writer(folder_of(store), segment_size=300)
    begin, end = frames_of(call)
    writer.append(*begin)
    writer.append(*frames_of(other)[0])
    listed = journal.segments(folder_of(store))
    assert [segment.alive for segment in listed] == [False, True]
    answers = [listed[:1]]  # as if the second had been begun just after the listing
    real = journal.segments
    monkeypatch.setattr(journal, "segments", lambda folder: answers.pop() if answers else real(folder))
    assert drain(store).interrupted == 0
    writer.append(*end)
    assert drain(store).unreadable == 0
    assert [found.status for found in store.calls()] == ["completed", "pending"]


def test_a_begin_and_its_end_in_two_segments(store: Store) -> None:
    calls = conversation(6)
    writer = journal.Writer(folder_of(store), segment_size=300)
    for call in calls:
        (begin, end) = frames_of(call)
        writer.append(*begin)
        drain(store)
        writer.append(*end)
    drain(store)
    assert [call.status for call in store.calls()] == ["completed"] * 6
    assert len(journal.segments(folder_of(store))) <= 2  # what is read and not written to any more is gone


def test_a_locked_store_is_said_and_nothing_is_lost(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thence.store.engine.BUSY_SECONDS", 0.1)
    location = store.url.removeprefix("sqlite:///")
    impatient = open_store(location)
    write(folder_of(store), conversation(2))
    stranger = sqlite3.connect(location, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreLocked):
        drain(impatient)
    stranger.execute("COMMIT")
    assert drain(impatient).calls == 2


def test_the_background_waits_for_a_locked_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thence.store.engine.BUSY_SECONDS", 0.1)
    location = store.url.removeprefix("sqlite:///")
    stranger = sqlite3.connect(location, isolation_level=None, check_same_thread=False)
    stranger.execute("BEGIN IMMEDIATE")
    writer = journal.Writer(folder_of(store))
    background = Background(location, writer, gather=0.01)
    for call in conversation(2):
        for frame in frames_of(call):
            writer.append(*frame)
            background.wake()
    time.sleep(0.5)
    stranger.execute("ROLLBACK")
    until = time.monotonic() + 20
    while len(store.calls()) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(store.calls()) == 2
    background.stop()


def test_the_background_follows_a_store_that_is_deleted(tmp_path: Path) -> None:
    location = tmp_path / "store.db"
    writer = journal.Writer(journal.folder_for(str(location)))
    background = Background(str(location), writer, gather=0.01)
    one, two = conversation(2)
    for number, call in enumerate((one, two)):
        for frame in frames_of(call):
            writer.append(*frame)
        background.wake()
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if location.exists() and len(open_store(location).calls()) > number:
                break
            time.sleep(0.05)
        if call is one:
            for path in tmp_path.glob("store.db*"):
                if path.is_file():
                    path.unlink()
    with open_store(location) as store:
        assert [call.id for call in store.calls()][-1].replace("-", "") == two.call_id.hex()
    background.stop()


def test_a_newer_store_is_never_written(store: Store) -> None:
    location = Path(store.url.removeprefix("sqlite:///"))
    store.close()
    with sqlite3.connect(location) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = location.read_bytes()
    with pytest.raises(StoreTooNew, match="9999"):
        open_store(location)
    assert location.read_bytes() == before


def test_what_is_no_store_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, and long enough to be looked at as one" * 20)
    with pytest.raises(StoreCorrupt):
        open_store(tmp_path / "text.db")
    with pytest.raises(StoreUnavailable):
        open_store(tmp_path)
    with pytest.raises(StoreUnavailable):
        open_store("nosuch://host/db")
    with pytest.raises(StoreUnavailable):
        open_store("/proc/none/store.db")


def test_many_may_make_a_store_at_once(tmp_path: Path) -> None:
    errors: list[BaseException] = []
    start = threading.Barrier(6)

    def make() -> None:
        try:
            start.wait()
            open_store(tmp_path / "store.db").close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with open_store(tmp_path / "store.db") as store:
        assert store.status()["schema"] == REVISIONS[-1]


def test_what_is_remembered_is_void_after_a_collection(store: Store) -> None:
    write(folder_of(store), conversation(3))
    drain(store)
    with store.writing() as connection:  # as a collection of garbage does, in any process
        for table in ("forms", "answers", "call_parameters", "calls", "commits", "blobs"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        connection.execute(tracts.update().values(epoch=tracts.c.epoch + 1))
    calls = conversation(4)
    write(folder_of(store), calls[3:])
    while not drain(store).complete:
        pass
    (found,) = store.calls()
    assert found.request == calls[3].body
    assert found.commit is not None
    assert len(store.walk(found.commit)) == 9


def test_what_is_remembered_is_void_when_the_store_is_an_earlier_one(store: Store, tmp_path: Path) -> None:
    calls = conversation(3)
    writer = journal.Writer(folder_of(store))
    with sqlite3.connect(tmp_path / "store.db") as kept, sqlite3.connect(tmp_path / "earlier.db") as earlier:
        for number, call in enumerate(calls):
            if number == 1:
                kept.backup(earlier)
            for header, payload in frames_of(call):
                assert writer.append(header, payload)
            assert drain(store).complete
        earlier.backup(kept)  # as a server comes back from a crash, or a replica takes over, that lacks the newest
    assert drain(store).complete
    assert [call.request for call in store.calls()] == [call.body for call in calls]
    assert fsck(store) == []
    writer.close()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("server closed the connection", StoreUnavailable),
        ("database is locked", StoreLocked),
        ("interrupted", TimeLimit),
        ("database disk image is malformed", StoreCorrupt),
    ],
)
def test_a_store_that_cannot_be_asked_says_nothing_about_a_call(
    store: Store, monkeypatch: pytest.MonkeyPatch, said: str, error: type[ThenceError]
) -> None:
    folder = folder_of(store)
    write(folder, [responses(1, "a", "b", "resp_1")])
    drain(store)
    second = responses(2, "c", "d", "resp_2", previous="resp_1")
    write(folder, [second])

    def unreachable(*_: object) -> None:
        raise OperationalError("SELECT", {}, sqlite3.OperationalError(said))

    with monkeypatch.context() as patched:
        patched.setattr(recall, "link_of", unreachable)
        with open_store(store.url) as fresh, pytest.raises(error):
            drain(fresh)
    assert drain(store).calls == 1
    first, newest = store.calls()
    assert newest.status == "completed"
    assert newest.request == second.body
    assert newest.commit is not None
    assert first.commit in [*store.walk(newest.commit)]


def test_a_store_knows_when_its_file_is_another(tmp_path: Path) -> None:
    store, _ = stored(tmp_path / "store.db", conversation(1))
    assert not store.replaced()
    (tmp_path / "store.db").rename(tmp_path / "other.db")
    assert store.replaced()
