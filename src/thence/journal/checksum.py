"""The checksums a segment may use, by the tag that its records carry.

CRC32C runs in hardware (200 kB in 8 µs), but only where its C extension is there; its Python form would be a thousand
times slower than the write that it guards. A writer without the extension takes zlib's CRC-32, under another tag. A
reader takes either.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable, Mapping
from typing import Final

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns where the extension is missing; that case is provided for below
    import google_crc32c

__all__ = ["CHECKSUMS", "CRC32", "CRC32C", "PREFERRED", "Checksum"]

Checksum = Callable[[int, bytes], int]
"""``checksum(so_far, more) -> so_far``, beginning with 0."""

CRC32C: Final = ord("c")
CRC32: Final = ord("z")


def _crc32(so_far: int, more: bytes) -> int:
    return zlib.crc32(more, so_far)


CHECKSUMS: Final[Mapping[int, Checksum]] = {CRC32C: google_crc32c.extend, CRC32: _crc32}
PREFERRED: Final = CRC32C if google_crc32c.implementation == "c" else CRC32
