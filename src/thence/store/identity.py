"""Ids of what the store itself makes: UUIDv7, sorted by time to a fraction of a microsecond."""

from __future__ import annotations

import os
import time

__all__ = ["first_id_at", "new_id"]

_VERSION = 0x7000
_VARIANT = 0x80


def new_id(at: int | None = None) -> bytes:
    """A UUIDv7 for ``at`` nanoseconds since the epoch; now, where it is None."""
    head = _head(time.time_ns() if at is None else at)
    tail = os.urandom(8)
    return head + bytes([tail[0] & 0x3F | _VARIANT]) + tail[1:]


def first_id_at(at: int) -> bytes:
    """The smallest UUIDv7 of a moment: ids of earlier moments sort before it."""
    return _head(at) + bytes([_VARIANT]) + bytes(7)


def _head(at: int) -> bytes:
    """48 bits of milliseconds and 12 of the fraction of one, as RFC 9562 has it."""
    milliseconds, rest = divmod(at, 1_000_000)
    return milliseconds.to_bytes(6, "big") + (_VERSION | rest * 4096 // 1_000_000).to_bytes(2, "big")
