"""The journal as its users see it: what is appended is read, in order, whole, once; segments come and go."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.interrupting import interrupted

from thence import frames, journal
from thence.journal import layout, segment
from thence.journal.checksum import CHECKSUMS, CRC32, CRC32C
from thence.journal.segment import OpenSegment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store.db.journal"


@pytest.fixture
def writer(folder: Path) -> Iterator[journal.Writer]:
    writer = journal.Writer(folder)
    yield writer
    writer.close()


def everything(folder: Path) -> list[journal.Record]:
    return [record for segment in journal.segments(folder) for record in journal.read(segment.path)]


@given(
    st.lists(st.tuples(st.binary(max_size=40), st.one_of(st.binary(max_size=300), st.lists(st.binary(max_size=60))))),
    st.integers(min_value=1, max_value=1000),
)
@settings(max_examples=60, deadline=None)
def test_what_is_appended_is_read(said: list[tuple[bytes, bytes | list[bytes]]], segment_size: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        writer = journal.Writer(Path(place), segment_size=segment_size)
        assert all(writer.append(header, payload) for header, payload in said)
        records = everything(writer.folder)
        writer.close()
    joined = [(header, payload if isinstance(payload, bytes) else b"".join(payload)) for header, payload in said]
    assert [(record.header, record.payload) for record in records] == joined
    assert [record.sequence for record in records] == list(range(len(said)))
    assert (writer.kept, writer.dropped) == (len(said), 0)


@pytest.mark.parametrize(("count", "size"), [(3, 5000), (5000, 3), (2500, 5000), (1, 1 << 20)])
def test_parts_of_any_number_and_size_make_one_payload(writer: journal.Writer, count: int, size: int) -> None:
    parts = [bytes((number % 251,)) * size for number in range(count)]
    assert writer.append(b"h", parts)
    assert writer.append(b"next")
    assert [record.payload for record in everything(writer.folder)] == [b"".join(parts), b""]


@pytest.mark.parametrize("payload", [bytearray(b"abc"), memoryview(b"abc")])
def test_other_buffers_are_bytes_too(writer: journal.Writer, payload: bytes) -> None:
    assert writer.append(b"h", payload)
    assert everything(writer.folder)[0].payload == b"abc"


def test_nothing_is_made_before_the_first_record(writer: journal.Writer) -> None:
    assert not writer.folder.exists()
    assert writer.position is None
    assert journal.segments(writer.folder) == []


def test_position_is_the_end_of_the_newest_record(writer: journal.Writer) -> None:
    writer.append(b"one", b"1")
    writer.append(b"two", b"2")
    (segment,) = journal.segments(writer.folder)
    *_, last = journal.read(segment.path)
    assert writer.position == (segment.name, last.end) == (segment.name, segment.size)


def test_reading_goes_on_where_it_ended(writer: journal.Writer) -> None:
    writer.append(b"one")
    (segment,) = journal.segments(writer.folder)
    (first,) = journal.read(segment.path)
    assert list(journal.read(segment.path, first.end)) == []
    writer.append(b"two")
    assert [record.header for record in journal.read(segment.path, first.end)] == [b"two"]


def test_a_reader_sees_only_what_was_there_when_it_began(writer: journal.Writer) -> None:
    writer.append(b"one")
    (segment,) = journal.segments(writer.folder)
    reading = journal.read(segment.path)
    assert next(reading).header == b"one"
    writer.append(b"two")
    assert list(reading) == []


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277, 0o777])
def test_only_the_owner_reads_it_whatever_the_umask(folder: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        writer = journal.Writer(folder / "deep")
        assert writer.append(b"secret")
    finally:
        os.umask(before)
    (segment,) = journal.segments(folder / "deep")
    assert stat.S_IMODE(segment.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "deep").stat().st_mode) == 0o700
    writer.close()


def test_a_segment_is_followed_by_another_at_its_size(folder: Path) -> None:
    writer = journal.Writer(folder, segment_size=1000)
    for number in range(30):
        writer.append(b"%d" % number, bytes(200))
    writer.append(b"large", bytes(5000))
    found = journal.segments(folder)
    assert [segment.alive for segment in found] == [False] * (len(found) - 1) + [True]
    assert all(segment.size <= 1000 for segment in found[:-1])
    assert len({segment.writer for segment in found}) == 1
    records = everything(folder)
    assert [record.sequence for record in records] == list(range(31))
    assert records[-1].header == b"large"
    writer.close()


def test_two_writers_share_a_folder_and_no_segment(folder: Path) -> None:
    one, two = journal.Writer(folder), journal.Writer(folder)
    for number in range(4):
        (one, two)[number % 2].append(b"%d" % number)
    first, second = journal.segments(folder)
    assert first.writer != second.writer
    assert sorted(record.header for record in everything(folder)) == [b"0", b"1", b"2", b"3"]
    one.close()
    assert sorted(segment.alive for segment in journal.segments(folder)) == [False, True]
    two.close()


def test_a_segment_goes_only_when_its_owner_has(folder: Path) -> None:
    writer = journal.Writer(folder)
    writer.append(b"one")
    (segment,) = journal.segments(folder)
    assert segment.alive
    assert not journal.retire(segment)
    writer.close()
    (segment,) = journal.segments(folder)
    assert not segment.alive
    assert journal.retire(segment)
    assert journal.segments(folder) == []
    assert not journal.retire(segment)


def test_a_segment_that_grew_since_it_was_listed_stays(folder: Path) -> None:
    writer = journal.Writer(folder)
    writer.append(b"one")
    (listed,) = journal.segments(folder)
    writer.append(b"two")
    writer.close()
    assert not journal.retire(listed)
    assert len(everything(folder)) == 2


def test_a_writer_holds_a_segment_at_all_times(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = journal.Writer(folder, segment_size=100)
    writer.append(b"one", bytes(80))
    alive: list[list[bool]] = []
    append = OpenSegment.append

    def noted(self: OpenSegment, buffers: list[bytes], size: int) -> None:
        alive.append([segment.alive for segment in journal.segments(folder)])
        append(self, buffers, size)

    monkeypatch.setattr(OpenSegment, "append", noted)
    writer.append(b"two", bytes(80))
    assert alive == [[True, True], [False, True]]  # while it is begun, and when it is written to


def _retires(path: Path) -> None:
    for each in journal.segments(path.parent):
        journal.retire(each)


def _looks(path: Path) -> None:
    """For as long as it takes the owner to try."""
    fd = os.open(path, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_SH)
    HELD.append(fd)


HELD: list[int] = []


@pytest.mark.parametrize("other", [_retires, _looks])
def test_who_gets_hold_of_a_new_segment_before_its_owner_takes_no_record(
    other: Callable[[Path], None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, tried = segment._lock, iter([other, None, other, other])

    def late(fd: int) -> None:
        meets = next(tried, None)
        if meets:
            meets(max(folder.iterdir()))
        try:
            lock(fd)
        finally:
            while HELD:
                os.close(HELD.pop())

    monkeypatch.setattr(segment, "_lock", late)
    writer = journal.Writer(folder, segment_size=100)
    assert writer.append(b"one", bytes(80))
    assert writer.append(b"two", bytes(80))
    writer.close()
    found = [record.header for each in journal.segments(folder) for record in journal.read(each.path)]
    assert found == [b"one", b"two"]
    assert writer.losses == {}


def test_a_writer_that_is_dropped_lets_go_of_its_segment(folder: Path) -> None:
    writer = journal.Writer(folder)
    writer.append(b"one")
    del writer
    assert [segment.alive for segment in journal.segments(folder)] == [False]


def test_after_close_nothing_is_kept_and_it_is_counted(writer: journal.Writer) -> None:
    writer.append(b"one")
    writer.close()
    assert not writer.append(b"two")
    writer.append_soon(b"three")
    writer.close()
    assert (writer.kept, writer.dropped, writer.losses) == (1, 2, {"closed": 2})
    assert [record.header for record in everything(writer.folder)] == [b"one"]


def test_what_can_not_be_a_record_is_counted_and_said(writer: journal.Writer) -> None:
    assert not writer.append(bytes(layout.LARGEST_HEADER + 1))
    assert not writer.append("text")  # type: ignore[arg-type]
    assert writer.append(b"fine")
    *gaps, fine = everything(writer.folder)
    assert [gap_of(gap) for gap in gaps] == [(1, "too large"), (1, "TypeError")]
    assert (fine.header, fine.sequence) == (b"fine", 4)


def gap_of(record: journal.Record) -> tuple[int, str]:
    gap = frames.decode(record.header)
    assert isinstance(gap, frames.Gap)
    return gap.count, gap.reason


def test_durability_is_one_of_two(folder: Path) -> None:
    with pytest.raises(ValueError, match="process or power"):
        journal.Writer(folder, durability="forever")


def test_a_power_safe_writer_syncs_every_record_and_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    fdatasync, fsync = os.fdatasync, os.fsync

    def sync_file(fd: int) -> None:
        synced.append(os.fstat(fd).st_size)
        fdatasync(fd)

    def sync_folder(fd: int) -> None:
        synced.append(-1)
        fsync(fd)

    monkeypatch.setattr(os, "fdatasync", sync_file)
    monkeypatch.setattr(os, "fsync", sync_folder)
    writer = journal.Writer(folder, durability="power")
    writer.append(b"one")
    writer.append(b"two")
    ends = [record.end for record in everything(folder)]
    assert synced == [layout.PREAMBLE_SIZE, -1, *ends]
    writer.close()


def test_the_bytes_on_disk_are_those_of_the_reference(writer: journal.Writer) -> None:
    writer.append(b"head", b"payload")
    (segment,) = journal.segments(writer.folder)
    found = segment.path.read_bytes()
    marker = found[12:20]
    measures = (0).to_bytes(8, "little") + (4).to_bytes(4, "little") + (7).to_bytes(4, "little")
    checksum = CHECKSUMS[marker[0]](0, measures + b"headpayload").to_bytes(4, "little")
    assert found[:12] == b"\x89thence\n" + b"\x01\x00" + b"\x18\x00"
    assert found[24:] == marker + checksum + measures + b"headpayload"


def test_the_checksums_are_the_known_ones() -> None:
    assert CHECKSUMS[CRC32C](0, b"123456789") == 0xE3069283
    assert CHECKSUMS[CRC32](0, b"123456789") == 0xCBF43926


def test_a_writer_without_crc32c_is_read_like_any_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "PREFERRED", CRC32)
    writer = journal.Writer(folder)
    writer.append(b"head", b"payload")
    (segment,) = journal.segments(folder)
    assert segment.path.read_bytes()[24] == CRC32
    assert [record.payload for record in journal.read(segment.path)] == [b"payload"]
    writer.close()


def test_offsets_join_up(writer: journal.Writer) -> None:
    for number in range(5):
        writer.append(b"h", bytes(number))
    records = everything(writer.folder)
    assert records[0].offset == layout.PREAMBLE_SIZE
    assert all(before.end == after.offset for before, after in pairwise(records))


@pytest.mark.parametrize("kind", [KeyboardInterrupt, TimeoutError, ValueError])
def test_whichever_line_of_a_write_is_interrupted_no_number_is_left_out(
    kind: type[BaseException], tmp_path: Path
) -> None:
    kept: set[int] = set()
    step, came = 0, True
    while came:
        step += 1
        writer = journal.Writer(tmp_path / str(step))
        assert writer.append(b"before")
        during = partial(writer.append, b"during", b"payload")
        error = interrupted(journal.Writer.append.__code__, step, during, kind)
        came = error is not None
        assert error is None or type(error) is kind, step
        assert writer.append(b"after")
        writer.close()
        records = everything(writer.folder)
        headers = [record.header for record in records]
        assert headers in ([b"before", b"after"], [b"before", b"during", b"after"]), step
        assert [record.sequence for record in records] == list(range(len(records))), step
        kept.add(len(records))
    assert step > 20
    assert kept == {2, 3}
