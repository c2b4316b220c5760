r"""How a segment file is laid out. All numbers are little-endian.

A segment opens with a preamble::

    magic     8   89 74 68 65 6e 63 65 0a   ("\x89thence\n")
    version   2
    length    2   of the whole preamble, so that a later version may say more
    marker    8   opens every record of this writer
    crc32     4   zlib's, over the 20 bytes before it

and goes on with records, one right after the other::

    marker    8
    checksum  4   over everything after it; the marker's first byte says which (c: CRC32C, z: CRC-32)
    sequence  8   0, 1, 2, ... over all segments of one writer; a number that is missing was a record
    header    4   length of the header
    payload   4   length of the payload
    header
    payload

Theory of operation. Every write appends one whole record to a file that nobody else writes, so a crash can only shorten
the last one: a *torn* tail, which is the beginning of a record and nothing else. All other bytes that are no record are
*corrupt*: they changed after they were written. A reader steps over them to the next marker that opens a record whose
checksum holds.

The marker is a tag and seven random bytes that a writer draws for itself. A magic number that is the same everywhere
would let a record be forged: payloads are text from outside, and one that holds the bytes of a record (somebody's
journal, say) would come to life as soon as the bytes in front of it are damaged. Nobody can write a marker that
they don't know.

The preamble is the one place that says which marker it is. Where it is damaged, the first record, whose place is known,
says it too.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from thence.journal.checksum import CHECKSUMS, PREFERRED

__all__ = [
    "LARGEST_HEADER",
    "LARGEST_PAYLOAD",
    "PREAMBLE_SIZE",
    "PREFIX_SIZE",
    "VERSION",
    "Preamble",
    "Prefix",
    "TooLarge",
    "checksum_of",
    "new_marker",
    "parse_preamble",
    "parse_prefix",
    "preamble",
    "record",
]

VERSION: Final = 1
LARGEST_HEADER: Final = 1 << 24
LARGEST_PAYLOAD: Final = 1 << 28

_MAGIC: Final = b"\x89thence\n"
_PREAMBLE: Final = struct.Struct("<8sHH8s")
_CRC32: Final = struct.Struct("<I")
_SEAL: Final = struct.Struct("<8sI")
_MEASURES: Final = struct.Struct("<QII")

PREAMBLE_SIZE: Final = _PREAMBLE.size + _CRC32.size
PREFIX_SIZE: Final = _SEAL.size + _MEASURES.size

# Below this average, copying a part costs less than a checksum call and a vector entry of its own.
_SMALL_PART: Final = 4096


class TooLarge(ValueError):
    """Header or payload is beyond its bound."""


class Preamble(NamedTuple):
    """What a segment says about itself. ``size`` is where its first record begins."""

    version: int
    size: int
    marker: bytes


class Prefix(NamedTuple):
    """The fixed part of a record. ``measures`` is the part of it that the checksum covers."""

    marker: bytes
    checksum: int
    sequence: int
    header_size: int
    payload_size: int
    measures: bytes


def new_marker() -> bytes:
    """A marker that no other writer has and no payload can hold."""
    return bytes((PREFERRED,)) + os.urandom(7)


def preamble(marker: bytes) -> bytes:
    """The bytes that open a segment."""
    said = _PREAMBLE.pack(_MAGIC, VERSION, PREAMBLE_SIZE, marker)
    return said + _CRC32.pack(zlib.crc32(said))


def parse_preamble(start: bytes) -> Preamble | None:
    """What a file's first bytes say, of any version; None where they are no preamble or a damaged one."""
    if len(start) < PREAMBLE_SIZE:
        return None
    magic, version, size, marker = _PREAMBLE.unpack_from(start)
    if magic != _MAGIC or not PREAMBLE_SIZE <= size <= len(start):
        return None
    (checksum,) = _CRC32.unpack_from(start, size - _CRC32.size)
    if checksum != zlib.crc32(start[: size - _CRC32.size]):
        return None
    return Preamble(version, size, marker)


def record(marker: bytes, sequence: int, header: bytes, payload: bytes | Sequence[bytes]) -> tuple[list[bytes], int]:
    """A record as the buffers of one vectored write, and their length together. A large payload is never copied.

    Raises:
        TooLarge: header or payload is beyond its bound.
        TypeError: something is no bytes.
    """
    parts = [payload] if isinstance(payload, bytes) else _parts(payload)
    size = sum(map(len, parts))
    if len(header) > LARGEST_HEADER or size > LARGEST_PAYLOAD:
        raise TooLarge("too large")
    checksum = CHECKSUMS[marker[0]]
    head = _MEASURES.pack(sequence, len(header), size) + header
    value = checksum(0, head)
    for part in parts:
        value = checksum(value, part)
    return [_SEAL.pack(marker, value), head, *parts], PREFIX_SIZE + len(header) + size


def _parts(payload: Sequence[bytes] | bytearray | memoryview) -> list[bytes]:
    if isinstance(payload, (bytearray, memoryview)):
        return [bytes(payload)]
    parts = list(payload)
    if sum(map(len, parts)) < len(parts) * _SMALL_PART:
        return [b"".join(parts)]
    return parts


def parse_prefix(start: bytes) -> Prefix | None:
    """The prefix in a record's first bytes; None where there are too few of them or its lengths are out of bounds."""
    if len(start) < PREFIX_SIZE:
        return None
    marker, checksum = _SEAL.unpack_from(start)
    sequence, header_size, payload_size = _MEASURES.unpack_from(start, _SEAL.size)
    if header_size > LARGEST_HEADER or payload_size > LARGEST_PAYLOAD:
        return None
    return Prefix(marker, checksum, sequence, header_size, payload_size, start[_SEAL.size : PREFIX_SIZE])


def checksum_of(prefix: Prefix, header: bytes, payload: bytes) -> int:
    """The checksum that a record with these parts has; -1 where its tag is of no known checksum."""
    checksum = CHECKSUMS.get(prefix.marker[0])
    if checksum is None:
        return -1
    return checksum(checksum(checksum(0, prefix.measures), header), payload)
