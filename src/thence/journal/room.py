"""How much a journal's folder may still take: known without looking at it for each record."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from thence.journal.folder import used
from thence.journal.layout import PREAMBLE_SIZE

__all__ = ["PAUSE", "Room"]

PAUSE: Final = 0.1
"""Seconds for which a refusal stands, of a full folder or of a disk."""

_GRANT: Final = 8 << 20


class Room:
    """The bytes that may be written to a folder, granted some at a time.

    The folder is looked through once for each 8 MiB, and ten times a second where it is full. Several writers may
    pass the limit by that much each.
    """

    __slots__ = ("_folder", "_granted", "_limit", "_look_again")

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._granted = 0
        self._look_again = 0.0

    def has(self, size: int) -> bool:
        """Whether ``size`` bytes more may be written.

        Raises:
            OSError: the folder can't be looked through.
        """
        if size <= self._granted:
            return True
        now = time.monotonic()
        if now < self._look_again:
            return False
        left = self._limit - used(self._folder) - PREAMBLE_SIZE
        self._granted = min(left, max(_GRANT, size))
        if size > left:
            self._look_again = now + PAUSE
        return size <= left

    def take(self, size: int) -> None:
        """Note that ``size`` bytes were written."""
        self._granted -= size

    def refused_lately(self) -> bool:
        """Whether the folder was found full within the last :data:`PAUSE`."""
        return time.monotonic() < self._look_again
