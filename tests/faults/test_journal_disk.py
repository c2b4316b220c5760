"""Disks that are full, read-only, deleted or closed under the writer: it never raises, counts, says so, and goes on."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from thence import faults, frames, journal
from thence.ingest import Background
from thence.store import open_store

PAUSE = 0.12  # a little longer than the writer stands by a refusal


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[journal.Writer]:
    writer = journal.Writer(tmp_path / "journal")
    yield writer
    writer.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root mounts a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def all_records(folder: Path) -> list[journal.Record]:
    return [record for segment in journal.segments(folder) for record in journal.read(segment.path)]


def gap_of(record: journal.Record) -> tuple[int, str] | None:
    try:
        frame = frames.decode(record.header)
    except ValueError:
        return None
    return (frame.count, frame.reason) if isinstance(frame, frames.Gap) else None


def headers(folder: Path) -> list[bytes | tuple[int, str]]:
    return [gap_of(record) or record.header for record in all_records(folder)]


def assert_accounted_for(writer: journal.Writer) -> None:
    """Every sequence number is a record, or one of those that a gap counts."""
    records = all_records(writer.folder)
    gaps = [gap[0] for gap in map(gap_of, records) if gap]
    assert len(records) - len(gaps) == writer.kept
    assert sum(gaps) == writer.dropped
    assert records[-1].sequence + 1 == writer.kept + writer.dropped + len(gaps)


def corrupt(folder: Path) -> list[tuple[int, int]]:
    return [place for segment in journal.segments(folder) for place in journal.check(segment.path).corrupt]


def test_a_full_disk_loses_what_does_not_fit_and_no_more(small_disk: Path) -> None:
    writer = journal.Writer(small_disk / "journal")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(100_000))
    answers = [writer.append(b"%d" % number, bytes(20_000)) for number in range(12)]
    kept = answers.index(False)
    assert answers == [True] * kept + [False] * (12 - kept)
    assert writer.losses == {"ENOSPC": 12 - kept}
    time.sleep(PAUSE)
    assert not writer.append(b"still full", bytes(100_000))
    ballast.unlink()
    time.sleep(PAUSE)
    assert writer.append(b"room", bytes(20_000))
    assert headers(writer.folder) == [*(b"%d" % number for number in range(kept)), (13 - kept, "ENOSPC"), b"room"]
    assert_accounted_for(writer)
    assert corrupt(writer.folder) == []
    writer.close()


def test_a_disk_that_stays_full_does_not_fill_with_segments(small_disk: Path) -> None:
    writer = journal.Writer(small_disk / "journal")
    for number in range(8):
        writer.append(b"%d" % number, bytes(100_000))
        time.sleep(PAUSE)
    assert writer.dropped == 6
    assert len(journal.segments(writer.folder)) <= 3
    writer.close()


def test_a_write_that_stops_half_way_is_no_record_and_hides_none(tmp_path: Path) -> None:
    writer = journal.Writer(tmp_path / "journal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer.append(b"one", bytes(10_000))
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        assert not writer.append(b"two", bytes(100_000))
        time.sleep(PAUSE)
        assert writer.append(b"three", bytes(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert headers(writer.folder) == [b"one", (1, "EFBIG"), b"three"]
    assert_accounted_for(writer)
    assert corrupt(writer.folder) == []
    assert sum(journal.check(segment.path).torn_bytes for segment in journal.segments(writer.folder)) > 0
    writer.close()


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    """As another user where this one is root, who is refused nothing."""
    place = tmp_path / "guarded"
    place.mkdir(mode=0o500)
    child = os.fork()
    if child == 0:
        code = 70
        try:
            root = not os.geteuid()
            writer = journal.Writer(place / "journal")
            if root:
                os.seteuid(65534)
            refused = not writer.append(b"one") and not writer.append(b"two") and writer.losses == {"EACCES": 2}
            if root:
                os.seteuid(0)
            else:
                place.chmod(0o700)
            time.sleep(PAUSE)
            code = 0 if refused and writer.append(b"three") else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    place.chmod(0o700)
    assert headers(place / "journal") == [(2, "EACCES"), b"three"]


def test_a_file_where_the_folder_should_be(writer: journal.Writer) -> None:
    writer.folder.write_text("mine")
    assert not writer.append(b"one")
    assert writer.folder.read_text() == "mine"
    writer.folder.unlink()
    time.sleep(PAUSE)
    assert writer.append(b"two")
    assert headers(writer.folder) == [(1, "ENOTDIR"), b"two"]


def test_a_deleted_folder_is_made_again(writer: journal.Writer) -> None:
    writer.append(b"one")
    shutil.rmtree(writer.folder)
    assert writer.append(b"two")
    assert headers(writer.folder) == [b"two"]
    assert all_records(writer.folder)[0].sequence == 1


def test_a_moved_folder_keeps_its_records(writer: journal.Writer, tmp_path: Path) -> None:
    writer.append(b"one")
    writer.folder.rename(tmp_path / "moved")
    assert writer.append(b"two")
    assert headers(tmp_path / "moved") == [b"one", b"two"]


def test_a_truncated_segment_is_left(writer: journal.Writer) -> None:
    writer.append(b"one")
    writer.append(b"two")
    (segment,) = journal.segments(writer.folder)
    os.truncate(segment.path, segment.size - 1)
    assert writer.append(b"three")
    assert headers(writer.folder) == [b"one", b"three"]
    assert corrupt(writer.folder) == []


def test_a_descriptor_closed_by_somebody_else(writer: journal.Writer) -> None:
    writer.append(b"one")
    os.close(descriptor_of(writer))
    assert writer.append(b"two")
    assert headers(writer.folder) == [b"one", b"two"]


def test_a_descriptor_that_means_another_file_by_now_is_neither_written_nor_closed(
    writer: journal.Writer, tmp_path: Path
) -> None:
    writer.append(b"one")
    fd = descriptor_of(writer)
    with (tmp_path / "somebody's").open("wb") as other:
        os.dup2(other.fileno(), fd)
        assert writer.append(b"two")
        assert os.fstat(fd).st_size == 0
        os.close(fd)
    assert headers(writer.folder) == [b"one", b"two"]


def test_without_standard_streams_nothing_that_is_printed_gets_into_the_journal(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        try:
            os.closerange(0, 3)
            writer = journal.Writer(tmp_path / "journal")
            writer.append(b"one")
            for fd in range(3):
                with suppress(OSError):
                    os.write(fd, b"print")
            writer.append(b"two")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert headers(tmp_path / "journal") == [b"one", b"two"]
    assert len(journal.segments(tmp_path / "journal")) == 1


def descriptor_of(writer: journal.Writer) -> int:
    """The number of the file that the writer has open, as the system knows it."""
    (segment,) = [segment for segment in journal.segments(writer.folder) if segment.alive]
    (fd,) = [int(link.name) for link in Path("/proc/self/fd").iterdir() if points_to(link, segment.path)]
    return fd


def points_to(link: Path, path: Path) -> bool:
    return link.is_symlink() and os.path.realpath(link) == str(path)


def test_beyond_the_limit_records_are_counted_until_there_is_room(tmp_path: Path) -> None:
    writer = journal.Writer(tmp_path, limit=10_000, segment_size=4_000)
    answers = [writer.append(b"%d" % number, bytes(1000)) for number in range(20)]
    assert answers == [True] * 9 + [False] * 11
    assert sum(segment.size for segment in journal.segments(tmp_path)) <= 10_000
    assert writer.losses == {"limit": 11}
    for segment in journal.segments(tmp_path):
        journal.retire(segment)
    time.sleep(PAUSE)
    assert writer.append(b"room", bytes(1000))
    found = headers(tmp_path)
    assert found[-2:] == [(11, "limit"), b"room"]
    assert writer.losses == {"limit": 11}
    writer.close()


def test_the_limit_is_over_all_writers_of_the_folder(tmp_path: Path) -> None:
    one, two = journal.Writer(tmp_path, limit=10_000), journal.Writer(tmp_path, limit=10_000)
    assert one.append(b"one", bytes(8_000))
    assert not two.append(b"two", bytes(8_000))
    assert two.append(b"small", bytes(500))
    time.sleep(PAUSE)
    assert two.append(b"smaller")
    assert sorted(map(str, headers(tmp_path))) == ["(1, 'limit')", "b'one'", "b'small'", "b'smaller'"]
    one.close()
    two.close()


def test_a_full_folder_is_looked_through_ten_times_a_second_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, scandir = 0, os.scandir

    def counting(place: Path) -> os._ScandirIterator[str]:
        nonlocal looks
        looks += 1
        return scandir(str(place))

    writer = journal.Writer(tmp_path, limit=1_000)
    monkeypatch.setattr(os, "scandir", counting)
    begin = time.monotonic()
    for _ in range(2_000):
        writer.append(b"large", bytes(2_000))
    assert looks <= 2 * (1 + (time.monotonic() - begin) / 0.1)
    assert writer.dropped == 2_000


def test_what_was_lost_is_said_when_the_writer_is_closed(tmp_path: Path) -> None:
    writer = journal.Writer(tmp_path, limit=1_000)
    writer.append(b"small")
    writer.append(b"large", bytes(2_000))
    writer.close()
    assert headers(tmp_path) == [b"small", (1, "limit")]


def test_a_loss_is_logged_and_can_be_said_before_the_next_record(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = journal.Writer(tmp_path, limit=1_000)
    before = faults.counts().get("journal", 0)
    assert writer.settle()
    assert not writer.append(b"large", bytes(2_000))
    writer.append_soon(b"large", bytes(2_000))
    assert faults.counts()["journal"] == before + 2
    assert "2 limit" in faults.last()["journal"]
    assert before or "not kept" in caplog.text
    time.sleep(PAUSE)
    assert writer.settle()
    assert headers(tmp_path) == [(2, "limit")]
    assert writer.append(b"small")
    assert headers(tmp_path) == [(2, "limit"), b"small"]


def test_the_background_says_what_was_lost_when_nobody_calls_any_more(tmp_path: Path) -> None:
    writer = journal.Writer(tmp_path / "store.db.journal")
    background = Background(str(tmp_path / "store.db"), writer, gather=0.01)
    writer.folder.write_text("mine")
    assert not writer.append(b"one")
    background.wake()
    time.sleep(1)
    writer.folder.unlink()
    with open_store(tmp_path / "store.db") as store:
        until = time.monotonic() + 30
        while not any(segment["lost"] for segment in store.status()["segments"]):
            assert time.monotonic() < until
            time.sleep(0.05)
    background.stop()
