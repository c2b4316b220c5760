"""Reading what damage left: every cut and every flipped byte; nothing before it is lost, and nothing is made up."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thence import journal
from thence.journal import layout

SAID = [(b"begin", b'{"model": "m"}'), (b"", b""), (b"end", b"answer" * 5), (b"last", b"x")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a small segment."""
    writer = journal.Writer(tmp_path_factory.mktemp("journal"))
    for header, payload in SAID:
        assert writer.append(header, payload)
    writer.close()
    (segment,) = journal.segments(writer.folder)
    return segment.path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.segment"


@pytest.fixture
def records(path: Path, whole: bytes) -> list[journal.Record]:
    """The records of the undamaged segment."""
    path.write_bytes(whole)
    return list(journal.read(path))


def test_every_cut_leaves_what_was_whole_before_it(path: Path, whole: bytes, records: list[journal.Record]) -> None:
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        kept = [record for record in records if record.end <= length]
        assert list(journal.read(path)) == kept
        end = kept[-1].end if kept else layout.PREAMBLE_SIZE if length >= layout.PREAMBLE_SIZE else 0
        assert journal.check(path)[:3] == (len(kept), length - end, [])


@pytest.mark.parametrize("change", [0x01, 0x80, 0xFF])
def test_every_flipped_byte_costs_at_most_the_record_it_is_in(
    path: Path, whole: bytes, records: list[journal.Record], change: int
) -> None:
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes((whole[place] ^ change,)) + whole[place + 1 :])
        left = [record for record in records if not record.offset <= place < record.end]
        assert list(journal.read(path)) == left
        health = journal.check(path)
        assert health.records == len(left)
        if health.torn_bytes:  # a changed length can make the last record look as if it went on
            assert len(whole) - health.torn_bytes <= place
        else:
            ((start, end),) = health.corrupt
            assert start <= place < end


def test_a_flipped_byte_in_the_preamble_is_reported(path: Path, whole: bytes) -> None:
    path.write_bytes(b"?" + whole[1:])
    assert journal.check(path) == (len(SAID), 0, [(0, layout.PREAMBLE_SIZE)], None)


def test_corrupt_bytes_are_where_offsets_do_not_join_up(
    path: Path, whole: bytes, records: list[journal.Record]
) -> None:
    place = records[1].offset
    path.write_bytes(whole[:place] + bytes(1000) + whole[place:])
    first, second, *_ = journal.read(path)
    assert (first.end, second.offset) == (place, place + 1000)
    assert journal.check(path).corrupt == [(place, place + 1000)]


def test_bytes_taken_out_of_the_middle_cost_one_record(path: Path, whole: bytes, records: list[journal.Record]) -> None:
    place = records[2].end - 5
    path.write_bytes(whole[:place] + whole[place + 3 :])
    assert [record.header for record in journal.read(path)] == [b"begin", b"", b"last"]


def test_zeros_after_the_last_record_are_no_records(path: Path, whole: bytes) -> None:
    path.write_bytes(whole + bytes(4096))
    assert journal.check(path) == (len(SAID), 0, [(len(whole), len(whole) + 4096)], 1)


def test_a_damaged_range_longer_than_the_window_is_stepped_over(path: Path, whole: bytes) -> None:
    rubbish = os.urandom(1 << 20)
    marker = whole[layout.PREAMBLE_SIZE :][:8]
    for edge in (-9, -8, -7, -1, 0, 1):  # markers on the edge of what is looked through at a time, and no records there
        place = (1 << 18) + edge
        rubbish = rubbish[:place] + marker + rubbish[place + 8 :]
    path.write_bytes(whole[: layout.PREAMBLE_SIZE] + rubbish + whole[layout.PREAMBLE_SIZE :])
    assert [(record.header, record.payload) for record in journal.read(path)] == SAID


def test_a_record_of_another_journal_inside_a_payload_does_not_come_to_life(tmp_path: Path, whole: bytes) -> None:
    writer = journal.Writer(tmp_path / "folder")
    writer.append(b"outer", whole[layout.PREAMBLE_SIZE :])
    writer.append(b"after")
    writer.close()
    (segment,) = journal.segments(writer.folder)
    damaged = bytearray(segment.path.read_bytes())
    damaged[layout.PREAMBLE_SIZE + layout.PREFIX_SIZE] ^= 1
    segment.path.write_bytes(damaged)
    assert [record.header for record in journal.read(segment.path)] == [b"after"]


def test_lengths_that_promise_gigabytes_are_not_believed(path: Path, whole: bytes) -> None:
    marker = whole[layout.PREAMBLE_SIZE :][:8]
    bombs = b"".join(
        marker + struct.pack("<IQII", 0, 9, header, payload)
        for header, payload in [(0xFFFFFFFF, 0xFFFFFFFF), (1 << 24, 1 << 28), (0, 0x7FFFFFFF)]
    )
    path.write_bytes(whole[: layout.PREAMBLE_SIZE] + bombs + whole[layout.PREAMBLE_SIZE :])
    assert [record.header for record in journal.read(path)] == [header for header, _ in SAID]


def test_a_segment_of_a_later_version_is_neither_read_nor_deleted(tmp_path: Path, whole: bytes) -> None:
    said = whole[:8] + struct.pack("<HH", 2, 28) + whole[12:20] + b"more"
    path = tmp_path / "later.segment"
    path.write_bytes(said + struct.pack("<I", zlib.crc32(said)) + whole[layout.PREAMBLE_SIZE :])
    assert list(journal.read(path)) == []
    (segment,) = journal.segments(tmp_path)
    assert not segment.alive
    assert not journal.retire(segment)
    path.write_bytes(said + bytes(4))
    assert journal.check(path).version is None


@given(st.binary(max_size=400), st.integers(min_value=0, max_value=500))
@settings(max_examples=200, deadline=None)
def test_any_bytes_can_be_read(tmp_path_factory: pytest.TempPathFactory, bytes_: bytes, offset: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any.segment"
    path.write_bytes(bytes_)
    assert list(journal.read(path, offset)) == []
    records, torn, corrupt, _ = journal.check(path)
    assert records == 0
    assert torn + sum(end - start for start, end in corrupt) == len(bytes_)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=30)), max_size=6))
@settings(max_examples=200, deadline=None)
def test_no_damage_makes_up_a_record(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, damage: list[tuple[int, bytes]]
) -> None:
    damaged = whole
    for place, patch in damage:
        start = place % len(whole)
        damaged = damaged[:start] + patch + damaged[start + len(patch) :]
    path = tmp_path_factory.getbasetemp() / "patched.segment"
    path.write_bytes(damaged)
    found = [(record.header, record.payload) for record in journal.read(path)]
    rest = iter(SAID)
    assert all(record in rest for record in found)  # some of what was said, in the order in which it was
